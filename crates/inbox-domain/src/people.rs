//! People as the portal names them.

use serde::{Deserialize, Serialize};

use crate::ids::PortalId;

/// A person to phone about a patient (FHIR `Patient.contact`), for example the emergency contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Name as to be read.
    pub name: String,
    /// Relationship in words, for example "sister"; empty when not given.
    pub relationship: String,
    /// Phone number as given; empty when not given.
    pub phone: String,
}

/// A patient as received from the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalPatient {
    /// Id on the portal.
    pub portal_id: PortalId,
    /// `meta.versionId`, opaque.
    pub version: String,
    /// Family name; empty when not given.
    pub family: String,
    /// Given names, joined by spaces.
    pub given: String,
    /// `YYYY-MM-DD` or a shorter partial date, as given.
    pub birth_date: Option<String>,
    /// FHIR administrative gender code, as given.
    pub gender: Option<String>,
    /// The identifier shown to people, for example the medical record number.
    pub identifier: Option<String>,
    /// First phone number.
    pub phone: Option<String>,
    /// Emergency contacts.
    pub contacts: Vec<Contact>,
    /// BCP 47 tags, preferred first.
    pub languages: Vec<String>,
    /// ISO 3166-1 alpha-2 country of the address, or empty.
    pub country: Option<String>,
    /// Whether `Patient.deceased[x]` says so.
    pub deceased: bool,
    /// The resource as received.
    pub raw: String,
}

/// A related person who may read and write for a patient (FHIR `RelatedPerson`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalProxy {
    /// Id on the portal.
    pub portal_id: PortalId,
    /// The patient this person stands for.
    pub patient: PortalId,
    /// Name as to be read.
    pub name: String,
    /// Relationship in words, or empty.
    pub relationship: String,
    /// Phone number, if given.
    pub phone: Option<String>,
    /// `active` is not false and the period has not ended.
    pub active: bool,
}

/// A clinician as received from the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalPractitioner {
    /// Id on the portal.
    pub portal_id: PortalId,
    /// Name as to be read, with title.
    pub name: String,
}
