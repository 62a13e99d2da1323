//! What patients were promised by the after-hours acknowledgement: a record of its own, written with the message and
//! never changed by other hours.

use chrono::{DateTime, Utc};
use inbox_domain::{ClientIdentifier, OutboxDraft, OutboxEntry, OutboxState, PatientId, ThreadId};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::act::Act;
use crate::column::{instant, instant_opt, millis};
use crate::{Result, facts, outbox};

/// Whether a message is an answer by a person: delivered, ours, and no acknowledgement that the program sent. An
/// acknowledgement answers nothing, so the thread goes on waiting for somebody. `$a` is the message's alias.
macro_rules! answers {
    ($a:literal) => {
        concat!(
            "(",
            $a,
            ".inbound = 0 AND ",
            $a,
            ".delivered = 'delivered' AND coalesce(",
            $a,
            ".client_identifier, '') NOT GLOB 'after-hours-*')"
        )
    };
}
pub(crate) use answers;

/// What a patient is promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Identifier of the message, made from patient and closed period.
    pub client_identifier: ClientIdentifier,
    /// The thread.
    pub thread: ThreadId,
    /// The patient.
    pub patient: PatientId,
    /// When the clinic closed.
    pub period_start: DateTime<Utc>,
    /// When the message will be read, as the patient was told.
    pub read_by: DateTime<Utc>,
    /// IANA zone in which she was told so.
    pub zone: String,
    /// The cover who was named.
    pub cover: Option<String>,
    /// Id and version of the signed text.
    pub response: String,
    /// The text.
    pub text: String,
    /// When it was promised.
    pub promised_at: DateTime<Utc>,
    /// When it was taken back because it had not left before the clinic opened.
    pub withdrawn_at: Option<DateTime<Utc>>,
}

/// Queues the message of a promise and records it; `None` when this vault knows the identifier already.
pub(crate) fn promise(act: &Act<'_>, promise: &Promise, payload: &str) -> Result<Option<OutboxEntry>> {
    if is_known(act.db, &promise.client_identifier)? {
        return Ok(None);
    }
    let now = promise.promised_at;
    act.db
        .prepare_cached(
            "INSERT INTO promise (client_identifier, thread_id, patient_id, period_start, read_by, zone, cover, response,
               text, promised_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            promise.client_identifier.0,
            promise.thread.0,
            promise.patient.0,
            millis(promise.period_start),
            millis(promise.read_by),
            promise.zone,
            promise.cover,
            promise.response,
            promise.text,
            millis(now),
        ])?;
    act.audit("promise", &format!("thread:{} patient:{}", promise.thread, promise.patient), now)?;
    let draft = OutboxDraft {
        thread: Some(promise.thread),
        patient: None,
        topic: String::new(),
        text: promise.text.clone(),
        not_before: None,
        // A patient who writes three in a row is told once, and not less.
        even_if_newer: true,
        crisis: false,
        response: Some(promise.response.clone()),
    };
    outbox::enqueue_beside_draft(act, &draft, &promise.client_identifier, payload, now).map(Some)
}

/// Whether a promise, an entry of the outbox or a stored message has this identifier.
pub(crate) fn is_known(db: &Connection, identifier: &ClientIdentifier) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM promise WHERE client_identifier = ?1)
               OR EXISTS (SELECT 1 FROM outbox_entry WHERE client_identifier = ?1)
               OR EXISTS (SELECT 1 FROM message WHERE client_identifier = ?1)",
        )?
        .query_row([&identifier.0], |row| row.get(0))?)
}

/// Takes back what has not left before the clinic opened: then it would tell something false.
pub(crate) fn withdraw_overdue(act: &Act<'_>, now: DateTime<Utc>) -> Result<usize> {
    let overdue: Vec<(i64, i64, i64)> = act
        .db
        .prepare_cached(
            "SELECT p.id, e.id, p.thread_id FROM promise p JOIN outbox_entry e USING (client_identifier)
             WHERE e.state IN ('queued', 'held') AND e.attempts = 0 AND p.read_by <= ?1",
        )?
        .query_map([millis(now)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (promise, entry, thread) in &overdue {
        act.db.prepare_cached("DELETE FROM outbox_entry WHERE id = ?1")?.execute([entry])?;
        act.db
            .prepare_cached("UPDATE promise SET withdrawn_at = ?2 WHERE id = ?1")?
            .execute(params![promise, millis(now)])?;
        act.audit("promise.withdraw", &format!("thread:{thread}"), now)?;
        facts::recompute(act.db, *thread)?;
    }
    Ok(overdue.len())
}

/// The promises of a thread, oldest first.
pub(crate) fn of_thread(db: &Connection, thread: ThreadId) -> Result<Vec<Promise>> {
    let mut statement = db.prepare_cached(
        "SELECT client_identifier, thread_id, patient_id, period_start, read_by, zone, cover, response, text, promised_at,
           withdrawn_at FROM promise WHERE thread_id = ?1 ORDER BY id",
    )?;
    let promises = statement
        .query_map([thread.0], |row| {
            Ok(Promise {
                client_identifier: ClientIdentifier(row.get(0)?),
                thread: ThreadId(row.get(1)?),
                patient: PatientId(row.get(2)?),
                period_start: instant(row.get(3)?),
                read_by: instant(row.get(4)?),
                zone: row.get(5)?,
                cover: row.get(6)?,
                response: row.get(7)?,
                text: row.get(8)?,
                promised_at: instant(row.get(9)?),
                withdrawn_at: instant_opt(row.get(10)?),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(promises)
}

/// State of the message of a promise: the outbox's, `sent` where only the portal's copy is left.
pub(crate) fn state(db: &Connection, identifier: &ClientIdentifier) -> Result<Option<OutboxState>> {
    let word: Option<String> = db
        .prepare_cached("SELECT state FROM outbox_entry WHERE client_identifier = ?1")?
        .query_row([&identifier.0], |row| row.get(0))
        .optional()?;
    Ok(word.and_then(|word| OutboxState::from_name(&word)))
}
