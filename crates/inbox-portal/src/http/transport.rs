//! The one place where a request leaves this program. Everything that is a rule of ours (redirects, hosts, the size of a
//! body, the token) stands above it, so that a simulation which answers in process tests those rules too.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, redirect};
use url::Url;

use super::limits::HttpLimits;
use crate::error::PortalError;

/// A future of a [`Transport`].
pub type Exchanging<'a, T> = Pin<Box<dyn Future<Output = Result<T, PortalError>> + Send + 'a>>;

/// A request as it leaves, with its token in the headers.
pub struct WireRequest {
    /// The method.
    pub method: Method,
    /// The address; checked before.
    pub url: Url,
    /// All headers that are ours.
    pub headers: HeaderMap,
    /// The body of a write.
    pub body: Option<Vec<u8>>,
    /// From the request to the end of its answer's body.
    pub limit: Duration,
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither address nor headers nor body: they hold names of people and the token.
        f.debug_struct("WireRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

/// An answer whose body is still to be read.
pub struct WireAnswer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// The length that it announces.
    pub length: Option<u64>,
    /// The body.
    pub body: Box<dyn WireBody>,
}

/// A body, read piece by piece.
pub trait WireBody: Send {
    /// The next piece, decompressed; `None` at the end.
    fn next(&mut self) -> Exchanging<'_, Option<Vec<u8>>>;
}

/// Sends one request and follows no redirect. reqwest is the one in use; tests of sync put a portal in process here.
pub trait Transport: Send + Sync + fmt::Debug {
    /// One exchange. [`PortalError::Unreachable`] means that nothing was sent.
    fn exchange(&self, request: WireRequest) -> Exchanging<'_, WireAnswer>;
}

/// HTTP by reqwest.
#[derive(Debug)]
pub(crate) struct Network(reqwest::Client);

impl Network {
    pub(crate) fn new(limits: &HttpLimits) -> Result<Self, PortalError> {
        let client = reqwest::Client::builder()
            .connect_timeout(limits.connect)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .user_agent(concat!("Anteroom/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| PortalError::CertificateRefused)?;
        Ok(Self(client))
    }
}

impl Transport for Network {
    fn exchange(&self, request: WireRequest) -> Exchanging<'_, WireAnswer> {
        Box::pin(async move {
            let WireRequest { method, url, headers, body, limit } = request;
            let mut builder = self.0.request(method, url).headers(headers).timeout(limit);
            if let Some(body) = body {
                builder = builder.body(body);
            }
            let response = builder.send().await.map_err(|error| classify(&error))?;
            Ok(WireAnswer {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                length: response.content_length(),
                body: Box::new(response),
            })
        })
    }
}

impl WireBody for reqwest::Response {
    fn next(&mut self) -> Exchanging<'_, Option<Vec<u8>>> {
        Box::pin(async move {
            let piece = self.chunk().await.map_err(|error| classify(&error))?;
            Ok(piece.map(Vec::from))
        })
    }
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

/// TLS errors hide inside one `io::Error` in another, whose `source` skips what they hold.
fn certificate_failed(error: &reqwest::Error) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if let Some(rustls::Error::InvalidCertificate(_)) = cause.downcast_ref() {
            return true;
        }
        let held = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match held {
            Some(held) => Some(held),
            None => cause.source(),
        };
    }
    false
}
