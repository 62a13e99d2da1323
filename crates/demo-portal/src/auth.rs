//! Tokens, codes and logins: OAuth 2.0 as SMART App Launch 2 profiles it, without HTTP.
//!
//! Access tokens are opaque random strings, or JWTs where another server has to verify them. A code or refresh token that is used twice revokes its whole login, as RFC 9700
//! recommends and Medplum does.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::capability::SCOPES;
use crate::jwt::Issuer;

/// Name of the confidential client for `client_credentials`.
pub const BACKEND_CLIENT: &str = "anteroom-backend";

/// What a token allows.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    /// `Practitioner/id`; `None` for the clinic's own backend, which sees everything.
    pub(crate) practitioner: Option<String>,
    pub(crate) scopes: String,
    expires: Option<i64>,
    login: Option<Uuid>,
}

impl Access {
    /// Whether a scope names this type, or every type.
    pub(crate) fn covers(&self, kind: &str) -> bool {
        self.scopes.split_whitespace().any(|scope| {
            let resource = scope.split_once('/').map(|(_, rest)| rest.split('.').next().unwrap_or_default());
            resource.is_some_and(|resource| resource == kind || resource == "*")
        })
    }
}

/// What a sign-in page agreed to.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) client: String,
    pub(crate) redirect: String,
    pub(crate) challenge: String,
    pub(crate) practitioner: String,
    pub(crate) scopes: String,
    pub(crate) nonce: Option<String>,
}

struct Code {
    grant: Grant,
    login: Uuid,
    used: bool,
    expires: i64,
}

struct Refresh {
    grant: Grant,
    login: Uuid,
    used: bool,
}

/// Tokens as they are handed out.
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) grant: Grant,
}

/// All that has been given out.
pub(crate) struct Logins {
    issuer: Arc<Issuer>,
    access: HashMap<String, Access>,
    codes: HashMap<String, Code>,
    refresh: HashMap<String, Refresh>,
    revoked: HashSet<Uuid>,
}

/// A token that cannot be guessed.
pub(crate) fn random_token() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}

/// For whom a fixed token is, and what it allows.
fn fixed(id: &str) -> (Option<String>, &'static str) {
    if id == "backend" { (None, "system/*.cruds") } else { (Some(format!("Practitioner/{id}")), SCOPES) }
}

/// A fixed token of a practitioner, or of `backend`; one that is signed is good for a year.
pub(crate) fn fixed_token(issuer: &Issuer, id: &str, now: i64) -> String {
    const YEAR: i64 = 365 * 24 * 3600 * 1000;
    let (practitioner, scopes) = fixed(id);
    issuer.access(practitioner.as_deref(), scopes, now, now + YEAR)
}

impl Logins {
    /// Fixed tokens: practitioner id (or `backend`) to token.
    pub(crate) fn new(tokens: &BTreeMap<String, String>, issuer: Arc<Issuer>) -> Self {
        let (access, codes, refresh, revoked) = Default::default();
        let mut logins = Self { issuer, access, codes, refresh, revoked };
        for (id, token) in tokens {
            let (practitioner, scopes) = fixed(id);
            let access = Access { practitioner, scopes: scopes.to_owned(), expires: None, login: None };
            logins.access.insert(token.clone(), access);
        }
        logins
    }

    /// What a token allows now; `None` when unknown, expired or revoked.
    pub(crate) fn access(&self, token: &str, now: i64) -> Option<&Access> {
        let access = self.access.get(token)?;
        let live = access.expires.is_none_or(|expires| now < expires);
        let kept = access.login.is_none_or(|login| !self.revoked.contains(&login));
        (live && kept).then_some(access)
    }

    /// A code for a sign-in, good for one minute and one use.
    pub(crate) fn begin(&mut self, grant: Grant, now: i64) -> String {
        let code = random_token();
        let login = Uuid::new_v4();
        self.codes.insert(code.clone(), Code { grant, login, used: false, expires: now + 60_000 });
        code
    }

    /// Exchanges a code. `None`: invalid_grant.
    pub(crate) fn exchange(
        &mut self,
        code: &str,
        client: &str,
        redirect: &str,
        verifier: &str,
        now: i64,
        life_ms: i64,
    ) -> Option<Issued> {
        let found = self.codes.get_mut(code)?;
        let login = found.login;
        if found.used {
            self.revoked.insert(login);
            return None;
        }
        found.used = true;
        let grant = found.grant.clone();
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let right = grant.client == client && grant.redirect == redirect && grant.challenge == challenge;
        (right && now < found.expires).then(|| self.issue(grant, login, now, life_ms))
    }

    /// Exchanges a refresh token for a new pair. A second use of one revokes the login. `None`: invalid_grant.
    pub(crate) fn renew(&mut self, token: &str, client: &str, now: i64, life_ms: i64) -> Option<Issued> {
        let found = self.refresh.get_mut(token)?;
        let login = found.login;
        if found.used {
            self.revoked.insert(login);
            return None;
        }
        if found.grant.client != client || self.revoked.contains(&login) {
            return None;
        }
        found.used = true;
        let grant = found.grant.clone();
        Some(self.issue(grant, login, now, life_ms))
    }

    fn issue(&mut self, grant: Grant, login: Uuid, now: i64, life_ms: i64) -> Issued {
        let access = self.issuer.access(Some(&grant.practitioner), &grant.scopes, now, now + life_ms);
        let allowed = Access {
            practitioner: Some(grant.practitioner.clone()),
            scopes: grant.scopes.clone(),
            expires: Some(now + life_ms),
            login: Some(login),
        };
        self.access.insert(access.clone(), allowed);
        let refresh =
            grant.scopes.split_whitespace().any(|scope| scope == "offline_access").then(random_token);
        if let Some(token) = &refresh {
            self.refresh.insert(token.clone(), Refresh { grant: grant.clone(), login, used: false });
        }
        Issued { access, refresh, grant }
    }

    /// A token for the clinic's own backend.
    pub(crate) fn for_backend(&mut self, scopes: &str, now: i64, life_ms: i64) -> String {
        let scopes = if scopes.is_empty() { "system/*.cruds" } else { scopes };
        let token = self.issuer.access(None, scopes, now, now + life_ms);
        let expires = Some(now + life_ms);
        let access =
            Access { practitioner: None, scopes: scopes.to_owned(), expires, login: Some(Uuid::new_v4()) };
        self.access.insert(token.clone(), access);
        token
    }

    /// Revokes the login that a token belongs to (RFC 7009); an unknown token is no error.
    pub(crate) fn revoke(&mut self, token: &str) {
        let login = self.refresh.get(token).map(|found| found.login);
        let login = login.or_else(|| self.access.get(token).and_then(|found| found.login));
        self.revoked.extend(login);
    }

    /// Makes every access token from a sign-in expire now; refresh tokens stay good.
    pub(crate) fn expire_access(&mut self, now: i64) {
        for access in self.access.values_mut().filter(|access| access.login.is_some()) {
            access.expires = Some(now);
        }
    }
}
