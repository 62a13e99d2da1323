//! The vault: its life (create, open, recover, close) and the two ways to its database, reading and acting.

mod acting;
mod attachments;
mod backup;
mod hours;
mod key_acts;
mod lexicon;
mod outbox;
mod promises;
mod reading;
mod rescue;
mod retention;
mod sharing;
mod sync;
mod upkeep;
mod watching;

pub use rescue::HeldKey;
pub use watching::WatchRecord;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::Utc;
use rusqlite::{Connection, TransactionBehavior};
use secrecy::SecretString;

pub use key_acts::EscrowKey;

use crate::act::Act;
use crate::anchor::Anchor;
use crate::audit::AuditKey;
use crate::connection::{Connections, open_writer};
use crate::keys::seal::{Cost, Key};
use crate::keys::{self, DATABASE, DeviceSecrets, Keyring, Unlocked};
use crate::{KeyState, Result, VaultError, VaultListing, Verification, migrate, verify};

/// How a vault is opened with its recovery code, in the audit chain.
const RECOVERED: &str = "vault.recover";

/// What a new vault is made from.
#[derive(Debug)]
pub struct CreateOptions {
    /// The folder; made if missing, refused if it holds a header or a database.
    pub dir: PathBuf,
    /// Name shown to the person who chooses a vault.
    pub name: String,
    /// The passphrase: at least 8 characters, 16 without a keyring.
    pub passphrase: SecretString,
    /// Keep a device secret in the keyring of the operating system. Without it the header says so and the passphrase
    /// alone opens the vault.
    pub keyring: bool,
}

/// A new vault and the code that opens it when passphrase or keyring are lost.
#[derive(Debug)]
pub struct Created {
    /// The vault, open.
    pub vault: Vault,
    /// The recovery code; shown once, stored nowhere.
    pub recovery_code: SecretString,
}

/// One clinician's encrypted database.
pub struct Vault {
    dir: PathBuf,
    name: String,
    id: String,
    pub(crate) connections: Connections,
    audit: Mutex<Option<AuditKey>>,
    /// Where the head of the audit chain is anchored; `None` for a keyring that does not outlive a call.
    anchored_at: Option<Anchor>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the name (a person's) nor the folder (it may hold the name).
        f.debug_struct("Vault").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

impl Vault {
    /// Makes a vault: device secret and header with wrap A and wrap B first, then the database. The keyring is probed
    /// with a write.
    ///
    /// # Errors
    /// [`VaultError::AlreadyExists`], [`VaultError::WeakPassphrase`], [`VaultError::Key`] and file errors. What this
    /// call had made until then is removed again; nothing else is touched.
    pub fn create(options: &CreateOptions) -> Result<Created> {
        Self::create_with(options, &Keyring::default())
    }

    /// As [`Vault::create`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::create`].
    pub fn create_with(options: &CreateOptions, secrets: &dyn DeviceSecrets) -> Result<Created> {
        Self::create_at(options, secrets, Cost::default())
    }

    /// As [`Vault::create`], under a passphrase that costs nothing to try: tests open thousands of vaults. Not in a release.
    ///
    /// # Errors
    /// As [`Vault::create`].
    #[cfg(feature = "rig")]
    pub fn create_weak(options: &CreateOptions, secrets: &dyn DeviceSecrets) -> Result<Created> {
        Self::create_at(options, secrets, Cost { memory_kib: 64, passes: 1 })
    }

    pub(crate) fn create_at(
        options: &CreateOptions,
        secrets: &dyn DeviceSecrets,
        cost: Cost,
    ) -> Result<Created> {
        let keyring = options.keyring.then_some(secrets);
        let keys = keys::create(&options.dir, &options.name, &options.passphrase, keyring, cost)?;
        let opened = Self::connect(&options.dir, &options.name, &keys.data_key, true).and_then(|vault| {
            let vault = vault.anchored_by(&keys.header, secrets);
            vault.act(|act| {
                crate::upkeep::opened(act, Utc::now())?;
                act.audit("vault.create", "", Utc::now())
            })?;
            vault.check_anchor(false)?;
            Ok(vault)
        });
        match opened {
            Ok(vault) => Ok(Created { vault, recovery_code: keys.recovery_code }),
            Err(error) => {
                for name in [DATABASE, "vault.db-wal", "vault.db-shm"] {
                    // The folder held no database when this call began.
                    let _ = std::fs::remove_file(options.dir.join(name));
                }
                keys::discard(&options.dir, &keys.header, keyring);
                Err(error)
            }
        }
    }

    /// Opens the vault in `dir`. Takes about a quarter of a second (Argon2id), more when the keyring prompts.
    ///
    /// # Errors
    /// [`VaultError::Key`] when the key cannot be had, [`VaultError::WrongPassphrase`], [`VaultError::TooManyTries`], the
    /// header's errors, [`VaultError::DatabaseMissing`], [`VaultError::DatabaseDamaged`], [`VaultError::SchemaTooNew`].
    pub fn open(dir: &Path, passphrase: &SecretString) -> Result<Self> {
        Self::open_with(dir, passphrase, &Keyring::default())
    }

    /// As [`Vault::open`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open_with(dir: &Path, passphrase: &SecretString, secrets: &dyn DeviceSecrets) -> Result<Self> {
        let unlocked = keys::unlock(dir, passphrase, secrets)?;
        let fingerprint = unlocked.header.fingerprint.clone();
        match Self::unlocked(dir, unlocked, "vault.unlock", secrets) {
            // Another program gave the vault a new data key between the header and the database: the header is read again.
            Err(VaultError::DatabaseDamaged) if keys::header_of(dir)?.fingerprint != fingerprint => {
                Self::unlocked(dir, keys::unlock(dir, passphrase, secrets)?, "vault.unlock", secrets)
            }
            other => other,
        }
    }

    /// Opens the vault with its recovery code and gives it a new passphrase and a new device secret.
    ///
    /// # Errors
    /// [`VaultError::MistypedRecoveryCode`], [`VaultError::WrongRecoveryCode`], [`VaultError::WeakPassphrase`], and
    /// [`VaultError::Key`] when the keyring does not take the new device secret; then nothing has changed.
    pub fn recover(dir: &Path, code: &SecretString, new_passphrase: &SecretString) -> Result<Self> {
        Self::recover_with(dir, code, new_passphrase, &Keyring::default())
    }

    /// As [`Vault::recover`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::recover`].
    pub fn recover_with(
        dir: &Path,
        code: &SecretString,
        new_passphrase: &SecretString,
        secrets: &dyn DeviceSecrets,
    ) -> Result<Self> {
        Self::unlocked(dir, keys::recover(dir, code, new_passphrase, secrets)?, RECOVERED, secrets)
    }

    /// State of the key of the vault in `dir`. Changes nothing.
    pub fn key_state(dir: &Path) -> KeyState {
        keys::state(dir, &Keyring::with_timeout(keys::STATE_TIMEOUT))
    }

    /// The vaults in the folders directly under `vaults_dir`, by name.
    ///
    /// # Errors
    /// [`VaultError::File`]; a folder that does not exist holds no vaults.
    pub fn list(vaults_dir: &Path) -> Result<Vec<VaultListing>> {
        keys::list(vaults_dir, &Keyring::with_timeout(keys::STATE_TIMEOUT))
    }

    /// The vault's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The vault's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Random, the same in all copies of a vault; says nothing about whose it is.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Closes the database and wipes the keys. Every later call answers [`VaultError::Locked`].
    pub fn close(&self) {
        if !self.is_closed() {
            self.close_in_order();
        }
    }

    /// Whether [`Vault::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.connections.is_closed()
    }

    /// Checks cipher integrity, structure, foreign keys, search index and audit chain.
    ///
    /// # Errors
    /// [`VaultError::DatabaseDamaged`] when the damage stops even the checks.
    pub fn verify(&self) -> Result<Verification> {
        self.verify_with("PRAGMA quick_check(1)")
    }

    pub(crate) fn verify_in_depth(&self) -> Result<Verification> {
        self.verify_with("PRAGMA integrity_check(1)")
    }

    fn verify_with(&self, structure: &str) -> Result<Verification> {
        let anchor = self.anchor_state()?;
        let key = {
            let audit = self.audit.lock().unwrap_or_else(PoisonError::into_inner);
            AuditKey(audit.as_ref().ok_or(VaultError::Locked)?.0.clone())
        };
        self.connections.read_apart(|db| verify::verify(db, &key, anchor, structure))
    }

    fn unlocked(dir: &Path, unlocked: Unlocked, action: &str, secrets: &dyn DeviceSecrets) -> Result<Self> {
        let vault = Self::connect(dir, &unlocked.header.name, &unlocked.data_key, false)?
            .anchored_by(&unlocked.header, secrets);
        let now = Utc::now();
        vault.act(|act| {
            crate::upkeep::opened(act, now)?;
            // Nothing can be written while the vault is locked: the tries are counted beside it and told now.
            if unlocked.wrong_tries > 0 {
                act.audit("vault.refused", &format!("tries:{}", unlocked.wrong_tries), now)?;
            }
            act.audit(action, "", now)
        })?;
        vault.check_anchor(action == RECOVERED)?;
        Ok(vault)
    }

    pub(crate) fn connect(dir: &Path, name: &str, data_key: &Key, create: bool) -> Result<Self> {
        let path = dir.join(DATABASE);
        let mut writer = open_writer(&path, data_key, create)?;
        migrate::migrate(&mut writer)?;
        if create {
            keys::header::sync_dir(dir)?;
        }
        let audit = keys::rekey::audit_key(&writer, data_key)?;
        Ok(Self {
            dir: dir.to_owned(),
            name: name.to_owned(),
            id: String::new(),
            connections: Connections::new(&path, data_key, writer)?,
            audit: Mutex::new(Some(audit)),
            anchored_at: None,
        })
    }

    /// Looks at what stands on disk while nothing is being written: for tests that go on with it as after a power failure.
    #[cfg(feature = "rig")]
    pub fn between_writes(&self, look: impl FnOnce()) {
        let _ = self.connections.write(|_| {
            look();
            Ok(())
        });
    }

    /// Reads on one of the readers, in one snapshot.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.connections.read(|db| {
            // Several statements of one reading must see one state.
            let snapshot = db.unchecked_transaction()?;
            let value = read(&snapshot)?;
            snapshot.commit()?;
            Ok(value)
        })
    }

    /// Acts in one write transaction; an error leaves everything as it was.
    pub(crate) fn act<T>(&self, act: impl FnOnce(&Act<'_>) -> Result<T>) -> Result<T> {
        self.connections.write(|db| {
            let audit = self.audit.lock().unwrap_or_else(PoisonError::into_inner);
            let audit = audit.as_ref().ok_or(VaultError::Locked)?;
            let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = act(&Act::new(&transaction, audit))?;
            #[cfg(feature = "rig")]
            crate::failpoint::point(&self.dir)?;
            transaction.commit()?;
            #[cfg(feature = "rig")]
            crate::failpoint::point(&self.dir)?;
            Ok(value)
        })
    }
}

#[cfg(test)]
pub(crate) mod testing;
