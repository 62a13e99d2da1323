-- When the last attempt to send began, by this workstation's clock: its request may be under way until its time limit has
-- passed, also when the process that made it is gone.
ALTER TABLE outbox_entry ADD COLUMN attempted_at INTEGER;

-- Bytes of attachments that were fetched. By the portal's key and not by position: a new version of a message lists its
-- attachments anew.
CREATE TABLE attachment_body (
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    portal_key TEXT NOT NULL,
    -- judged by the bytes, not by what the portal says
    content_type TEXT NOT NULL,
    bytes BLOB NOT NULL,
    fetched_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, portal_key)
) STRICT;
