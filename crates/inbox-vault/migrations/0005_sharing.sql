-- What the clinician did that the portal is told of and that is no message.
CREATE TABLE portal_act (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('read', 'claim', 'release', 'done', 'handover')),
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    -- the message read
    message_id INTEGER REFERENCES message (id) ON DELETE CASCADE,
    -- handed over to, or knowingly taken over from
    colleague TEXT,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'done', 'refused')),
    acted_at INTEGER NOT NULL,
    not_before INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    CHECK (kind <> 'read' OR message_id IS NOT NULL),
    CHECK (kind <> 'handover' OR colleague IS NOT NULL)
) STRICT;

-- One of each: an act that takes back another replaces it.
CREATE UNIQUE INDEX portal_act_read ON portal_act (message_id) WHERE kind = 'read';
CREATE UNIQUE INDEX portal_act_work ON portal_act (thread_id) WHERE kind IN ('claim', 'release', 'done');
CREATE UNIQUE INDEX portal_act_handover ON portal_act (thread_id, colleague) WHERE kind = 'handover';
CREATE INDEX portal_act_queued ON portal_act (id) WHERE state = 'queued';
CREATE INDEX portal_act_thread ON portal_act (thread_id);

-- Who has a thread, as the portal says. A server may hold two for one thread: thread.claimed_by is what counts.
CREATE TABLE claim (
    portal_id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    last_updated INTEGER NOT NULL,
    -- the thread's id on the portal
    header TEXT NOT NULL,
    owner TEXT,
    state TEXT NOT NULL CHECK (state IN ('free', 'claimed', 'done')),
    claimed_at INTEGER NOT NULL,
    -- as its holder wrote: two claims of one holder differ by it
    began INTEGER,
    raw TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX claim_header ON claim (header);

-- The claim that counts: claimed_by is a reference; both columns are NULL while nobody ever had the thread.
ALTER TABLE thread ADD COLUMN claimed_at INTEGER;
ALTER TABLE thread ADD COLUMN claim_state TEXT CHECK (claim_state IN ('free', 'claimed', 'done'));

-- Server time of the version that brought the stored text; NULL: last_updated. A read mark makes a later version of the
-- same text.
ALTER TABLE message ADD COLUMN text_updated INTEGER;
