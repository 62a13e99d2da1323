//! An answer with its body read, and what its status means.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{AsHeaderName, DATE, ETAG, HeaderMap, LOCATION, RETRY_AFTER};

use super::allowance::{Allowance, allowances};
use crate::error::PortalError;

/// A complete answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The server's clock.
    pub(crate) fn date(&self) -> Option<DateTime<Utc>> {
        parse_http_date(self.header(DATE)?)
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header(LOCATION)
    }

    /// Whether the server names a version of the resource that it speaks of.
    pub(crate) fn names_version(&self) -> bool {
        self.headers.contains_key(ETAG) || self.headers.contains_key(LOCATION)
    }

    /// The version in the `ETag`, where there is one.
    pub(crate) fn version(&self) -> Option<String> {
        let tag = self.header(ETAG)?.trim().trim_start_matches("W/").trim_matches('"');
        (!tag.is_empty()).then(|| tag.to_owned())
    }

    /// How long the server asks to wait: `Retry-After` in seconds or as a date, else what `RateLimit` says (one server
    /// sends only that).
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        if let Some(value) = self.header(RETRY_AFTER) {
            if let Ok(seconds) = value.trim().parse() {
                return Some(Duration::from_secs(seconds));
            }
            let until = parse_http_date(value)?;
            let now = self.date().unwrap_or_else(Utc::now);
            return Some((until - now).to_std().unwrap_or_default());
        }
        let limits = self.allowances();
        let spent = limits.iter().filter(|one| one.left == Some(0)).filter_map(|one| one.reset).max();
        spent.or_else(|| limits.iter().filter_map(|one| one.reset).max())
    }

    /// What the server says it will still answer.
    pub(crate) fn allowances(&self) -> Vec<Allowance> {
        allowances(&self.headers)
    }

    /// The answer when its status is a success.
    pub(crate) fn success(self) -> Result<Self, PortalError> {
        let retry_after = self.retry_after();
        Err(match self.status {
            200..=299 => return Ok(self),
            401 => PortalError::Unauthorized,
            403 => PortalError::Forbidden,
            404 => PortalError::NotFound,
            410 => PortalError::Gone,
            412 => PortalError::PreconditionFailed,
            413 => PortalError::Rejected { status: 413 },
            429 => PortalError::RateLimited { retry_after },
            503 => PortalError::Unavailable { retry_after },
            status @ 500.. => PortalError::Server { status },
            status @ 400..=499 => PortalError::Rejected { status },
            _ => PortalError::InvalidAnswer,
        })
    }
}

fn parse_http_date(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|date| date.with_timezone(&Utc))
}
