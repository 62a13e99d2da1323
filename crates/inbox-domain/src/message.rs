//! One communication in a thread.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::ids::{ClientIdentifier, PortalId};

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum SenderRole {
    /// The patient.
    Patient,
    /// A related person who writes for the patient.
    Proxy,
    /// A clinician of the clinic.
    Clinician,
    /// A device, an organisation, somebody unknown.
    Other,
}

impl SenderRole {
    /// Whether the message comes from the patient's side. A sender who is not known to be a clinician counts as the
    /// patient's side, so that nothing falls out of the views.
    pub fn is_patient_side(self) -> bool {
        !matches!(self, Self::Clinician)
    }
}

/// The sender of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Role, from the type of the reference.
    pub role: SenderRole,
    /// Id on the portal, if the reference resolves to one.
    pub id: Option<PortalId>,
    /// Name as to be read: `display`, or the resource's name once known; empty when unknown.
    pub name: String,
}

/// How much of `sent` the server gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names are CLI.md's words")]
pub enum SentPrecision {
    Instant,
    Day,
    Month,
    Year,
    Missing,
}

/// What is unusual about a message as received (CLI.md, "Time").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// No `sent`; `meta.lastUpdated` is used for order.
    SentMissing,
    /// `sent` is a year, month or day.
    SentPartial,
    /// `sent` has no zone; UTC was assumed.
    NoZone,
    /// `sent` lies after the server's clock.
    SentInFuture,
    /// The thread was inferred from subject and topic.
    ThreadInferred,
    /// `status` is not one of FHIR's codes.
    UnknownStatus,
    /// No sender, or a reference that does not resolve.
    SenderMissing,
}

/// What the portal's `status` means for the clinician.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivered {
    /// `preparation`: a draft; not shown as a message.
    Draft,
    /// Delivered.
    Delivered,
    /// `entered-in-error`, or deleted on the server: kept and shown as withdrawn.
    Withdrawn,
}

/// How a message's thread is known (FHIR.md, "Mapping").
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ThreadKey {
    /// The header Communication's id.
    Header(PortalId),
    /// A thread id given by extension or identifier.
    Named(String),
    /// The root of `inResponseTo`, not yet resolved to a thread.
    InResponseTo(PortalId),
    /// Patient and normalised topic, shown as inferred.
    Inferred {
        /// The patient.
        patient: PortalId,
        /// Trimmed, lower-cased topic without reply prefixes.
        topic: String,
    },
}

/// An attachment by reference; its bytes are fetched on demand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Binary id, or the index of the payload when there is none.
    pub id: String,
    /// Title as given, or empty.
    pub title: String,
    /// Media type as given, or `application/octet-stream`.
    pub content_type: String,
    /// Bytes, if the server says.
    pub size: Option<u64>,
    /// Where the bytes are: a reference relative to the portal, or empty when they were inline.
    pub reference: String,
}

/// A message as received from the portal, portal-neutral: what sync hands to the vault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalMessage {
    /// Id on the portal.
    pub portal_id: PortalId,
    /// `meta.versionId`, opaque.
    pub version: String,
    /// `meta.lastUpdated` in the server's clock.
    pub last_updated: DateTime<Utc>,
    /// Which thread it belongs to.
    pub thread: ThreadKey,
    /// The patient it is about.
    pub patient: Option<PortalId>,
    /// Who wrote it.
    pub sender: Sender,
    /// References of the recipients, as given (`Practitioner/1`, `Group/2`).
    pub recipients: Vec<String>,
    /// `topic.text`, or empty.
    pub topic: String,
    /// `sent` exactly as the server gave it.
    pub sent: Option<String>,
    /// How much of it was given.
    pub sent_precision: SentPrecision,
    /// The instant used for order.
    pub sent_at: DateTime<Utc>,
    /// `received` as given, if it parses.
    pub received: Option<DateTime<Utc>>,
    /// All text, joined by blank lines; never cut.
    pub text: String,
    /// Draft, delivered or withdrawn.
    pub delivered: Delivered,
    /// What is unusual about it.
    pub marks: Vec<Mark>,
    /// Our identifier, when this vault (or another of ours) wrote it.
    pub client_identifier: Option<ClientIdentifier>,
    /// The message it answers.
    pub in_response_to: Option<PortalId>,
    /// Attachments.
    pub attachments: Vec<Attachment>,
    /// The resource as received (JSON).
    pub raw: String,
}
