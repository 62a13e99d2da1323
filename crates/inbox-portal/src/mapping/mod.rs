//! From FHIR to the words of inbox-domain (FHIR.md "Mapping", CLI.md "Exact meanings").
//!
//! Pure functions over what was received: no clock but the server's, no network.

mod availability;
mod communication;
mod html;
mod outgoing;
mod people;
mod reference;
mod sharing;
mod text;
mod time;
mod visible;

#[cfg(test)]
mod tests;

pub use availability::{
    HOURS_FIELDS, NotExpressed, PublishedClosed, PublishedHours, RoleHours, closed_dates, hours_fields,
    read_hours, role_hours, with_hours,
};
pub use communication::{Mapped, MappedMessage, MappedThread, map_communication, normal_topic};
pub use html::html_to_text;
pub use outgoing::{
    NewThread, OutgoingMessage, category_of, marked_automatic, new_thread_bundle, reply_payload,
    restricted_payload, usual_category, with_sent,
};
pub use people::{map_patient, map_practitioner, map_related_person, read_practitioner_role};
pub use reference::{ResourceReference, parse_reference};
pub use sharing::{
    CLAIM_SYSTEM, READ_RECEIPT, RECEIPT_SYSTEM, SHARED_WORK, TASK_CODE_SYSTEM, changed_claim, claim_payload,
    header_recipients, map_claim, receipt_identifier, receipt_payload, received_patch, with_received,
    with_recipient,
};
pub(crate) use text::decode_base64;
pub use time::{ReadTime, read_date_time};
pub use visible::{Me, references_of};

use chrono::{DateTime, Utc};
use thiserror::Error;

/// What mapping needs to know beside the resource.
#[derive(Debug, Clone)]
pub struct MapContext {
    /// Base address of the portal, with a trailing slash; absolute references below it are its own.
    pub base: String,
    /// The server's clock when the resource was received.
    pub server_now: DateTime<Utc>,
}

/// The resource cannot be taken as what it claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the resource cannot be read")]
pub struct Unreadable;
