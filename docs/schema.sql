-- The vault's schema, version 9. Generated from a migrated database by `UPDATE_SCHEMA=1 cargo test -p
-- inbox-vault`; change crates/inbox-vault/migrations instead.

CREATE TABLE attachment (
    id INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    n INTEGER NOT NULL,
    portal_key TEXT NOT NULL,
    title TEXT NOT NULL DEFAULT '',
    content_type TEXT NOT NULL DEFAULT 'application/octet-stream',
    size INTEGER,
    reference TEXT NOT NULL DEFAULT '',
    UNIQUE (message_id, n)
) STRICT;

CREATE TABLE attachment_body (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    portal_key TEXT NOT NULL,
    -- judged by the bytes, not by what the portal says
    content_type TEXT NOT NULL,
    bytes BLOB NOT NULL,
    fetched_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, portal_key)
) STRICT;

CREATE TABLE audit (
    n INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL DEFAULT '',
    mac BLOB NOT NULL CHECK (length(mac) = 32)
) STRICT;

CREATE TABLE availability_hours (
    id INTEGER PRIMARY KEY,
    effective_from INTEGER NOT NULL,
    saved_at INTEGER NOT NULL,
    hours TEXT NOT NULL CHECK (json_valid(hours))
) STRICT;

CREATE TABLE case_attempt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id INTEGER NOT NULL REFERENCES vault_case (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('no-answer', 'reached')),
    number TEXT NOT NULL DEFAULT '',
    next_at INTEGER,
    made_by TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX case_attempt_case ON case_attempt (case_id, id);

CREATE TABLE case_flag (
    case_id INTEGER NOT NULL REFERENCES vault_case (id) ON DELETE CASCADE,
    flag_id INTEGER NOT NULL UNIQUE REFERENCES flag (id) ON DELETE CASCADE,
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    PRIMARY KEY (case_id, flag_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX case_flag_thread ON case_flag (thread_id);

CREATE TABLE case_step (
    case_id INTEGER NOT NULL REFERENCES vault_case (id) ON DELETE CASCADE,
    n INTEGER NOT NULL CHECK (n BETWEEN 1 AND 12),
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'skipped')),
    reason TEXT CHECK (state <> 'skipped' OR length(reason) > 0),
    set_at INTEGER,
    set_by TEXT,
    PRIMARY KEY (case_id, n)
) STRICT, WITHOUT ROWID;

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

CREATE TABLE draft (
    thread_id INTEGER PRIMARY KEY REFERENCES thread (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    saved_at INTEGER NOT NULL
) STRICT;

CREATE TABLE flag (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    rule TEXT NOT NULL,
    category TEXT NOT NULL,
    tier INTEGER NOT NULL CHECK (tier BETWEEN 0 AND 3),
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL CHECK (end_at >= start_at),
    text TEXT NOT NULL,
    context TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(context)),
    demoted INTEGER NOT NULL DEFAULT 0 CHECK (demoted IN (0, 1)),
    also TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(also)),
    raised_at INTEGER NOT NULL,
    -- "this rule is wrong here"
    dismissed_at INTEGER,
    -- a case that was closed has settled it
    closed_at INTEGER,
    -- a later version of the message or of the lexicon no longer raises it; kept, because a case may rest on it
    superseded_at INTEGER
) STRICT;

CREATE INDEX flag_message ON flag (message_id, start_at, id);

CREATE INDEX flag_open ON flag (thread_id)
    WHERE tier > 0 AND dismissed_at IS NULL AND closed_at IS NULL AND superseded_at IS NULL;

CREATE INDEX flag_rule ON flag (rule, dismissed_at, superseded_at, tier);

CREATE TABLE lexicon_version (
    version INTEGER PRIMARY KEY,
    saved_at INTEGER NOT NULL,
    lexicon TEXT NOT NULL CHECK (json_valid(lexicon))
) STRICT;

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    portal_id TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL,
    last_updated INTEGER NOT NULL,
    -- the row of message_search: grows with sent_at, so that the index itself answers newest first
    search_id INTEGER NOT NULL UNIQUE,
    sent_at INTEGER NOT NULL,
    -- from the patient's side
    inbound INTEGER NOT NULL CHECK (inbound IN (0, 1)),
    delivered TEXT NOT NULL CHECK (delivered IN ('draft', 'delivered', 'withdrawn')),
    withdrawn_at INTEGER,
    -- the vault's own state, never the portal's
    read_at INTEGER,
    -- came with a first fill
    backlog INTEGER NOT NULL DEFAULT 0 CHECK (backlog IN (0, 1)),
    -- came with a first fill and was answered before this vault first saw it: not unread
    settled INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1)),
    tier INTEGER NOT NULL DEFAULT 0 CHECK (tier BETWEEN 0 AND 3),
    checked TEXT NOT NULL DEFAULT 'none' CHECK (checked IN ('full', 'partial', 'none')),
    not_checked TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(not_checked)),
    functions TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(functions)),
    after_hours INTEGER NOT NULL DEFAULT 0 CHECK (after_hours IN (0, 1)),
    hours_reason TEXT,
    next_open INTEGER,
    cover TEXT,
    attachments INTEGER NOT NULL DEFAULT 0,
    patient_id INTEGER REFERENCES patient (id),
    sender_role TEXT NOT NULL CHECK (sender_role IN ('patient', 'proxy', 'clinician', 'other')),
    sender_id TEXT,
    sender_name TEXT NOT NULL DEFAULT '',
    sent TEXT,
    sent_precision TEXT NOT NULL CHECK (sent_precision IN ('instant', 'day', 'month', 'year', 'missing')),
    received INTEGER,
    stored_at INTEGER NOT NULL,
    marks TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(marks)),
    recipients TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(recipients)),
    client_identifier TEXT,
    in_response_to TEXT,
    topic TEXT NOT NULL DEFAULT ''
, text_updated INTEGER) STRICT;

CREATE INDEX message_client_identifier ON message (client_identifier) WHERE client_identifier IS NOT NULL;

CREATE INDEX message_thread ON message (thread_id, sent_at, id);

CREATE TABLE message_body (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    raw TEXT NOT NULL
) STRICT;

CREATE VIRTUAL TABLE message_search USING fts5 (
    text, folded, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TABLE missed (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    category TEXT NOT NULL,
    -- the clinician's own words, never the message's
    wording TEXT NOT NULL DEFAULT '',
    said_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, category)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox_entry (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_identifier TEXT NOT NULL UNIQUE,
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'scheduled', 'held', 'sending', 'sent', 'unknown', 'failed')),
    text TEXT NOT NULL,
    payload TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER,
    queued_at INTEGER NOT NULL,
    -- when the clinician last said "send": the 24 hours of an offline reply count from here
    confirmed_at INTEGER NOT NULL,
    -- the newest message that this vault had stored then: a later one of the patient stops the entry
    seen_message INTEGER NOT NULL,
    even_if_newer INTEGER NOT NULL DEFAULT 0 CHECK (even_if_newer IN (0, 1)),
    crisis INTEGER NOT NULL DEFAULT 0 CHECK (crisis IN (0, 1)),
    lookups INTEGER NOT NULL DEFAULT 0,
    last_lookup_at INTEGER,
    sent_at INTEGER,
    portal_id TEXT,
    -- the portal's copy
    message_id INTEGER REFERENCES message (id) ON DELETE SET NULL,
    error TEXT
, attempted_at INTEGER, before_restore TEXT CHECK (before_restore IN ('held', 'failed')), error_before_restore TEXT) STRICT;

CREATE INDEX outbox_due ON outbox_entry (id, not_before) WHERE state IN ('queued', 'scheduled');

CREATE INDEX outbox_message ON outbox_entry (message_id) WHERE message_id IS NOT NULL;

CREATE INDEX outbox_thread ON outbox_entry (thread_id, id);

CREATE INDEX outbox_unsettled ON outbox_entry (thread_id, id) WHERE state <> 'sent';

CREATE TABLE patient (
    id INTEGER PRIMARY KEY,
    portal_id TEXT NOT NULL UNIQUE,
    version TEXT NOT NULL DEFAULT '',
    family TEXT NOT NULL DEFAULT '',
    given TEXT NOT NULL DEFAULT '',
    birth_date TEXT,
    gender TEXT,
    identifier TEXT,
    phone TEXT,
    contacts TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(contacts)),
    languages TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(languages)),
    country TEXT,
    deceased INTEGER NOT NULL DEFAULT 0 CHECK (deceased IN (0, 1)),
    -- 0 while the portal has only named her in a reference
    known INTEGER NOT NULL DEFAULT 0 CHECK (known IN (0, 1)),
    raw TEXT NOT NULL DEFAULT ''
) STRICT;

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

CREATE UNIQUE INDEX portal_act_handover ON portal_act (thread_id, colleague) WHERE kind = 'handover';

CREATE INDEX portal_act_queued ON portal_act (id) WHERE state = 'queued';

CREATE UNIQUE INDEX portal_act_read ON portal_act (message_id) WHERE kind = 'read';

CREATE INDEX portal_act_thread ON portal_act (thread_id);

CREATE UNIQUE INDEX portal_act_work ON portal_act (thread_id) WHERE kind IN ('claim', 'release', 'done');

CREATE TABLE practitioner (
    id INTEGER PRIMARY KEY,
    portal_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE promise (
    id INTEGER PRIMARY KEY,
    -- made from patient and closed period: the same on every workstation
    client_identifier TEXT NOT NULL UNIQUE,
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    -- when the clinic closed
    period_start INTEGER NOT NULL,
    -- when the patient was told that the message will be read, and in which zone she was told so
    read_by INTEGER NOT NULL,
    zone TEXT NOT NULL,
    -- the cover who was named
    cover TEXT,
    -- id and version of the signed text, and the text as it was sent
    response TEXT NOT NULL,
    text TEXT NOT NULL,
    promised_at INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;

CREATE INDEX promise_thread ON promise (thread_id);

CREATE TABLE proxy (
    id INTEGER PRIMARY KEY,
    portal_id TEXT NOT NULL UNIQUE,
    patient_id INTEGER NOT NULL REFERENCES patient (id),
    name TEXT NOT NULL DEFAULT '',
    relationship TEXT NOT NULL DEFAULT '',
    phone TEXT,
    active INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1))
) STRICT;

CREATE INDEX proxy_patient ON proxy (patient_id);

CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    portal_type TEXT NOT NULL,
    portal_id TEXT NOT NULL,
    -- distinguishes resources that cannot even be named
    fingerprint TEXT NOT NULL DEFAULT '',
    version TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL,
    thread_id INTEGER REFERENCES thread (id) ON DELETE SET NULL,
    raw BLOB NOT NULL,
    first_seen INTEGER NOT NULL,
    UNIQUE (portal_type, portal_id, fingerprint)
) STRICT;

CREATE INDEX quarantine_thread ON quarantine (thread_id) WHERE thread_id IS NOT NULL;

CREATE TABLE response_used (
    id INTEGER PRIMARY KEY,
    outbox_id INTEGER REFERENCES outbox_entry (id) ON DELETE SET NULL,
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    -- id@version
    response TEXT NOT NULL,
    used_at INTEGER NOT NULL
) STRICT;

CREATE VIRTUAL TABLE search_part USING fts5 (
    word, content = 'search_word', content_rowid = 'id', tokenize = 'trigram', detail = 'full'
);

CREATE TABLE 'search_part_config'(k PRIMARY KEY, v) WITHOUT ROWID;

CREATE TABLE 'search_part_data'(id INTEGER PRIMARY KEY, block BLOB);

CREATE TABLE 'search_part_docsize'(id INTEGER PRIMARY KEY, sz BLOB);

CREATE TABLE 'search_part_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;

CREATE TABLE search_word (
    id INTEGER PRIMARY KEY,
    -- reduced: one letter for each spelling of an umlaut
    word TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_cursor (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    complete_until INTEGER,
    first_fill TEXT,
    first_fill_done INTEGER NOT NULL DEFAULT 0 CHECK (first_fill_done IN (0, 1)),
    last_sweep INTEGER,
    last_reconcile INTEGER
) STRICT;

CREATE TABLE thread (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- header:ID, named:ID, reply:ID, inferred:PATIENT:TOPIC, local:CLIENT-IDENTIFIER
    key TEXT NOT NULL UNIQUE,
    portal_id TEXT UNIQUE,
    version TEXT NOT NULL DEFAULT '',
    last_updated INTEGER NOT NULL DEFAULT 0,
    -- 0 until the header itself is stored
    header_known INTEGER NOT NULL DEFAULT 0 CHECK (header_known IN (0, 1)),
    topic TEXT NOT NULL DEFAULT '',
    patient_id INTEGER REFERENCES patient (id),
    recipients TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(recipients)),
    portal_status TEXT NOT NULL DEFAULT 'open' CHECK (portal_status IN ('open', 'closed')),
    status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'closed')),
    snoozed_until INTEGER,
    claimed_by TEXT,
    raw TEXT NOT NULL DEFAULT '',
    messages INTEGER NOT NULL DEFAULT 0,
    open_tier INTEGER NOT NULL DEFAULT 0 CHECK (open_tier BETWEEN 0 AND 3),
    unread INTEGER NOT NULL DEFAULT 0,
    unread_unchecked INTEGER NOT NULL DEFAULT 0,
    unread_unflagged INTEGER NOT NULL DEFAULT 0,
    unread_after_hours INTEGER NOT NULL DEFAULT 0,
    last_from_patient INTEGER NOT NULL DEFAULT 0 CHECK (last_from_patient IN (0, 1)),
    answered_here INTEGER NOT NULL DEFAULT 0 CHECK (answered_here IN (0, 1)),
    outbox_waiting INTEGER NOT NULL DEFAULT 0,
    function TEXT,
    last_message_id INTEGER,
    last_message_at INTEGER,
    preview TEXT NOT NULL DEFAULT '',
    preview_from TEXT,
    flagged_at INTEGER,
    top_category TEXT,
    top_rule TEXT,
    after_hours_reason TEXT,
    not_checked TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(not_checked)),
    reply_state TEXT,
    reply_not_before INTEGER,
    attachments INTEGER NOT NULL DEFAULT 0,
    case_id INTEGER,
    case_state TEXT,
    case_deadline INTEGER,
    case_open INTEGER NOT NULL DEFAULT 0 CHECK (case_open IN (0, 1)),
    attention_tier INTEGER NOT NULL DEFAULT 0 CHECK (attention_tier BETWEEN 0 AND 3),
    attention_at INTEGER NOT NULL DEFAULT 0,
    activity_at INTEGER NOT NULL DEFAULT 0
, claimed_at INTEGER, claim_state TEXT CHECK (claim_state IN ('free', 'claimed', 'done')), sensitive INTEGER NOT NULL DEFAULT 0 CHECK (sensitive IN (0, 1))) STRICT;

CREATE INDEX thread_activity ON thread (activity_at DESC, id DESC);

CREATE INDEX thread_after_hours ON thread (activity_at DESC, id DESC)
    WHERE (status = 'open' AND unread_after_hours > 0);

CREATE INDEX thread_closed ON thread (activity_at DESC, id DESC)
    WHERE (status = 'closed');

CREATE INDEX thread_needs_attention ON thread (attention_tier DESC, attention_at, id)
    WHERE (open_tier > 0 OR unread_unchecked > 0 OR case_open = 1);

CREATE INDEX thread_patient ON thread (patient_id);

CREATE INDEX thread_sensitive ON thread (id) WHERE sensitive = 1;

CREATE INDEX thread_sent_and_scheduled ON thread (activity_at DESC, id DESC)
    WHERE (outbox_waiting > 0 OR answered_here = 1);

CREATE INDEX thread_snoozed ON thread (activity_at DESC, id DESC)
    WHERE (status = 'open' AND snoozed_until IS NOT NULL);

CREATE INDEX thread_unflagged_unread ON thread (activity_at DESC, id DESC)
    WHERE (unread_unflagged > 0);

CREATE INDEX thread_waiting_for_me ON thread (activity_at DESC, id DESC)
    WHERE (status = 'open' AND last_from_patient = 1 AND answered_here = 0);

CREATE INDEX thread_waiting_for_patient ON thread (activity_at DESC, id DESC)
    WHERE (status = 'open' AND (last_from_patient = 0 OR answered_here = 1));

CREATE TABLE tombstone (
    portal_id TEXT PRIMARY KEY,
    left_at INTEGER NOT NULL
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

CREATE TABLE upkeep (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    -- openings that were not closed; more than those of this moment mean a bad shutdown
    opens INTEGER NOT NULL DEFAULT 0,
    -- a whole check is wanted
    check_due INTEGER NOT NULL DEFAULT 0 CHECK (check_due IN (0, 1)),
    checked_at INTEGER,
    -- codes of what the last whole check found
    problems TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(problems)),
    -- 1 once the head of the audit chain has been anchored
    anchored INTEGER NOT NULL DEFAULT 0 CHECK (anchored IN (0, 1)),
    -- name of the anchor where it is not that of the vault: a restored vault has its own
    anchor_name TEXT,
    -- what the anchor said against this database, until somebody has read it
    notice TEXT CHECK (notice IN ('rolled_back', 'anchor_missing', 'anchor_forged')),
    notice_at INTEGER,
    -- the sign-in stood in an older copy: its refresh token may have been spent since
    sign_in_spent INTEGER NOT NULL DEFAULT 0 CHECK (sign_in_spent IN (0, 1))
, search_left INTEGER) STRICT;

CREATE TABLE vault_case (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    thread_id INTEGER NOT NULL REFERENCES thread (id),
    patient_id INTEGER REFERENCES patient (id),
    state TEXT NOT NULL
        CHECK (state IN ('new', 'acknowledged', 'in-work', 'waiting', 'handed-over', 'closed')),
    tier INTEGER NOT NULL CHECK (tier BETWEEN 2 AND 3),
    backlog INTEGER NOT NULL DEFAULT 0 CHECK (backlog IN (0, 1)),
    opened_at INTEGER NOT NULL,
    -- NULL once acknowledged
    deadline INTEGER,
    acknowledged_at INTEGER,
    acknowledged_by TEXT,
    closed_at INTEGER,
    closed_by TEXT,
    outcome TEXT,
    false_alarm INTEGER NOT NULL DEFAULT 0 CHECK (false_alarm IN (0, 1))
, acknowledged_tier INTEGER CHECK (acknowledged_tier BETWEEN 2 AND 3)) STRICT;

CREATE INDEX case_open ON vault_case (patient_id, id) WHERE state <> 'closed';

CREATE INDEX case_thread ON vault_case (thread_id);
