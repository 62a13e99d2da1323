//! Which messages are judged under which engine, and the pages in which they are judged again.
//!
//! One row says it for all messages: those of the patient's side up to `judged_to` are judged under `engine`. A sync that
//! runs beside a re-triage may still judge by the engine before; the transaction that stores what it judged puts `judged_to`
//! back before it. A fingerprint in each message was rejected: it costs every first fill an index.

use chrono::{DateTime, Utc};
use inbox_domain::{ApplyReport, MessageId, ThreadId, Triaged};
use rusqlite::{Connection, params};

use crate::act::Act;
use crate::column::instant;
use crate::{Result, ToJudge, TriagePage, TriageState, VaultError};

/// The state.
pub(crate) fn state(db: &Connection) -> Result<TriageState> {
    Ok(db.prepare_cached("SELECT engine, judged_to, complete FROM triage_state")?.query_row([], |row| {
        Ok(TriageState { engine: row.get(0)?, judged_to: MessageId(row.get(1)?), complete: row.get(2)? })
    })?)
}

fn store(db: &Connection, engine: &str, judged_to: i64, complete: bool) -> Result<()> {
    db.prepare_cached("UPDATE triage_state SET engine = ?1, judged_to = ?2, complete = ?3")?
        .execute(params![engine, judged_to, complete])?;
    Ok(())
}

/// Messages of the patient's side after an id; portal drafts are none yet.
pub(crate) const PAGE: &str = "SELECT m.id, m.version, m.thread_id, m.sent_at, b.text, m.attachments > 0
    FROM message m JOIN message_body b ON b.message_id = m.id
    WHERE m.id > ?1 AND m.inbound = 1 AND m.delivered <> 'draft' ORDER BY m.id LIMIT ?2";

/// The next messages to judge, with the state in which they were read.
pub(crate) fn page(db: &Connection, limit: u32) -> Result<TriagePage> {
    let state = state(db)?;
    let mut statement = db.prepare_cached(PAGE)?;
    let rows = statement.query_map(params![state.judged_to.0, limit], |row| {
        Ok(ToJudge {
            id: MessageId(row.get(0)?),
            version: row.get(1)?,
            thread: ThreadId(row.get(2)?),
            sent_at: instant(row.get(3)?),
            text: row.get(4)?,
            attachments: row.get(5)?,
        })
    })?;
    let messages = rows.collect::<rusqlite::Result<_>>()?;
    Ok(TriagePage { state, messages })
}

/// How many messages of the patient's side stand after an id.
pub(crate) fn count_after(db: &Connection, id: MessageId) -> Result<u32> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM message WHERE id > ?1 AND inbound = 1 AND delivered <> 'draft'",
        )?
        .query_row([id.0], |row| row.get(0))?)
}

/// Makes `engine` the one under which all messages are to be judged; goes on where it was when it already is. A vault
/// without messages is judged completely.
pub(crate) fn begin(act: &Act<'_>, engine: &str, now: DateTime<Utc>) -> Result<TriageState> {
    let before = state(act.db)?;
    if before.engine == engine {
        return Ok(before);
    }
    let complete = count_after(act.db, MessageId(0))? == 0;
    store(act.db, engine, 0, complete)?;
    if !complete {
        act.audit("retriage.begin", &format!("engine:{engine}"), now)?;
    }
    state(act.db)
}

/// Stores the judgements of a page, in its order, by the backlog rule; the hours of its messages stay. `None`, and nothing
/// is stored, when another engine or process has moved on or a message of the page has a new version: read again.
pub(crate) fn apply(
    act: &Act<'_>,
    page: &TriagePage,
    judged: &[Triaged],
    now: DateTime<Utc>,
) -> Result<Option<ApplyReport>> {
    if state(act.db)? != page.state {
        return Ok(None);
    }
    let Some(last) = page.messages.last() else {
        // A sync may have stored more since the page was read.
        if count_after(act.db, page.state.judged_to)? > 0 {
            return Ok(None);
        }
        store(act.db, &page.state.engine, page.state.judged_to.0, true)?;
        act.audit("retriage.complete", &format!("engine:{}", page.state.engine), now)?;
        return Ok(Some(ApplyReport::default()));
    };
    for message in &page.messages {
        let same: bool = act
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM message
                 WHERE id = ?1 AND version = ?2 AND delivered <> 'draft')",
            )?
            .query_row(params![message.id.0, message.version], |row| row.get(0))?;
        if !same {
            return Ok(None);
        }
    }
    if judged.len() != page.messages.len() {
        return Err(VaultError::Invalid("judgements"));
    }
    let judged = page.messages.iter().map(|message| message.id).zip(judged);
    let report = crate::apply::judge_again(act, judged, now)?;
    store(act.db, &page.state.engine, last.id.0, false)?;
    Ok(Some(report))
}

/// Notes that a batch stored messages from `first` on, judged under `engine`. The first batch of an empty vault decides
/// the engine.
pub(crate) fn note_batch(db: &Connection, engine: &str, first: i64, empty_before: bool) -> Result<()> {
    let state = state(db)?;
    if state.engine == engine {
        return Ok(());
    }
    if empty_before && (state.engine.is_empty() || state.complete) {
        return store(db, engine, 0, true);
    }
    let before = if state.complete { first - 1 } else { state.judged_to.0.min(first - 1) };
    store(db, &state.engine, before, false)
}

#[cfg(test)]
mod tests;
