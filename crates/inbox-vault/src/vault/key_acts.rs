//! What opens a vault, changed: passphrase, recovery code, PIN, escrow key, data key; and erasing it. Each is told in the audit
//! chain; those that change no row of the database are told right after they were done.

use std::path::Path;

use chrono::Utc;
use secrecy::SecretString;

use super::Vault;
use crate::connection::{open_alone, open_writer};
use crate::keys::seal::Key;
use crate::keys::{self, DATABASE, DeviceSecrets, Erased, Keyring, change, escrow, rekey};
use crate::{Result, VaultError};

/// A clinic's escrow key: 32 bytes, X25519.
pub type EscrowKey = [u8; 32];

impl Vault {
    /// The data key that a recovery code opens: for tests that look for it where it must not be. Not in a release.
    ///
    /// # Errors
    /// [`VaultError::MistypedRecoveryCode`], [`VaultError::WrongRecoveryCode`]; the header's.
    #[cfg(feature = "rig")]
    pub fn data_key(dir: &Path, code: &SecretString) -> Result<zeroize::Zeroizing<Vec<u8>>> {
        Ok(zeroize::Zeroizing::new(keys::recovered(&keys::header_of(dir)?, code)?.to_vec()))
    }

    /// Wraps the data key under another passphrase and a new device secret. The old passphrase opens nothing any more; a PIN is
    /// set anew.
    ///
    /// # Errors
    /// Those of [`Vault::open`] for the present passphrase, [`VaultError::WeakPassphrase`]. Then nothing has changed.
    pub fn change_passphrase(dir: &Path, present: &SecretString, new: &SecretString) -> Result<()> {
        Self::change_passphrase_with(dir, present, new, &Keyring::default())
    }

    /// As [`Vault::change_passphrase`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::change_passphrase`].
    pub fn change_passphrase_with(
        dir: &Path,
        present: &SecretString,
        new: &SecretString,
        secrets: &dyn DeviceSecrets,
    ) -> Result<()> {
        told(dir, &change::passphrase(dir, present, new, secrets)?, "vault.passphrase")
    }

    /// Makes a new recovery code. The one before opens the vault until [`Vault::confirm_recovery_code`].
    ///
    /// # Errors
    /// Those of [`Vault::open`].
    pub fn new_recovery_code(dir: &Path, passphrase: &SecretString) -> Result<SecretString> {
        let (code, key) = change::recovery_code(dir, passphrase, &Keyring::default())?;
        told(dir, &key, "vault.recovery-code")?;
        Ok(code)
    }

    /// The newest recovery code, typed as it was written down: the one before opens nothing from now on.
    ///
    /// # Errors
    /// [`VaultError::MistypedRecoveryCode`], [`VaultError::WrongRecoveryCode`].
    pub fn confirm_recovery_code(dir: &Path, code: &SecretString) -> Result<()> {
        change::confirm_code(dir, code)
    }

    /// Whether the newest recovery code was confirmed. `false` after a new one was made and not typed again, also where a rekey was
    /// stopped before it could be shown.
    ///
    /// # Errors
    /// The header's.
    pub fn recovery_code_confirmed(dir: &Path) -> Result<bool> {
        Ok(keys::header_of(dir)?.before.is_none())
    }

    /// Writes the database anew under a fresh data key; answers a new recovery code. The one before opens the vault until
    /// [`Vault::confirm_recovery_code`]. Killed at any point, the vault opens with the old key or the new one.
    ///
    /// # Errors
    /// [`VaultError::Busy`] while the vault is open anywhere; those of [`Vault::open`].
    pub fn rekey(dir: &Path, passphrase: &SecretString) -> Result<SecretString> {
        Self::rekey_with(dir, passphrase, &Keyring::default())
    }

    /// As [`Vault::rekey`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::rekey`].
    pub fn rekey_with(
        dir: &Path,
        passphrase: &SecretString,
        secrets: &dyn DeviceSecrets,
    ) -> Result<SecretString> {
        rekey::rekey(dir, passphrase, secrets, Utc::now())
    }

    /// Opens the vault with the clinic's escrow key and gives it a new passphrase and a new device secret.
    ///
    /// # Errors
    /// [`VaultError::WrongEscrowKey`], and as [`Vault::recover`].
    pub fn recover_with_escrow_key(
        dir: &Path,
        escrow_key: &EscrowKey,
        new_passphrase: &SecretString,
    ) -> Result<Self> {
        Self::recover_with_escrow_key_and(dir, escrow_key, new_passphrase, &Keyring::default())
    }

    /// As [`Vault::recover_with_escrow_key`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::recover_with_escrow_key`].
    pub fn recover_with_escrow_key_and(
        dir: &Path,
        escrow_key: &EscrowKey,
        new_passphrase: &SecretString,
        secrets: &dyn DeviceSecrets,
    ) -> Result<Self> {
        let key = Key::from_slice(escrow_key).ok_or(VaultError::WrongEscrowKey)?;
        Self::unlocked(
            dir,
            keys::recover_with_escrow(dir, &key, new_passphrase, secrets)?,
            super::RECOVERED,
            secrets,
        )
    }

    /// A new pair of escrow keys: the private one, which the clinic locks away, and the public one, which its policy names.
    ///
    /// # Errors
    /// [`VaultError::NoRandom`].
    pub fn new_escrow_key() -> Result<(zeroize::Zeroizing<EscrowKey>, EscrowKey)> {
        let (private, public) = escrow::generate()?;
        Ok((zeroize::Zeroizing::new(*private), public))
    }

    /// Wraps the data key for the clinic's escrow key too, where it is not. Answers whether that was done now.
    ///
    /// # Errors
    /// [`VaultError::Locked`], [`VaultError::Invalid`] for a key that is none, the header's.
    pub fn keep_for_escrow(&self, escrow_key: &EscrowKey) -> Result<bool> {
        let key = self.connections.key()?;
        let done = change::escrow(&self.dir, &key, escrow_key)?;
        if done {
            self.act(|act| act.audit("vault.escrow", "", Utc::now()))?;
        }
        Ok(done)
    }

    /// Sets a PIN of 6 to 12 digits that opens the vault on this machine, or takes it away.
    ///
    /// # Errors
    /// [`VaultError::NoDeviceSecret`], [`VaultError::Invalid`], those of [`Vault::open`].
    pub fn set_pin(dir: &Path, passphrase: &SecretString, pin: Option<&SecretString>) -> Result<()> {
        let key = change::pin(dir, passphrase, pin, &Keyring::default())?;
        told(dir, &key, if pin.is_some() { "vault.pin" } else { "vault.pin-removed" })
    }

    /// Whether a PIN opens this vault now: one is set, and not spent by wrong tries.
    pub fn takes_pin(dir: &Path) -> bool {
        keys::takes_pin(dir)
    }

    /// Opens the vault with its PIN.
    ///
    /// # Errors
    /// [`VaultError::NoPin`], [`VaultError::WrongPin`], [`VaultError::PinSpent`] after five wrong ones, [`VaultError::Key`], those
    /// of [`Vault::open`] for the database.
    pub fn open_with_pin(dir: &Path, pin: &SecretString) -> Result<Self> {
        let secrets = Keyring::default();
        Self::unlocked(dir, change::unlock_with_pin(dir, pin, &secrets)?, "vault.unlock", &secrets)
    }

    /// Erases a vault for good: header, device secret, files. With the passphrase it is seen whether anybody has it open and whether
    /// replies would be lost; without it that cannot be known, and `even_undelivered` must say that it does not matter.
    ///
    /// # Errors
    /// [`VaultError::Undelivered`] unless `even_undelivered`; [`VaultError::Busy`]; those of [`Vault::open`] for a passphrase;
    /// [`VaultError::NotFound`]. Then nothing has changed.
    pub fn erase(dir: &Path, passphrase: Option<&SecretString>, even_undelivered: bool) -> Result<Erased> {
        Self::erase_with(dir, passphrase, even_undelivered, &Keyring::default())
    }

    /// As [`Vault::erase`], with device secrets kept elsewhere.
    ///
    /// # Errors
    /// As [`Vault::erase`].
    pub fn erase_with(
        dir: &Path,
        passphrase: Option<&SecretString>,
        even_undelivered: bool,
        secrets: &dyn DeviceSecrets,
    ) -> Result<Erased> {
        let alone = match passphrase {
            Some(passphrase) => {
                let unlocked = keys::unlock(dir, passphrase, secrets)?;
                let alone = open_alone(&dir.join(DATABASE), &unlocked.data_key)?;
                let undelivered = undelivered(&alone)?;
                if undelivered > 0 && !even_undelivered {
                    return Err(VaultError::Undelivered(undelivered));
                }
                Some(alone)
            }
            None if even_undelivered => None,
            None => return Err(VaultError::Undelivered(0)),
        };
        // Held until the header is gone: nobody opens it meanwhile.
        keys::erase::erase(dir, secrets, move || drop(alone))
    }
}

/// Replies that the portal has not acknowledged.
fn undelivered(db: &rusqlite::Connection) -> Result<u32> {
    Ok(db.query_row("SELECT count(*) FROM outbox_entry WHERE state <> 'sent'", [], |row| row.get(0))?)
}

/// Writes into the audit chain what was done to the header.
fn told(dir: &Path, data_key: &Key, action: &str) -> Result<()> {
    let mut db = open_writer(&dir.join(DATABASE), data_key, false)?;
    let audit = rekey::audit_key(&db, data_key)?;
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    audit.append(&transaction, Utc::now(), action, "")?;
    Ok(transaction.commit()?)
}
