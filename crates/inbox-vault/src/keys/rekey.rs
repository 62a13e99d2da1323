//! A fresh data key for a vault, so that whoever had the old one reads nothing more.
//!
//! The steps: the database is taken alone; the header gets the wraps of the new key beside those of the old one; SQLCipher rewrites
//! every page in one transaction; the database is opened with the new key; the new wraps take the place of the old ones. Killed
//! at any point, the next unlocking tries the old key and then the new one and ends what was begun ([`settle`]).
//!
//! A rekey makes a new recovery code. Until that is confirmed the one before opens the vault too, since whoever ends a rekey
//! that was killed has never seen the new one.

use std::path::Path;

use rusqlite::{OptionalExtension as _, params};
use secrecy::SecretString;

use super::header::{self, Before, Header, Link, Next};
use super::seal::{self, KEY_BYTES, Key};
use super::{DATABASE, DeviceSecrets, Unlocked, change, device_of, escrow, unlock, wrap_a};
use crate::audit::AuditKey;
use crate::connection::{open_alone, open_writer, rekey_database};
use crate::{Result, VaultError};

/// The setting that keeps the key of the audit chain from one data key to the next: its rows are not written anew.
pub(crate) const AUDIT_KEY: &str = "vault.audit_key";
pub(crate) const LINK: &str = "link";

/// Changes the data key; answers the new recovery code.
///
/// # Errors
/// Those of [`unlock`]; [`VaultError::Busy`] while another program has the vault open; those of the database. Then the vault
/// opens as before.
pub(crate) fn rekey(
    dir: &Path,
    passphrase: &SecretString,
    keyring: &dyn DeviceSecrets,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<SecretString> {
    let Unlocked { mut header, data_key, .. } = unlock(dir, passphrase, keyring)?;
    let path = dir.join(DATABASE);
    let mut db = open_alone(&path, &data_key)?;
    step(0)?;
    keep_audit_key(&mut db, &data_key, now)?;
    let new_key: Key = seal::random::<KEY_BYTES>()?;
    let device = device_of(&header, keyring)?;
    let (wrap_b, code) = change::new_code(&header, &new_key)?;
    let escrow_key = header.escrow.as_ref().map(|wrap| header::bytes(&wrap.escrow_key)).transpose()?;
    let escrow_key =
        escrow_key.map(|key| key.try_into().map_err(|_| VaultError::HeaderDamaged)).transpose()?;
    let bound = Header::bound_to_vault(&header.id, LINK);
    header.next = Some(Next {
        wrap_a: wrap_a(&header, passphrase, &device, &new_key, header.wrap_a.cost())?,
        wrap_b,
        escrow: escrow_key.map(|key| escrow::wrap(&key, &new_key, &header.id)).transpose()?,
        fingerprint: header::encode(&seal::fingerprint(&new_key)),
        link: Link::new(&seal::seal(&data_key, &new_key, &bound)?),
    });
    header.generation += 1;
    step(1)?;
    header::store(dir, &header)?;
    step(2)?;
    rekey_database(&db, &new_key)?;
    step(3)?;
    drop(db);
    step(4)?;
    drop(open_writer(&path, &new_key, false)?);
    step(5)?;
    promote(dir, header)?;
    step(6)?;
    Ok(code)
}

/// Ends a rekey that was killed: whichever key opens the database is the vault's.
///
/// # Errors
/// Those of the database when neither opens it; then the header keeps both.
pub(crate) fn settle(dir: &Path, header: Header, data_key: Key) -> Result<(Header, Key)> {
    let Some(next) = &header.next else { return Ok((header, data_key)) };
    let path = dir.join(DATABASE);
    match open_writer(&path, &data_key, false) {
        Ok(_) => {
            let header = Header { next: None, generation: header.generation + 1, ..header };
            header::store(dir, &header)?;
            return Ok((header, data_key));
        }
        Err(VaultError::DatabaseDamaged) => {}
        Err(other) => return Err(other),
    }
    let bound = Header::bound_to_vault(&header.id, LINK);
    let new_key = seal::unseal(&data_key, &next.link.sealed()?, &bound).ok_or(VaultError::HeaderDamaged)?;
    drop(open_writer(&path, &new_key, false)?);
    Ok((promote(dir, header)?, new_key))
}

/// The new wraps in place of the old ones. The PIN was not at hand: it is set anew.
fn promote(dir: &Path, header: Header) -> Result<Header> {
    let Some(next) = header.next.clone() else { return Ok(header) };
    // One that was not confirmed may never have been seen: the code before it stays the one that is known.
    let known = || Before { wrap_b: header.wrap_b.clone(), links: Vec::new() };
    let mut before = header.before.clone().unwrap_or_else(known);
    before.links.push(next.link);
    let header = Header {
        wrap_a: next.wrap_a,
        wrap_b: next.wrap_b,
        escrow: next.escrow,
        fingerprint: next.fingerprint,
        pin: None,
        before: Some(before),
        next: None,
        generation: header.generation + 1,
        ..header
    };
    header::store(dir, &header)?;
    Ok(header)
}

/// The audit chain goes on under its own key, kept in the database from the first rekey on.
fn keep_audit_key(
    db: &mut rusqlite::Connection,
    data_key: &Key,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<()> {
    let key = audit_key(db, data_key)?;
    let transaction = db.transaction()?;
    let text = zeroize::Zeroizing::new(header::encode(key.0.as_slice()));
    transaction.execute(
        "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING",
        params![AUDIT_KEY, text.as_str()],
    )?;
    key.append(&transaction, now, "vault.rekey", "")?;
    Ok(transaction.commit()?)
}

/// The key of the audit chain: the one that was kept, else the data key's own.
///
/// # Errors
/// Those of the database; [`VaultError::Stored`] for one that is none.
pub(crate) fn audit_key(db: &rusqlite::Connection, data_key: &Key) -> Result<AuditKey> {
    let kept: Option<String> =
        db.query_row("SELECT value FROM setting WHERE key = ?1", [AUDIT_KEY], |row| row.get(0)).optional()?;
    let Some(text) = kept.map(zeroize::Zeroizing::new) else {
        return Ok(AuditKey(seal::audit_key(data_key)));
    };
    let bytes = header::bytes(&text).map(zeroize::Zeroizing::new);
    let key = bytes.ok().and_then(|bytes| Key::from_slice(&bytes));
    Ok(AuditKey(key.ok_or(VaultError::Stored("audit key"))?))
}

/// A place at which tests end a rekey as a crash would.
#[cfg(not(test))]
fn step(_: u32) -> Result<()> {
    Ok(())
}

#[cfg(test)]
fn step(n: u32) -> Result<()> {
    tests::stop_at(n)
}

#[cfg(test)]
mod tests;
