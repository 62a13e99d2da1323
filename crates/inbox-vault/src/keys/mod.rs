//! From passphrase, keyring and recovery code to the data key.
//!
//! While a header exists nothing is created, deleted or overwritten because a key could not be had: every write below
//! comes after the data key was in hand, except the count of wrong tries.

pub(crate) mod change;
pub(crate) mod erase;
pub(crate) mod escrow;
pub(crate) mod header;
mod recovery_code;
pub(crate) mod rekey;
pub(crate) mod seal;
mod secrets;
mod tries;

use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::Utc;
use header::{Header, WrapA, WrapB};
use seal::{Cost, KEY_BYTES, Key};
use secrecy::{ExposeSecret, SecretString};
use tries::{PinTries, Tries};
use zeroize::Zeroizing;

pub use erase::Erased;
pub use secrets::{DeviceSecret, DeviceSecrets, Keyring, SecretsError};

use crate::{KeyState, Result, VaultError, VaultListing};

/// The database file in a vault's folder.
pub(crate) const DATABASE: &str = "vault.db";
/// Least characters of a passphrase that has a device secret beside it.
const LEAST_WITH_KEYRING: u32 = 8;
/// Least characters of a passphrase that stands alone (CLI.md, `vault create`).
const LEAST_ALONE: u32 = 16;
const SALT_BYTES: usize = 16;

impl From<SecretsError> for KeyState {
    fn from(error: SecretsError) -> Self {
        match error {
            SecretsError::Missing => Self::KeyMissing,
            SecretsError::Locked => Self::KeyringLocked,
            SecretsError::Silent => Self::KeyringSilent,
            SecretsError::NoService => Self::NoKeyring,
        }
    }
}

impl From<SecretsError> for VaultError {
    fn from(error: SecretsError) -> Self {
        Self::Key(error.into())
    }
}

/// The data key of an opened vault with its header.
pub(crate) struct Unlocked {
    pub(crate) header: Header,
    pub(crate) data_key: Key,
    /// Wrong passphrases since the last right one.
    pub(crate) wrong_tries: u32,
}

/// A header just written, its data key, and the recovery code.
pub(crate) struct NewKeys {
    pub(crate) header: Header,
    pub(crate) data_key: Key,
    pub(crate) recovery_code: SecretString,
}

/// Makes the folder, the device secret and the header of a new vault.
///
/// # Errors
/// [`VaultError::AlreadyExists`] when the folder holds a header or a database; [`VaultError::WeakPassphrase`];
/// [`VaultError::Key`] when the keyring does not take and give back the device secret.
pub(crate) fn create(
    dir: &Path,
    name: &str,
    passphrase: &SecretString,
    keyring: Option<&dyn DeviceSecrets>,
    cost: Cost,
) -> Result<NewKeys> {
    check_strength(passphrase, keyring.is_some())?;
    if header::exists(dir) || dir.join(DATABASE).symlink_metadata().is_ok() {
        return Err(VaultError::AlreadyExists);
    }
    make_dir(dir)?;
    let data_key = seal::random::<KEY_BYTES>()?;
    let code = seal::random::<{ recovery_code::CODE_BYTES }>()?;
    let empty = WrapA::new(cost, &[], &seal::Sealed { nonce: vec![], ciphertext: vec![] });
    let unsealed = WrapB::new(&[], &seal::Sealed { nonce: vec![], ciphertext: vec![] });
    let mut header = Header::new(name, keyring.is_some(), &seal::fingerprint(&data_key), empty, unsealed);
    let device = new_device_secret(keyring, &header.device_entry)?;
    header.wrap_a = wrap_a(&header, passphrase, &device, &data_key, cost)?;
    let salt = seal::random::<SALT_BYTES>()?;
    let sealed = seal::seal(
        &seal::recovery_key(code.as_slice(), salt.as_slice()),
        &data_key,
        &Header::bound(&header.id, header.keyring, 'b'),
    )?;
    header.wrap_b = WrapB::new(salt.as_slice(), &sealed);
    if let Err(error) = header::store(dir, &header) {
        discard(dir, &header, keyring);
        return Err(error);
    }
    let recovery_code = SecretString::from(recovery_code::format(&code).as_str());
    Ok(NewKeys { header, data_key, recovery_code })
}

/// Takes back what [`create`] made in this same call, when a later step of creation failed.
pub(crate) fn discard(dir: &Path, header: &Header, keyring: Option<&dyn DeviceSecrets>) {
    for name in [header::CURRENT, header::PREVIOUS] {
        // What cannot be removed stays and makes the next creation refuse: nothing else to be done here.
        let _ = fs::remove_file(dir.join(name));
    }
    if let Some(keyring) = keyring {
        let _ = keyring.delete(&header.device_entry);
    }
}

/// The data key under passphrase and device secret.
///
/// # Errors
/// [`VaultError::Key`] and the header's errors before a try is counted; [`VaultError::TooManyTries`];
/// [`VaultError::WrongPassphrase`].
pub(crate) fn unlock(dir: &Path, passphrase: &SecretString, keyring: &dyn DeviceSecrets) -> Result<Unlocked> {
    let (header, stand_in) = header::load(dir)?;
    let wait_seconds = Tries::load(dir).wait_seconds(Utc::now());
    if wait_seconds == 0 && header.keyring {
        // Asked before the try is counted: a keyring that does not answer costs no try.
        let device = keyring.get(&header.device_entry)?;
        return unlock_with(dir, header, stand_in, passphrase, &device);
    }
    unlock_with(dir, header, stand_in, passphrase, &DeviceSecret::default())
}

fn unlock_with(
    dir: &Path,
    header: Header,
    stand_in: bool,
    passphrase: &SecretString,
    device: &DeviceSecret,
) -> Result<Unlocked> {
    let tries = Tries::count(dir, Utc::now())?;
    let salt = header::bytes(&header.wrap_a.salt)?;
    let key = seal::passphrase_key(passphrase.expose_secret(), device, &salt, header.wrap_a.cost())?;
    let bound = Header::bound(&header.id, header.keyring, 'a');
    let Some(data_key) = seal::unseal(&key, &header.wrap_a.sealed()?, &bound) else {
        return Err(VaultError::WrongPassphrase {
            tries_left: tries.left(),
            wait_seconds: tries.wait_seconds(Utc::now()),
        });
    };
    check_fingerprint(&header, &data_key)?;
    Tries::forget(dir)?;
    PinTries::forget(dir)?;
    if stand_in {
        // The key is in hand, so the damaged or missing generation can be made whole again.
        header::store(dir, &header)?;
    }
    let (header, data_key) = rekey::settle(dir, header, data_key)?;
    Ok(Unlocked { header, data_key, wrong_tries: tries.wrong - 1 })
}

/// The data key under the recovery code, wrapped anew under a new passphrase and a new device secret.
///
/// # Errors
/// [`VaultError::MistypedRecoveryCode`], [`VaultError::WrongRecoveryCode`], [`VaultError::WeakPassphrase`], and
/// [`VaultError::Key`] when the keyring does not take the new device secret; then nothing has changed.
pub(crate) fn recover(
    dir: &Path,
    code: &SecretString,
    new_passphrase: &SecretString,
    keyring: &dyn DeviceSecrets,
) -> Result<Unlocked> {
    let (header, _) = header::load(dir)?;
    let data_key = recovered(&header, code)?;
    rewrapped(dir, header, data_key, new_passphrase, keyring)
}

/// The same with the clinic's escrow key.
///
/// # Errors
/// [`VaultError::WrongEscrowKey`], and as [`recover`].
pub(crate) fn recover_with_escrow(
    dir: &Path,
    escrow_key: &Key,
    new_passphrase: &SecretString,
    keyring: &dyn DeviceSecrets,
) -> Result<Unlocked> {
    let (header, _) = header::load(dir)?;
    let wrap = header.escrow.as_ref().ok_or(VaultError::WrongEscrowKey)?;
    let data_key = escrow::unwrap(escrow_key, wrap, &header.id)?.ok_or(VaultError::WrongEscrowKey)?;
    check_fingerprint(&header, &data_key)?;
    rewrapped(dir, header, data_key, new_passphrase, keyring)
}

fn rewrapped(
    dir: &Path,
    header: Header,
    data_key: Key,
    new_passphrase: &SecretString,
    keyring: &dyn DeviceSecrets,
) -> Result<Unlocked> {
    check_strength(new_passphrase, header.keyring)?;
    let (header, data_key) = rekey::settle(dir, header, data_key)?;
    let header = change::rewrap(dir, header, &data_key, new_passphrase, keyring)?;
    let wrong_tries = Tries::load(dir).wrong;
    Tries::forget(dir)?;
    PinTries::forget(dir)?;
    Ok(Unlocked { header, data_key, wrong_tries })
}

/// The data key of a header under its recovery code, or under the one before while the newest was not confirmed.
///
/// # Errors
/// [`VaultError::MistypedRecoveryCode`], [`VaultError::WrongRecoveryCode`].
pub(crate) fn recovered(header: &Header, code: &SecretString) -> Result<Key> {
    let code = recovery_code::parse(code.expose_secret())?;
    let under = |wrap: &WrapB| {
        let key = seal::recovery_key(code.as_slice(), &header::bytes(&wrap.salt)?);
        let bound = Header::bound(&header.id, header.keyring, 'b');
        Ok::<_, VaultError>(seal::unseal(&key, &wrap.sealed()?, &bound))
    };
    let mut found = under(&header.wrap_b)?;
    if let (None, Some(before)) = (&found, &header.before) {
        found = under(&before.wrap_b)?;
        for link in &before.links {
            let Some(key) = found else { break };
            let bound = Header::bound_to_vault(&header.id, rekey::LINK);
            found = seal::unseal(&key, &link.sealed()?, &bound);
        }
    }
    let data_key = found.ok_or(VaultError::WrongRecoveryCode)?;
    check_fingerprint(header, &data_key)?;
    Ok(data_key)
}

/// The newest whole header of a vault.
pub(crate) fn header_of(dir: &Path) -> Result<Header> {
    Ok(header::load(dir)?.0)
}

/// Whether a PIN opens the vault now.
pub(crate) fn takes_pin(dir: &Path) -> bool {
    header_of(dir).is_ok_and(|header| header.pin.is_some() && header.next.is_none())
        && PinTries::any_left(dir)
}

/// The device secret of a header; empty where the vault has none.
fn device_of(header: &Header, keyring: &dyn DeviceSecrets) -> Result<DeviceSecret> {
    Ok(if header.keyring { keyring.get(&header.device_entry)? } else { DeviceSecret::default() })
}

/// Wraps the data key of a backup's header anew for the vault that is made from it. Its device secret has a name that no other
/// vault has: the one it was copied from may be on this machine.
///
/// # Errors
/// [`VaultError::WeakPassphrase`], and [`VaultError::Key`] when the keyring does not take the new device secret.
pub(crate) fn rewrap_restored(
    header: &mut Header,
    code: &SecretString,
    passphrase: &SecretString,
    data_key: &Key,
    keyring: Option<&dyn DeviceSecrets>,
) -> Result<()> {
    check_strength(passphrase, keyring.is_some())?;
    header.generation += 1;
    header.keyring = keyring.is_some();
    header.device_entry =
        format!("{}-{}", header::device_entry(&header.id, header.generation), uuid::Uuid::new_v4());
    // Both wraps are bound to whether there is a keyring.
    let code = recovery_code::parse(code.expose_secret())?;
    let salt = seal::random::<SALT_BYTES>()?;
    let bound = Header::bound(&header.id, header.keyring, 'b');
    let sealed = seal::seal(&seal::recovery_key(code.as_slice(), salt.as_slice()), data_key, &bound)?;
    header.wrap_b = WrapB::new(salt.as_slice(), &sealed);
    // What the backup was opened with is the one code, and a PIN belongs to the device secret that it was set with.
    (header.before, header.pin, header.next) = (None, None, None);
    let device = new_device_secret(keyring, &header.device_entry)?;
    header.wrap_a = wrap_a(header, passphrase, &device, data_key, header.wrap_a.cost())?;
    Ok(())
}

/// State of the key of the vault in `dir`.
pub(crate) fn state(dir: &Path, keyring: &dyn DeviceSecrets) -> KeyState {
    match header::load(dir) {
        Err(VaultError::NotFound) => KeyState::Absent,
        Err(_) => KeyState::HeaderDamaged,
        Ok((header, _)) if !header.keyring => KeyState::PassphraseOnly,
        Ok((header, _)) => keyring.get(&header.device_entry).map_or_else(KeyState::from, |_| KeyState::Ready),
    }
}

/// The vaults in the folders directly under `vaults_dir`, by name.
pub(crate) fn list(vaults_dir: &Path, keyring: &dyn DeviceSecrets) -> Result<Vec<VaultListing>> {
    let mut found = Vec::new();
    let folders = match fs::read_dir(vaults_dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        folders => folders?,
    };
    for folder in folders {
        let dir = folder?.path();
        if !header::exists(&dir) {
            continue;
        }
        let name = header::load(&dir).map_or_else(
            |_| dir.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            |(header, _)| header.name,
        );
        found.push(VaultListing { name, key: state(&dir, keyring), dir });
    }
    found.sort_by(|a, b| (&a.name, &a.dir).cmp(&(&b.name, &b.dir)));
    Ok(found)
}

/// How long the unlock page waits for the keyring before it says that it is silent.
pub(crate) const STATE_TIMEOUT: Duration = Duration::from_secs(3);

fn check_strength(passphrase: &SecretString, keyring: bool) -> Result<()> {
    let least = if keyring { LEAST_WITH_KEYRING } else { LEAST_ALONE };
    let enough = passphrase.expose_secret().chars().count() >= least as usize;
    if enough { Ok(()) } else { Err(VaultError::WeakPassphrase { least }) }
}

fn check_fingerprint(header: &Header, data_key: &Key) -> Result<()> {
    let stored = header::bytes(&header.fingerprint)?;
    if stored == seal::fingerprint(data_key) { Ok(()) } else { Err(VaultError::HeaderDamaged) }
}

fn wrap_a(
    header: &Header,
    passphrase: &SecretString,
    device: &DeviceSecret,
    data_key: &Key,
    cost: Cost,
) -> Result<WrapA> {
    let salt = seal::random::<SALT_BYTES>()?;
    let key = seal::passphrase_key(passphrase.expose_secret(), device, salt.as_slice(), cost)?;
    let sealed = seal::seal(&key, data_key, &Header::bound(&header.id, header.keyring, 'a'))?;
    Ok(WrapA::new(cost, salt.as_slice(), &sealed))
}

/// A new device secret that the keyring has taken and given back: a service without a collection answers reads as if
/// nothing were stored and refuses the write, so only a write is trusted.
fn new_device_secret(keyring: Option<&dyn DeviceSecrets>, entry: &str) -> Result<DeviceSecret> {
    let Some(keyring) = keyring else { return Ok(DeviceSecret::default()) };
    let secret = Zeroizing::new(seal::random::<KEY_BYTES>()?.to_vec());
    keyring.set(entry, &secret)?;
    if *keyring.get(entry)? == *secret { Ok(secret) } else { Err(VaultError::Key(KeyState::KeyMissing)) }
}

fn make_dir(dir: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    Ok(builder.create(dir)?)
}

/// Device secrets in memory, and every way in which a keyring can fail, for tests.
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
