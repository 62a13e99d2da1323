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
    held: Mutex<Held>,
}

/// Where the sign-in is.
#[derive(Default)]
struct Held {
    /// In memory, since the vault is locked.
    here: bool,
    /// The sign-in: lent, or renewed by a refresh that was on its way when the vault was locked.
    auth: Option<Auth>,
}

impl SessionTokens {
    /// The tokens in an open vault.
    pub(crate) fn new(vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Self {
        Self { stored: VaultTokens::new(vault, clock), held: Mutex::default() }
    }

    /// Goes on in memory. With `lend` the vault notes before that its refresh token is given away; without it nothing is kept, and
    /// only a refresh that is on its way ends here instead of in a closed vault.
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
        *held = Held { here: true, auth: lend.then_some(auth) };
        Ok(())
    }

    /// The live sign-in, to be kept by the vault that is open again; `None` where nobody knows whether its refresh token
    /// was spent, and then the vault's stays lent.
    pub(crate) fn take_back(&self) -> Option<Auth> {
        std::mem::take(&mut *lock(&self.held)).auth.filter(|auth| !auth.is_lent())
    }
}

impl fmt::Debug for SessionTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionTokens")
    }
}

impl TokenStore for SessionTokens {
    fn store(&self, auth: &Auth) -> Result<(), TokenStoreError> {
        let mut held = lock(&self.held);
        if !held.here {
            return self.stored.store(auth);
        }
        held.auth = Some(auth.clone());
        Ok(())
    }

    fn load(&self) -> Result<Option<Auth>, TokenStoreError> {
        let held = lock(&self.held);
        if held.here { Ok(held.auth.clone()) } else { self.stored.load() }
    }

    fn try_lock(&self) -> Result<Option<TokenGuard>, TokenStoreError> {
        // In memory there is one client, and its own lock is enough. The vault's files stay untouched.
        if lock(&self.held).here { Ok(Some(Box::new(()))) } else { self.stored.try_lock() }
    }
}
