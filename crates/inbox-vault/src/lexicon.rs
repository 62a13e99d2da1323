//! Versions of the clinic's own words and switches. The vault keeps each as it was saved and reads none of them.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::act::Act;
use crate::column::{instant, millis};
use crate::{LexiconVersion, Result, VaultError};

/// The newest version.
pub(crate) fn newest(db: &Connection) -> Result<Option<LexiconVersion>> {
    let found = db
        .prepare_cached(
            "SELECT version, saved_at, lexicon FROM lexicon_version ORDER BY version DESC LIMIT 1",
        )?
        .query_row([], |row| {
            Ok(LexiconVersion { version: row.get(0)?, saved_at: instant(row.get(1)?), lexicon: row.get(2)? })
        })
        .optional()?;
    Ok(found)
}

/// Saves the version after `base`, which must be the newest one (0 when there is none): of two people who change the same
/// version, the second one is told instead of undoing the first one's words.
pub(crate) fn save(act: &Act<'_>, base: u32, lexicon: &str, now: DateTime<Utc>) -> Result<u32> {
    let newest = newest(act.db)?.map_or(0, |newest| newest.version);
    if newest != base {
        return Err(VaultError::Changed("lexicon"));
    }
    let version = newest + 1;
    act.db
        .prepare_cached("INSERT INTO lexicon_version (version, saved_at, lexicon) VALUES (?1, ?2, ?3)")?
        .execute(params![version, millis(now), lexicon])?;
    act.audit("lexicon.save", &format!("lexicon:{version}"), now)?;
    Ok(version)
}

#[cfg(test)]
mod tests;
