//! Numbered migrations on `user_version`. A migration is a file that is never changed once released.

use rusqlite::{Connection, TransactionBehavior};

use crate::{Result, VaultError};

const MIGRATIONS: [&str; 9] = [
    include_str!("../migrations/0001_words.sql"),
    include_str!("../migrations/0002_lexicon.sql"),
    include_str!("../migrations/0003_acknowledged_tier.sql"),
    include_str!("../migrations/0004_attempts_and_attachments.sql"),
    include_str!("../migrations/0005_sharing.sql"),
    include_str!("../migrations/0006_upkeep.sql"),
    include_str!("../migrations/0007_search.sql"),
    include_str!("../migrations/0008_promises.sql"),
    include_str!("../migrations/0009_sensitive.sql"),
];

/// The schema of this build.
pub(crate) const LATEST: u32 = MIGRATIONS.len() as u32;

/// The schema of a database.
pub(crate) fn version(connection: &Connection) -> Result<u32> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    u32::try_from(version).map_err(|_| VaultError::Stored("schema version"))
}

/// Brings a database to [`LATEST`], one transaction a step.
///
/// # Errors
/// [`VaultError::SchemaTooNew`] for a database of a newer build, which is left as it is.
pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    let from = version(connection)?;
    if from > LATEST {
        return Err(VaultError::SchemaTooNew(from));
    }
    for (n, step) in (1..).zip(MIGRATIONS).skip(from as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have been faster.
        if version(&transaction)? >= n {
            continue;
        }
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "user_version", n)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
