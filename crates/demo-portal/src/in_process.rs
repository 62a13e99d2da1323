//! The portal without a port: the same answers and faults, handed over in process.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};

use crate::control::Control;
use crate::dates;
use crate::http::{Answer, respond};
use crate::portal::Portal;

/// Where the portal says it is. Nothing listens there.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:1";

/// A portal that answers in process.
pub struct InProcessPortal {
    portal: Arc<Portal>,
    tokens: BTreeMap<String, String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct InProcessAnswer {
    /// HTTP status.
    pub status: u16,
    /// Headers, with the portal's `Date`.
    pub headers: HeaderMap,
    /// The body, or its first half.
    pub body: Bytes,
    /// The connection breaks after the first half.
    pub breaks: bool,
}

impl InProcessPortal {
    pub(crate) fn new(portal: Arc<Portal>, tokens: BTreeMap<String, String>) -> Self {
        Self { portal, tokens }
    }

    /// The FHIR base address, under which requests are to be made.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.portal.base()
    }

    /// The fixed bearer token of a practitioner, or of `backend`. Empty for an unknown id.
    #[must_use]
    pub fn token(&self, id: &str) -> &str {
        self.tokens.get(id).map(String::as_str).unwrap_or_default()
    }

    /// The handle for faults, messages and looks behind the interface.
    #[must_use]
    pub fn control(&self) -> Control {
        Control(Arc::clone(&self.portal))
    }

    /// Answers a request; `None` when the connection is cut without an answer. Dropping the future is a client that went
    /// away: what the portal has committed until then stays.
    pub async fn answer(&self, request: Request<Bytes>) -> Option<InProcessAnswer> {
        let (parts, body): (Parts, Bytes) = request.into_parts();
        let (reply, breaks) = match respond(&self.portal, parts, Some(body)).await {
            Answer::Cut => return None,
            Answer::Half(reply) => (reply, true),
            Answer::Whole(reply) => (reply, false),
        };
        let date = dates::http_date(self.portal.now().timestamp_millis());
        let mut headers = HeaderMap::new();
        let named = reply.headers.into_iter().chain([("date", date)]);
        headers.extend(named.filter_map(|(name, value)| {
            Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?))
        }));
        let end = if breaks { reply.body.len() / 2 } else { reply.body.len() };
        let body = Bytes::from(reply.body).slice(..end);
        Some(InProcessAnswer { status: reply.status, headers, body, breaks })
    }
}
