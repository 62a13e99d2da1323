//! What was saved as the clinician's hours, save by save. The vault keeps each as it was saved and reads none of them; the
//! newest one also stands in the setting that is in force.

use chrono::{DateTime, Utc};
use inbox_domain::MessageId;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::act::Act;
use crate::column::{from_word_opt, instant, instant_opt, millis};
use crate::model::{JudgedHours, SavedHours};
use crate::{Result, VaultError, acts};

/// The setting that holds the hours in force.
const SETTING: &str = "hours";

/// Newest first.
pub(crate) fn newest(db: &Connection, limit: u32) -> Result<Vec<SavedHours>> {
    let mut rows =
        db.prepare_cached("SELECT id, saved_at, hours FROM availability_hours ORDER BY id DESC LIMIT ?1")?;
    let found = rows.query_map([limit], |row| {
        Ok(SavedHours { version: row.get(0)?, saved_at: instant(row.get(1)?), hours: row.get(2)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Saves hours made from version `base`, which must be the newest one (0 when there is none; `None` asks for no such
/// check). What was in force and is in no version becomes one first, so that it can be gone back to.
pub(crate) fn save(
    act: &Act<'_>,
    base: Option<u32>,
    hours: &str,
    effective_from: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u32> {
    let newest = newest(act.db, 1)?.pop();
    if base.is_some_and(|base| base != newest.as_ref().map_or(0, |newest| newest.version)) {
        return Err(VaultError::Changed("hours"));
    }
    let in_force = acts::setting(act.db, SETTING)?;
    if newest.is_none()
        && let Some(before) = in_force.as_deref().filter(|before| *before != hours)
        && is_json(act.db, before)?
    {
        insert(act, before, now, now)?;
    }
    if in_force.as_deref() == Some(hours)
        && let Some(newest) = newest
        && newest.hours == hours
    {
        return Ok(newest.version);
    }
    let version = insert(act, hours, effective_from, now)?;
    acts::set_setting(act, SETTING, Some(hours), now)?;
    Ok(version)
}

fn insert(act: &Act<'_>, hours: &str, effective_from: DateTime<Utc>, now: DateTime<Utc>) -> Result<u32> {
    let values = params![millis(effective_from), millis(now), hours];
    act.db
        .prepare_cached(
            "INSERT INTO availability_hours (effective_from, saved_at, hours) VALUES (?1, ?2, ?3)",
        )?
        .execute(values)?;
    u32::try_from(act.db.last_insert_rowid()).map_err(|_| VaultError::Invalid("hours"))
}

fn is_json(db: &Connection, text: &str) -> Result<bool> {
    Ok(db.query_row("SELECT json_valid(?1)", [text], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// What the hours say of each stored message of the patient's side whose instant is known, oldest first.
pub(crate) fn judged(db: &Connection) -> Result<Vec<JudgedHours>> {
    let mut rows = db.prepare_cached(
        "SELECT id, sent_at, CASE WHEN after_hours THEN hours_reason END, next_open FROM message
         WHERE inbound AND sent_precision = 'instant' AND delivered <> 'draft' ORDER BY id",
    )?;
    let found = rows.query_map([], |row| {
        let (id, sent): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok((id, sent, row.get::<_, Option<String>>(2)?, row.get::<_, Option<i64>>(3)?))
    })?;
    found
        .map(|row| {
            let (id, sent, reason, next) = row?;
            Ok(JudgedHours {
                message: MessageId(id),
                sent_at: instant(sent),
                after_hours: from_word_opt(reason.as_deref(), "hours_reason")?,
                next_open: instant_opt(next),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
