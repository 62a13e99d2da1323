//! Sign-out: the server is told, the tokens are forgotten, messages and queued replies stay.

use std::time::{Duration, Instant};

use inbox_portal::{Auth, HttpLimits, Revocation, TokenGuard, TokenStore as _, auth::revoke};
use inbox_sync::settings::{AUTH, UNAUTHORIZED};
use serde::Serialize;

use crate::{
    dto::AppError,
    error::AppResult,
    session::{Session, lock},
};

/// How long a refresh of somebody else is waited for.
const REFRESH_WAIT: Duration = Duration::from_secs(30);

/// What a sign-out did. The tokens are forgotten in any case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignOutRecord {
    /// The portal was told, and the login is over there too.
    pub revoked: bool,
    /// Why it was not: `not_offered`, `not_connected`, or the code of what kept it from being told.
    pub reason: Option<String>,
}

impl Session {
    /// Signs out: tells the portal that the tokens are over, where it offers that, and forgets them.
    ///
    /// # Errors
    /// `busy` while a refresh does not end; the vault's. The portal's are told in the record, since the tokens are
    /// forgotten all the same.
    pub async fn sign_out(&self) -> AppResult<SignOutRecord> {
        // While the tokens are held no refresh can bring new ones.
        let held = self.hold_tokens().await?;
        let kept = self.vault.setting(AUTH)?;
        let auth: Option<Auth> = kept.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let record = match auth {
            None => SignOutRecord { revoked: false, reason: Some("not_connected".to_owned()) },
            Some(auth) => told(&auth).await,
        };
        let now = self.now();
        for key in [AUTH, UNAUTHORIZED] {
            self.vault.remove_setting(key, now)?;
        }
        drop(held);
        *lock(&self.portal) = None;
        self.status.change(|facts| {
            facts.signed_out = false;
            facts.problem = None;
        });
        Ok(record)
    }

    async fn hold_tokens(&self) -> AppResult<TokenGuard> {
        let until = Instant::now() + REFRESH_WAIT;
        loop {
            match self.tokens.try_lock() {
                Ok(Some(held)) => return Ok(held),
                Ok(None) if Instant::now() < until => tokio::time::sleep(Duration::from_millis(50)).await,
                Ok(None) => return Err(AppError::retryable("busy")),
                Err(_) => return Err(AppError::new("token_store_failed")),
            }
        }
    }
}

/// Ends a login on the server, as far as that can be done.
pub(crate) async fn told(auth: &Auth) -> SignOutRecord {
    let reason = match revoke(auth, HttpLimits::default()).await {
        Ok(Revocation::Revoked) => None,
        Ok(Revocation::NotOffered) => Some("not_offered"),
        Err(error) => Some(error.code()),
    };
    SignOutRecord { revoked: reason.is_none(), reason: reason.map(str::to_owned) }
}
