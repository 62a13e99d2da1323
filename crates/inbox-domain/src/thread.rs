//! A conversation about one patient.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::case::CaseState;
use crate::flag::{MessageFunction, Tier};
use crate::ids::PortalId;

/// Whether the conversation goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ThreadStatus {
    /// Going on.
    Open,
    /// Closed by the clinician or on the portal.
    Closed,
}

/// A thread header as received from the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalThread {
    /// Id of the header Communication.
    pub portal_id: PortalId,
    /// `meta.versionId`, opaque.
    pub version: String,
    /// `meta.lastUpdated` in the server's clock.
    pub last_updated: DateTime<Utc>,
    /// `topic.text`, or empty.
    pub topic: String,
    /// From `status`: `completed` is closed.
    pub status: ThreadStatus,
    /// The patient.
    pub patient: Option<PortalId>,
    /// References of everyone who can read it, as given.
    pub recipients: Vec<String>,
    /// The resource as received (JSON).
    pub raw: String,
}

/// What the views ask about a thread. The vault keeps these facts per thread and its SQL must agree with
/// [`crate::View::holds`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadFacts {
    /// Open or closed.
    pub status: ThreadStatus,
    /// Highest tier after context of the open flags on inbound messages. A flag closes with its case, by "wrong here", and
    /// without a case once its message was read and a clinician has written later in the thread.
    pub open_tier: Tier,
    /// Inbound messages not yet read. A message of a first fill that was answered before this vault first saw it counts as
    /// read: the past makes no storm.
    pub unread: u32,
    /// Unread inbound messages whose `checked` is not `full`.
    pub unread_unchecked: u32,
    /// Unread inbound messages without an open flag.
    pub unread_unflagged: u32,
    /// Unread inbound messages written after hours.
    pub unread_after_hours: u32,
    /// The last delivered message came from the patient's side.
    pub last_from_patient: bool,
    /// An outbox entry that is on its way (queued, scheduled, sending, sent, unknown) was written after the last inbound
    /// message was stored. Held and failed ones answer nothing: the clinician has to decide.
    pub answered_here: bool,
    /// Outbox entries that wait, were stopped or failed.
    pub outbox_waiting: u32,
    /// Hidden until then.
    pub snoozed_until: Option<DateTime<Utc>>,
    /// State of the newest case, if any.
    pub case: Option<CaseState>,
    /// Suggested function of the last inbound message.
    pub function: Option<MessageFunction>,
}
