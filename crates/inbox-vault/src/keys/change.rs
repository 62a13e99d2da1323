//! Changing what opens a vault: passphrase, recovery code, PIN, the clinic's escrow key. The data key stays.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};

use super::header::{self, Before, Header, WrapA, WrapB};
use super::seal::{self, Key};
use super::tries::PinTries;
use super::{
    DeviceSecrets, SALT_BYTES, Unlocked, check_fingerprint, check_strength, device_of, escrow, header_of,
    new_device_secret, recovered, recovery_code, unlock, wrap_a,
};
use crate::{Result, VaultError};

/// Digits of a PIN.
const PIN_DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// Wraps the data key under another passphrase and another device secret.
///
/// # Errors
/// Those of [`unlock`] for the present passphrase; [`VaultError::WeakPassphrase`]; [`VaultError::Key`]. Then nothing has changed.
pub(crate) fn passphrase(
    dir: &Path,
    present: &SecretString,
    new: &SecretString,
    keyring: &dyn DeviceSecrets,
) -> Result<Key> {
    let Unlocked { header, data_key, .. } = unlock(dir, present, keyring)?;
    rewrap(dir, header, &data_key, new, keyring)?;
    Ok(data_key)
}

/// A new wrap A: under a passphrase and a device secret that is new too, so that no copy of the old header opens with both.
pub(crate) fn rewrap(
    dir: &Path,
    mut header: Header,
    data_key: &Key,
    passphrase: &SecretString,
    keyring: &dyn DeviceSecrets,
) -> Result<Header> {
    check_strength(passphrase, header.keyring)?;
    let old_entry = header.device_entry.clone();
    header.generation += 1;
    header.device_entry = header::device_entry(&header.id, header.generation);
    let keyring = header.keyring.then_some(keyring);
    let device = new_device_secret(keyring, &header.device_entry)?;
    header.wrap_a = wrap_a(&header, passphrase, &device, data_key, header.wrap_a.cost())?;
    // It was made with the device secret that goes.
    header.pin = None;
    header::store(dir, &header)?;
    if let Some(keyring) = keyring {
        // The old secret opens nothing any more; one that cannot be deleted now does no harm.
        let _ = keyring.delete(&old_entry);
    }
    Ok(header)
}

/// A new recovery code. The one before opens the vault until [`confirm_code`] has seen the new one.
pub(crate) fn recovery_code(
    dir: &Path,
    passphrase: &SecretString,
    keyring: &dyn DeviceSecrets,
) -> Result<(SecretString, Key)> {
    let Unlocked { mut header, data_key, .. } = unlock(dir, passphrase, keyring)?;
    let (wrap, code) = new_code(&header, &data_key)?;
    let known = std::mem::replace(&mut header.wrap_b, wrap);
    // A code that nobody has confirmed may never have been seen: the one before it stays instead.
    header.before.get_or_insert(Before { wrap_b: known, links: Vec::new() });
    header.generation += 1;
    header::store(dir, &header)?;
    Ok((code, data_key))
}

/// A fresh code and the wrap that it opens.
pub(crate) fn new_code(header: &Header, data_key: &Key) -> Result<(WrapB, SecretString)> {
    let code = seal::random::<{ recovery_code::CODE_BYTES }>()?;
    let salt = seal::random::<SALT_BYTES>()?;
    let bound = Header::bound(&header.id, header.keyring, 'b');
    let sealed = seal::seal(&seal::recovery_key(code.as_slice(), salt.as_slice()), data_key, &bound)?;
    let text = SecretString::from(recovery_code::format(&code).as_str());
    Ok((WrapB::new(salt.as_slice(), &sealed), text))
}

/// The newest code was written down: typed again it opens the vault, and the one before opens nothing any more.
///
/// # Errors
/// [`VaultError::MistypedRecoveryCode`], [`VaultError::WrongRecoveryCode`] also for the code before.
pub(crate) fn confirm_code(dir: &Path, code: &SecretString) -> Result<()> {
    let mut header = header_of(dir)?;
    let newest = Header { before: None, ..header.clone() };
    recovered(&newest, code)?;
    if header.before.take().is_some() {
        header.generation += 1;
        header::store(dir, &header)?;
    }
    Ok(())
}

/// Lets a PIN stand in for the passphrase on this machine, or no longer.
///
/// # Errors
/// [`VaultError::NoDeviceSecret`] for a vault without a keyring: a PIN alone falls in hours; [`VaultError::Invalid`] for one
/// that has not 6 to 12 digits; those of [`unlock`].
pub(crate) fn pin(
    dir: &Path,
    passphrase: &SecretString,
    pin: Option<&SecretString>,
    keyring: &dyn DeviceSecrets,
) -> Result<Key> {
    let Unlocked { mut header, data_key, .. } = unlock(dir, passphrase, keyring)?;
    header.pin = match pin {
        None => None,
        Some(_) if !header.keyring => return Err(VaultError::NoDeviceSecret),
        Some(pin) => {
            let text = pin.expose_secret();
            if !PIN_DIGITS.contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(VaultError::Invalid("pin"));
            }
            let device = keyring.get(&header.device_entry)?;
            let (salt, cost) = (seal::random::<SALT_BYTES>()?, header.wrap_a.cost());
            let key = seal::passphrase_key(text, &device, salt.as_slice(), cost)?;
            let sealed = seal::seal(&key, &data_key, &Header::bound_to_vault(&header.id, "wrap pin"))?;
            Some(WrapA::new(cost, salt.as_slice(), &sealed))
        }
    };
    header.generation += 1;
    header::store(dir, &header)?;
    PinTries::forget(dir)?;
    Ok(data_key)
}

/// The data key under PIN and device secret. Five wrong ones in a row, also over restarts, and only the passphrase opens the vault.
///
/// # Errors
/// [`VaultError::NoPin`]; [`VaultError::WrongPin`]; [`VaultError::PinSpent`]; [`VaultError::Key`] before a try is counted.
pub(crate) fn unlock_with_pin(
    dir: &Path,
    pin: &SecretString,
    keyring: &dyn DeviceSecrets,
) -> Result<Unlocked> {
    let header = header_of(dir)?;
    let Some(wrap) = header.pin.clone().filter(|_| header.keyring && header.next.is_none()) else {
        return Err(VaultError::NoPin);
    };
    let device = device_of(&header, keyring)?;
    let tries = PinTries::count(dir)?;
    let salt = header::bytes(&wrap.salt)?;
    let key = seal::passphrase_key(pin.expose_secret(), &device, &salt, wrap.cost())?;
    let bound = Header::bound_to_vault(&header.id, "wrap pin");
    let Some(data_key) = seal::unseal(&key, &wrap.sealed()?, &bound) else {
        return Err(match tries.left() {
            0 => VaultError::PinSpent,
            tries_left => VaultError::WrongPin { tries_left },
        });
    };
    check_fingerprint(&header, &data_key)?;
    PinTries::forget(dir)?;
    Ok(Unlocked { header, data_key, wrong_tries: tries.wrong() - 1 })
}

/// Wraps the data key for the clinic's escrow key where it is not. Answers whether it was written.
pub(crate) fn escrow(dir: &Path, data_key: &Key, escrow_key: &[u8; 32]) -> Result<bool> {
    let mut header = header_of(dir)?;
    if escrow::is_for(header.escrow.as_ref(), escrow_key) {
        return Ok(false);
    }
    check_fingerprint(&header, data_key)?;
    header.escrow = Some(escrow::wrap(escrow_key, data_key, &header.id)?);
    header.generation += 1;
    header::store(dir, &header)?;
    Ok(true)
}
