//! What sync keeps in the vault beside its cursor.

use chrono::{DateTime, Utc};
use inbox_portal::{Capabilities, Me};
use inbox_vault::Vault;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::SyncError;

/// `Practitioner/ID` of the vault's clinician; written at sign-in.
pub const PRACTITIONER: &str = "portal.practitioner";
/// The capability record (JSON); written at sign-in and by a full sync.
pub const CAPABILITIES: &str = "portal.capabilities";
/// Groups, teams, organisations and roles of the clinician (JSON).
pub const ME: &str = "portal.me";
/// Syncs in a row that ended with `unauthorized`.
pub const UNAUTHORIZED: &str = "sync.unauthorized";
/// Threads whose older messages are still to be fetched (JSON).
pub(crate) const HISTORIES: &str = "sync.histories";
/// What is known of the clinic's shared work (JSON).
pub const SHARED_WORK: &str = "sync.shared_work";
/// The covers that the clinician has set (JSON).
pub(crate) const COVERS: &str = "sharing.covers";
/// What sync remembers of covers (JSON).
pub(crate) const FOLLOWED: &str = "sync.covers";
/// What is known of the hours on the portal (JSON).
pub(crate) const PUBLICATION: &str = "portal.hours";
/// The sign-in (JSON), with its tokens; written at sign-in and by each refresh.
pub const AUTH: &str = "portal.auth";

pub(crate) fn load<T: DeserializeOwned>(vault: &Vault, key: &str) -> Result<Option<T>, SyncError> {
    Ok(vault.setting(key)?.and_then(|text| serde_json::from_str(&text).ok()))
}

pub(crate) fn keep<T: Serialize>(
    vault: &Vault,
    key: &str,
    value: &T,
    now: DateTime<Utc>,
) -> Result<(), SyncError> {
    let text = serde_json::to_string(value).unwrap_or_default();
    if vault.setting(key)?.as_deref() != Some(text.as_str()) {
        vault.set_setting(key, &text, now)?;
    }
    Ok(())
}

pub(crate) fn practitioner(vault: &Vault) -> Result<String, SyncError> {
    vault.setting(PRACTITIONER)?.filter(|reference| !reference.is_empty()).ok_or(SyncError::NotConnected)
}

/// The clinician with what is known of her memberships; `None` when they were never asked for.
pub(crate) fn load_me(vault: &Vault) -> Result<Option<Me>, SyncError> {
    let practitioner = practitioner(vault)?;
    Ok(load::<Me>(vault, ME)?.filter(|me| me.practitioner == practitioner))
}

/// The capability record kept in the vault.
///
/// # Errors
/// The vault's.
pub fn load_capabilities(vault: &Vault) -> Result<Option<Capabilities>, SyncError> {
    load(vault, CAPABILITIES)
}
