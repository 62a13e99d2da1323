//! Reading the quarantine.

use inbox_domain::ThreadId;
use rusqlite::Connection;

use crate::column::instant;
use crate::{QuarantineRow, Result};

/// Everything in quarantine, oldest first; of one thread when it is given.
pub(crate) fn list(db: &Connection, thread: Option<ThreadId>) -> Result<Vec<QuarantineRow>> {
    let mut statement = db.prepare_cached(
        "SELECT portal_type, portal_id, reason, thread_id, first_seen FROM quarantine
         WHERE ?1 IS NULL OR thread_id = ?1 ORDER BY first_seen, id",
    )?;
    let rows = statement.query_map([thread.map(|thread| thread.0)], |row| {
        Ok(QuarantineRow {
            portal_type: row.get(0)?,
            portal_id: row.get(1)?,
            reason: row.get(2)?,
            thread: row.get::<_, Option<i64>>(3)?.map(ThreadId),
            first_seen: instant(row.get(4)?),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
