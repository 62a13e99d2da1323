//! Faults that requests meet: asked for one by one, or drawn at random from a seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// 503 with Retry-After.
    Unavailable,
    /// 429 with Retry-After, or with RateLimit by quirk.
    TooMany,
    /// 401.
    Unauthorized,
    /// 500 with an OperationOutcome.
    ServerError,
    /// The answer comes after `delay_ms`.
    Slow,
    /// The answer never comes; the connection stays open.
    Stall,
    /// The body ends in the middle and the connection is cut.
    Truncated,
    /// The body is complete and no JSON.
    InvalidJson,
    /// 200 with a page of HTML.
    Html,
    /// The connection is cut without an answer.
    Drop,
    /// 307 to another host.
    Redirect,
    /// 410, as for an expired page.
    Gone,
}

/// Every kind, for tests that try them all.
pub const FAULT_KINDS: [FaultKind; 12] = [
    FaultKind::Unavailable,
    FaultKind::TooMany,
    FaultKind::Unauthorized,
    FaultKind::ServerError,
    FaultKind::Slow,
    FaultKind::Stall,
    FaultKind::Truncated,
    FaultKind::InvalidJson,
    FaultKind::Html,
    FaultKind::Drop,
    FaultKind::Redirect,
    FaultKind::Gone,
];

/// On which side of the server's commit a fault stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Nothing is committed.
    #[default]
    Before,
    /// The server commits, and only the answer is lost or replaced.
    After,
}

/// A fault for the next requests that match.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// Before or after the commit.
    #[serde(default)]
    pub when: When,
    /// How many matching requests meet it.
    #[serde(default = "once")]
    pub count: u32,
    /// How many matching requests pass before the first one meets it.
    #[serde(default)]
    pub skip: u32,
    /// The HTTP method; every one when absent.
    #[serde(default)]
    pub method: Option<String>,
    /// A prefix of the path: from the root when it begins with a slash (`/auth/token`), else below `/fhir/`.
    #[serde(default)]
    pub path: Option<String>,
    /// Seconds in Retry-After or RateLimit.
    #[serde(default = "two")]
    pub retry_after: u64,
    /// Milliseconds of `slow`.
    #[serde(default = "one_second")]
    pub delay_ms: u64,
}

fn once() -> u32 {
    1
}

fn two() -> u64 {
    2
}

fn one_second() -> u64 {
    1000
}

impl Fault {
    /// One fault of a kind before the commit, for the next request of any kind.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            when: When::Before,
            count: 1,
            skip: 0,
            method: None,
            path: None,
            retry_after: 2,
            delay_ms: 1000,
        }
    }

    /// Only requests of this method whose path begins so.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.method = Some(method.to_owned());
        self.path = Some(path.to_owned());
        self
    }

    /// After the server's commit.
    #[must_use]
    pub fn after_commit(mut self) -> Self {
        self.when = When::After;
        self
    }

    /// For this many requests.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    fn matches(&self, method: &str, path: &str) -> bool {
        let prefix = self.path.as_deref().unwrap_or_default();
        let path = if prefix.starts_with('/') || prefix.is_empty() {
            path
        } else {
            path.strip_prefix("/fhir/").unwrap_or_default()
        };
        self.method.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
            && path.starts_with(prefix)
    }
}

/// The faults that are waiting for their requests.
pub(crate) struct Faults {
    waiting: Vec<Fault>,
    rate: f64,
    random: ChaCha8Rng,
}

impl Faults {
    pub(crate) fn new(rate: f64, seed: u64) -> Self {
        Self { waiting: Vec::new(), rate, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.rate = 0.0;
    }

    pub(crate) fn waiting(&self) -> &[Fault] {
        &self.waiting
    }

    /// The fault that this request meets.
    pub(crate) fn take(&mut self, method: &str, path: &str) -> Option<Fault> {
        let found = self.waiting.iter().position(|fault| fault.matches(method, path));
        if let Some(at) = found {
            let fault = &mut self.waiting[at];
            if fault.skip > 0 {
                fault.skip -= 1;
                return None;
            }
            fault.count = fault.count.saturating_sub(1);
            let met = fault.clone();
            if met.count == 0 {
                self.waiting.remove(at);
            }
            return Some(met);
        }
        if self.rate > 0.0 && path.starts_with("/fhir") && self.random.random_bool(self.rate.min(1.0)) {
            let mut fault = Fault::new(FAULT_KINDS[self.random.random_range(0..FAULT_KINDS.len())]);
            // A random stall would only make a run wait for the client's own limit.
            if fault.kind == FaultKind::Stall {
                fault.kind = FaultKind::Slow;
            }
            fault.delay_ms = 300;
            fault.retry_after = 1;
            fault.when = if self.random.random_bool(0.5) { When::Before } else { When::After };
            return Some(fault);
        }
        None
    }
}
