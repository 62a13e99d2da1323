//! The row of `upkeep`: clean shutdowns, whole checks, and what the anchor of the audit chain said.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::act::Act;
use crate::column::{from_json, instant_opt, json, millis};
use crate::rescue::salvage::{Cell, Salvage};
use crate::{AnchorState, Result, Upkeep};

/// Where the anchor of the audit chain is.
pub(crate) struct Anchored {
    /// There has been one.
    pub(crate) once: bool,
    /// Its name, where it is not the vault's.
    pub(crate) name: Option<String>,
}

/// Where the anchor of the audit chain is.
pub(crate) fn anchored(db: &Connection) -> Result<Anchored> {
    Ok(db.query_row("SELECT anchored, anchor_name FROM upkeep WHERE id = 1", [], |row| {
        Ok(Anchored { once: row.get(0)?, name: row.get(1)? })
    })?)
}

/// What the vault knows of its own keeping.
pub(crate) fn load(db: &Connection) -> Result<Upkeep> {
    let (notice, notice_at, check_due, checked_at, problems, sign_in_spent) = db.query_row(
        "SELECT notice, notice_at, check_due, checked_at, problems, sign_in_spent FROM upkeep WHERE id = 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get::<_, String>(4)?, row.get(5)?)),
    )?;
    Ok(Upkeep {
        notice,
        notice_at: instant_opt(notice_at),
        check_due,
        checked_at: instant_opt(checked_at),
        problems: from_json(&problems, "problem")?,
        sign_in_spent,
    })
}

/// The vault is open. What an opening before has left open was a bad shutdown, or is another process: a whole check is
/// wanted in either case, and none too many does harm.
pub(crate) fn opened(act: &Act<'_>, now: DateTime<Utc>) -> Result<()> {
    let left: i64 = act.db.query_row("SELECT opens FROM upkeep WHERE id = 1", [], |row| row.get(0))?;
    act.db.execute("UPDATE upkeep SET opens = 1, check_due = max(check_due, ?1) WHERE id = 1", [left > 0])?;
    if left > 0 {
        act.audit("vault.unclean", "", now)?;
    }
    Ok(())
}

/// The vault is closed in order.
pub(crate) fn closed(act: &Act<'_>, now: DateTime<Utc>) -> Result<()> {
    act.db.execute("UPDATE upkeep SET opens = max(opens - 1, 0) WHERE id = 1", [])?;
    act.audit("vault.lock", "", now)
}

/// What the anchor said against this database; it stays until somebody has read it.
pub(crate) fn note_anchor(act: &Act<'_>, state: AnchorState, now: DateTime<Utc>) -> Result<()> {
    act.db.execute(
        "UPDATE upkeep SET notice = ?1, notice_at = ?2 WHERE id = 1",
        params![state.code(), millis(now)],
    )?;
    act.audit("audit.anchor", state.code(), now)
}

/// From here on an anchor that is not there is missing.
pub(crate) fn set_anchored(act: &Act<'_>, now: DateTime<Utc>) -> Result<()> {
    if act.db.execute("UPDATE upkeep SET anchored = 1 WHERE id = 1 AND anchored = 0", [])? > 0 {
        act.audit("audit.anchor", "first", now)?;
    }
    Ok(())
}

/// Somebody has read what the anchor said.
pub(crate) fn acknowledge(act: &Act<'_>, now: DateTime<Utc>) -> Result<()> {
    if act.db.execute("UPDATE upkeep SET notice = NULL WHERE id = 1 AND notice IS NOT NULL", [])? > 0 {
        act.audit("audit.acknowledge", "", now)?;
    }
    Ok(())
}

/// What a whole check found.
pub(crate) fn checked(act: &Act<'_>, problems: &[String], now: DateTime<Utc>) -> Result<()> {
    act.db.execute(
        "UPDATE upkeep SET check_due = 0, checked_at = ?1, problems = ?2 WHERE id = 1",
        params![millis(now), json(problems)?],
    )?;
    act.audit("vault.check", &format!("problems:{}", problems.len()), now)
}

/// This database is a copy in a new place: it has an anchor of its own, and was closed in order.
pub(crate) fn restored(act: &Act<'_>) -> Result<()> {
    act.db.execute(
        "UPDATE upkeep SET opens = 1, check_due = 0, anchored = 0, anchor_name = ?1, notice = NULL WHERE id = 1",
        [format!("audit-{}", uuid::Uuid::new_v4())],
    )?;
    Ok(())
}

/// The sign-in of an older copy was given up; the setting of that name is what is left of it.
pub(crate) fn settle_sign_in(act: &Act<'_>, key: &str, left: Option<&str>, now: DateTime<Utc>) -> Result<()> {
    if left.is_some() {
        crate::acts::set_setting(act, key, left, now)?;
    }
    act.db.execute("UPDATE upkeep SET sign_in_spent = 0 WHERE id = 1", [])?;
    Ok(())
}

/// A new database in the place of a damaged one: its chain goes on, and so does its anchor.
pub(crate) fn anew(act: &Act<'_>, saved: &Salvage) -> Result<()> {
    let table = saved.table("upkeep");
    let at = table.columns.iter().position(|column| column == "anchor_name");
    let name = match table.rows.first().zip(at).and_then(|(row, at)| row.get(at)) {
        Some(Cell::Text(name)) => Some(name.clone()),
        _ => None,
    };
    act.db.execute("UPDATE upkeep SET anchored = 1, anchor_name = ?1 WHERE id = 1", [name])?;
    Ok(())
}
