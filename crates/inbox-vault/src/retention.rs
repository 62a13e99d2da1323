//! Retention: what is older than the window and needs nobody leaves the vault, and a tombstone stays, so that no sync
//! fetches it again (DESIGN.md, "The clinic").
//!
//! A thread is cut from its oldest message on, up to the first message that is still work: unread, unanswered or younger than
//! the window. Withdrawn messages, copies of what this vault sent and messages with a report of a missed rule stay where they
//! are. A thread with an open case of its patient, a reply that is not sent, a draft or a snooze is not touched. Outbox entries,
//! cases, the audit chain and the thread itself never leave: the header is what finds a later message in the thread.

use chrono::{DateTime, Utc};
use inbox_domain::ThreadId;
use rusqlite::{Connection, params};

use crate::act::Act;
use crate::column::millis;
use crate::promises::answers;
use crate::{Result, Retired, facts};

/// `search_id` begins with the second of `sent_at` (see `apply`), so it finds old messages without another index.
pub(crate) const SEARCH_BITS: i64 = 1 << 20;

/// Threads with a message that may be old enough. Work of any other kind keeps the whole thread.
const THREADS: &str = "SELECT DISTINCT m.thread_id FROM message m JOIN thread t ON t.id = m.thread_id
    WHERE m.search_id < ?1 AND m.delivered = 'delivered' AND m.thread_id > ?2 AND t.snoozed_until IS NULL
      AND NOT EXISTS (SELECT 1 FROM outbox_entry e WHERE e.thread_id = t.id AND e.state <> 'sent')
      AND NOT EXISTS (SELECT 1 FROM draft d WHERE d.thread_id = t.id)
      AND NOT EXISTS (SELECT 1 FROM vault_case c WHERE c.state <> 'closed'
                      AND (c.thread_id = t.id OR c.patient_id = t.patient_id))
      AND NOT EXISTS (SELECT 1 FROM case_flag cf JOIN vault_case c ON c.id = cf.case_id
                      WHERE cf.thread_id = t.id AND c.state <> 'closed')
    ORDER BY m.thread_id";

/// A message in the order of its thread.
struct Row {
    id: i64,
    portal_id: String,
    search_id: i64,
    /// It goes on being work.
    is_work: bool,
    /// It never leaves.
    stays: bool,
}

/// Lets up to about `limit` messages leave whose thread begins after `after`; whole threads at a time.
pub(crate) fn retire(
    act: &Act<'_>,
    before: DateTime<Utc>,
    after: ThreadId,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<Retired> {
    // What leaves is overwritten, not only let go.
    act.db.pragma_update(None, "secure_delete", true)?;
    let retired = retire_threads(act, before, after, limit, now);
    act.db.pragma_update(None, "secure_delete", false)?;
    retired
}

/// Pages that a part of [`sweep_search`] writes: a tenth of a second.
const SWEPT: i64 = 500;

/// One part of merging the search index into one, without what has left. FTS5 begins with a negative count and goes on with
/// a positive one until a part changes next to nothing (<https://www.sqlite.org/fts5.html>, "The 'merge' command").
pub(crate) fn sweep_search(act: &Act<'_>, first: bool) -> Result<bool> {
    let before = act.db.total_changes();
    act.db.execute(
        "INSERT INTO message_search (message_search, rank) VALUES ('merge', ?1)",
        [if first { -SWEPT } else { SWEPT }],
    )?;
    Ok(act.db.total_changes() - before >= 2)
}

fn retire_threads(
    act: &Act<'_>,
    before: DateTime<Utc>,
    after: ThreadId,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<Retired> {
    let mut retired = Retired::default();
    let mut statement = act.db.prepare_cached(THREADS)?;
    let mut threads = statement.query(params![before.timestamp().saturating_mul(SEARCH_BITS), after.0])?;
    while let Some(row) = threads.next()? {
        let thread: i64 = row.get(0)?;
        let count = retire_thread(act.db, thread, before, now)?;
        if count > 0 {
            retired.messages += count;
            retired.threads.push(ThreadId(thread));
        }
        if retired.messages >= limit {
            retired.go_on_after = Some(ThreadId(thread));
            break;
        }
    }
    drop(threads);
    for thread in &retired.threads {
        close_empty(act.db, *thread)?;
        facts::recompute(act.db, thread.0)?;
    }
    if retired.messages > 0 {
        act.audit("retention.retire", &format!("messages:{}", retired.messages), now)?;
    }
    Ok(retired)
}

fn retire_thread(db: &Connection, thread: i64, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u32> {
    let rows = rows(db, thread, before)?;
    // Where no header holds a thread together, its messages do: it leaves as a whole or not at all.
    let headed: bool = db
        .prepare_cached("SELECT portal_id IS NOT NULL FROM thread WHERE id = ?1")?
        .query_row([thread], |row| row.get(0))?;
    if !headed && rows.iter().any(|row| row.is_work || row.stays) {
        return Ok(0);
    }
    let mut count = 0;
    for row in rows.iter().take_while(|row| !row.is_work).filter(|row| !row.stays) {
        db.prepare_cached("INSERT OR REPLACE INTO tombstone (portal_id, left_at) VALUES (?1, ?2)")?
            .execute(params![row.portal_id, millis(now)])?;
        db.prepare_cached("DELETE FROM message_search WHERE rowid = ?1")?.execute([row.search_id])?;
        db.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([row.id])?;
        count += 1;
    }
    Ok(count)
}

fn rows(db: &Connection, thread: i64, before: DateTime<Utc>) -> Result<Vec<Row>> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT m.id, m.portal_id, m.search_id,
           m.delivered = 'delivered' AND (max(m.sent_at, m.last_updated) >= ?2
             OR (m.inbound = 1 AND ((m.read_at IS NULL AND m.settled = 0) OR NOT EXISTS (
               SELECT 1 FROM message a WHERE a.thread_id = m.thread_id AND ",
        answers!("a"),
        " AND min(a.sent_at, a.last_updated) >= ",
        facts::written_by!(),
        ")))),
           m.delivered <> 'delivered' OR EXISTS (SELECT 1 FROM outbox_entry e WHERE e.message_id = m.id)
             OR EXISTS (SELECT 1 FROM missed s WHERE s.message_id = m.id)
         FROM message m WHERE m.thread_id = ?1 ORDER BY m.sent_at, m.id"
    ))?;
    let rows = statement.query_map(params![thread, millis(before)], |row| {
        Ok(Row {
            id: row.get(0)?,
            portal_id: row.get(1)?,
            search_id: row.get(2)?,
            is_work: row.get(3)?,
            stays: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A thread of which nothing is left to see waits for nobody; a new message of the patient opens it again.
fn close_empty(db: &Connection, thread: ThreadId) -> Result<()> {
    db.prepare_cached(
        "UPDATE thread SET status = 'closed'
         WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM message m WHERE m.thread_id = ?1)",
    )?
    .execute([thread.0])?;
    Ok(())
}

#[cfg(test)]
mod tests;
