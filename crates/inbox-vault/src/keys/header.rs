//! The key header beside the database: `header.json` and the generation before it, `header.prev.json`.
//!
//! Both are written to a temporary file, synced and renamed, so that at every instant one whole generation is on disk. A
//! checksum tells a damaged header from a wrong passphrase.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::seal::{Cost, Sealed};
use crate::{Result, VaultError};

/// The version of the header's format that this build writes.
pub(crate) const VERSION: u32 = 1;
const FORMAT: &str = "anteroom-vault";
pub(crate) const CURRENT: &str = "header.json";
pub(crate) const PREVIOUS: &str = "header.prev.json";
/// Begins the name of a file that is being written.
pub(crate) const UNFINISHED: &str = ".new-";

/// What the header says. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) format: String,
    pub(crate) version: u32,
    /// Random, names the vault in the keyring.
    pub(crate) id: String,
    /// Name shown to the person who chooses a vault.
    pub(crate) name: String,
    /// Counts up with each rewrap; the larger of two whole generations is the newer.
    pub(crate) generation: u64,
    /// Whether wrap A needs a device secret from the keyring.
    pub(crate) keyring: bool,
    /// Name of the device secret in the keyring; changes with each rewrap, so that a crash in between loses nothing.
    pub(crate) device_entry: String,
    pub(crate) wrap_a: WrapA,
    pub(crate) wrap_b: WrapB,
    /// Of the data key, base64.
    pub(crate) fingerprint: String,
    /// For the clinic's escrow key, where its policy names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) escrow: Option<WrapE>,
    /// PIN and device secret, where she set one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) pin: Option<WrapA>,
    /// The recovery code before the newest one, until that one is known to have been written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<Before>,
    /// The wraps of the data key that a rekey is changing to; from before its first step until its last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<Next>,
    /// SHA-256 over everything above, base64.
    #[serde(default)]
    pub(super) checksum: String,
}

/// Passphrase and device secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrapA {
    pub(crate) kdf: String,
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
    pub(crate) salt: String,
    pub(crate) nonce: String,
    pub(crate) key: String,
}

/// Recovery code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrapB {
    pub(crate) salt: String,
    pub(crate) nonce: String,
    pub(crate) key: String,
}

/// A secret sealed under a key, base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    pub(crate) nonce: String,
    pub(crate) key: String,
}

/// The clinic's escrow key (X25519).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WrapE {
    /// The escrow public key that it is sealed for.
    pub(crate) escrow_key: String,
    /// The public key made for this wrap alone.
    pub(crate) public: String,
    pub(crate) sealed: Link,
}

/// What the recovery code before opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Before {
    pub(crate) wrap_b: WrapB,
    /// Each later data key under the one before it, up to the present one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) links: Vec<Link>,
}

/// The wraps of a data key that is not yet the database's, and that key under the present one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Next {
    pub(crate) wrap_a: WrapA,
    pub(crate) wrap_b: WrapB,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) escrow: Option<WrapE>,
    pub(crate) fingerprint: String,
    pub(crate) link: Link,
}

impl Link {
    pub(crate) fn new(sealed: &Sealed) -> Self {
        Self { nonce: STANDARD.encode(&sealed.nonce), key: STANDARD.encode(&sealed.ciphertext) }
    }

    pub(crate) fn sealed(&self) -> Result<Sealed> {
        Ok(Sealed { nonce: bytes(&self.nonce)?, ciphertext: bytes(&self.key)? })
    }
}

impl WrapA {
    pub(crate) fn new(cost: Cost, salt: &[u8], sealed: &Sealed) -> Self {
        Self {
            kdf: "argon2id".into(),
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            salt: STANDARD.encode(salt),
            nonce: STANDARD.encode(&sealed.nonce),
            key: STANDARD.encode(&sealed.ciphertext),
        }
    }

    pub(crate) fn cost(&self) -> Cost {
        Cost { memory_kib: self.memory_kib, passes: self.passes }
    }

    pub(crate) fn sealed(&self) -> Result<Sealed> {
        Ok(Sealed { nonce: bytes(&self.nonce)?, ciphertext: bytes(&self.key)? })
    }
}

impl WrapB {
    pub(crate) fn new(salt: &[u8], sealed: &Sealed) -> Self {
        Self {
            salt: STANDARD.encode(salt),
            nonce: STANDARD.encode(&sealed.nonce),
            key: STANDARD.encode(&sealed.ciphertext),
        }
    }

    pub(crate) fn sealed(&self) -> Result<Sealed> {
        Ok(Sealed { nonce: bytes(&self.nonce)?, ciphertext: bytes(&self.key)? })
    }
}

/// Bytes as the header has them.
pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base64 of the header as bytes.
pub(crate) fn bytes(text: &str) -> Result<Vec<u8>> {
    STANDARD.decode(text).map_err(|_| VaultError::HeaderDamaged)
}

impl Header {
    /// A header of this build's version; `checksum` is filled when it is written.
    pub(crate) fn new(name: &str, keyring: bool, fingerprint: &[u8], wrap_a: WrapA, wrap_b: WrapB) -> Self {
        let id = uuid::Uuid::new_v4().to_string();
        Self {
            format: FORMAT.into(),
            version: VERSION,
            device_entry: device_entry(&id, 1),
            id,
            name: name.into(),
            generation: 1,
            keyring,
            wrap_a,
            wrap_b,
            fingerprint: STANDARD.encode(fingerprint),
            escrow: None,
            pin: None,
            before: None,
            next: None,
            checksum: String::new(),
        }
    }

    /// What both wraps are bound to: a wrap taken to another vault, or with the keyring switched off, does not open.
    pub(crate) fn bound(id: &str, keyring: bool, wrap: char) -> Vec<u8> {
        format!("{FORMAT} {VERSION} {id} keyring={keyring} wrap {wrap}").into_bytes()
    }

    /// What the other wraps are bound to: they open the vault with a keyring and without one.
    pub(crate) fn bound_to_vault(id: &str, wrap: &str) -> Vec<u8> {
        format!("{FORMAT} {VERSION} {id} {wrap}").into_bytes()
    }

    fn sum(&self) -> Result<String> {
        let bare = Self { checksum: String::new(), ..self.clone() };
        let text = serde_json::to_vec(&bare).map_err(|_| VaultError::HeaderDamaged)?;
        Ok(STANDARD.encode(Sha256::digest(text)))
    }

    /// As it is written.
    pub(crate) fn text(&self) -> Result<Vec<u8>> {
        let header = Self { checksum: self.sum()?, ..self.clone() };
        serde_json::to_vec_pretty(&header).map_err(|_| VaultError::HeaderDamaged)
    }

    /// What was written.
    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        #[derive(Deserialize)]
        struct Stamp {
            format: String,
            version: u32,
        }
        let stamp: Stamp = serde_json::from_slice(text).map_err(|_| VaultError::HeaderDamaged)?;
        if stamp.format != FORMAT {
            return Err(VaultError::HeaderDamaged);
        }
        let header: std::result::Result<Self, _> = serde_json::from_slice(text);
        match header {
            Ok(header) if header.version == VERSION && header.sum()? == header.checksum => Ok(header),
            // A digit of ours that was flipped, not a newer version: everything else holds.
            Ok(header) if (Self { version: VERSION, ..header.clone() }).sum()? == header.checksum => {
                Err(VaultError::HeaderDamaged)
            }
            Ok(_) | Err(_) if stamp.version > VERSION => Err(VaultError::HeaderTooNew(stamp.version)),
            _ => Err(VaultError::HeaderDamaged),
        }
    }
}

/// The keyring name of the device secret of a generation.
pub(crate) fn device_entry(id: &str, generation: u64) -> String {
    format!("vault-{id}-{generation}")
}

/// Whether the folder holds a header, readable or not.
pub(crate) fn exists(dir: &Path) -> bool {
    [CURRENT, PREVIOUS].iter().any(|name| dir.join(name).symlink_metadata().is_ok())
}

/// The newest whole generation, and whether both are whole and equal in age or one had to stand in for the other.
///
/// # Errors
/// [`VaultError::NotFound`] without any header; [`VaultError::HeaderDamaged`] when no generation can be read;
/// [`VaultError::HeaderTooNew`] when a newer version wrote it.
pub(crate) fn load(dir: &Path) -> Result<(Header, bool)> {
    let current = read(&dir.join(CURRENT));
    let previous = read(&dir.join(PREVIOUS));
    match (current, previous) {
        (Err(VaultError::HeaderTooNew(version)), _) => Err(VaultError::HeaderTooNew(version)),
        (Ok(current), Ok(_)) => Ok((current, false)),
        (Ok(current), Err(_)) => Ok((current, true)),
        (Err(_), Ok(previous)) => Ok((previous, true)),
        (Err(VaultError::NotFound), Err(VaultError::NotFound)) => Err(VaultError::NotFound),
        (Err(VaultError::File(kind)), Err(_)) => Err(VaultError::File(kind)),
        (Err(_), Err(_)) => Err(VaultError::HeaderDamaged),
    }
}

fn read(path: &Path) -> Result<Header> {
    match fs::read(path) {
        Ok(text) => Header::parse(&text),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(VaultError::NotFound),
        Err(error) => Err(error.into()),
    }
}

/// Makes `header` both generations: first the current one, then the one before, so that a crash leaves one whole and an
/// old wrap does not stay behind.
pub(crate) fn store(dir: &Path, header: &Header) -> Result<()> {
    let text = header.text()?;
    replace(dir, CURRENT, &text)?;
    replace(dir, PREVIOUS, &text)
}

/// Writes a file so that it is there whole or as it was.
pub(crate) fn replace(dir: &Path, name: &str, text: &[u8]) -> Result<()> {
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(dir)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(dir.join(name)).map_err(|error| error.error)?;
    sync_dir(dir)
}

/// Makes a rename last. Directories cannot be synced on Windows, where renames are journaled.
pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// Bytes that are a header but for their checksum, with one that holds.
#[cfg(test)]
pub(crate) fn resealed(text: &[u8]) -> Option<Vec<u8>> {
    let header: Header = serde_json::from_slice(text).ok()?;
    let header = Header { checksum: header.sum().ok()?, ..header };
    serde_json::to_vec(&header).ok()
}
