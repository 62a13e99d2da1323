//! The sign-in's tokens in the vault: stored before they are used, and refreshed by one at a time, so that a refresh token
//! that rotates is never spent twice.

use std::fmt;
use std::sync::Arc;

use inbox_domain::Clock;
use inbox_portal::{Auth, TokenGuard, TokenStore, TokenStoreError};
use inbox_vault::Vault;

use crate::error::SyncError;
use crate::lock::SyncLock;
use crate::settings::AUTH;

/// Keeps changed tokens in the vault.
pub struct VaultTokens {
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
}

impl VaultTokens {
    /// The tokens of an open vault.
    pub fn new(vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Self {
        Self { vault, clock }
    }
}

impl fmt::Debug for VaultTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultTokens")
    }
}

impl TokenStore for VaultTokens {
    fn store(&self, auth: &Auth) -> Result<(), TokenStoreError> {
        let text = serde_json::to_string(auth).map_err(|_| TokenStoreError)?;
        self.vault.set_setting(AUTH, &text, self.clock.now()).map_err(|_| TokenStoreError)
    }

    /// A vault that is closed is an error here already, so that no token is spent whose successor could not be kept; so is
    /// one that was signed out, so that a client made before that brings no sign-in back.
    fn load(&self) -> Result<Option<Auth>, TokenStoreError> {
        let text = self.vault.setting(AUTH).map_err(|_| TokenStoreError)?;
        let text = text.ok_or(TokenStoreError)?;
        serde_json::from_str(&text).map(Some).map_err(|_| TokenStoreError)
    }

    fn try_lock(&self) -> Result<Option<TokenGuard>, TokenStoreError> {
        match SyncLock::of_tokens(self.vault.dir()) {
            Ok(lock) => Ok(Some(Box::new(lock))),
            Err(SyncError::Busy) => Ok(None),
            Err(_) => Err(TokenStoreError),
        }
    }
}
