//! The states of an outbox entry. Each change names the states it may start from; the change and its check are one
//! statement, so that two processes cannot both make it.

use chrono::{DateTime, Duration, Utc};
use inbox_domain::{OutboxEntry, OutboxId, OutboxState, PortalId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::load;
use crate::act::Act;
use crate::column::millis;
use crate::{Result, VaultError, facts};

/// Code of an entry that a newer message of the patient has stopped.
const NEWER_MESSAGE: &str = "newer_message";
/// Code of an entry that waited offline for more than a day.
const OLDER_THAN_A_DAY: &str = "older_than_24h";

/// Code of an entry that has to be looked up since this database may be older than the portal's copy.
const OLDER_COPY: &str = "older_copy";

/// An offline reply older than this asks again (I8).
fn stale_after() -> Duration {
    Duration::hours(24)
}

/// Runs one change; `changed` is the number of rows it hit. Records it and computes the thread's facts.
fn settle(act: &Act<'_>, id: OutboxId, changed: usize, action: &str, now: DateTime<Utc>) -> Result<()> {
    if changed == 0 {
        return Err(VaultError::WrongOutboxState(load(act.db, id)?.state));
    }
    act.audit(action, &format!("outbox:{id}"), now)?;
    facts::recompute(act.db, load(act.db, id)?.thread.0)
}

/// Claims an entry for sending.
pub(crate) fn mark_sending(act: &Act<'_>, id: OutboxId, now: DateTime<Utc>) -> Result<bool> {
    let changed = act
        .db
        .prepare_cached(concat!(
            "UPDATE outbox_entry AS e
             SET state = 'sending', attempts = attempts + 1, lookups = 0, last_lookup_at = NULL, attempted_at = ?2
             WHERE id = ?1 AND (state = 'queued' OR (state = 'scheduled' AND not_before <= ?2)) AND NOT ",
            blocked!("?2")
        ))?
        .execute(params![id.0, millis(now)])?;
    if changed == 0 {
        return Ok(false);
    }
    settle(act, id, changed, "outbox.sending", now)?;
    Ok(true)
}

/// The request of a claimed entry leaves now: what was asked before it took its own time.
pub(crate) fn begin_attempt(act: &Act<'_>, id: OutboxId, now: DateTime<Utc>) -> Result<()> {
    let changed = act
        .db
        .prepare_cached("UPDATE outbox_entry SET attempted_at = ?2 WHERE id = ?1 AND state = 'sending'")?
        .execute(params![id.0, millis(now)])?;
    if changed == 0 { Err(VaultError::WrongOutboxState(load(act.db, id)?.state)) } else { Ok(()) }
}

/// The server acknowledged it. Also after the portal's copy has already said so.
pub(crate) fn mark_sent(
    act: &Act<'_>,
    id: OutboxId,
    portal_id: Option<&PortalId>,
    now: DateTime<Utc>,
) -> Result<()> {
    let changed = act
        .db
        .prepare_cached(
            "UPDATE outbox_entry SET state = 'sent', error = NULL, sent_at = coalesce(sent_at, ?3),
             portal_id = coalesce(?2, portal_id) WHERE id = ?1 AND state IN ('sending', 'unknown', 'sent')",
        )?
        .execute(params![id.0, portal_id.map(|id| &id.0), millis(now)])?;
    settle(act, id, changed, "outbox.sent", now)
}

/// The answer was lost.
pub(crate) fn mark_unknown(act: &Act<'_>, id: OutboxId, error: &str, now: DateTime<Utc>) -> Result<()> {
    let changed = act
        .db
        .prepare_cached(
            "UPDATE outbox_entry SET state = 'unknown', error = ?2, lookups = 0, last_lookup_at = NULL
             WHERE id = ?1 AND state = 'sending'",
        )?
        .execute(params![id.0, error])?;
    settle(act, id, changed, "outbox.unknown", now)
}

/// Why an entry whose answer was lost does not settle by itself.
pub(crate) fn note_unknown(act: &Act<'_>, id: OutboxId, reason: &str, now: DateTime<Utc>) -> Result<()> {
    let changed = act
        .db
        .prepare_cached(
            "UPDATE outbox_entry SET error = ?2 WHERE id = ?1 AND state = 'unknown' AND error <> ?2",
        )?
        .execute(params![id.0, reason])?;
    if changed > 0 { settle(act, id, changed, "outbox.unclear", now) } else { Ok(()) }
}

/// The server refused it.
pub(crate) fn mark_failed(act: &Act<'_>, id: OutboxId, error: &str, now: DateTime<Utc>) -> Result<()> {
    let changed = act
        .db
        .prepare_cached(
            "UPDATE outbox_entry SET state = 'failed', error = ?2 WHERE id = ?1 AND state = 'sending'",
        )?
        .execute(params![id.0, error])?;
    settle(act, id, changed, "outbox.failed", now)
}

/// The request never reached the server.
pub(crate) fn mark_not_sent(
    act: &Act<'_>,
    id: OutboxId,
    error: &str,
    now: DateTime<Utc>,
) -> Result<OutboxState> {
    back_to_queue(act, id, "sending", Some(error), now)
}

/// An unknown entry is surely not on the server.
pub(crate) fn requeue(act: &Act<'_>, id: OutboxId, now: DateTime<Utc>) -> Result<OutboxState> {
    back_to_queue(act, id, "unknown", None, now)
}

/// This database may be older than what was sent: every entry that is not known to be sent is looked up by its identifier
/// before anything is sent, also one that was held or had failed, which goes back to the clinician when nothing is found.
/// Claims made since are the portal's to tell, so those that wait here are given up.
pub(crate) fn doubt_all(act: &Act<'_>, now: DateTime<Utc>) -> Result<()> {
    let doubted = ids(
        act.db,
        "UPDATE outbox_entry SET state = 'unknown', lookups = 0, last_lookup_at = NULL, attempted_at = ?1,
           attempts = max(attempts, 1),
           before_restore = CASE WHEN state IN ('held', 'failed') THEN state ELSE before_restore END,
           error_before_restore = CASE WHEN state IN ('held', 'failed') THEN error ELSE error_before_restore END,
           error = ?2
         WHERE state <> 'sent' RETURNING id",
        params![millis(now), OLDER_COPY],
    )?;
    for id in &doubted {
        settle(act, *id, 1, "outbox.doubt", now)?;
    }
    act.db
        .prepare_cached(
            "UPDATE portal_act SET state = 'refused', error = ?1
             WHERE state = 'queued' AND kind IN ('claim', 'release', 'done')",
        )?
        .execute([OLDER_COPY])?;
    act.db.prepare_cached("UPDATE sync_cursor SET last_sweep = NULL, last_reconcile = NULL")?.execute([])?;
    Ok(())
}

/// Back to waiting, unless the patient has written since the clinician said "send": then to review (I8).
fn back_to_queue(
    act: &Act<'_>,
    id: OutboxId,
    from: &str,
    error: Option<&str>,
    now: DateTime<Utc>,
) -> Result<OutboxState> {
    let changed = act
        .db
        .prepare_cached(
            "UPDATE outbox_entry SET state = coalesce(before_restore, CASE WHEN not_before > ?4 THEN 'scheduled'
               ELSE 'queued' END), error = CASE WHEN before_restore IS NULL THEN ?3 ELSE error_before_restore END,
             before_restore = NULL, error_before_restore = NULL WHERE id = ?1 AND state = ?2",
        )?
        .execute(params![id.0, from, error, millis(now)])?;
    let newer: Option<i64> = act
        .db
        .prepare_cached(
            "SELECT max(m.id) FROM outbox_entry e JOIN message m ON m.thread_id = e.thread_id
             WHERE e.id = ?1 AND m.inbound = 1 AND m.delivered = 'delivered' AND m.backlog = 0
               AND m.id > e.seen_message",
        )?
        .query_row([id.0], |row| row.get(0))?;
    if changed > 0
        && let Some(message) = newer
    {
        hold_for_newer(act.db, load(act.db, id)?.thread.0, message)?;
    }
    settle(act, id, changed, "outbox.requeue", now)?;
    Ok(load(act.db, id)?.state)
}

/// A lookup found nothing.
pub(crate) fn record_lookup(act: &Act<'_>, id: OutboxId, now: DateTime<Utc>) -> Result<u32> {
    let changed = act
        .db
        .prepare_cached(
            "UPDATE outbox_entry SET lookups = lookups + 1, last_lookup_at = ?2
             WHERE id = ?1 AND state = 'unknown'",
        )?
        .execute(params![id.0, millis(now)])?;
    let entry = load(act.db, id)?;
    if changed == 0 { Err(VaultError::WrongOutboxState(entry.state)) } else { Ok(entry.lookups) }
}

/// What a process left as `sending` when it died is `unknown`.
pub(crate) fn recover_sending(act: &Act<'_>, now: DateTime<Utc>) -> Result<Vec<OutboxId>> {
    let left = ids(act.db, "SELECT id FROM outbox_entry WHERE state <> 'sent' AND state = 'sending'", [])?;
    for id in &left {
        mark_unknown(act, *id, "interrupted", now)?;
    }
    Ok(left)
}

/// Stops an entry for review.
pub(crate) fn hold(act: &Act<'_>, id: OutboxId, reason: &str, now: DateTime<Utc>) -> Result<()> {
    let changed = act
        .db
        .prepare_cached(
            "UPDATE outbox_entry SET state = 'held', error = ?2
             WHERE id = ?1 AND state IN ('queued', 'scheduled')",
        )?
        .execute(params![id.0, reason])?;
    settle(act, id, changed, "outbox.hold", now)
}

/// Stops the waiting entries of a thread that were written without having seen `message` (I8). The caller records it and
/// computes the facts.
pub(crate) fn hold_for_newer(db: &Connection, thread: i64, message: i64) -> Result<Vec<OutboxId>> {
    ids(
        db,
        "UPDATE outbox_entry SET state = 'held', error = ?3
         WHERE thread_id = ?1 AND state IN ('queued', 'scheduled') AND even_if_newer = 0 AND seen_message < ?2
         RETURNING id",
        params![thread, message, NEWER_MESSAGE],
    )
}

/// Stops entries that have waited for more than 24 hours since the clinician said "send" or since their not-before time.
/// Attempts that never reached the server do not count: a day offline is a day offline.
pub(crate) fn hold_stale(act: &Act<'_>, now: DateTime<Utc>) -> Result<Vec<OutboxId>> {
    let stale = ids(
        act.db,
        "SELECT id FROM outbox_entry WHERE state <> 'sent' AND state IN ('queued', 'scheduled')
           AND max(confirmed_at, coalesce(not_before, 0)) < ?1",
        [millis(now - stale_after())],
    )?;
    for id in &stale {
        hold(act, *id, OLDER_THAN_A_DAY, now)?;
    }
    Ok(stale)
}

/// The clinician's decision on an entry that does not move by itself.
pub(crate) fn resolve(act: &Act<'_>, id: OutboxId, send: bool, now: DateTime<Utc>) -> Result<OutboxEntry> {
    let entry = load(act.db, id)?;
    if !matches!(entry.state, OutboxState::Held | OutboxState::Failed | OutboxState::Unknown) {
        return Err(VaultError::WrongOutboxState(entry.state));
    }
    if !send {
        return discard(act, entry, false, now);
    }
    let state = match entry.not_before {
        Some(not_before) if not_before > now => OutboxState::Scheduled,
        _ => OutboxState::Queued,
    };
    let changed = act
        .db
        .prepare_cached(
            "UPDATE outbox_entry SET state = ?2, error = NULL, before_restore = NULL, confirmed_at = ?3,
             seen_message = (SELECT coalesce(max(id), 0) FROM message) WHERE id = ?1",
        )?
        .execute(params![id.0, state.as_str(), millis(now)])?;
    settle(act, id, changed, "outbox.confirm", now)?;
    load(act.db, id)
}

/// Takes an entry back into the thread's draft.
pub(crate) fn undo(act: &Act<'_>, id: OutboxId, now: DateTime<Utc>) -> Result<OutboxEntry> {
    let entry = load(act.db, id)?;
    match entry.state {
        OutboxState::Queued | OutboxState::Scheduled | OutboxState::Held => discard(act, entry, true, now),
        other => Err(VaultError::WrongOutboxState(other)),
    }
}

fn discard(act: &Act<'_>, entry: OutboxEntry, keep_text: bool, now: DateTime<Utc>) -> Result<OutboxEntry> {
    let thread = entry.thread.0;
    act.db.prepare_cached("DELETE FROM outbox_entry WHERE id = ?1")?.execute([entry.id.0])?;
    if keep_text {
        act.db
            .prepare_cached(
                "INSERT INTO draft (thread_id, text, saved_at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (thread_id) DO UPDATE SET text = excluded.text || char(10, 10) || draft.text",
            )?
            .execute(params![thread, entry.text, millis(now)])?;
    }
    act.audit("outbox.discard", &format!("outbox:{} thread:{thread}", entry.id), now)?;
    if is_empty_local_thread(act.db, thread)? {
        act.db.prepare_cached("DELETE FROM response_used WHERE thread_id = ?1")?.execute([thread])?;
        act.db.prepare_cached("DELETE FROM thread WHERE id = ?1")?.execute([thread])?;
    } else {
        facts::recompute(act.db, thread)?;
    }
    Ok(OutboxEntry { state: OutboxState::Draft, ..entry })
}

/// A thread that was made for this entry alone and has nothing else in it.
fn is_empty_local_thread(db: &Connection, thread: i64) -> Result<bool> {
    Ok(db
        .prepare_cached(
            "SELECT t.portal_id IS NULL AND t.key LIKE 'local:%'
               AND NOT EXISTS (SELECT 1 FROM message WHERE thread_id = t.id)
               AND NOT EXISTS (SELECT 1 FROM outbox_entry WHERE thread_id = t.id)
               AND NOT EXISTS (SELECT 1 FROM draft WHERE thread_id = t.id) FROM thread t WHERE t.id = ?1",
        )?
        .query_row([thread], |row| row.get(0))
        .optional()?
        .unwrap_or(false))
}

fn ids(db: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Vec<OutboxId>> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map(params, |row| row.get(0).map(OutboxId))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
