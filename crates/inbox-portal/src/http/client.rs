//! One HTTP exchange at a time. Redirects are followed by hand, so that a token never leaves for another host, and a
//! write is never repeated behind our back.

use std::error::Error as _;
use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, redirect};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::answer::Answer;
use super::limits::{HttpLimits, TrafficCount, same_host};
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
    inner: reqwest::Client,
    limits: HttpLimits,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl HttpClient {
    pub(crate) fn new(limits: HttpLimits) -> Result<Self, PortalError> {
        let inner = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .timeout(limits.request)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(concat!("Anteroom/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| PortalError::CertificateRefused)?;
        Ok(Self { inner, limits, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) })
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
        let mut builder =
            self.inner.request(request.method.clone(), request.url.clone()).headers(request.headers.clone());
        if let Some(token) = token {
            builder = builder.bearer_auth(token.expose_secret());
        }
        if let Some(body) = &request.body {
            builder = builder.timeout(self.limits.create).body(body.clone());
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut response = builder.send().await.map_err(|error| classify(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        if response.content_length().is_some_and(|length| length > self.limits.body as u64) {
            return Err(PortalError::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| classify(&error))? {
            self.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            if body.len() + chunk.len() > self.limits.body {
                return Err(PortalError::TooLarge);
            }
            body.extend_from_slice(&chunk);
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

fn classify(error: &reqwest::Error) -> PortalError {
    if certificate_failed(error) {
        PortalError::CertificateRefused
    } else if error.is_connect() {
        PortalError::Unreachable
    } else if error.is_timeout() {
        PortalError::Timeout
    } else if error.is_builder() {
        PortalError::InvalidAddress
    } else {
        PortalError::ConnectionLost
    }
}

/// TLS errors hide inside an `io::Error`, whose `source` skips them.
fn certificate_failed(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let tls =
            cause.downcast_ref::<rustls::Error>().or_else(|| inner.and_then(|inner| inner.downcast_ref()));
        if matches!(tls, Some(rustls::Error::InvalidCertificate(_))) {
            return true;
        }
        next = cause
            .source()
            .or_else(|| inner.map(|inner| inner as &dyn std::error::Error).and_then(|i| i.source()));
    }
    false
}
