//! The window's side of what opens a vault: the open one's passphrase, recovery code and PIN, and unlocking with the PIN.

use std::path::PathBuf;

use inbox_vault::Vault;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    app::{App, blocking},
    dto::{AppError, CreatedVault, KeysView, UnlockOutcome},
    error::AppResult,
    keys,
};

impl App {
    /// How the open vault can be opened.
    ///
    /// # Errors
    /// `locked`.
    pub fn load_keys(&self) -> AppResult<KeysView> {
        let dir = self.open_dir()?;
        Ok(KeysView {
            pin: Vault::takes_pin(&dir),
            pin_allowed: self.policy().current().policy.pin_allowed,
            code_confirmed: Vault::recovery_code_confirmed(&dir)?,
        })
    }

    /// Changes the passphrase of the open vault.
    ///
    /// # Errors
    /// `locked` and those of [`keys::change_passphrase`].
    pub async fn change_passphrase(&self, present: SecretString, new: SecretString) -> AppResult<()> {
        let (dir, policy) = (self.open_dir()?, self.policy());
        blocking(move || keys::change_passphrase(&dir, &present, &new, &policy)).await?
    }

    /// A new recovery code for the open vault.
    ///
    /// # Errors
    /// `locked` and those of [`keys::new_recovery_code`].
    pub async fn new_recovery_code(&self, passphrase: SecretString) -> AppResult<CreatedVault> {
        let dir = self.open_dir()?;
        let code = blocking(move || keys::new_recovery_code(&dir, &passphrase)).await??;
        Ok(CreatedVault { recovery_code: code.expose_secret().to_owned() })
    }

    /// The newest recovery code was written down.
    ///
    /// # Errors
    /// `locked` and those of [`keys::confirm_recovery_code`].
    pub async fn confirm_recovery_code(&self, code: SecretString) -> AppResult<()> {
        let dir = self.open_dir()?;
        blocking(move || keys::confirm_recovery_code(&dir, &code)).await?
    }

    /// Sets a PIN for the open vault, or takes it away.
    ///
    /// # Errors
    /// `locked` and those of [`keys::set_pin`].
    pub async fn set_pin(&self, passphrase: SecretString, pin: Option<SecretString>) -> AppResult<()> {
        let (dir, policy) = (self.open_dir()?, self.policy());
        blocking(move || keys::set_pin(&dir, &passphrase, pin.as_ref(), &policy)).await?
    }

    /// Opens a vault with its PIN, where the clinic's policy allows one now.
    ///
    /// # Errors
    /// `pin_not_allowed`, `no_pin`; what is neither a wrong PIN nor a key that cannot be had.
    pub async fn unlock_with_pin(&self, dir: &str, pin: SecretString) -> AppResult<UnlockOutcome> {
        let dir = self.known_dir(dir)?;
        if !self.policy().current().policy.pin_allowed {
            return Err(AppError::new("pin_not_allowed"));
        }
        let opened = blocking(move || Vault::open_with_pin(&dir, &pin)).await?;
        self.take(opened)
    }

    fn open_dir(&self) -> AppResult<PathBuf> {
        Ok(self.session()?.vault.dir().to_owned())
    }
}
