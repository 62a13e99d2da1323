//! Whether the key of a vault folder can be had (SECURITY.md, "Keyring: four different answers").

use std::path::PathBuf;

/// State of the key of one vault folder. Asking for it changes nothing on disk or in the keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// No header: there is no vault here.
    Absent,
    /// The device secret is there: the passphrase opens the vault.
    Ready,
    /// The header says that no keyring is used: the passphrase alone opens the vault.
    PassphraseOnly,
    /// A header whose device secret the keyring does not hold: recovery code, or another keyring.
    KeyMissing,
    /// The keyring is locked.
    KeyringLocked,
    /// The keyring did not answer in time; an unlock prompt may be open.
    KeyringSilent,
    /// There is no keyring service.
    NoKeyring,
    /// No generation of the header can be read.
    HeaderDamaged,
}

/// A vault found on this workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultListing {
    /// Its folder.
    pub dir: PathBuf,
    /// Its name, for the person who chooses; the folder's name when the header is damaged.
    pub name: String,
    /// State of its key.
    pub key: KeyState,
}
