//! What patients were promised while the clinic was closed, for the command line.

use inbox_domain::{OutboxState, format_instant};
use inbox_vault::Promise;
use serde::Serialize;

/// An acknowledgement (CLI.md, `responder`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResponderRecord {
    /// The patient, by this vault's id.
    pub patient: String,
    /// When the clinic closed.
    pub period_start: String,
    /// Identifier of the message on the portal.
    pub client_identifier: String,
    /// State of the message.
    pub state: OutboxState,
}

/// What the patient of a thread was promised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromiseRecord {
    /// Identifier of the message on the portal.
    pub client_identifier: String,
    /// When the clinic closed.
    pub period_start: String,
    /// When the message will be read, as the patient was told.
    pub read_by: String,
    /// IANA zone in which she was told so.
    pub zone: String,
    /// The cover who was named.
    pub cover: Option<String>,
    /// Id and version of the signed text.
    pub response: String,
    /// When it was promised.
    pub promised_at: String,
    /// When it was taken back, because it had not left before the clinic opened.
    pub withdrawn_at: Option<String>,
}

impl From<Promise> for PromiseRecord {
    fn from(promise: Promise) -> Self {
        Self {
            client_identifier: promise.client_identifier.0,
            period_start: format_instant(promise.period_start),
            read_by: format_instant(promise.read_by),
            zone: promise.zone,
            cover: promise.cover,
            response: promise.response,
            promised_at: format_instant(promise.promised_at),
            withdrawn_at: promise.withdrawn_at.map(format_instant),
        }
    }
}
