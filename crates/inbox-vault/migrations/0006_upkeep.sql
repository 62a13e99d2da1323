-- What the vault knows of its own keeping: whether it was closed in order, when it was last checked, where the head of the
-- audit chain is anchored, and what is to be said until somebody has read it.
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
) STRICT;
INSERT INTO upkeep (id) VALUES (1);

-- What an entry of an older copy was before it had to be looked up again.
ALTER TABLE outbox_entry ADD COLUMN before_restore TEXT CHECK (before_restore IN ('held', 'failed'));
ALTER TABLE outbox_entry ADD COLUMN error_before_restore TEXT;
