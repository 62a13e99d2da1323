//! The sign-in while the vault is open, and while it is closed: then its tokens are in memory alone, and the vault says that
//! its refresh token is lent. Whoever opens the vault takes the live sign-in over; a lent token is never replayed.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use inbox_domain::Clock;
use inbox_portal::{Auth, TokenGuard, TokenStore, TokenStoreError};
use inbox_sync::VaultTokens;
use inbox_vault::Vault;

use crate::session::lock;

/// The tokens of one session.
pub(crate) struct SessionTokens {
    stored: VaultTokens,
    /// The sign-in since the vault was locked.
    held: Mutex<Option<Auth>>,
}

impl SessionTokens {
    /// The tokens in an open vault.
    pub(crate) fn new(vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Self {
        Self { stored: VaultTokens::new(vault, clock), held: Mutex::default() }
    }

    /// Goes on in memory. With `lend` the vault notes before that its refresh token is given away; without it only a refresh
    /// that is on its way ends here instead of in a closed vault.
    ///
    /// # Errors
    /// When the vault cannot be read or written; nothing has changed then.
    pub(crate) fn lend(&self, lend: bool) -> Result<(), TokenStoreError> {
        // Held over both steps: a refresh stores its tokens before or after, and never between.
        let mut held = lock(&self.held);
        let Some(auth) = self.stored.load()? else { return Ok(()) };
        if let Some(lent) = auth.lent().filter(|_| lend) {
            self.stored.store(&lent)?;
        }
        *held = Some(auth);
        Ok(())
    }

    /// The live sign-in, to be kept by the vault that is open again; `None` where nobody knows whether its refresh token
    /// was spent, and then the vault's stays lent.
    pub(crate) fn take_back(&self) -> Option<Auth> {
        lock(&self.held).take().filter(|auth| !auth.is_lent())
    }
}

impl fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionTokens")
    }
}

impl TokenStore for SessionTokens {
    fn store(&self, auth: &Auth) -> Result<(), TokenStoreError> {
        match &mut *lock(&self.held) {
            Some(held) => {
                *held = auth.clone();
                Ok(())
            }
            None => self.stored.store(auth),
        }
    }

    fn load(&self) -> Result<Option<Auth>, TokenStoreError> {
        match &*lock(&self.held) {
            Some(held) => Ok(Some(held.clone())),
            None => self.stored.load(),
        }
    }

    fn try_lock(&self) -> Result<Option<TokenGuard>, TokenStoreError> {
        // In memory there is one client, and its own lock is enough. The vault's files stay untouched.
        if lock(&self.held).is_some() { Ok(Some(Box::new(()))) } else { self.stored.try_lock() }
    }
}
