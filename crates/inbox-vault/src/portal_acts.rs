//! Acts of the clinician that the portal is told of and that are no messages: stored in the act's own transaction, written
//! by sync. One that takes back another before it left leaves nothing to write.

use chrono::{DateTime, Utc};
use inbox_domain::{ActId, ActKind, ActState, ClaimState, MessageId, PortalAct, PortalId, ThreadId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::act::Act;
use crate::column::{from_word, instant, instant_opt, millis, word};
use crate::{Result, VaultError};

const COLUMNS: &str =
    "SELECT a.id, a.kind, a.thread_id, t.portal_id, a.message_id, a.colleague, a.state, a.acted_at,
    a.not_before, a.attempts, a.error FROM portal_act a JOIN thread t ON t.id = a.thread_id";

fn read(row: &Row<'_>) -> Result<PortalAct> {
    Ok(PortalAct {
        id: ActId(row.get(0)?),
        kind: from_word(&row.get::<_, String>(1)?, "act")?,
        thread: ThreadId(row.get(2)?),
        header: row.get::<_, Option<String>>(3)?.map(PortalId),
        message: row.get::<_, Option<i64>>(4)?.map(MessageId),
        colleague: row.get(5)?,
        state: from_word(&row.get::<_, String>(6)?, "state of an act")?,
        acted_at: instant(row.get(7)?),
        not_before: instant_opt(row.get(8)?),
        attempts: row.get(9)?,
        error: row.get(10)?,
    })
}

fn select(db: &Connection, rest: &str, params: impl rusqlite::Params) -> Result<Vec<PortalAct>> {
    let mut statement = db.prepare_cached(&format!("{COLUMNS} {rest} ORDER BY a.id"))?;
    let mut rows = statement.query(params)?;
    let mut acts = Vec::new();
    while let Some(row) = rows.next()? {
        acts.push(read(row)?);
    }
    Ok(acts)
}

/// What waits to be written and may be tried now, oldest first.
pub(crate) fn queued(db: &Connection, now: DateTime<Utc>) -> Result<Vec<PortalAct>> {
    select(
        db,
        "WHERE a.state = 'queued' AND (a.not_before IS NULL OR a.not_before <= ?1)",
        params![millis(now)],
    )
}

/// The acts of a thread, settled ones too, oldest first.
pub(crate) fn of_thread(db: &Connection, thread: ThreadId) -> Result<Vec<PortalAct>> {
    select(db, "WHERE a.thread_id = ?1", [thread.0])
}

/// Notes that a message was read, for the portal. One that already says so is not told again.
pub(crate) fn note_read(db: &Connection, message: i64, thread: ThreadId, now: DateTime<Utc>) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO portal_act (kind, thread_id, message_id, acted_at)
         SELECT 'read', ?2, id, ?3 FROM message WHERE id = ?1 AND received IS NULL AND delivered = 'delivered'",
    )?
    .execute(params![message, thread.0, millis(now)])?;
    Ok(())
}

/// A claim, release or done of `me` as it is to stand in the end. `over` is the colleague from whom a thread is knowingly
/// taken over.
pub(crate) fn set_work(
    act: &Act<'_>,
    thread: ThreadId,
    kind: ActKind,
    me: &str,
    over: Option<&str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let header: Option<String> = act
        .db
        .prepare_cached("SELECT portal_id FROM thread WHERE id = ?1")?
        .query_row([thread.0], |row| row.get(0))
        .optional()?
        .ok_or(VaultError::NoSuch("thread"))?;
    if header.is_none() {
        return Err(VaultError::Invalid("claim of a thread that the portal does not have"));
    }
    let (state, mine) = standing(act.db, thread, me)?;
    let needed = match kind {
        ActKind::Claim => state != Some(ClaimState::Claimed) || !mine,
        ActKind::Release => state == Some(ClaimState::Claimed) && mine,
        ActKind::Done => state != Some(ClaimState::Done),
        ActKind::Read | ActKind::Handover => return Err(VaultError::Invalid("kind of act")),
    };
    // Once an attempt was made, only the portal knows what it did: the act stays, and sync looks before it writes.
    let removed = act
        .db
        .prepare_cached(
            "DELETE FROM portal_act WHERE thread_id = ?1 AND kind IN ('claim', 'release', 'done')
             RETURNING attempts, state = 'queued'",
        )?
        .query_row([thread.0], |row| Ok((row.get::<_, u32>(0)?, row.get::<_, bool>(1)?)))
        .optional()?;
    let under_way = removed.filter(|(_, queued)| *queued).map_or(0, |(attempts, _)| attempts);
    if needed || under_way > 0 {
        act.db
            .prepare_cached(
                "INSERT INTO portal_act (kind, thread_id, colleague, acted_at, attempts)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![kind.as_str(), thread.0, over, millis(now), under_way])?;
    }
    act.audit(&format!("thread.{}", kind.as_str()), &format!("thread:{thread}"), now)
}

/// State of the claim that counts, and whether it is `me` who has or had the thread.
fn standing(db: &Connection, thread: ThreadId, me: &str) -> Result<(Option<ClaimState>, bool)> {
    let (state, owner): (Option<String>, Option<String>) = db
        .prepare_cached("SELECT claim_state, claimed_by FROM thread WHERE id = ?1")?
        .query_row([thread.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let state = state.map(|state| from_word(&state, "claim state")).transpose()?;
    Ok((state, owner.as_deref() == Some(me)))
}

/// Hands a thread over: `colleague` is to be able to read it. Again after a refusal tries again.
pub(crate) fn hand_over(
    act: &Act<'_>,
    thread: ThreadId,
    colleague: &str,
    now: DateTime<Utc>,
) -> Result<ActId> {
    let exists: bool = act
        .db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM thread WHERE id = ?1)")?
        .query_row([thread.0], |row| row.get(0))?;
    if !exists {
        return Err(VaultError::NoSuch("thread"));
    }
    let id = act
        .db
        .prepare_cached(
            "INSERT INTO portal_act (kind, thread_id, colleague, acted_at) VALUES ('handover', ?1, ?2, ?3)
             ON CONFLICT (thread_id, colleague) WHERE kind = 'handover' DO UPDATE SET
               state = 'queued', acted_at = excluded.acted_at, not_before = NULL, error = NULL
             RETURNING id",
        )?
        .query_row(params![thread.0, colleague, millis(now)], |row| row.get(0).map(ActId))?;
    act.audit("thread.handover", &format!("thread:{thread} to:{colleague}"), now)?;
    Ok(id)
}

/// An attempt begins; `false` when the act was taken back meanwhile.
pub(crate) fn begin(act: &Act<'_>, id: ActId) -> Result<bool> {
    let changed = act
        .db
        .prepare_cached("UPDATE portal_act SET attempts = attempts + 1 WHERE id = ?1 AND state = 'queued'")?
        .execute([id.0])?;
    Ok(changed > 0)
}

/// It could not be written now.
pub(crate) fn postpone(act: &Act<'_>, id: ActId, error: &str, until: DateTime<Utc>) -> Result<()> {
    act.db
        .prepare_cached(
            "UPDATE portal_act SET error = ?2, not_before = ?3 WHERE id = ?1 AND state = 'queued'",
        )?
        .execute(params![id.0, error, millis(until)])?;
    Ok(())
}

/// The portal acknowledged it, or there is nothing to tell. A handover stays, since its outcome is shown; of the others the
/// portal's own state is what is shown.
pub(crate) fn settle(act: &Act<'_>, id: ActId, now: DateTime<Utc>) -> Result<()> {
    let kept = act
        .db
        .prepare_cached(
            "UPDATE portal_act SET state = 'done', error = NULL WHERE id = ?1 AND kind = 'handover'
             RETURNING thread_id",
        )?
        .query_row([id.0], |row| row.get(0).map(ThreadId))
        .optional()?;
    match kept {
        Some(thread) => act.audit("thread.handover.done", &format!("thread:{thread}"), now),
        None => {
            act.db.prepare_cached("DELETE FROM portal_act WHERE id = ?1")?.execute([id.0])?;
            Ok(())
        }
    }
}

/// The portal does not allow it, or a colleague was faster: kept, so that it can be said.
pub(crate) fn refuse(act: &Act<'_>, id: ActId, error: &str, now: DateTime<Utc>) -> Result<()> {
    let refused = act
        .db
        .prepare_cached(
            "UPDATE portal_act SET state = 'refused', error = ?2 WHERE id = ?1 AND state = 'queued'
             RETURNING thread_id, kind",
        )?
        .query_row(params![id.0, error], |row| Ok((ThreadId(row.get(0)?), row.get::<_, String>(1)?)))
        .optional()?;
    let Some((thread, kind)) = refused else { return Ok(()) };
    act.audit(&format!("thread.{kind}.refused"), &format!("thread:{thread}"), now)
}

/// The portal's new version of a message after its read mark: the same message, nothing that anybody has to look at.
#[derive(Debug, Clone)]
pub struct MarkedMessage<'a> {
    /// The new version.
    pub version: &'a str,
    /// Its last change in the server's clock.
    pub last_updated: DateTime<Utc>,
    /// The time that the mark gives.
    pub received: DateTime<Utc>,
    /// The resource as received, where the answer held it.
    pub raw: Option<&'a str>,
}

/// Takes the portal's new version of a message that was marked as read, and settles the act.
pub(crate) fn adopt(db: &Connection, message: i64, marked: &MarkedMessage<'_>) -> Result<()> {
    db.prepare_cached(
        "UPDATE message SET version = ?2, text_updated = coalesce(text_updated, last_updated), last_updated = ?3,
         received = ?4 WHERE id = ?1",
    )?
    .execute(params![message, marked.version, millis(marked.last_updated), millis(marked.received)])?;
    if let Some(raw) = marked.raw {
        db.prepare_cached("UPDATE message_body SET raw = ?2 WHERE message_id = ?1")?
            .execute(params![message, raw])?;
    }
    db.prepare_cached("DELETE FROM portal_act WHERE kind = 'read' AND message_id = ?1")?
        .execute([message])?;
    Ok(())
}

/// Acts in words for a test or a log of counts.
pub(crate) fn count(db: &Connection, state: ActState) -> Result<u32> {
    Ok(db
        .prepare_cached("SELECT count(*) FROM portal_act WHERE state = ?1")?
        .query_row([word(state)], |row| row.get(0))?)
}

#[cfg(test)]
mod tests;
