//! The data key sealed for the clinic's escrow key: X25519 with a key pair made for each wrap, HKDF-SHA256, and the cipher of the
//! other wraps. The private key is kept by the clinic, away from its workstations.

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::header::{Header, Link, WrapE, bytes};
use super::seal::{self, KEY_BYTES, Key};
use crate::{Result, VaultError};

const PURPOSE: &[u8] = b"anteroom v1 wrap e";
const WRAP: &str = "wrap e";

/// The data key of the vault `id` for the holder of an escrow key.
pub(crate) fn wrap(escrow_key: &[u8; KEY_BYTES], data_key: &Key, id: &str) -> Result<WrapE> {
    let ours = PrivateKey::generate(&X25519).map_err(|_| VaultError::NoRandom)?;
    let public = ours.compute_public_key().map_err(|_| VaultError::NoCipher)?;
    let key =
        shared(&ours, escrow_key, public.as_ref(), escrow_key).ok_or(VaultError::Invalid("escrow_key"))?;
    let sealed = seal::seal(&key, data_key, &Header::bound_to_vault(id, WRAP))?;
    Ok(WrapE {
        escrow_key: STANDARD.encode(escrow_key),
        public: STANDARD.encode(public.as_ref()),
        sealed: Link::new(&sealed),
    })
}

/// The data key, or `None` when it was sealed for another escrow key.
pub(crate) fn unwrap(private: &[u8; KEY_BYTES], wrap: &WrapE, id: &str) -> Result<Option<Key>> {
    let Ok(ours) = PrivateKey::from_private_key(&X25519, private) else { return Ok(None) };
    let Ok(own) = ours.compute_public_key() else { return Ok(None) };
    let public = bytes(&wrap.public)?;
    let Some(key) = shared(&ours, &public, &public, own.as_ref()) else { return Ok(None) };
    Ok(seal::unseal(&key, &wrap.sealed.sealed()?, &Header::bound_to_vault(id, WRAP)))
}

/// Whether the wrap is for this escrow key.
pub(crate) fn is_for(wrap: Option<&WrapE>, escrow_key: &[u8; KEY_BYTES]) -> bool {
    wrap.is_some_and(|wrap| wrap.escrow_key == STANDARD.encode(escrow_key))
}

/// A new pair: what the clinic locks away, and what its policy names.
pub(crate) fn generate() -> Result<(Key, [u8; KEY_BYTES])> {
    let private: Key = seal::random::<KEY_BYTES>()?;
    let pair = PrivateKey::from_private_key(&X25519, private.as_slice()).map_err(|_| VaultError::NoCipher)?;
    let public = pair.compute_public_key().map_err(|_| VaultError::NoCipher)?;
    Ok((private, public.as_ref().try_into().map_err(|_| VaultError::NoCipher)?))
}

/// The key that both sides come to. `None` for a public key that gives none (of low order).
fn shared(ours: &PrivateKey, theirs: &[u8], made: &[u8], escrow_key: &[u8]) -> Option<Key> {
    agree(ours, UnparsedPublicKey::new(&X25519, theirs), (), |secret| {
        let secret = Zeroizing::new(secret.to_vec());
        Ok(seal::derive(&secret, &[made, escrow_key].concat(), PURPOSE))
    })
    .ok()
}
