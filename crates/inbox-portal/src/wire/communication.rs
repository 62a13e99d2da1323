//! FHIR R4 `Communication`: a thread header or a message.

use serde::Deserialize;

use super::{CodeableConcept, Extension, Identifier, Meta, Reference, null_default};

/// `Communication`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Communication {
    /// Logical id.
    pub id: Option<String>,
    /// Version and last update.
    pub meta: Option<Meta>,
    /// Extensions.
    #[serde(default, deserialize_with = "null_default")]
    pub extension: Vec<Extension>,
    /// Identifiers.
    #[serde(default, deserialize_with = "null_default")]
    pub identifier: Vec<Identifier>,
    /// The thread's header first.
    #[serde(default, deserialize_with = "null_default")]
    pub part_of: Vec<Reference>,
    /// What it answers.
    #[serde(default, deserialize_with = "null_default")]
    pub in_response_to: Vec<Reference>,
    /// Any code.
    pub status: Option<String>,
    /// The patient.
    pub subject: Option<Reference>,
    /// Topic.
    pub topic: Option<CodeableConcept>,
    /// When it was sent, as given.
    pub sent: Option<String>,
    /// When it was received, as given.
    pub received: Option<String>,
    /// Recipients.
    #[serde(default, deserialize_with = "null_default")]
    pub recipient: Vec<Reference>,
    /// Sender.
    pub sender: Option<Reference>,
    /// Content.
    #[serde(default, deserialize_with = "null_default")]
    pub payload: Vec<Payload>,
}

/// `Communication.payload`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    /// Plain text.
    pub content_string: Option<String>,
    /// An attachment.
    pub content_attachment: Option<Attachment>,
    /// A reference to a Binary or DocumentReference.
    pub content_reference: Option<Reference>,
}

/// `Attachment`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attachment {
    /// Media type.
    pub content_type: Option<String>,
    /// base64.
    pub data: Option<String>,
    /// Where the bytes are.
    pub url: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Title.
    pub title: Option<String>,
}
