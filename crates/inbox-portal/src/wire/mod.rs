//! Narrow FHIR R4 (4.0.1) types: the fields that Anteroom reads, and no others.
//!
//! Every field may be missing, codes are plain strings, unknown fields are ignored; the raw JSON is kept beside them
//! ([`crate::page::PageEntry::raw`]). Complete FHIR crates were rejected: they are up to 1.3 million lines or have no R4.
//! A field of the wrong JSON type makes the resource unreadable, which quarantines it and nothing else.

mod bundle;
mod capability;
mod communication;
mod people;

pub use bundle::{
    Binary, Bundle, BundleEntry, BundleLink, EntryResponse, OperationOutcome, OutcomeIssue, SearchMode, Task,
};
pub use capability::{
    CapabilityInteraction, CapabilityResource, CapabilityRest, CapabilitySoftware, CapabilityStatement,
    SearchParam,
};
pub use communication::{Attachment, Communication, Payload};
pub use people::{
    Address, ContactPoint, HumanName, Patient, PatientCommunication, PatientContact, Practitioner,
    PractitionerRole, RelatedPerson,
};

use serde::{Deserialize, Deserializer};

/// Reads `null` as the default: some servers write empty lists so.
pub(crate) fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// `Resource.meta`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta {
    /// Opaque version.
    pub version_id: Option<String>,
    /// An instant, as given.
    pub last_updated: Option<String>,
}

/// A reference to another resource.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Reference {
    /// Relative, absolute, `#contained` or `urn:`.
    pub reference: Option<String>,
    /// `Reference.type`, where the server gives it.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Name as to be read.
    pub display: Option<String>,
}

/// An identifier.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Identifier {
    /// `usual`, `official` ...
    #[serde(rename = "use")]
    pub usage: Option<String>,
    /// Kind.
    #[serde(rename = "type")]
    pub kind: Option<CodeableConcept>,
    /// Namespace.
    pub system: Option<String>,
    /// Value.
    pub value: Option<String>,
}

/// A coded or plain concept.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct CodeableConcept {
    /// Codes.
    #[serde(default, deserialize_with = "null_default")]
    pub coding: Vec<Coding>,
    /// Words.
    pub text: Option<String>,
}

impl CodeableConcept {
    /// The words, else the first display, else the first code.
    pub fn words(&self) -> Option<&str> {
        self.text.as_deref().or_else(|| {
            let first = self.coding.first()?;
            first.display.as_deref().or(first.code.as_deref())
        })
    }
}

/// A code.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Coding {
    /// Code.
    pub code: Option<String>,
    /// Words.
    pub display: Option<String>,
}

/// A period of time, as given.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Period {
    /// Start.
    pub start: Option<String>,
    /// End.
    pub end: Option<String>,
}

/// An extension with the simple values that may name a thread.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extension {
    /// Which extension.
    pub url: Option<String>,
    /// A string.
    pub value_string: Option<String>,
    /// An id.
    pub value_id: Option<String>,
    /// A URI.
    pub value_uri: Option<String>,
    /// A URL.
    pub value_url: Option<String>,
    /// An identifier.
    pub value_identifier: Option<Identifier>,
    /// A reference.
    pub value_reference: Option<Reference>,
}
