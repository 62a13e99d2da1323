//! Acts of the clinician on threads and flags, and the settings of a vault.

use chrono::{DateTime, Utc};
use inbox_domain::{FlagId, ThreadId, ThreadStatus};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::act::Act;
use crate::column::{millis, word};
use crate::{Result, VaultError, facts, portal_acts};

fn finish(act: &Act<'_>, thread: ThreadId, action: &str, now: DateTime<Utc>) -> Result<()> {
    act.audit(action, &format!("thread:{thread}"), now)?;
    facts::recompute(act.db, thread.0)
}

fn must_hit(changed: usize, what: &'static str) -> Result<()> {
    if changed == 0 { Err(VaultError::NoSuch(what)) } else { Ok(()) }
}

/// Marks the messages of the thread read that were stored, or last changed their text, at `up_to` or before; answers how
/// many were not.
pub(crate) fn mark_read(
    act: &Act<'_>,
    thread: ThreadId,
    up_to: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<u32> {
    let exists: bool = act
        .db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM thread WHERE id = ?1)")?
        .query_row([thread.0], |row| row.get(0))?;
    must_hit(usize::from(exists), "thread")?;
    let read: Vec<i64> = act
        .db
        .prepare_cached(
            "UPDATE message SET read_at = ?2 WHERE thread_id = ?1 AND inbound = 1 AND delivered <> 'draft'
             AND read_at IS NULL AND settled = 0 AND (?3 IS NULL OR stored_at <= ?3) RETURNING id",
        )?
        .query_map(params![thread.0, millis(now), up_to.map(millis)], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for message in &read {
        portal_acts::note_read(act.db, *message, thread, now)?;
    }
    if !read.is_empty() {
        finish(act, thread, "thread.read", now)?;
    }
    Ok(u32::try_from(read.len()).unwrap_or(u32::MAX))
}

/// Saves the draft of a thread; an empty text removes it.
pub(crate) fn save_draft(act: &Act<'_>, thread: ThreadId, text: &str, now: DateTime<Utc>) -> Result<()> {
    if text.is_empty() {
        act.db.prepare_cached("DELETE FROM draft WHERE thread_id = ?1")?.execute([thread.0])?;
    } else {
        let saved = act
            .db
            .prepare_cached(
                "INSERT INTO draft (thread_id, text, saved_at) SELECT id, ?2, ?3 FROM thread WHERE id = ?1
                 ON CONFLICT (thread_id) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at",
            )?
            .execute(params![thread.0, text, millis(now)])?;
        must_hit(saved, "thread")?;
    }
    // No audit row: a draft is saved with every pause of typing and reaches nobody.
    facts::recompute(act.db, thread.0)
}

/// The saved draft of a thread, or empty.
pub(crate) fn draft(db: &Connection, thread: ThreadId) -> Result<String> {
    let text = db
        .prepare_cached("SELECT text FROM draft WHERE thread_id = ?1")?
        .query_row([thread.0], |row| row.get(0))
        .optional()?;
    Ok(text.unwrap_or_default())
}

/// Hides the thread until then.
pub(crate) fn snooze(
    act: &Act<'_>,
    thread: ThreadId,
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<()> {
    let changed = act
        .db
        .prepare_cached("UPDATE thread SET snoozed_until = ?2 WHERE id = ?1")?
        .execute(params![thread.0, until.map(millis)])?;
    must_hit(changed, "thread")?;
    finish(act, thread, "thread.snooze", now)
}

/// Opens or closes the thread here.
pub(crate) fn set_status(
    act: &Act<'_>,
    thread: ThreadId,
    status: ThreadStatus,
    now: DateTime<Utc>,
) -> Result<()> {
    let status = word(status);
    let changed = act
        .db
        .prepare_cached("UPDATE thread SET status = ?2 WHERE id = ?1")?
        .execute(params![thread.0, status])?;
    must_hit(changed, "thread")?;
    finish(act, thread, &format!("thread.{status}"), now)
}

/// Marks the thread as not for other eyes, or takes the mark away; answers whether that changed anything.
pub(crate) fn set_sensitive(
    act: &Act<'_>,
    thread: ThreadId,
    sensitive: bool,
    now: DateTime<Utc>,
) -> Result<bool> {
    let before: Option<bool> = act
        .db
        .prepare_cached("SELECT sensitive FROM thread WHERE id = ?1")?
        .query_row([thread.0], |row| row.get(0))
        .optional()?;
    if before.ok_or(VaultError::NoSuch("thread"))? == sensitive {
        return Ok(false);
    }
    act.db
        .prepare_cached("UPDATE thread SET sensitive = ?2 WHERE id = ?1")?
        .execute(params![thread.0, sensitive])?;
    let action = if sensitive { "thread.sensitive" } else { "thread.not_sensitive" };
    act.audit(action, &format!("thread:{thread}"), now)?;
    Ok(true)
}

/// "This rule is wrong here", or takes it back.
pub(crate) fn dismiss_flag(
    act: &Act<'_>,
    flag: FlagId,
    dismissed: bool,
    now: DateTime<Utc>,
) -> Result<ThreadId> {
    let thread = act
        .db
        .prepare_cached(
            "UPDATE flag SET dismissed_at = CASE WHEN ?2 THEN ?3 END WHERE id = ?1 RETURNING thread_id",
        )?
        .query_row(params![flag.0, dismissed, millis(now)], |row| row.get(0).map(ThreadId))
        .optional()?
        .ok_or(VaultError::NoSuch("flag"))?;
    let action = if dismissed { "flag.dismiss" } else { "flag.restore" };
    act.audit(action, &format!("flag:{flag}"), now)?;
    facts::recompute(act.db, thread.0)?;
    Ok(thread)
}

/// A setting.
pub(crate) fn setting(db: &Connection, key: &str) -> Result<Option<String>> {
    Ok(db
        .prepare_cached("SELECT value FROM setting WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?)
}

/// Sets a setting, or removes it. One that does not change leaves no audit row.
pub(crate) fn set_setting(act: &Act<'_>, key: &str, value: Option<&str>, now: DateTime<Utc>) -> Result<()> {
    if setting(act.db, key)?.as_deref() == value {
        return Ok(());
    }
    match value {
        Some(value) => act
            .db
            .prepare_cached(
                "INSERT INTO setting (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )?
            .execute([key, value])?,
        None => act.db.prepare_cached("DELETE FROM setting WHERE key = ?1")?.execute([key])?,
    };
    act.audit("setting.change", &format!("setting:{key}"), now)
}

#[cfg(test)]
mod tests;
