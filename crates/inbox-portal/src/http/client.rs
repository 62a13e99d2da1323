//! One HTTP exchange at a time. Redirects are followed by hand, so that a token never leaves for another host, and a
//! write is never repeated behind our back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answer::Answer;
use super::limits::{HttpLimits, TrafficCount, same_host};
use super::transport::{Network, Transport, WireRequest};
use crate::error::PortalError;

const MAX_REDIRECTS: usize = 3;

/// A request to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Vec<u8>>,
}

impl Outgoing {
    pub(crate) fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: None }
    }

    pub(crate) fn post(url: Url, content_type: &'static str, body: Vec<u8>) -> Self {
        let headers =
            HeaderMap::from_iter([(reqwest::header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { method: Method::POST, url, headers, body: Some(body) }
    }

    /// Adds a header; a value that no header can hold is left out.
    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}

/// The HTTP client of one portal.
#[derive(Debug)]
pub(crate) struct HttpClient {
    transport: Arc<dyn Transport>,
    limits: HttpLimits,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl HttpClient {
    pub(crate) fn new(limits: HttpLimits) -> Result<Self, PortalError> {
        Ok(Self::over(Arc::new(Network::new(&limits)?), limits))
    }

    /// The same over another transport.
    pub(crate) fn over(transport: Arc<dyn Transport>, limits: HttpLimits) -> Self {
        Self { transport, limits, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) }
    }

    pub(crate) fn limits(&self) -> HttpLimits {
        self.limits
    }

    pub(crate) fn traffic(&self) -> TrafficCount {
        TrafficCount {
            requests: self.requests.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Sends a request and reads its answer to the end.
    pub(crate) async fn exchange(
        &self,
        mut request: Outgoing,
        token: Option<&SecretString>,
    ) -> Result<Answer, PortalError> {
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.exchange_once(&request, token).await?;
            let Some(target) = redirect_target(&request, &answer)? else { return Ok(answer) };
            request.url = target;
        }
        Err(PortalError::InvalidAnswer)
    }

    async fn exchange_once(
        &self,
        request: &Outgoing,
        token: Option<&SecretString>,
    ) -> Result<Answer, PortalError> {
        let mut headers = request.headers.clone();
        if let Some(token) = token {
            let value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()));
            let mut value = value.map_err(|_| PortalError::InvalidAddress)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let limit = if request.body.is_some() { self.limits.create } else { self.limits.request };
        self.requests.fetch_add(1, Ordering::Relaxed);
        let sent = WireRequest {
            method: request.method.clone(),
            url: request.url.clone(),
            headers,
            body: request.body.clone(),
            limit,
        };
        let mut answer = self.transport.exchange(sent).await?;
        let (status, headers) = (answer.status, answer.headers);
        if answer.length.is_some_and(|length| length > self.limits.body as u64) {
            return Err(PortalError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.body.next().await? {
            self.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if body.len() + piece.len() > self.limits.body {
                return Err(PortalError::TooLarge);
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status, headers, body })
    }
}

/// Where a redirect leads; only reads are repeated, and only at the same host.
fn redirect_target(request: &Outgoing, answer: &Answer) -> Result<Option<Url>, PortalError> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let target = answer.location().and_then(|location| request.url.join(location).ok());
    let target = target.ok_or(PortalError::InvalidAnswer)?;
    if request.method != Method::GET || !same_host(&request.url, &target) {
        return Err(PortalError::RedirectRefused);
    }
    Ok(Some(target))
}
