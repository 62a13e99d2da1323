//! How a vault is connected to its portal: address, clinician, sign-in, capability record. All of it is kept in the
//! vault, nothing beside it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use inbox_domain::{Batch, PortalId};
use inbox_portal::{
    Auth, BrowserSignIn, Capabilities, HttpLimits, NoTokenStore, Portal, PortalError, TokenStore,
    TokenStoreError, auth::client_credentials, map_practitioner,
};
use inbox_sync::settings::{AUTH, CAPABILITIES, ME, PRACTITIONER, UNAUTHORIZED};
use inbox_vault::Patient;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use crate::{
    dto::{AppError, ConnectionView},
    error::{AppResult, invalid},
    hours::COUNTRY,
    listening::SUBSCRIPTION,
    session::{Session, lock},
    signing_out::told,
};

mod moved;

pub(crate) const PORTAL: &str = "portal.url";
/// Port of the loopback redirect, where the portal matches the address exactly.
const REDIRECT_PORT: &str = "portal.redirect_port";

/// Client id under which this program is registered where a portal knows it.
pub const CLIENT_ID: &str = "anteroom";

/// How long the browser may take.
const BROWSER_WAIT: Duration = Duration::from_secs(300);

/// With what the vault signs in.
pub enum Credential {
    /// A bearer token.
    Token(SecretString),
    /// A clinic's own backend.
    Client {
        /// Client id.
        id: String,
        /// Client secret.
        secret: SecretString,
    },
    /// A person, in the system's browser.
    Browser {
        /// Is given the address to open.
        open: Box<dyn Fn(&str) + Send + Sync>,
        /// Port of the loopback redirect, for portals that match the address exactly; without it the one that the vault
        /// keeps, else a free one. Kept for the next time.
        port: Option<u16>,
    },
}

/// What a sign-in found.
#[derive(Debug, Clone, Serialize)]
pub struct LoginRecord {
    /// The product behind the address.
    pub portal: PortalRecord,
    /// What it can do.
    pub capabilities: Capabilities,
    /// `Practitioner/ID`.
    pub practitioner: String,
}

/// Product, version and FHIR version, for display.
#[derive(Debug, Clone, Serialize)]
pub struct PortalRecord {
    /// Product.
    pub software: String,
    /// Its version.
    pub version: String,
    /// FHIR version.
    pub fhir: String,
}

impl Session {
    /// Signs in and keeps address, sign-in, clinician and capability record in the vault. Nothing is kept when a step
    /// fails.
    ///
    /// # Errors
    /// The portal's, by code; `practitioner_needed` when neither the call nor the sign-in names the clinician;
    /// `other_practitioner` when the vault is somebody else's, or the sign-in was made as somebody else;
    /// `messages_not_granted`; `no_such_practitioner`; `other_portal` when the vault holds messages that this portal does not
    /// know. A login that was made and is not kept is ended on the portal.
    pub async fn login(
        &self,
        address: &str,
        practitioner: Option<&str>,
        credential: Credential,
    ) -> AppResult<LoginRecord> {
        self.check_portal_of_clinic(address)?;
        let limits = HttpLimits::default();
        let port = self.redirect_port(&credential)?;
        let auth = sign_in(address, credential, port, limits).await?;
        let latest = Arc::new(LatestSignIn(Mutex::new(auth)));
        let outcome = self.connect_as(address, practitioner, &latest, limits).await;
        match &outcome {
            Ok(_) => self.keep_redirect_port(port)?,
            Err(_) => {
                let auth = lock(&latest.0).clone();
                told(&auth).await;
            }
        }
        outcome
    }

    /// Where the clinic names its portal, no other one is signed in to.
    fn check_portal_of_clinic(&self, address: &str) -> AppResult<()> {
        match &self.around.policy.current().policy.portal_url {
            Some(clinic) if inbox_portal::base_address(address)? != *clinic => {
                Err(AppError::new("portal_set_by_clinic"))
            }
            _ => Ok(()),
        }
    }

    async fn connect_as(
        &self,
        address: &str,
        practitioner: Option<&str>,
        latest: &Arc<LatestSignIn>,
        limits: HttpLimits,
    ) -> AppResult<LoginRecord> {
        let auth = lock(&latest.0).clone();
        let id = self.whose(practitioner, fhir_user(&auth).as_deref())?;
        let portal = Portal::new(address, auth, Arc::clone(latest) as Arc<dyn TokenStore>, limits)?;
        let capabilities = portal.examine(&format!("Practitioner/{id}")).await?;
        if capabilities.off.iter().any(|off| off.feature == "messages") {
            return Err(AppError::new("messages_not_granted"));
        }
        self.check_same_portal(&portal).await?;
        let named = match portal.read("Practitioner", &PortalId(id.clone())).await {
            Ok(resource) => map_practitioner(&resource).ok(),
            Err(PortalError::NotFound | PortalError::Gone) => {
                return Err(AppError::new("no_such_practitioner"));
            }
            // A portal may keep its directory to itself.
            Err(PortalError::Forbidden) => None,
            Err(error) => return Err(error.into()),
        };
        let now = self.now();
        if let Some(practitioner) = named {
            self.vault.apply(&Batch { practitioners: vec![practitioner], ..Batch::default() }, now)?;
        }
        let reference = format!("Practitioner/{id}");
        self.vault.set_setting(PORTAL, portal.base().as_str(), now)?;
        self.vault.set_setting(PRACTITIONER, &reference, now)?;
        self.keep(CAPABILITIES, &*capabilities)?;
        self.keep(AUTH, &*lock(&latest.0))?;
        for stale in [ME, UNAUTHORIZED, SUBSCRIPTION] {
            self.vault.remove_setting(stale, now)?;
        }
        *lock(&self.portal) = None;
        self.status.change(|facts| {
            facts.signed_out = false;
            facts.problem = None;
        });
        self.hang_up(false);
        self.sync_wanted(Duration::ZERO);
        Ok(LoginRecord {
            portal: PortalRecord {
                software: capabilities.software.clone(),
                version: capabilities.version.clone(),
                fhir: capabilities.fhir.clone(),
            },
            capabilities: (*capabilities).clone(),
            practitioner: reference,
        })
    }

    /// The portal of this vault, ready to be asked.
    ///
    /// # Errors
    /// `not_connected` before the first sign-in.
    pub(crate) fn connect(&self) -> AppResult<Portal> {
        let missing = || AppError::new("not_connected");
        let address = self.vault.setting(PORTAL)?.ok_or_else(missing)?;
        self.give_up_spent_sign_in()?;
        let auth = self.vault.setting(AUTH)?.ok_or_else(missing)?;
        let auth: Auth = serde_json::from_str(&auth).map_err(|_| missing())?;
        let store = Arc::clone(&self.tokens) as Arc<dyn TokenStore>;
        let portal = Portal::new(&address, auth, store, HttpLimits::default())?;
        if let Some(kept) =
            self.vault.setting(CAPABILITIES)?.and_then(|text| serde_json::from_str(&text).ok())
        {
            portal.set_capabilities(kept);
        }
        Ok(portal)
    }

    /// Id of the clinician: a vault is hers for good, and a sign-in as somebody else is not taken for hers.
    fn whose(&self, given: Option<&str>, signed_in: Option<&str>) -> AppResult<String> {
        let kept = self.vault.setting(PRACTITIONER)?.filter(|kept| !kept.is_empty());
        let given = given.filter(|given| !given.is_empty());
        let named = given.or(signed_in).or(kept.as_deref());
        let id = practitioner_id(named.ok_or_else(|| AppError::new("practitioner_needed"))?)?;
        // A sign-in may name a role or a person instead; then what was given counts.
        let also = [kept.as_deref(), signed_in].into_iter().flatten();
        if also.filter_map(|one| practitioner_id(one).ok()).any(|other| other != id) {
            return Err(AppError::new("other_practitioner"));
        }
        Ok(id)
    }

    /// The port that a sign-in in the browser is to use.
    fn redirect_port(&self, credential: &Credential) -> AppResult<Option<u16>> {
        let Credential::Browser { port, .. } = credential else { return Ok(None) };
        let kept =
            || Ok::<_, AppError>(self.vault.setting(REDIRECT_PORT)?.and_then(|text| text.parse().ok()));
        port.map_or_else(kept, |port| Ok(Some(port)))
    }

    fn keep_redirect_port(&self, port: Option<u16>) -> AppResult<()> {
        let Some(port) = port else { return Ok(()) };
        Ok(self.vault.set_setting(REDIRECT_PORT, &port.to_string(), self.now())?)
    }

    /// To which portal and clinician this vault belongs; empty before the first sign-in.
    ///
    /// # Errors
    /// The vault's.
    pub fn connection(&self) -> AppResult<ConnectionView> {
        let kept = |key| Ok::<_, AppError>(self.vault.setting(key)?.unwrap_or_default());
        Ok(ConnectionView {
            portal_url: match self.around.policy.current().policy.portal_url.clone() {
                Some(clinic) => clinic,
                None => kept(PORTAL)?,
            },
            practitioner: kept(PRACTITIONER)?,
            redirect_port: kept(REDIRECT_PORT)?.parse().ok(),
            signed_in: self.is_connected(),
        })
    }

    /// Whether a sign-in was made.
    pub fn is_connected(&self) -> bool {
        matches!(self.vault.setting(AUTH), Ok(Some(_)))
    }

    /// Country whose crisis lines and emergency number a patient is given: hers, else the clinic's.
    pub(crate) fn country(&self, patient: Option<&Patient>) -> String {
        let own = patient.and_then(|patient| patient.country.clone()).filter(|country| !country.is_empty());
        let clinic = || self.vault.setting(COUNTRY).ok().flatten();
        own.or_else(clinic).unwrap_or_else(|| country_of_zone(self.hours().zone()).to_owned())
    }

    /// Whether the vault's refresh token was given away and has not come back.
    pub(crate) fn has_lent_sign_in(&self) -> bool {
        let stored = self.vault.setting(AUTH).ok().flatten();
        stored.and_then(|text| serde_json::from_str::<Auth>(&text).ok()).is_some_and(|auth| auth.is_lent())
    }

    /// Keeps a sign-in that went on in memory while the vault was closed. One that was made or ended meanwhile, by another
    /// process, counts more.
    pub(crate) fn keep_sign_in(&self, auth: &Auth) {
        if self.has_lent_sign_in() && self.keep(AUTH, auth).is_err() {
            tracing::warn!(code = "tokens_not_kept");
        }
    }

    fn keep(&self, key: &str, value: &impl Serialize) -> AppResult<()> {
        let text = serde_json::to_string(value).map_err(|_| invalid("setting"))?;
        Ok(self.vault.set_setting(key, &text, self.now())?)
    }
}

async fn sign_in(
    address: &str,
    credential: Credential,
    port: Option<u16>,
    limits: HttpLimits,
) -> AppResult<Auth> {
    match credential {
        Credential::Token(token) => {
            // The address is checked before the token goes anywhere.
            Portal::new(address, Auth::Open, Arc::new(NoTokenStore), limits)?;
            Ok(Auth::Bearer { token })
        }
        Credential::Client { id, secret } => Ok(client_credentials(address, &id, secret, limits).await?),
        Credential::Browser { open, .. } => {
            let waiting = BrowserSignIn::start(address, CLIENT_ID, port, limits).await?;
            open(waiting.url().as_str());
            Ok(waiting.finish(BROWSER_WAIT).await?)
        }
    }
}

/// Whom the sign-in names: the server's answer, or the claim in a token that is a JWT. Only read, never trusted for
/// access: the portal checks its own token.
fn fhir_user(auth: &Auth) -> Option<String> {
    let token = match auth {
        Auth::Bearer { token } => token,
        other => return other.fhir_user().map(str::to_owned),
    };
    let claims = token.expose_secret().split('.').nth(1)?.trim_end_matches('=');
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    claims.get("fhirUser")?.as_str().map(str::to_owned)
}

/// The id in `Practitioner/ID`, or in an absolute reference that ends so.
fn practitioner_id(reference: &str) -> AppResult<String> {
    let mut parts = reference.rsplit('/');
    let id = parts.next().unwrap_or_default();
    let valid = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    if parts.next() == Some("Practitioner") && valid {
        Ok(id.to_owned())
    } else {
        Err(invalid("practitioner"))
    }
}

/// The country of a zone, where the zone names one that the crisis lines cover.
fn country_of_zone(zone: &str) -> &'static str {
    match zone {
        "Europe/Vienna" => "AT",
        "Europe/Zurich" => "CH",
        "Europe/London" => "GB",
        "Europe/Dublin" => "IE",
        "Europe/Paris" => "FR",
        "Europe/Madrid" => "ES",
        "Europe/Amsterdam" => "NL",
        zone if zone.starts_with("Australia/") => "AU",
        "America/Toronto" | "America/Vancouver" | "America/Montreal" | "America/Edmonton"
        | "America/Winnipeg" | "America/Halifax" => "CA",
        zone if zone.starts_with("America/") || zone.starts_with("US/") => "US",
        _ => "DE",
    }
}

/// Holds tokens that change during the sign-in itself, until it is known to be good.
#[derive(Debug)]
struct LatestSignIn(Mutex<Auth>);

impl TokenStore for LatestSignIn {
    fn store(&self, auth: &Auth) -> Result<(), TokenStoreError> {
        *lock(&self.0) = auth.clone();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
