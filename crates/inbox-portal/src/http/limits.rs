//! The limits, and which addresses are accepted.

use std::time::Duration;

use url::{Host, Url};

use crate::error::PortalError;

/// Limits of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// Time to connect.
    pub connect: Duration,
    /// Time from the request to the end of its answer.
    pub request: Duration,
    /// The same for a create: short, since a lost answer is looked up only after it has passed (CLI.md, "A lost create").
    pub create: Duration,
    /// Largest body, after decompression, in bytes.
    pub body: usize,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            request: Duration::from_secs(30),
            create: Duration::from_secs(15),
            body: 20 * 1024 * 1024,
        }
    }
}

/// What went over the wire since the client was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TrafficCount {
    /// Requests sent.
    pub requests: u64,
    /// Bytes of bodies received, after decompression.
    pub bytes: u64,
}

/// Accepts https, and http to this machine only.
pub(crate) fn check_address(url: &Url) -> Result<(), PortalError> {
    match url.scheme() {
        "https" if url.has_host() => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" if url.has_host() => Err(PortalError::InsecureAddress),
        _ => Err(PortalError::InvalidAddress),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Same scheme, host and port: the only place to which a token may go.
pub(crate) fn same_host(a: &Url, b: &Url) -> bool {
    a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default()
}
