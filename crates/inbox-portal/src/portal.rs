//! One portal: search, read, conditional create, each with the sign-in's token and one refresh after 401.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use inbox_domain::{ClientIdentifier, PortalId};
use reqwest::header::{ACCEPT, HeaderName};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::auth::{Auth, SignIn, TokenStore};
use crate::capability::{Capabilities, Learnt};
use crate::error::PortalError;
use crate::http::{
    Answer, HttpClient, HttpLimits, Outgoing, Pace, TrafficCount, Transport, check_address, same_host,
};
use crate::mapping::{MapContext, parse_reference};
use crate::page::{Page, read_page};
use crate::wire::CapabilityStatement;

mod writing;

pub use writing::Written;

pub(crate) const FHIR_JSON: &str = "application/fhir+json";

/// A created (or found) resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// Its id, when the server says; one server answers a create with nothing.
    pub id: Option<PortalId>,
    /// The server's clock at the acknowledgement.
    pub date: Option<DateTime<Utc>>,
    /// 200: it was there already, by its identifier.
    pub existed: bool,
}

/// A portal with its sign-in.
#[derive(Debug)]
pub struct Portal {
    base: Url,
    http: HttpClient,
    sign_in: SignIn,
    capabilities: RwLock<Arc<Capabilities>>,
    pace: Pace,
}

impl Portal {
    /// A portal at `base`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`PortalError::InvalidAddress`] and [`PortalError::InsecureAddress`].
    pub fn new(
        base: &str,
        auth: Auth,
        store: Arc<dyn TokenStore>,
        limits: HttpLimits,
    ) -> Result<Self, PortalError> {
        Self::with(HttpClient::new(limits)?, base, auth, store)
    }

    /// The same over another transport than the network: for simulations that answer in process.
    ///
    /// # Errors
    /// As [`Portal::new`].
    pub fn over(
        transport: Arc<dyn Transport>,
        base: &str,
        auth: Auth,
        store: Arc<dyn TokenStore>,
        limits: HttpLimits,
    ) -> Result<Self, PortalError> {
        Self::with(HttpClient::over(transport, limits), base, auth, store)
    }

    fn with(
        http: HttpClient,
        base: &str,
        auth: Auth,
        store: Arc<dyn TokenStore>,
    ) -> Result<Self, PortalError> {
        Ok(Self {
            base: parse_base(base)?,
            http,
            sign_in: SignIn::new(auth, store),
            capabilities: RwLock::default(),
            pace: Pace::default(),
        })
    }

    /// The base address, with a trailing slash.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The limits of each request.
    pub fn limits(&self) -> HttpLimits {
        self.http.limits()
    }

    /// Requests and bytes so far.
    pub fn traffic(&self) -> TrafficCount {
        self.http.traffic()
    }

    /// How long what can wait should be put off: the server asked to wait, or has little left that it will answer.
    pub fn hold(&self) -> Duration {
        self.pace.hold()
    }

    /// The caller has waited as long as the last refusal asked, by its own clock: the next request is sent.
    pub fn has_waited(&self) {
        self.pace.has_waited();
    }

    /// The capability record in use; empty before [`Portal::discover`] or [`Portal::set_capabilities`].
    pub fn capabilities(&self) -> Arc<Capabilities> {
        self.capabilities.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Uses a record kept from before.
    pub fn set_capabilities(&self, record: Capabilities) {
        *self.capabilities.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(record);
    }

    /// Notes what a real write has taught; who keeps the record keeps it too.
    pub fn learn(&self, lesson: impl FnOnce(&mut Learnt)) {
        let mut record = (*self.capabilities()).clone();
        lesson(&mut record.learnt);
        self.set_capabilities(record);
    }

    /// Reads `/metadata` and uses what it says, as far as the sign-in was granted it, without trying it out ([`Portal::examine`] does).
    ///
    /// # Errors
    /// Any [`PortalError`].
    pub async fn discover(&self) -> Result<Arc<Capabilities>, PortalError> {
        let answer = self.get(self.join("metadata")?).await?.success()?;
        let statement: CapabilityStatement =
            serde_json::from_slice(&answer.body).map_err(|_| PortalError::InvalidAnswer)?;
        if statement.resource_type.as_deref() != Some("CapabilityStatement") {
            return Err(PortalError::InvalidAnswer);
        }
        let mut record = Capabilities::from_statement(&statement);
        if let Some(granted) = self.sign_in.granted().await {
            granted.narrow(&mut record);
        }
        self.set_capabilities(record);
        Ok(self.capabilities())
    }

    /// What mapping needs for resources received at `server_now`.
    pub fn map_context(&self, server_now: DateTime<Utc>) -> MapContext {
        MapContext { base: self.base.as_str().to_owned(), server_now }
    }

    /// Searches one type. Parameters that the server does not list are left out, result parameters (`_sort`, `_count`
    /// ...) never are.
    ///
    /// # Errors
    /// Any [`PortalError`]; a page that is not complete valid JSON is none.
    pub async fn search(&self, kind: &str, params: &[(&str, String)]) -> Result<Page, PortalError> {
        let capabilities = self.capabilities();
        let mut url = self.join(kind)?;
        {
            let mut query = url.query_pairs_mut();
            let allowed =
                |name: &str| is_result_parameter(name) || capabilities.searches(kind, plain_name(name));
            for (name, value) in params.iter().filter(|(name, _)| allowed(name)) {
                query.append_pair(name, value);
            }
        }
        self.page(kind, url).await
    }

    /// Follows a page link of a search on `kind`.
    ///
    /// # Errors
    /// Any [`PortalError`]; [`PortalError::LinkRefused`] for a link to another host.
    pub async fn page(&self, kind: &str, url: Url) -> Result<Page, PortalError> {
        if !same_host(&url, &self.base) {
            return Err(PortalError::LinkRefused);
        }
        let answer = self.get(url.clone()).await?.success()?;
        read_page(&answer.body, kind, &url, answer.date())
    }

    /// Reads one resource as JSON text.
    ///
    /// # Errors
    /// Any [`PortalError`]; [`PortalError::Gone`] and [`PortalError::NotFound`] for what is not there.
    pub async fn read(&self, kind: &str, id: &PortalId) -> Result<String, PortalError> {
        let answer = self.get(self.join(&format!("{kind}/{id}"))?).await?.success()?;
        String::from_utf8(answer.body).map_err(|_| PortalError::InvalidAnswer)
    }

    /// Creates a Communication unless one with our identifier is there.
    ///
    /// # Errors
    /// Any [`PortalError`]; see [`PortalError::leaves_outcome_open`].
    pub async fn create_communication(
        &self,
        body: &str,
        identifier: &ClientIdentifier,
    ) -> Result<Created, PortalError> {
        let condition = format!("identifier={}|{}", ClientIdentifier::SYSTEM, identifier);
        let request = Outgoing::post(self.join("Communication")?, FHIR_JSON, body.as_bytes().to_vec())
            .header(ACCEPT, FHIR_JSON);
        // A condition on a search that the server does not have may be ignored, or refuse everything.
        let request = if self.capabilities().restricted_messages() {
            request
        } else {
            request.header(HeaderName::from_static("if-none-exist"), &condition)
        };
        let answer = self.exchange(request).await?.success()?;
        let id = self.created_id(&answer);
        // A gateway's page or an accepted-for-later is no acknowledgement; one server says 201 and nothing else.
        let acknowledged =
            answer.status == 201 || (answer.status == 200 && (id.is_some() || answer.names_version()));
        if !acknowledged {
            return Err(PortalError::InvalidAnswer);
        }
        Ok(Created { id, date: answer.date(), existed: answer.status == 200 })
    }

    /// Looks for Communications with our identifier; `None` when the server cannot search by identifier.
    ///
    /// # Errors
    /// Any [`PortalError`].
    pub async fn find_by_identifier(
        &self,
        identifier: &ClientIdentifier,
    ) -> Result<Option<Page>, PortalError> {
        if !self.capabilities().searches("Communication", "identifier") {
            return Ok(None);
        }
        let token = format!("{}|{}", ClientIdentifier::SYSTEM, identifier);
        self.search("Communication", &[("identifier", token)]).await.map(Some)
    }

    fn created_id(&self, answer: &Answer) -> Option<PortalId> {
        let from_location = answer.location().and_then(|location| {
            let absolute = self.base.join(location).ok()?;
            parse_reference(self.base.as_str(), absolute.as_str())
        });
        let body = || serde_json::from_slice::<CreatedBody>(&answer.body).ok();
        let from_body = || body().filter(|body| body.resource_type == "Communication").map(|body| body.id);
        from_location.map(|found| found.id).or_else(from_body).map(PortalId)
    }

    pub(crate) fn join(&self, path: &str) -> Result<Url, PortalError> {
        self.base.join(path).map_err(|_| PortalError::InvalidAddress)
    }

    pub(crate) async fn get(&self, url: Url) -> Result<Answer, PortalError> {
        self.exchange(Outgoing::get(url).header(ACCEPT, FHIR_JSON)).await
    }

    /// Sends nothing while the server asked to wait. Sends with the token; after 401 refreshes once and sends once more. A 401 means that the server did not act, so
    /// a write may be repeated too.
    pub(crate) async fn exchange(&self, request: Outgoing) -> Result<Answer, PortalError> {
        self.pace.check()?;
        let token = self.sign_in.token(&self.http).await?;
        let answer = self.http.exchange(request.clone(), token.as_ref()).await?;
        self.pace.note(&answer);
        if answer.status != 401 {
            return Ok(answer);
        }
        let token = self.sign_in.refreshed(&self.http, token.as_ref()).await?;
        let answer = self.http.exchange(request, Some(&token)).await?;
        self.pace.note(&answer);
        Ok(answer)
    }

    /// Waits until no refresh of the sign-in is on its way: who gives up a request before that may lose the login with it.
    pub async fn refresh_ended(&self) {
        self.sign_in.refresh_ended().await;
    }

    /// The sign-in's token for a socket at the portal's own host.
    pub(crate) async fn access_token(&self) -> Result<Option<SecretString>, PortalError> {
        self.sign_in.token(&self.http).await
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CreatedBody {
    resource_type: String,
    id: String,
}

/// The address as a portal keeps it: two that are equal here are the same portal.
///
/// # Errors
/// As [`Portal::new`].
pub fn base_address(base: &str) -> Result<String, PortalError> {
    Ok(parse_base(base)?.into())
}

pub(crate) fn parse_base(base: &str) -> Result<Url, PortalError> {
    let mut url = Url::parse(base.trim()).map_err(|_| PortalError::InvalidAddress)?;
    check_address(&url)?;
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Result parameters do not narrow an answer, so a server that ignores one does no harm (CLI.md, "Exact meanings").
fn is_result_parameter(name: &str) -> bool {
    matches!(
        name,
        "_sort" | "_count" | "_include" | "_revinclude" | "_elements" | "_summary" | "_total" | "_offset"
    )
}

/// The name without modifier and chain: `part-of:missing` is `part-of`.
fn plain_name(name: &str) -> &str {
    name.split([':', '.']).next().unwrap_or(name)
}
