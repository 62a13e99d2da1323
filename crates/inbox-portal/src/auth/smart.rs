//! SMART App Launch 2: discovery, scopes, token answers.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{Duration, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::token::{Auth, TokenSet};
use crate::error::PortalError;
use crate::http::{HttpClient, HttpLimits, Outgoing, check_address};
use crate::portal::parse_base;

/// Always asked for (FHIR.md, "Scopes").
const SCOPES: [&str; 11] = [
    "openid",
    "fhirUser",
    "offline_access",
    "user/Communication.cruds",
    "user/Patient.rs",
    "user/RelatedPerson.rs",
    "user/Practitioner.rs",
    "user/PractitionerRole.rus",
    "user/Task.cruds",
    "user/Binary.cr",
    "user/Subscription.crud",
];

/// Asked for only where the server lists them.
const OPTIONAL_SCOPES: [&str; 6] = [
    "user/AuditEvent.c",
    "user/DocumentReference.c",
    "user/Group.rs",
    "user/CareTeam.rs",
    "user/Organization.rs",
    "user/CommunicationRequest.cru",
];

/// `.well-known/smart-configuration`.
#[derive(Debug, Clone, Deserialize)]
pub struct SmartEndpoints {
    /// Where the browser goes.
    pub authorization_endpoint: Option<Url>,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: Url,
    /// Where a sign-out revokes.
    pub revocation_endpoint: Option<Url>,
    /// Ways of PKCE that the server lists.
    pub code_challenge_methods_supported: Option<Vec<String>>,
    /// Scopes that the server lists.
    #[serde(default)]
    pub scopes_supported: Vec<String>,
}

impl SmartEndpoints {
    /// Reads the configuration of the portal at `base`.
    ///
    /// # Errors
    /// Any [`PortalError`]; endpoints over http to another machine are refused.
    pub async fn discover(base: &str, limits: HttpLimits) -> Result<Self, PortalError> {
        let url = parse_base(base)?.join(".well-known/smart-configuration");
        let url = url.map_err(|_| PortalError::InvalidAddress)?;
        let answer = HttpClient::new(limits)?.exchange(Outgoing::get(url), None).await?.success()?;
        let found: Self =
            serde_json::from_slice(&answer.body).map_err(|_| PortalError::SignIn { step: "discovery" })?;
        check_address(&found.token_endpoint)?;
        found.authorization_endpoint.as_ref().map_or(Ok(()), check_address)?;
        found.revocation_endpoint.as_ref().map_or(Ok(()), check_address)?;
        Ok(found)
    }
}

impl SmartEndpoints {
    /// Whether a code is protected by S256 here, as far as the server says.
    pub(super) fn has_s256(&self) -> bool {
        let listed = self.code_challenge_methods_supported.as_deref();
        listed.is_none_or(|listed| listed.iter().any(|one| one == "S256"))
    }
}

/// Signs in as a backend and returns the sign-in to be kept.
///
/// # Errors
/// [`PortalError::Unauthorized`] for a wrong secret, else any [`PortalError`].
pub async fn client_credentials(
    base: &str,
    client_id: &str,
    client_secret: SecretString,
    limits: HttpLimits,
) -> Result<Auth, PortalError> {
    let endpoints = SmartEndpoints::discover(base, limits).await?;
    let mut scopes: BTreeSet<String> = endpoints.scopes_supported.iter().cloned().collect();
    scopes.retain(|scope| scope.starts_with("system/"));
    Ok(Auth::ClientCredentials {
        client_id: client_id.to_owned(),
        client_secret,
        token_endpoint: endpoints.token_endpoint,
        revocation_endpoint: endpoints.revocation_endpoint,
        scope: scopes.into_iter().collect::<Vec<_>>().join(" "),
        tokens: None,
    })
}

/// The scopes to ask a server for that lists `supported`.
pub fn wanted_scopes(supported: &[String]) -> String {
    let listed: BTreeSet<&str> = supported.iter().map(String::as_str).collect();
    let optional = OPTIONAL_SCOPES.iter().filter(|scope| listed.contains(**scope));
    SCOPES.iter().chain(optional).copied().collect::<Vec<_>>().join(" ")
}

pub(super) fn basic_auth(client_id: &str, secret: &SecretString) -> String {
    // RFC 6749 2.3.1: both parts are form-encoded before they are joined.
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(client_id), encode(secret.expose_secret()))))
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: Option<i64>,
    #[serde(default)]
    scope: String,
    id_token: Option<String>,
    #[serde(rename = "fhirUser")]
    fhir_user: Option<String>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Profile {
    reference: Option<String>,
}

#[derive(Deserialize)]
struct IdClaims {
    #[serde(rename = "fhirUser")]
    fhir_user: Option<String>,
}

/// Reads the token endpoint's answer.
pub(super) fn read_token_answer(body: &[u8]) -> Result<TokenSet, PortalError> {
    let answer: TokenAnswer =
        serde_json::from_slice(body).map_err(|_| PortalError::SignIn { step: "token" })?;
    let from_id_token = answer.id_token.as_deref().and_then(id_token_user);
    let from_profile = answer.profile.and_then(|profile| profile.reference);
    Ok(TokenSet {
        access: SecretString::from(answer.access_token),
        refresh: answer.refresh_token.map(SecretString::from),
        expires_at: answer.expires_in.map(|seconds| Utc::now() + Duration::seconds(seconds)),
        scope: answer.scope,
        lent: false,
        fhir_user: from_id_token.or(answer.fhir_user).or(from_profile).map(|user| short_reference(&user)),
    })
}

/// The claim of an id token that came straight from the token endpoint over a verified connection; its signature need
/// not be checked then (OpenID Connect Core 3.1.3.7).
fn id_token_user(token: &str) -> Option<String> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<IdClaims>(&payload).ok()?.fhir_user
}

/// The last two segments: `https://host/fhir/Practitioner/1` is `Practitioner/1`.
fn short_reference(reference: &str) -> String {
    let parts: Vec<&str> = reference.rsplitn(3, '/').collect();
    match parts.as_slice() {
        [id, kind, ..] => format!("{kind}/{id}"),
        _ => reference.to_owned(),
    }
}
