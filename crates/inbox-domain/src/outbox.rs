//! What waits to be written to the portal.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::ids::{ClientIdentifier, OutboxId, PortalId, ThreadId};

/// State of an outbox entry (DESIGN.md, "Words").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum OutboxState {
    /// Being written; never sent.
    Draft,
    /// Leaves with the next sync.
    Queued,
    /// Leaves at or after its not-before time.
    Scheduled,
    /// Stopped by a newer message of the patient, or asks again after 24 hours offline.
    Held,
    /// On its way.
    Sending,
    /// Acknowledged by the server.
    Sent,
    /// The answer was lost: looked up by its identifier before any retry.
    Unknown,
    /// Refused; the clinician decides.
    Failed,
}

impl OutboxState {
    /// The word used in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Queued => "queued",
            Self::Scheduled => "scheduled",
            Self::Held => "held",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
        }
    }

    /// The state of that word.
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Draft,
            Self::Queued,
            Self::Scheduled,
            Self::Held,
            Self::Sending,
            Self::Sent,
            Self::Unknown,
            Self::Failed,
        ]
        .into_iter()
        .find(|state| state.as_str() == name)
    }

    /// Whether the server has not said yes and the clinician has not given up: counted as `pending`.
    pub fn is_pending(self) -> bool {
        !matches!(self, Self::Draft | Self::Sent)
    }
}

/// What is to be queued: a reply to a thread, or a new thread to a patient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxDraft {
    /// The thread replied to; `None` for a new thread.
    pub thread: Option<ThreadId>,
    /// The patient of a new thread.
    pub patient: Option<PortalId>,
    /// Topic of a new thread, else empty.
    pub topic: String,
    /// The text.
    pub text: String,
    /// Leaves at or after this instant.
    pub not_before: Option<DateTime<Utc>>,
    /// The clinician has seen newer messages (I8).
    pub even_if_newer: bool,
    /// Belongs to an open case: goes at once, rings when held.
    pub crisis: bool,
    /// Id and version of the response used, as `id@version`.
    pub response: Option<String>,
}

/// An entry of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Id in this vault.
    pub id: OutboxId,
    /// Our identifier on the portal.
    pub client_identifier: ClientIdentifier,
    /// The thread; for a new thread the local thread made for it.
    pub thread: ThreadId,
    /// The thread's header on the portal, once there is one.
    pub thread_portal_id: Option<PortalId>,
    /// State.
    pub state: OutboxState,
    /// The text.
    pub text: String,
    /// The frozen FHIR payload (JSON), committed before "queued" was shown (I5).
    pub payload: String,
    /// Attempts to send so far.
    pub attempts: u32,
    /// Leaves at or after this instant.
    pub not_before: Option<DateTime<Utc>>,
    /// When it was queued.
    pub queued_at: DateTime<Utc>,
    /// When the last attempt to send began, by this workstation's clock.
    pub attempted_at: Option<DateTime<Utc>>,
    /// Lookups by identifier that found nothing since the answer was lost.
    pub lookups: u32,
    /// When the last lookup was.
    pub last_lookup_at: Option<DateTime<Utc>>,
    /// When the server acknowledged it.
    pub sent_at: Option<DateTime<Utc>>,
    /// Id on the portal, once known.
    pub portal_id: Option<PortalId>,
    /// Code of the last error, from the list in inbox-app.
    pub error: Option<String>,
    /// Newer messages do not stop it.
    pub even_if_newer: bool,
    /// Belongs to an open case.
    pub crisis: bool,
}
