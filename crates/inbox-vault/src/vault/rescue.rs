//! Going on after the database was damaged, and looking whether it is.

use std::path::Path;

use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::Vault;
use crate::keys::header::{self, Header};
use crate::keys::seal::Key;
use crate::keys::{self, DeviceSecrets, Keyring};
use crate::{Rescued, RestoreOptions, Restored, Result, Saved, Verification, rescue, upkeep};

/// What opens a vault again for [`Vault::resync_held`]; wiped when dropped.
pub struct HeldKey {
    header: Header,
    data_key: Key,
}

impl std::fmt::Debug for HeldKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HeldKey")
    }
}

impl Vault {
    /// Everything of [`Vault::verify`] and what takes longer: whether each index fits its table. What it found is kept for the
    /// window ([`crate::Upkeep::problems`]) as far as that can be written.
    ///
    /// # Errors
    /// [`crate::VaultError::DatabaseDamaged`] when the damage stops even the checks.
    pub fn check_integrity(&self, now: DateTime<Utc>) -> Result<Verification> {
        let found = self.verify_in_depth()?;
        let kept = found.problems.iter().filter(|problem| !problem.starts_with("audit_anchor"));
        let kept: Vec<String> = kept.cloned().collect();
        let written = self.act(|act| upkeep::checked(act, &kept, now));
        // A database in which nothing can be written any more says so in what was found.
        if kept.is_empty() { written.map(|()| found) } else { Ok(found) }
    }

    /// Goes on with a new database after the old one was damaged or lost: drafts, outbox, cases and settings are saved as far
    /// as they can be read, the damaged files are put into a folder beside it, and the messages come again from the portal.
    /// Each reply that is not known to be sent is looked up before it is sent.
    ///
    /// # Errors
    /// Those of opening a vault with its passphrase; file errors.
    pub fn resync(dir: &Path, passphrase: &SecretString) -> Result<Rescued> {
        Self::resync_with(dir, passphrase, &Keyring::default())
    }

    /// As [`Vault::resync`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::resync`].
    pub fn resync_with(
        dir: &Path,
        passphrase: &SecretString,
        secrets: &dyn DeviceSecrets,
    ) -> Result<Rescued> {
        let unlocked = keys::unlock(dir, passphrase, secrets)?;
        rescue::resync(dir, &unlocked.header, &unlocked.data_key, secrets, Utc::now())
    }

    /// The key of this open vault, for [`Vault::resync_held`] after it was closed.
    ///
    /// # Errors
    /// [`crate::VaultError::Locked`] and those of reading the header.
    pub fn hold_key(&self) -> Result<HeldKey> {
        Ok(HeldKey { header: header::load(&self.dir)?.0, data_key: self.connections.key()? })
    }

    /// As [`Vault::resync`] for a vault that was open until now.
    ///
    /// # Errors
    /// File errors.
    pub fn resync_held(dir: &Path, key: &HeldKey) -> Result<Rescued> {
        rescue::resync(dir, &key.header, &key.data_key, &Keyring::default(), Utc::now())
    }

    /// Restores a backup in the place of a damaged vault: what could be read of it (drafts, outbox, cases) is put into the
    /// restored one, whose folder then also holds the damaged one as it was. Needs a passphrase.
    ///
    /// # Errors
    /// As [`Vault::restore`]; then the damaged vault stands where it stood.
    pub fn restore_in_place(options: &RestoreOptions) -> Result<(Restored, Saved)> {
        Self::restore_in_place_with(options, &Keyring::default())
    }

    /// As [`Vault::restore_in_place`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::restore_in_place`].
    pub fn restore_in_place_with(
        options: &RestoreOptions,
        secrets: &dyn DeviceSecrets,
    ) -> Result<(Restored, Saved)> {
        rescue::restore_in_place(options, secrets, Utc::now())
    }
}
