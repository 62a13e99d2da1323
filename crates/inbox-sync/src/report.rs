//! What a sync did, in the fields of CLI.md.

use chrono::{DateTime, Utc};
use inbox_domain::{CaseId, OutboxId, ThreadId};
use serde::{Serialize, Serializer};

/// What a sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Matching resources received; one that comes twice counts once.
    pub fetched: u64,
    /// Messages not stored before.
    pub new: u64,
    /// Messages whose version changed.
    pub updated: u64,
    /// Messages withdrawn.
    pub withdrawn: u64,
    /// Rows newly in quarantine.
    pub quarantined: u64,
    /// Outbox entries acknowledged in this sync.
    pub sent: u64,
    /// Outbox entries whose outcome is not known at its end.
    pub unknown: u64,
    /// Outbox entries refused in this sync.
    pub failed: u64,
    /// Outbox entries not acknowledged at its end.
    pub pending: u64,
    /// Requests sent.
    pub requests: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Everything changed on the server up to here is in the vault, in the server's clock.
    #[serde(serialize_with = "instant")]
    pub complete_until: Option<DateTime<Utc>>,
    /// How long it took.
    pub duration_ms: u64,
    /// Threads that changed.
    #[serde(skip)]
    pub threads: Vec<ThreadId>,
    /// Cases opened or joined by a new flag, with the thread to open.
    #[serde(skip)]
    pub cases: Vec<(CaseId, ThreadId)>,
    /// Outbox entries stopped by a newer message.
    #[serde(skip)]
    pub held: Vec<OutboxId>,
}

fn instant<S: Serializer>(value: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    value.map(inbox_domain::format_instant).serialize(serializer)
}
