//! What clinicians say of rules: "a rule missed this", and how often a rule raised a flag and was called wrong.

use chrono::{DateTime, Utc};
use inbox_domain::{Category, MessageId, PatientId, ThreadId};
use rusqlite::{Connection, Row, params};

use crate::act::Act;
use crate::column::{from_word, instant, millis, word};
use crate::{MissedReport, Result, RuleCount, VaultError};

/// Reports that a rule missed a message; the same category again replaces the wording. Answers the thread.
pub(crate) fn report(
    act: &Act<'_>,
    message: MessageId,
    category: Category,
    wording: &str,
    now: DateTime<Utc>,
) -> Result<ThreadId> {
    let saved = act
        .db
        .prepare_cached(
            "INSERT INTO missed (message_id, category, wording, said_at)
             SELECT id, ?2, ?3, ?4 FROM message WHERE id = ?1 AND inbound = 1 AND delivered <> 'draft'
             ON CONFLICT (message_id, category) DO UPDATE SET wording = excluded.wording, said_at = excluded.said_at",
        )?
        .execute(params![message.0, word(category), wording, millis(now)])?;
    if saved == 0 {
        return Err(VaultError::NoSuch("message"));
    }
    act.audit("triage.missed", &format!("message:{message}"), now)?;
    thread_of(act.db, message)
}

/// Takes such a report back. Answers the thread.
pub(crate) fn withdraw(
    act: &Act<'_>,
    message: MessageId,
    category: Category,
    now: DateTime<Utc>,
) -> Result<ThreadId> {
    let gone = act
        .db
        .prepare_cached("DELETE FROM missed WHERE message_id = ?1 AND category = ?2")?
        .execute(params![message.0, word(category)])?;
    if gone == 0 {
        return Err(VaultError::NoSuch("report"));
    }
    act.audit("triage.missed-withdraw", &format!("message:{message}"), now)?;
    thread_of(act.db, message)
}

fn thread_of(db: &Connection, message: MessageId) -> Result<ThreadId> {
    Ok(db
        .prepare_cached("SELECT thread_id FROM message WHERE id = ?1")?
        .query_row([message.0], |row| row.get(0).map(ThreadId))?)
}

const SELECT: &str =
    "SELECT x.message_id, x.category, x.wording, x.said_at, coalesce(m.patient_id, t.patient_id), t.sensitive
    FROM missed x JOIN message m ON m.id = x.message_id JOIN thread t ON t.id = m.thread_id";

/// Reports of a thread's messages, for the test of the plan.
pub(crate) const OF_THREAD: &str = "SELECT x.message_id, x.category, x.wording, x.said_at,
      coalesce(m.patient_id, t.patient_id), t.sensitive
    FROM thread t CROSS JOIN message m ON m.thread_id = t.id CROSS JOIN missed x ON x.message_id = m.id
    WHERE t.id = ?1";

fn read(row: &Row<'_>) -> Result<MissedReport> {
    Ok(MissedReport {
        message: MessageId(row.get(0)?),
        category: from_word(&row.get::<_, String>(1)?, "category")?,
        wording: row.get(2)?,
        at: instant(row.get(3)?),
        patient: row.get::<_, Option<i64>>(4)?.map(PatientId),
        sensitive: row.get(5)?,
    })
}

/// All reports, oldest first.
pub(crate) fn list(db: &Connection) -> Result<Vec<MissedReport>> {
    let mut statement =
        db.prepare_cached(&format!("{SELECT} ORDER BY x.said_at, x.message_id, x.category"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// The reports on messages of one thread.
pub(crate) fn of_thread(db: &Connection, thread: ThreadId) -> Result<Vec<MissedReport>> {
    let mut statement = db.prepare_cached(OF_THREAD)?;
    let mut rows = statement.query([thread.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

/// A flag that a later lexicon no longer raises counts only while somebody has called it wrong; one that context took to
/// none was never shown as one.
pub(crate) const COUNTS: &str = "SELECT rule, count(*), count(dismissed_at) FROM flag
    WHERE dismissed_at IS NOT NULL OR (superseded_at IS NULL AND tier > 0) GROUP BY rule";

/// What each rule raised, by its id.
pub(crate) fn counts(db: &Connection) -> Result<Vec<RuleCount>> {
    let mut statement = db.prepare_cached(COUNTS)?;
    let rows = statement
        .query_map([], |row| Ok(RuleCount { rule: row.get(0)?, raised: row.get(1)?, wrong: row.get(2)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests;
