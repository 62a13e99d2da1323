//! The data key and how it is wrapped.
//!
//! Wrap A: XChaCha20-Poly1305 under HKDF-SHA256(Argon2id(passphrase) || device secret). Wrap B: the same cipher under
//! HKDF-SHA256(recovery code), without Argon2id since the code itself has 160 random bits.

use std::fmt;
use std::ops::{Deref, DerefMut};

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize as _, Zeroizing};

use crate::{Result, VaultError};

/// Bytes of data key, device secret, salts.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of an XChaCha20 nonce.
const NONCE_BYTES: usize = 24;

/// 32 secret bytes.
pub(crate) type Key = Secret<KEY_BYTES>;

/// `N` secret bytes, wiped when dropped. On the heap: an array on the stack leaves a copy behind wherever it is moved from, and a
/// stack is wiped by nobody.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret<const N: usize>(Box<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Bytes to be filled.
    pub(crate) fn zeroed() -> Self {
        Self(Box::new([0; N]))
    }

    /// A copy of these bytes, where there are as many.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Self::zeroed();
        (bytes.len() == N).then(|| secret.copy_from_slice(bytes))?;
        Some(secret)
    }
}

impl<const N: usize> Deref for Secret<N> {
    type Target = [u8; N];
    fn deref(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> DerefMut for Secret<N> {
    fn deref_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Cost of Argon2id. The default is SECURITY.md's: 64 MiB, three passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) memory_kib: u32,
    pub(crate) passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3 }
    }
}

/// Nonce and ciphertext of a wrapped data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    pub(crate) nonce: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

/// `N` random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<Secret<N>> {
    let mut bytes = Secret::zeroed();
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| VaultError::NoRandom)?;
    Ok(bytes)
}

/// The key of wrap A. `device` is empty in the mode without a keyring.
pub(crate) fn passphrase_key(passphrase: &str, device: &[u8], salt: &[u8], cost: Cost) -> Result<Key> {
    // A header is not trusted: costs beyond these would only make a denial of service.
    if cost.memory_kib > 1024 * 1024 || cost.passes > 16 {
        return Err(VaultError::HeaderDamaged);
    }
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(KEY_BYTES))
        .map_err(|_| VaultError::HeaderDamaged)?;
    let mut material = Zeroizing::new(vec![0; KEY_BYTES + device.len()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut material[..KEY_BYTES])
        .map_err(|_| VaultError::HeaderDamaged)?;
    material[KEY_BYTES..].copy_from_slice(device);
    Ok(derive(&material, salt, b"anteroom v1 wrap a"))
}

/// The key of wrap B.
pub(crate) fn recovery_key(code: &[u8], salt: &[u8]) -> Key {
    derive(code, salt, b"anteroom v1 wrap b")
}

/// The key of the audit chain.
pub(crate) fn audit_key(data_key: &Key) -> Key {
    derive(data_key.as_slice(), &[], b"anteroom v1 audit")
}

/// The key of a backup's mac.
pub(crate) fn backup_key(data_key: &Key) -> Key {
    derive(data_key.as_slice(), &[], b"anteroom v1 backup")
}

/// The key under which rows that were saved of a damaged database are sealed.
pub(crate) fn salvage_key(data_key: &Key) -> Key {
    derive(data_key.as_slice(), &[], b"anteroom v1 salvage")
}

/// Seals bytes: nonce, then ciphertext.
pub(crate) fn seal_bytes(key: &Key, plain: &[u8]) -> Result<Vec<u8>> {
    let nonce = random::<NONCE_BYTES>()?;
    let sealed = cipher(key).encrypt(&XNonce::from(*nonce), plain).map_err(|_| VaultError::NoCipher)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// What [`seal_bytes`] sealed, or `None` for anything else.
pub(crate) fn unseal_bytes(key: &Key, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_at_checked(NONCE_BYTES)?;
    let nonce: [u8; NONCE_BYTES] = nonce.try_into().ok()?;
    Some(Zeroizing::new(cipher(key).decrypt(&XNonce::from(nonce), sealed).ok()?))
}

/// Tells a wrong key from a damaged database, and says nothing about the key.
pub(crate) fn fingerprint(data_key: &Key) -> [u8; 16] {
    let wide = derive(data_key.as_slice(), &[], b"anteroom v1 fingerprint");
    let mut short = [0; 16];
    short.copy_from_slice(&wide[..16]);
    short
}

pub(crate) fn derive(material: &[u8], salt: &[u8], purpose: &[u8]) -> Key {
    let mut key = Key::zeroed();
    Hkdf::<Sha256>::new(Some(salt), material)
        .expand(purpose, key.as_mut_slice())
        .expect("32 bytes are a valid length for HKDF-SHA256");
    key
}

/// Wraps `data_key` under `key`; `bound` is what the wrap belongs to.
pub(crate) fn seal(key: &Key, data_key: &Key, bound: &[u8]) -> Result<Sealed> {
    let nonce = random::<NONCE_BYTES>()?;
    let ciphertext = cipher(key)
        .encrypt(&XNonce::from(*nonce), Payload { msg: data_key.as_slice(), aad: bound })
        .map_err(|_| VaultError::NoCipher)?;
    Ok(Sealed { nonce: nonce.to_vec(), ciphertext })
}

/// The wrapped data key, or `None` when `key` is not the one it was wrapped under.
pub(crate) fn unseal(key: &Key, sealed: &Sealed, bound: &[u8]) -> Option<Key> {
    let nonce: [u8; NONCE_BYTES] = sealed.nonce.as_slice().try_into().ok()?;
    let plain = Zeroizing::new(
        cipher(key)
            .decrypt(&XNonce::from(nonce), Payload { msg: sealed.ciphertext.as_slice(), aad: bound })
            .ok()?,
    );
    Key::from_slice(&plain)
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.as_slice().try_into().expect("a key has 32 bytes"))
}
