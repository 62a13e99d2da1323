-- A clinic's own words and switches; every version is kept.
CREATE TABLE lexicon_version (
    version INTEGER PRIMARY KEY,
    saved_at INTEGER NOT NULL,
    lexicon TEXT NOT NULL CHECK (json_valid(lexicon))
) STRICT;

-- "a rule missed this"
CREATE TABLE missed (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    category TEXT NOT NULL,
    -- the clinician's own words, never the message's
    wording TEXT NOT NULL DEFAULT '',
    said_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE triage_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- fingerprint of the engine under which messages are judged
    engine TEXT NOT NULL DEFAULT '',
    -- messages of the patient's side up to this id are judged under it
    judged_to INTEGER NOT NULL DEFAULT 0,
    -- all are
    complete INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1))
) STRICT;

INSERT INTO triage_state (id) VALUES (1);

CREATE INDEX flag_rule ON flag (rule, dismissed_at, superseded_at, tier);
