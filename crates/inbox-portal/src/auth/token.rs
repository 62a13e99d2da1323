//! The sign-in of one portal, its tokens and their single-flight refresh.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use reqwest::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use tokio::sync::Mutex;
use url::Url;

use super::scopes::GrantedScopes;
use super::smart::{basic_auth, read_token_answer};
use crate::error::PortalError;
use crate::http::{HttpClient, Outgoing, check_address};

fn expose<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn expose_option<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}

fn enclose<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    String::deserialize(deserializer).map(SecretString::from)
}

fn enclose_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    Option::<String>::deserialize(deserializer).map(|text| text.map(SecretString::from))
}

/// Tokens as the server gave them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenSet {
    /// Access token.
    #[serde(serialize_with = "expose", deserialize_with = "enclose")]
    pub access: SecretString,
    /// Refresh token; rotates.
    #[serde(serialize_with = "expose_option", deserialize_with = "enclose_option", default)]
    pub refresh: Option<SecretString>,
    /// When the access token ends, by this workstation's clock (used only to refresh early).
    pub expires_at: Option<DateTime<Utc>>,
    /// Scopes granted.
    #[serde(default)]
    pub scope: String,
    /// `fhirUser`, for example `Practitioner/1`.
    #[serde(default)]
    pub fhir_user: Option<String>,
    /// The refresh token was given away and its successor has not come: it is never used again.
    #[serde(default)]
    pub lent: bool,
}

/// How this vault signs in. Serialised into the vault and nowhere else.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Auth {
    /// No sign-in: servers on this machine.
    Open,
    /// A fixed token, for tests and scripts.
    Bearer {
        /// The token.
        #[serde(serialize_with = "expose", deserialize_with = "enclose")]
        token: SecretString,
    },
    /// A clinic's own backend.
    ClientCredentials {
        /// Client id.
        client_id: String,
        /// Client secret.
        #[serde(serialize_with = "expose", deserialize_with = "enclose")]
        client_secret: SecretString,
        /// Token endpoint.
        token_endpoint: Url,
        /// Where a sign-out revokes, if the server says.
        #[serde(default)]
        revocation_endpoint: Option<Url>,
        /// Scopes asked for.
        scope: String,
        /// Tokens in use.
        tokens: Option<TokenSet>,
    },
    /// A person who signed in with the browser.
    AuthorizationCode {
        /// Client id (public client).
        client_id: String,
        /// Token endpoint.
        token_endpoint: Url,
        /// Where a sign-out revokes, if the server says.
        revocation_endpoint: Option<Url>,
        /// Tokens in use.
        tokens: TokenSet,
    },
}

impl Auth {
    fn tokens(&self) -> Option<&TokenSet> {
        match self {
            Self::Open | Self::Bearer { .. } => None,
            Self::ClientCredentials { tokens, .. } => tokens.as_ref(),
            Self::AuthorizationCode { tokens, .. } => Some(tokens),
        }
    }

    fn access(&self) -> Option<SecretString> {
        match self {
            Self::Bearer { token } => Some(token.clone()),
            other => other.tokens().map(|tokens| tokens.access.clone()),
        }
    }

    /// `fhirUser` of the sign-in, if the server named one.
    pub fn fhir_user(&self) -> Option<&str> {
        self.tokens()?.fhir_user.as_deref()
    }

    /// What was granted; `None` where nobody says.
    pub fn granted(&self) -> Option<GrantedScopes> {
        GrantedScopes::parse(&self.tokens()?.scope)
    }

    /// Whether the sign-in can be renewed without the clinician.
    pub fn renews_itself(&self) -> bool {
        self.refresh_request().is_some()
    }

    /// Where a sign-out is told, and the tokens to name, each with its kind; `None` where the server offers no way.
    pub(super) fn revocation(&self) -> Option<(&Url, Vec<(&'static str, SecretString)>)> {
        let endpoint = match self {
            Self::Open | Self::Bearer { .. } => None,
            Self::ClientCredentials { revocation_endpoint, .. }
            | Self::AuthorizationCode { revocation_endpoint, .. } => revocation_endpoint.as_ref(),
        }?;
        let refresh = self.tokens().and_then(|tokens| tokens.refresh.clone());
        let named = [("refresh_token", refresh), ("access_token", self.access())];
        Some((endpoint, named.into_iter().filter_map(|(kind, token)| Some((kind, token?))).collect()))
    }

    /// The id of a client without a secret.
    pub(super) fn public_client(&self) -> Option<&str> {
        match self {
            Self::AuthorizationCode { client_id, .. } => Some(client_id),
            _ => None,
        }
    }

    /// The sign-in while its refresh token is on its way, or with somebody else, or when nobody knows whether it was spent.
    /// `None` where a sign-in spends none.
    pub fn lent(&self) -> Option<Self> {
        let mut lent = self.clone();
        match &mut lent {
            Self::AuthorizationCode { tokens, .. } => tokens.lent = true,
            _ => return None,
        }
        Some(lent)
    }

    /// Whether its refresh token was given away and may be spent.
    pub fn is_lent(&self) -> bool {
        self.tokens().is_some_and(|tokens| tokens.lent)
    }

    /// The access token is there and does not end within ten seconds.
    fn is_fresh(&self) -> bool {
        match self {
            Self::Open | Self::Bearer { .. } => true,
            other => other.tokens().is_some_and(|tokens| {
                tokens.expires_at.is_none_or(|end| end > Utc::now() + Duration::seconds(10))
            }),
        }
    }

    /// The refresh request; `None` where there is no way to refresh.
    fn refresh_request(&self) -> Option<Outgoing> {
        let (endpoint, form) = match self {
            Self::Open | Self::Bearer { .. } => return None,
            Self::ClientCredentials { token_endpoint, scope, .. } => {
                let mut form = vec![("grant_type", "client_credentials".to_owned())];
                if !scope.is_empty() {
                    form.push(("scope", scope.clone()));
                }
                (token_endpoint, form)
            }
            Self::AuthorizationCode { token_endpoint, client_id, tokens, .. } => {
                let refresh = tokens.refresh.as_ref().filter(|_| !tokens.lent)?.expose_secret().to_owned();
                let form = vec![
                    ("grant_type", "refresh_token".to_owned()),
                    ("refresh_token", refresh),
                    ("client_id", client_id.clone()),
                ];
                (token_endpoint, form)
            }
        };
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request =
            Outgoing::post(endpoint.clone(), "application/x-www-form-urlencoded", body.into_bytes());
        Some(match self {
            Self::ClientCredentials { client_id, client_secret, .. } => {
                request.header(AUTHORIZATION, &basic_auth(client_id, client_secret))
            }
            _ => request,
        })
    }

    /// Takes over new tokens; a server that does not rotate leaves the refresh token as it was.
    fn replace_tokens(&mut self, new: TokenSet) {
        match self {
            Self::Open | Self::Bearer { .. } => {}
            Self::ClientCredentials { tokens, .. } => *tokens = Some(new),
            Self::AuthorizationCode { tokens, .. } => {
                let refresh = new.refresh.clone().or_else(|| tokens.refresh.clone());
                let fhir_user = new.fhir_user.clone().or_else(|| tokens.fhir_user.clone());
                *tokens = TokenSet { refresh, fhir_user, ..new };
            }
        }
    }
}

/// The caller could not keep the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("tokens could not be stored")]
pub struct TokenStoreError;

/// Keeps a changed sign-in (in the vault), before its new tokens are used: a rotated refresh token that is lost ends
/// the login.
pub trait TokenStore: Send + Sync + fmt::Debug {
    /// Stores `auth` durably.
    ///
    /// # Errors
    /// When it could not be stored; the tokens are then not used.
    fn store(&self, auth: &Auth) -> Result<(), TokenStoreError>;

    /// What is stored now: another process, or another client of this one, may have refreshed meanwhile. `None` where
    /// nothing is kept.
    ///
    /// # Errors
    /// When it could not be read; nothing is refreshed then.
    fn load(&self) -> Result<Option<Auth>, TokenStoreError> {
        Ok(None)
    }

    /// Takes the store for one refresh, across processes; it is given back when the guard is dropped. `None` while
    /// somebody else has it.
    ///
    /// # Errors
    /// When it cannot be taken at all; nothing is refreshed then.
    fn try_lock(&self) -> Result<Option<TokenGuard>, TokenStoreError> {
        Ok(Some(Box::new(())))
    }
}

/// Holds a [`TokenStore`] for one refresh.
pub type TokenGuard = Box<dyn std::any::Any + Send + Sync>;

/// Keeps nothing: for fixed tokens and before there is a vault.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTokenStore;

impl TokenStore for NoTokenStore {
    fn store(&self, _auth: &Auth) -> Result<(), TokenStoreError> {
        Ok(())
    }
}

/// The sign-in in use. The lock is held over a refresh, so that two requests never spend one refresh token.
#[derive(Debug)]
pub(crate) struct SignIn {
    auth: Mutex<Auth>,
    store: Arc<dyn TokenStore>,
}

impl SignIn {
    pub(crate) fn new(auth: Auth, store: Arc<dyn TokenStore>) -> Self {
        Self { auth: Mutex::new(auth), store }
    }

    /// What the sign-in was granted.
    pub(crate) async fn granted(&self) -> Option<GrantedScopes> {
        self.auth.lock().await.granted()
    }

    /// Waits until no refresh is on its way.
    pub(crate) async fn refresh_ended(&self) {
        drop(self.auth.lock().await);
    }

    /// The token to send; refreshes one that is about to end.
    pub(crate) async fn token(&self, http: &HttpClient) -> Result<Option<SecretString>, PortalError> {
        let mut auth = self.auth.lock().await;
        if !auth.is_fresh() && auth.refresh_request().is_some() {
            self.refresh(&mut auth, http).await?;
        }
        Ok(auth.access())
    }

    /// A token other than `refused`: the one that somebody else has refreshed meanwhile, or a new one.
    pub(crate) async fn refreshed(
        &self,
        http: &HttpClient,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, PortalError> {
        let mut auth = self.auth.lock().await;
        let current = auth.access();
        let same =
            current.as_ref().map(ExposeSecret::expose_secret) == refused.map(ExposeSecret::expose_secret);
        if same {
            self.refresh(&mut auth, http).await?;
        }
        auth.access().ok_or(PortalError::Unauthorized)
    }

    /// A refresh token that rotates is spent once: under the store's lock, only when nobody else has spent it, and noted as
    /// lent before it leaves, so that not even a crash makes it leave twice.
    async fn refresh(&self, auth: &mut Auth, http: &HttpClient) -> Result<(), PortalError> {
        let _guard = self.locked(http).await?;
        if let Some(stored) = self.store.load().map_err(|_| PortalError::TokenStore)? {
            let known = auth.access().map(|token| token.expose_secret().to_owned());
            let renewed = stored.access().map(|token| token.expose_secret().to_owned()) != known;
            *auth = stored;
            if renewed && auth.is_fresh() {
                return Ok(());
            }
        }
        let request = auth.refresh_request().ok_or(PortalError::Unauthorized)?;
        check_address(&request.url)?;
        let before = auth.clone();
        let lent = before.lent();
        if let Some(lent) = &lent {
            self.keep(auth, lent.clone())?;
        }
        let answer = match http.exchange(request, None).await {
            Ok(answer) => answer,
            Err(error) if never_arrived(&error) => return self.give_back(auth, before, error),
            // Whether it was spent nobody knows. A second use would end the login, and look like a theft.
            Err(_) if lent.is_some() => return Err(PortalError::Unauthorized),
            Err(error) => return Err(error),
        };
        match answer.status {
            429 | 503 => {
                let error = answer.success().err().unwrap_or(PortalError::Unauthorized);
                self.give_back(auth, before, error)
            }
            400 | 401 | 403 => Err(PortalError::Unauthorized),
            _ => {
                let tokens = answer.success().and_then(|answer| read_token_answer(&answer.body));
                let tokens = match tokens {
                    Err(_) if lent.is_some() => return Err(PortalError::Unauthorized),
                    tokens => tokens?,
                };
                let mut renewed = before;
                renewed.replace_tokens(tokens);
                self.keep(auth, renewed)
            }
        }
    }

    fn keep(&self, auth: &mut Auth, new: Auth) -> Result<(), PortalError> {
        self.store.store(&new).map_err(|_| PortalError::TokenStore)?;
        *auth = new;
        Ok(())
    }

    /// The refresh token was not spent: it is good for the next time.
    fn give_back(&self, auth: &mut Auth, before: Auth, error: PortalError) -> Result<(), PortalError> {
        self.keep(auth, before)?;
        Err(error)
    }

    /// Waits for the store as long as a refresh of somebody else may take.
    async fn locked(&self, http: &HttpClient) -> Result<TokenGuard, PortalError> {
        const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
        let until = tokio::time::Instant::now() + http.limits().request;
        loop {
            if let Some(guard) = self.store.try_lock().map_err(|_| PortalError::TokenStore)? {
                return Ok(guard);
            }
            if tokio::time::Instant::now() >= until {
                return Err(PortalError::Timeout);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Nothing of the request reached the server.
fn never_arrived(error: &PortalError) -> bool {
    matches!(
        error,
        PortalError::Unreachable
            | PortalError::CertificateRefused
            | PortalError::InvalidAddress
            | PortalError::InsecureAddress
    )
}
