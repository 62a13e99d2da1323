//! The head of the audit chain, anchored outside the database, so that an older copy of the database and a log that was cut
//! short are noticed.
//!
//! The anchor names a row (its number and its mac) under a mac of its own. It stands in the keyring of the operating system,
//! or, for a vault without one, in a file beside the database; there it says nothing against somebody who puts back the whole
//! folder.
//!
//! **The anchor may lag behind the chain and never runs ahead of it**: it is written after the commit of the row that it names,
//! when the vault is closed, once a minute while the app is open, and after a restore. So rows that follow the anchored one
//! are what was done since, for example by a process that was killed, and no alarm. A chain that lacks the anchored row, or has
//! another one in its place, is an older copy or a cut one. What was rolled back within the lag is not noticed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use crate::audit::{self, AuditKey};
use crate::keys::header::replace;
use crate::keys::{DeviceSecret, DeviceSecrets, SecretsError};
use crate::{AnchorState, Result};

/// The anchor of a vault without a keyring, in its folder.
const FILE: &str = "audit.anchor";
const FORMAT: u8 = 1;
const MAC: usize = 32;
/// Format, number, mac of the row, mac of the anchor.
const BYTES: usize = 1 + 8 + MAC + MAC;

/// What stands where the anchor is kept.
pub(crate) enum Stands {
    Bytes(Vec<u8>),
    Nothing,
    /// The keyring does not answer.
    Unknown,
}

/// Where the anchor of one vault is kept.
#[derive(Clone)]
pub(crate) struct Anchor {
    place: Place,
    name: String,
}

#[derive(Clone)]
enum Place {
    Keyring(Arc<dyn DeviceSecrets>),
    File(PathBuf),
}

impl Anchor {
    /// In a keyring, where the vault has one that lasts; `None` where it has not.
    pub(crate) fn new(
        dir: &Path,
        vault_id: &str,
        keyring: bool,
        secrets: &dyn DeviceSecrets,
    ) -> Option<Self> {
        let place = if keyring { Place::Keyring(secrets.lasting()?) } else { Place::File(dir.join(FILE)) };
        Some(Self { place, name: format!("audit-{vault_id}") })
    }

    /// The same under another name: a restored vault must not meet the anchor of the one it was copied from.
    pub(crate) fn named(&self, name: &str) -> Self {
        Self { place: self.place.clone(), name: name.to_owned() }
    }

    /// What stands there. Read it before the chain: a row that is committed in between is a lag, and no alarm.
    pub(crate) fn read(&self) -> Stands {
        match &self.place {
            Place::Keyring(secrets) => match secrets.get(&self.name) {
                Ok(bytes) => Stands::Bytes(bytes.to_vec()),
                Err(SecretsError::Missing) => Stands::Nothing,
                Err(_) => Stands::Unknown,
            },
            Place::File(path) => match std::fs::read(path) {
                Ok(bytes) => Stands::Bytes(bytes),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Stands::Nothing,
                Err(_) => Stands::Unknown,
            },
        }
    }

    /// What it says of the chain. `once`: this vault has had an anchor.
    pub(crate) fn compare(
        &self,
        db: &Connection,
        stands: &Stands,
        once: bool,
        key: &AuditKey,
    ) -> Result<AnchorState> {
        Ok(match stands {
            Stands::Unknown => AnchorState::Unknown,
            Stands::Nothing if once => AnchorState::Missing,
            Stands::Nothing => AnchorState::None,
            Stands::Bytes(bytes) => match self.parse(bytes, key) {
                None => AnchorState::Forged,
                Some((n, mac)) if audit::mac_of(db, n)?.as_deref() == Some(mac) => AnchorState::Agrees,
                Some(_) => AnchorState::RolledBack,
            },
        })
    }

    fn parse<'b>(&self, bytes: &'b [u8], key: &AuditKey) -> Option<(i64, &'b [u8])> {
        if bytes.len() != BYTES || bytes[0] != FORMAT {
            return None;
        }
        let n = i64::from_le_bytes(bytes[1..9].try_into().ok()?);
        let (mac, seal) = bytes[9..].split_at(MAC);
        let whole =
            bool::from(subtle::ConstantTimeEq::ct_eq(seal, key.anchor_mac(&self.name, n, mac).as_slice()));
        whole.then_some((n, mac))
    }

    /// The bytes of an anchor at a row of the chain.
    pub(crate) fn at(&self, (n, mac): &(i64, Vec<u8>), key: &AuditKey) -> DeviceSecret {
        let seal = key.anchor_mac(&self.name, *n, mac);
        DeviceSecret::new([&[FORMAT], n.to_le_bytes().as_slice(), mac, &seal].concat())
    }

    /// Keeps what [`Anchor::at`] gave, after the commit of that row. `false` where it could not be kept: the anchor then
    /// lags further.
    pub(crate) fn keep(&self, bytes: &DeviceSecret) -> bool {
        match &self.place {
            Place::Keyring(secrets) => secrets.set(&self.name, bytes).is_ok(),
            Place::File(path) => match (path.parent(), path.file_name().and_then(|name| name.to_str())) {
                (Some(dir), Some(name)) => replace(dir, name, bytes).is_ok(),
                _ => false,
            },
        }
    }
}
