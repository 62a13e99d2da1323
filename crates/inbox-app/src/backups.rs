//! Backups by hand and restoring them. What is scheduled is in `upkeep.rs`.

use std::path::{Path, PathBuf};

use inbox_portal::Auth;
use inbox_sync::settings::AUTH;
use inbox_vault::{RestoreOptions, Vault};
use secrecy::SecretString;

use crate::{
    error::AppResult,
    policy::{PolicySource, check_passphrase},
    record::{BackupRecord, RestoreRecord},
    session::Session,
};

impl Session {
    /// Writes everything into one encrypted file, which the recovery code opens, and opens it again to see that it is whole.
    ///
    /// # Errors
    /// `file_exists`, `backup_failed`, `disk_full`, `file_error`; then there is no file.
    pub fn backup(&self, to: &Path) -> AppResult<BackupRecord> {
        let made = self.vault.backup(to, self.now())?;
        Ok(BackupRecord::new(to, &made))
    }

    /// The sign-in of a copy that is older than the portal's: its refresh token may have been spent since, and a second use
    /// would end the login for everybody. It is given up, once.
    pub(crate) fn give_up_spent_sign_in(&self) -> AppResult<()> {
        if !self.vault.upkeep()?.sign_in_spent {
            return Ok(());
        }
        let kept: Option<Auth> = self.vault.setting(AUTH)?.and_then(|text| serde_json::from_str(&text).ok());
        let spent = kept.and_then(|auth| auth.lent());
        let spent = spent.and_then(|auth| serde_json::to_string(&auth).ok());
        Ok(self.vault.settle_sign_in(AUTH, spent.as_deref(), self.now())?)
    }
}

/// Makes a vault from a backup. Each reply that was not sent when the backup was made is looked up on the portal before it is
/// sent. Without a passphrase the vault opens as it did: with its old passphrase where its device secret is, or with its
/// recovery code.
///
/// # Errors
/// `vault_exists`, `backup_damaged`, `backup_too_new`, `mistyped_recovery_code`, `wrong_recovery_code`, `weak_passphrase`, the
/// keyring's and file errors; then nothing was made.
pub fn restore_vault(
    from: PathBuf,
    dir: PathBuf,
    recovery_code: SecretString,
    passphrase: Option<SecretString>,
    keyring: bool,
    policy: &PolicySource,
) -> AppResult<RestoreRecord> {
    if let Some(passphrase) = &passphrase {
        check_passphrase(policy, passphrase)?;
    }
    let options = RestoreOptions { from, dir, recovery_code, passphrase, keyring };
    let restored = Vault::restore(&options)?;
    Ok(RestoreRecord::new(&options.dir, restored))
}
