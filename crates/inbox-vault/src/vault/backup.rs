//! Backing a vault up and restoring one.

use std::path::Path;

use chrono::{DateTime, Utc};

use super::Vault;
use crate::keys::{DeviceSecrets, Keyring};
use crate::{BackupMade, RestoreOptions, Restored, Result, backup};

impl Vault {
    /// Writes everything into one encrypted file that this vault's recovery code opens, and opens it again to see that it is
    /// whole. Reading and writing go on beside it.
    ///
    /// # Errors
    /// [`crate::VaultError::FileExists`] when there is a file of that name; [`crate::VaultError::BackupFailed`] when what was
    /// written does not open; file errors. Then there is no file.
    pub fn backup(&self, to: &Path, now: DateTime<Utc>) -> Result<BackupMade> {
        let key = self.connections.key()?;
        let made = backup::make(self, &key, to, now)?;
        self.act(|act| act.audit("vault.backup", &format!("messages:{}", made.rows.messages), now))?;
        Ok(made)
    }

    /// Makes a vault from a backup in a folder that is not there yet. Each outbox entry that was not sent when the backup was
    /// made is looked up on the portal before it is sent.
    ///
    /// # Errors
    /// [`crate::VaultError::AlreadyExists`], [`crate::VaultError::BackupDamaged`], [`crate::VaultError::BackupTooNew`],
    /// [`crate::VaultError::MistypedRecoveryCode`], [`crate::VaultError::WrongRecoveryCode`],
    /// [`crate::VaultError::WeakPassphrase`], [`crate::VaultError::Key`], file errors. Then nothing has been made.
    pub fn restore(options: &RestoreOptions) -> Result<Restored> {
        Self::restore_with(options, &Keyring::default())
    }

    /// As [`Vault::restore`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::restore`].
    pub fn restore_with(options: &RestoreOptions, secrets: &dyn DeviceSecrets) -> Result<Restored> {
        backup::restore(options, secrets)
    }
}
