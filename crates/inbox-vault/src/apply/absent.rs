//! What a vault does not hold at all need not be looked for with each message of a batch.

use rusqlite::Connection;

use crate::Result;

/// What is known not to be there.
pub(super) struct Absent {
    pub(super) tombstones: bool,
    pub(super) quarantine: bool,
    /// Threads known only by the message that theirs answer.
    pub(super) reply_threads: bool,
    pub(super) outbox: bool,
}

impl Absent {
    pub(super) fn look(db: &Connection) -> Result<Self> {
        let none = |sql: &str| -> Result<bool> {
            Ok(db.prepare_cached(&format!("SELECT NOT EXISTS ({sql})"))?.query_row([], |row| row.get(0))?)
        };
        Ok(Self {
            tombstones: none("SELECT 1 FROM tombstone")?,
            quarantine: none("SELECT 1 FROM quarantine")?,
            reply_threads: none("SELECT 1 FROM thread WHERE key >= 'reply:' AND key < 'reply;'")?,
            outbox: none("SELECT 1 FROM outbox_entry")?,
        })
    }
}
