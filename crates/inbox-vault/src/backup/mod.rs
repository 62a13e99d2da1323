//! Backups: made in one piece, verified after writing by being opened as a restore would, and restored elsewhere.

pub(crate) mod file;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use inbox_domain::format_instant;
use rusqlite::Connection;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::connection::{STEPS, open_writer};
use crate::keys::header::{self, Header, sync_dir};
use crate::keys::seal::Key;
use crate::keys::{self, DATABASE, DeviceSecrets};
use crate::{AnchorState, Result, Vault, VaultError, migrate, outbox, upkeep, verify};

/// How many rows of each kind a backup holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupRows {
    /// Threads.
    pub threads: u64,
    /// Messages.
    pub messages: u64,
    /// Outbox entries, sent ones too.
    pub outbox: u64,
    /// Drafts.
    pub drafts: u64,
    /// Cases.
    pub cases: u64,
    /// Rows of the audit chain.
    pub audit: u64,
}

/// A backup that was made and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupMade {
    /// When.
    pub made_at: DateTime<Utc>,
    /// Bytes of the file.
    pub bytes: u64,
    /// What it holds.
    pub rows: BackupRows,
}

/// From what a vault is restored, and where.
#[derive(Debug)]
pub struct RestoreOptions {
    /// The backup.
    pub from: PathBuf,
    /// The folder to be made; one that is there must be empty.
    pub dir: PathBuf,
    /// The recovery code that the vault had when the backup was made.
    pub recovery_code: SecretString,
    /// The passphrase that the restored vault opens with. Without one its header stays as it was in the backup: it opens
    /// with its old passphrase where its device secret still is, or with [`Vault::recover`].
    pub passphrase: Option<SecretString>,
    /// Keep a device secret in the keyring of this machine.
    pub keyring: bool,
}

/// A vault that was restored; it is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made, RFC 3339.
    pub made_at: String,
    /// What it held.
    pub rows: BackupRows,
    /// Outbox entries that are looked up on the portal before any of them is sent.
    pub to_look_up: u64,
}

/// Writes a backup of an open vault. The file is there whole or not at all.
pub(crate) fn make(vault: &Vault, data_key: &Key, to: &Path, now: DateTime<Utc>) -> Result<BackupMade> {
    let (Some(dir), Some(_)) = (to.parent(), to.file_name()) else {
        return Err(VaultError::Invalid("backup file"));
    };
    if to.symlink_metadata().is_ok() {
        return Err(VaultError::FileExists);
    }
    let dir = if dir.as_os_str().is_empty() { Path::new(".") } else { dir };
    let work = private_folder(dir, ".new-backup-")?;
    let copy = work.path().join(DATABASE);
    copy_database(vault, data_key, &copy)?;
    let (header, _) = header::load(vault.dir())?;
    let (rows, schema) = {
        let db = open_writer(&copy, data_key, false)?;
        (count(&db)?, migrate::version(&db)?)
    };
    let head = file::Head::new(format_instant(now), schema, &header, rows, fs::metadata(&copy)?.len())?;
    let mut file = tempfile::Builder::new().prefix(".new-backup-").tempfile_in(dir)?;
    file::write(file.as_file_mut(), &head, &copy, data_key)?;
    let bytes = file.as_file().metadata()?.len();
    // Read again as a restore reads it: a backup that does not open is none.
    let checked = work.path().join("checked.db");
    let mut written = file::open(file.path())?;
    written.extract(data_key, &checked)?;
    check(&checked, data_key, &rows)?;
    file.persist_noclobber(to).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => VaultError::FileExists,
        _ => error.error.into(),
    })?;
    sync_dir(dir)?;
    Ok(BackupMade { made_at: now, bytes, rows })
}

/// A consistent copy under the same key, without what was deleted, beside whoever reads and writes.
fn copy_database(vault: &Vault, data_key: &Key, to: &Path) -> Result<()> {
    let mut db = open_writer(&vault.dir().join(DATABASE), data_key, false)?;
    // Closing the vault does not wait for a copy.
    let closing = vault.connections.closing();
    db.progress_handler(STEPS, Some(move || closing.load(Ordering::Relaxed)))?;
    let name = to.to_str().ok_or(VaultError::Invalid("backup file"))?;
    db.execute("VACUUM INTO ?1", [name])?;
    Ok(())
}

/// Opens a copy and checks all of it.
fn check(database: &Path, data_key: &Key, rows: &BackupRows) -> Result<()> {
    let db = open_writer(database, data_key, false)?;
    let found = verify::verify(
        &db,
        &keys::rekey::audit_key(&db, data_key)?,
        AnchorState::None,
        "PRAGMA quick_check(1)",
    )?;
    // What its anchor said against the vault goes with it, and is no fault of the copy.
    let whole = found.problems.iter().all(|problem| problem.starts_with("audit_anchor"));
    if whole && count(&db)? == *rows { Ok(()) } else { Err(VaultError::BackupFailed) }
}

fn count(db: &Connection) -> Result<BackupRows> {
    let of = |table: &str| -> Result<u64> {
        let rows: i64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        Ok(u64::try_from(rows).unwrap_or_default())
    };
    Ok(BackupRows {
        threads: of("thread")?,
        messages: of("message")?,
        outbox: of("outbox_entry")?,
        drafts: of("draft")?,
        cases: of("vault_case")?,
        audit: of("audit")?,
    })
}

/// Makes a vault from a backup: beside its place, checked, and moved there at the end, so that nothing is made of a backup
/// that cannot be restored.
pub(crate) fn restore(options: &RestoreOptions, secrets: &dyn DeviceSecrets) -> Result<Restored> {
    refuse_a_used_place(&options.dir)?;
    let mut backup = file::open(&options.from)?;
    let mut header = backup.head.header()?;
    let data_key = keys::recovered(&header, &options.recovery_code)?;
    let work = beside(&options.dir)?;
    let database = work.path().join(DATABASE);
    backup.extract(&data_key, &database)?;
    check(&database, &data_key, &backup.head.rows)?;
    let mut new_entry = None;
    if let Some(passphrase) = &options.passphrase {
        let keyring = options.keyring.then_some(secrets);
        keys::rewrap_restored(&mut header, &options.recovery_code, passphrase, &data_key, keyring)?;
        new_entry = options.keyring.then(|| header.device_entry.clone());
    }
    let made = settle(work.path(), &header, &data_key, &backup.head, secrets).and_then(|to_look_up| {
        put(work, &options.dir)?;
        Ok(Restored { made_at: backup.head.made_at.clone(), rows: backup.head.rows, to_look_up })
    });
    if made.is_err()
        && let Some(entry) = new_entry
    {
        // It opens nothing: what cannot be removed now does no harm.
        let _ = secrets.delete(&entry);
    }
    made
}

/// What a copy has to know of being one, and its header.
fn settle(
    dir: &Path,
    header: &Header,
    data_key: &Key,
    head: &file::Head,
    secrets: &dyn DeviceSecrets,
) -> Result<u64> {
    header::store(dir, header)?;
    let vault = Vault::connect(dir, &header.name, data_key, false)?.anchored_by(header, secrets);
    let now = Utc::now();
    vault.act(|act| {
        upkeep::restored(act)?;
        act.audit("vault.restore", &format!("made:{}", head.made_at), now)?;
        outbox::doubt_all(act, now)
    })?;
    let to_look_up = vault.unknown()?.len() as u64;
    // Anchors the chain as it is now, under a name of its own.
    vault.check_anchor(true)?;
    vault.close();
    Ok(to_look_up)
}

/// A folder in the same file system as `dir`, so that it can be moved there in one step.
fn beside(dir: &Path) -> Result<TempDir> {
    let absolute = std::path::absolute(dir)?;
    let place = absolute.ancestors().skip(1).find(|ancestor| ancestor.is_dir());
    let place = place.ok_or(VaultError::Invalid("folder"))?;
    private_folder(place, ".restore-")
}

/// A folder that only its owner enters: it becomes a vault's.
pub(crate) fn private_folder(place: &Path, prefix: &str) -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    Ok(builder.prefix(prefix).tempdir_in(place)?)
}

fn refuse_a_used_place(dir: &Path) -> Result<()> {
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(VaultError::AlreadyExists),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn put(work: TempDir, dir: &Path) -> Result<()> {
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    sync_dir(work.path())?;
    // Takes an empty folder away and nothing else.
    let _ = fs::remove_dir(dir);
    fs::rename(work.path(), dir)?;
    // It is there no more under that name: nothing is left to be removed.
    let _ = work.keep();
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        sync_dir(parent)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
