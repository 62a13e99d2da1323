//! A damaged database: what is nowhere else is saved first, the damaged files are put aside and never deleted, and the vault
//! goes on with a new database (the messages come again from the portal) or with a backup.
//!
//! Each step leaves something whole: the saved rows are a sealed file beside the database before anything is moved, and the new
//! database is complete before it takes the place of the damaged one. A call that was interrupted is made again.

pub(crate) mod pour;
pub(crate) mod salvage;

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use salvage::Salvage;

use crate::connection::open_writer;
use crate::keys::header::{self, Header, replace, sync_dir};
use crate::keys::seal::Key;
use crate::keys::{self, DATABASE, DeviceSecrets};
use crate::{RestoreOptions, Restored, Result, Vault, VaultError, backup, migrate, outbox, upkeep};

/// The database and what SQLite keeps beside it.
const FILES: [&str; 3] = [DATABASE, "vault.db-wal", "vault.db-shm"];
const ANCHOR: &str = "audit.anchor";
/// How the names of saved rows begin.
pub(crate) const SAVED: &str = "saved-";
/// How the folders of what was damaged begin.
pub(crate) const ASIDE: &str = "damaged-";

/// What was saved of a damaged database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Saved {
    /// Outbox entries.
    pub outbox: u64,
    /// Drafts.
    pub drafts: u64,
    /// Cases.
    pub cases: u64,
    /// Rows of the audit chain.
    pub audit: u64,
    /// Tables of which something could not be read.
    pub incomplete: Vec<String>,
}

/// A vault that goes on after its database was damaged.
#[derive(Debug)]
pub struct Rescued {
    /// The vault, open.
    pub vault: Vault,
    /// What was saved.
    pub saved: Saved,
    /// Where the damaged files are now; `None` when there were none.
    pub aside: Option<PathBuf>,
}

/// Saves what can be read, puts the database aside and makes a new one under the same key.
pub(crate) fn resync(
    dir: &Path,
    header: &Header,
    data_key: &Key,
    secrets: &dyn DeviceSecrets,
    now: DateTime<Utc>,
) -> Result<Rescued> {
    let salvage = save(dir, data_key, now)?;
    let work = backup::private_folder(dir, ".new-database-")?;
    let saved = {
        let audit = begin(&work.path().join(DATABASE), &salvage, data_key)?;
        let vault = Vault::connect(work.path(), &header.name, data_key, false)?;
        let saved = vault.act(|act| {
            let mut saved = pour::pour(act, &salvage)?;
            (saved.audit, saved.incomplete) = (audit, salvage.incomplete());
            upkeep::anew(act, &salvage)?;
            outbox::doubt_all(act, now)?;
            act.audit("vault.resync", &format!("audit:{audit} outbox:{}", saved.outbox), now)?;
            Ok(saved)
        })?;
        vault.close();
        saved
    };
    let aside = put_aside(dir, now)?;
    fs::rename(work.path().join(DATABASE), dir.join(DATABASE))?;
    sync_dir(dir)?;
    let vault = Vault::connect(dir, &header.name, data_key, false)?.anchored_by(header, secrets);
    vault.act(|act| upkeep::opened(act, now))?;
    // Where rows of the chain are lost its anchor says so, once.
    vault.check_anchor(false)?;
    Ok(Rescued { vault, saved, aside })
}

/// A new database whose audit chain is the saved one, where that is whole as far as it goes, under the key that it had. Answers
/// the number of its rows.
fn begin(database: &Path, salvage: &Salvage, data_key: &Key) -> Result<u64> {
    let mut db = open_writer(database, data_key, true)?;
    migrate::migrate(&mut db)?;
    let transaction = db.transaction()?;
    pour::pour_audit_key(&transaction, salvage)?;
    let mut rows = pour::pour_audit(&transaction, salvage)?;
    if keys::rekey::audit_key(&transaction, data_key)?.check(&transaction)?.1.is_some() {
        transaction.execute("DELETE FROM audit", [])?;
        rows = 0;
    }
    transaction.commit()?;
    Ok(rows)
}

/// Saves what can be read of the database in `dir`, sealed in a file beside it. Where there is no database any more, what an
/// interrupted call saved counts.
pub(crate) fn save(dir: &Path, data_key: &Key, now: DateTime<Utc>) -> Result<Salvage> {
    let database = dir.join(DATABASE);
    if !database.exists() {
        return Ok(last_saved(dir, data_key));
    }
    let salvage = Salvage::read(&database, data_key);
    let name = format!("{SAVED}{}.sealed", stamp(now));
    replace(dir, &name, &salvage.seal(data_key)?)?;
    Ok(salvage)
}

fn last_saved(dir: &Path, data_key: &Key) -> Salvage {
    let mut names: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SAVED)))
        .collect();
    names.sort();
    let sealed = names.pop().and_then(|path| fs::read(path).ok());
    sealed.and_then(|sealed| Salvage::unseal(data_key, &sealed)).unwrap_or_default()
}

/// Moves the database with all that is beside it into a folder of its own; nothing is deleted.
pub(crate) fn put_aside(dir: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>> {
    if !FILES.iter().any(|name| dir.join(name).exists()) {
        return Ok(None);
    }
    let aside = (0..).map(|n| dir.join(format!("{ASIDE}{}-{n}", stamp(now)))).find(|path| !path.exists());
    let aside = aside.ok_or(VaultError::Invalid("folder"))?;
    fs::create_dir(&aside)?;
    for name in FILES {
        match fs::rename(dir.join(name), aside.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    // A copy, for whoever looks into it: the one that is used goes on.
    let _ = fs::copy(dir.join(ANCHOR), aside.join(ANCHOR));
    sync_dir(dir)?;
    Ok(Some(aside))
}

/// Restores a backup in the place of a damaged vault. What could be read of it is poured in: it is later than the backup. The
/// damaged vault is put into the restored one's folder as it was.
pub(crate) fn restore_in_place(
    options: &RestoreOptions,
    secrets: &dyn DeviceSecrets,
    now: DateTime<Utc>,
) -> Result<(Restored, Saved)> {
    let passphrase = options.passphrase.as_ref().ok_or(VaultError::Invalid("passphrase"))?;
    let dir = std::path::absolute(&options.dir)?;
    let place = dir.parent().filter(|place| place.is_dir()).ok_or(VaultError::Invalid("folder"))?;
    // Its header may be damaged too, or its key replaced since the backup: then there is nothing to be read.
    let data_key =
        header::load(&dir).and_then(|(header, _)| keys::recovered(&header, &options.recovery_code));
    let salvage = match data_key {
        Ok(data_key) => save(&dir, &data_key, now)?,
        Err(_) => Salvage::default(),
    };
    let work = backup::private_folder(place, ".restore-")?;
    let fresh = work.path().join("vault");
    let inner = RestoreOptions {
        from: options.from.clone(),
        dir: fresh.clone(),
        recovery_code: options.recovery_code.clone(),
        passphrase: Some(passphrase.clone()),
        keyring: options.keyring,
    };
    let mut restored = backup::restore(&inner, secrets)?;
    let vault = Vault::open_with(&fresh, passphrase, secrets)?;
    let saved = vault.act(|act| {
        let mut saved = pour::pour(act, &salvage)?;
        saved.incomplete = salvage.incomplete();
        outbox::doubt_all(act, now)?;
        act.audit("vault.merge", &format!("outbox:{} drafts:{}", saved.outbox, saved.drafts), now)?;
        Ok(saved)
    })?;
    restored.to_look_up = vault.unknown()?.len() as u64;
    vault.close();
    drop(vault);
    // Into the new folder: whoever lists vaults looks at the folders of its own folder alone, and finds one of the two.
    fs::rename(&dir, fresh.join(format!("{ASIDE}{}", stamp(now))))?;
    fs::rename(&fresh, &dir)?;
    sync_dir(place)?;
    Ok((restored, saved))
}

fn stamp(now: DateTime<Utc>) -> String {
    now.format("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests;
