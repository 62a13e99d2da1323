//! What opens a vault, changed: for the command line and for the window. The clinic's policy says what is allowed.

use std::path::Path;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use inbox_vault::{Erased, EscrowKey, Vault};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{
    dto::AppError,
    error::AppResult,
    policy::{PolicySource, check_passphrase},
};

/// Changes the passphrase.
///
/// # Errors
/// `weak_passphrase`, `wrong_passphrase` and the keyring's; then nothing has changed.
pub fn change_passphrase(
    dir: &Path,
    present: &SecretString,
    new: &SecretString,
    policy: &PolicySource,
) -> AppResult<()> {
    check_passphrase(policy, new)?;
    Ok(Vault::change_passphrase(dir, present, new)?)
}

/// A new recovery code; the one before opens the vault until [`confirm_recovery_code`].
///
/// # Errors
/// `wrong_passphrase` and the keyring's.
pub fn new_recovery_code(dir: &Path, passphrase: &SecretString) -> AppResult<SecretString> {
    Ok(Vault::new_recovery_code(dir, passphrase)?)
}

/// The newest recovery code was written down.
///
/// # Errors
/// `mistyped_recovery_code`, `wrong_recovery_code`.
pub fn confirm_recovery_code(dir: &Path, code: &SecretString) -> AppResult<()> {
    Ok(Vault::confirm_recovery_code(dir, code)?)
}

/// A fresh data key; answers a new recovery code, which [`confirm_recovery_code`] takes into use alone.
///
/// # Errors
/// `busy` while the vault is open anywhere, `wrong_passphrase`, the keyring's and the database's.
pub fn rekey(dir: &Path, passphrase: &SecretString) -> AppResult<SecretString> {
    Ok(Vault::rekey(dir, passphrase)?)
}

/// Gives a vault a new passphrase by its recovery code; it stays closed.
///
/// # Errors
/// `mistyped_recovery_code`, `wrong_recovery_code`, `weak_passphrase`, the keyring's.
pub fn recover(dir: &Path, code: &SecretString, new: &SecretString, policy: &PolicySource) -> AppResult<()> {
    check_passphrase(policy, new)?;
    Vault::recover(dir, code, new)?.close();
    Ok(())
}

/// Gives a vault a new passphrase by the clinic's private escrow key (32 bytes in base64); it stays closed.
///
/// # Errors
/// `wrong_escrow_key`, `weak_passphrase`, the keyring's.
pub fn recover_with_escrow_key(
    dir: &Path,
    key: &SecretString,
    new: &SecretString,
    policy: &PolicySource,
) -> AppResult<()> {
    check_passphrase(policy, new)?;
    let key = escrow_key(key.expose_secret().trim()).ok_or_else(|| AppError::new("wrong_escrow_key"))?;
    Vault::recover_with_escrow_key(dir, &key, new)?.close();
    Ok(())
}

/// A pair of escrow keys in base64: private and public.
///
/// # Errors
/// `no_random_numbers`.
pub fn new_escrow_key() -> AppResult<(SecretString, String)> {
    let (private, public) = Vault::new_escrow_key()?;
    Ok((STANDARD.encode(private.as_slice()).into(), STANDARD.encode(public)))
}

/// Sets a PIN where the clinic's policy allows it; taking it away is always allowed.
///
/// # Errors
/// `pin_not_allowed`, `no_device_secret`, `invalid_argument`, `wrong_passphrase`, the keyring's.
pub fn set_pin(
    dir: &Path,
    passphrase: &SecretString,
    pin: Option<&SecretString>,
    policy: &PolicySource,
) -> AppResult<()> {
    if pin.is_some() && !policy.current().policy.pin_allowed {
        return Err(AppError::new("pin_not_allowed"));
    }
    Ok(Vault::set_pin(dir, passphrase, pin)?)
}

/// Erases a vault for good.
///
/// # Errors
/// `undelivered` unless `even_undelivered`, `busy`, `wrong_passphrase`, `no_vault`; then nothing has changed.
pub fn erase(dir: &Path, passphrase: Option<&SecretString>, even_undelivered: bool) -> AppResult<Erased> {
    Ok(Vault::erase(dir, passphrase, even_undelivered)?)
}

fn escrow_key(text: &str) -> Option<EscrowKey> {
    STANDARD.decode(text).ok()?.try_into().ok()
}
