//! What waits to be written to the portal (I5 to I8).
//!
//! `sent` is final. Entries of a thread leave in order: one that is held, failed, unknown or on its way blocks those after
//! it, visibly. One that is scheduled for later blocks nothing: an answer that is needed now must not wait for 08:00. A crisis
//! reply also passes one that surely is not on the portal (docs/adr/0004-crisis-replies-pass-held-ones.md).

/// Whether an entry before `e` in its thread keeps it back, at an instant.
macro_rules! blocked {
    ($now:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM outbox_entry b JOIN thread bt ON bt.id = b.thread_id
               WHERE b.thread_id = e.thread_id AND b.id < e.id AND b.state <> 'sent'
                 AND NOT (b.state = 'scheduled' AND b.not_before > ",
            $now,
            ") AND NOT (e.crisis = 1 AND bt.key NOT LIKE 'local:%'
                 AND (b.state = 'failed' OR (b.state = 'held' AND b.attempts = 0))))"
        )
    };
}

mod state;

use chrono::{DateTime, Utc};
use inbox_domain::{ClientIdentifier, OutboxDraft, OutboxEntry, OutboxId, OutboxState, PortalId, ThreadId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::act::Act;
use crate::apply::patient_row;
use crate::column::{instant, instant_opt, millis};
use crate::{Result, VaultError, facts};

pub(crate) use state::{
    begin_attempt, doubt_all, hold, hold_for_newer, hold_stale, mark_failed, mark_not_sent, mark_sending,
    mark_sent, mark_unknown, note_unknown, record_lookup, recover_sending, requeue, resolve, undo,
};

/// Columns of [`OutboxEntry`], `e` the entry and `t` its thread.
const COLUMNS: &str = "e.id, e.client_identifier, e.thread_id, t.portal_id, e.state, e.text, e.payload, e.attempts,
    e.not_before, e.queued_at, e.lookups, e.last_lookup_at, e.sent_at, e.portal_id, e.error, e.even_if_newer, e.crisis,
    e.attempted_at";

fn entry(row: &Row<'_>) -> rusqlite::Result<OutboxEntry> {
    let state: String = row.get(4)?;
    Ok(OutboxEntry {
        id: OutboxId(row.get(0)?),
        client_identifier: ClientIdentifier(row.get(1)?),
        thread: ThreadId(row.get(2)?),
        thread_portal_id: row.get::<_, Option<String>>(3)?.map(PortalId),
        // The CHECK of the table lets no other word in; unknown is the state that sends nothing.
        state: OutboxState::from_name(&state).unwrap_or(OutboxState::Unknown),
        text: row.get(5)?,
        payload: row.get(6)?,
        attempts: row.get(7)?,
        not_before: instant_opt(row.get(8)?),
        queued_at: instant(row.get(9)?),
        lookups: row.get(10)?,
        last_lookup_at: instant_opt(row.get(11)?),
        sent_at: instant_opt(row.get(12)?),
        portal_id: row.get::<_, Option<String>>(13)?.map(PortalId),
        error: row.get(14)?,
        even_if_newer: row.get(15)?,
        crisis: row.get(16)?,
        attempted_at: instant_opt(row.get(17)?),
    })
}

fn select(db: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<OutboxEntry>> {
    let sql = format!("SELECT {COLUMNS} FROM outbox_entry e JOIN thread t ON t.id = e.thread_id {rest}");
    let mut statement = db.prepare_cached(&sql)?;
    let entries = statement.query_map(params, entry)?.collect::<rusqlite::Result<_>>()?;
    Ok(entries)
}

/// One entry.
pub(crate) fn load(db: &Connection, id: OutboxId) -> Result<OutboxEntry> {
    select(db, "WHERE e.id = ?1", [id.0])?.pop().ok_or(VaultError::NoSuch("outbox entry"))
}

/// All entries, oldest first.
pub(crate) fn list(db: &Connection) -> Result<Vec<OutboxEntry>> {
    select(db, "ORDER BY e.id", [])
}

/// The entries of a thread, oldest first.
pub(crate) fn of_thread(db: &Connection, thread: ThreadId) -> Result<Vec<OutboxEntry>> {
    select(db, "WHERE e.thread_id = ?1 ORDER BY e.id", [thread.0])
}

/// Entries whose answer was lost, oldest first.
pub(crate) fn unknown(db: &Connection) -> Result<Vec<OutboxEntry>> {
    select(db, "WHERE e.state <> 'sent' AND e.state = 'unknown' ORDER BY e.id", [])
}

/// The part of the due query that decides; an entry is due when nothing before it in its thread blocks it.
pub(crate) const DUE: &str = concat!(
    "WHERE e.state IN ('queued', 'scheduled') AND (e.state = 'queued' OR e.not_before <= ?1) AND NOT ",
    blocked!("?1"),
    " ORDER BY e.id"
);

/// The first sendable entry of each thread.
pub(crate) fn due(db: &Connection, now: DateTime<Utc>) -> Result<Vec<OutboxEntry>> {
    select(db, DUE, [millis(now)])
}

/// The due query as it runs, for the test of its plan.
#[cfg(test)]
pub(crate) fn due_sql() -> String {
    format!("SELECT {COLUMNS} FROM outbox_entry e JOIN thread t ON t.id = e.thread_id {DUE}")
}

/// Stores an entry with its frozen payload.
pub(crate) fn enqueue(
    act: &Act<'_>,
    draft: &OutboxDraft,
    identifier: &ClientIdentifier,
    payload: &str,
    now: DateTime<Utc>,
) -> Result<OutboxEntry> {
    if let Some(thread) = draft.thread {
        // What was queued is no draft any more.
        act.db.prepare_cached("DELETE FROM draft WHERE thread_id = ?1")?.execute([thread.0])?;
    }
    enqueue_beside_draft(act, draft, identifier, payload, now)
}

/// The same for what somebody else than the clinician wrote: her draft stays.
pub(crate) fn enqueue_beside_draft(
    act: &Act<'_>,
    draft: &OutboxDraft,
    identifier: &ClientIdentifier,
    payload: &str,
    now: DateTime<Utc>,
) -> Result<OutboxEntry> {
    let thread = match (draft.thread, &draft.patient) {
        (Some(thread), _) => existing_thread(act.db, thread)?,
        (None, Some(patient)) => new_thread(act.db, patient, &draft.topic, identifier, now)?,
        (None, None) => return Err(VaultError::Invalid("recipient")),
    };
    let state = match draft.not_before {
        Some(not_before) if not_before > now => OutboxState::Scheduled,
        _ => OutboxState::Queued,
    };
    act.db
        .prepare_cached(
            "INSERT INTO outbox_entry (client_identifier, thread_id, state, text, payload, not_before, queued_at,
             confirmed_at, seen_message, even_if_newer, crisis)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, (SELECT coalesce(max(id), 0) FROM message), ?8, ?9)",
        )?
        .execute(params![
            identifier.0,
            thread,
            state.as_str(),
            draft.text,
            payload,
            draft.not_before.map(millis),
            millis(now),
            draft.even_if_newer,
            draft.crisis,
        ])?;
    let id = OutboxId(act.db.last_insert_rowid());
    if let Some(response) = &draft.response {
        act.db
            .prepare_cached(
                "INSERT INTO response_used (outbox_id, thread_id, response, used_at) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![id.0, thread, response, millis(now)])?;
    }
    act.audit("outbox.enqueue", &format!("outbox:{id} thread:{thread}"), now)?;
    facts::recompute(act.db, thread)?;
    load(act.db, id)
}

fn existing_thread(db: &Connection, thread: ThreadId) -> Result<i64> {
    db.prepare_cached("SELECT id FROM thread WHERE id = ?1")?
        .query_row([thread.0], |row| row.get(0))
        .optional()?
        .ok_or(VaultError::NoSuch("thread"))
}

/// The local thread of a new conversation, until its header is on the portal.
fn new_thread(
    db: &Connection,
    patient: &PortalId,
    topic: &str,
    identifier: &ClientIdentifier,
    now: DateTime<Utc>,
) -> Result<i64> {
    let patient = patient_row(db, patient)?;
    db.prepare_cached("INSERT INTO thread (key, patient_id, topic, last_updated) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![format!("local:{identifier}"), patient, topic, millis(now)])?;
    Ok(db.last_insert_rowid())
}

/// Gives a local thread the id of its header, or joins it to the thread that already has that id.
pub(crate) fn bind_thread(
    act: &Act<'_>,
    thread: ThreadId,
    portal_id: &PortalId,
    now: DateTime<Utc>,
) -> Result<ThreadId> {
    existing_thread(act.db, thread)?;
    let other: Option<i64> = act
        .db
        .prepare_cached("SELECT id FROM thread WHERE portal_id = ?1")?
        .query_row([&portal_id.0], |row| row.get(0))
        .optional()?;
    let bound = match other {
        Some(other) if other == thread.0 => return Ok(thread),
        Some(other) => {
            crate::apply::merge(act.db, thread.0, other)?;
            other
        }
        None => {
            let changed = act
                .db
                .prepare_cached(
                    "UPDATE thread SET portal_id = ?2, key = ?3 WHERE id = ?1 AND portal_id IS NULL",
                )?
                .execute(params![thread.0, portal_id.0, format!("header:{portal_id}")])?;
            if changed == 0 {
                return Err(VaultError::Invalid("thread"));
            }
            thread.0
        }
    };
    act.audit("thread.bind", &format!("thread:{bound}"), now)?;
    facts::recompute(act.db, bound)?;
    Ok(ThreadId(bound))
}

#[cfg(test)]
mod tests;
