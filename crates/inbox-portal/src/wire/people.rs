//! FHIR R4 `Patient`, `RelatedPerson`, `Practitioner`, `PractitionerRole`.

use serde::Deserialize;

use super::{CodeableConcept, Identifier, Meta, Period, Reference, null_default};

/// `HumanName`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct HumanName {
    /// `official`, `usual`, `old` ...
    #[serde(rename = "use")]
    pub usage: Option<String>,
    /// Whole name.
    pub text: Option<String>,
    /// Family name.
    pub family: Option<String>,
    /// Given names.
    #[serde(default, deserialize_with = "null_default")]
    pub given: Vec<String>,
    /// Titles.
    #[serde(default, deserialize_with = "null_default")]
    pub prefix: Vec<String>,
}

/// `ContactPoint`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ContactPoint {
    /// `phone`, `email` ...
    pub system: Option<String>,
    /// Number as given.
    pub value: Option<String>,
    /// `mobile`, `home`, `old` ...
    #[serde(rename = "use")]
    pub usage: Option<String>,
}

/// `Address`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Address {
    /// Country as given.
    pub country: Option<String>,
}

/// `Patient.contact`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PatientContact {
    /// Kinds of relationship.
    #[serde(default, deserialize_with = "null_default")]
    pub relationship: Vec<CodeableConcept>,
    /// Name.
    pub name: Option<HumanName>,
    /// Numbers.
    #[serde(default, deserialize_with = "null_default")]
    pub telecom: Vec<ContactPoint>,
}

/// `Patient.communication`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PatientCommunication {
    /// Language.
    pub language: Option<CodeableConcept>,
    /// Preferred.
    pub preferred: Option<bool>,
}

/// `Patient`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patient {
    /// Logical id.
    pub id: Option<String>,
    /// Version.
    pub meta: Option<Meta>,
    /// Identifiers.
    #[serde(default, deserialize_with = "null_default")]
    pub identifier: Vec<Identifier>,
    /// Names.
    #[serde(default, deserialize_with = "null_default")]
    pub name: Vec<HumanName>,
    /// Numbers.
    #[serde(default, deserialize_with = "null_default")]
    pub telecom: Vec<ContactPoint>,
    /// Administrative gender.
    pub gender: Option<String>,
    /// Birth date as given.
    pub birth_date: Option<String>,
    /// Died.
    pub deceased_boolean: Option<bool>,
    /// Died then.
    pub deceased_date_time: Option<String>,
    /// Addresses.
    #[serde(default, deserialize_with = "null_default")]
    pub address: Vec<Address>,
    /// Contacts.
    #[serde(default, deserialize_with = "null_default")]
    pub contact: Vec<PatientContact>,
    /// Languages.
    #[serde(default, deserialize_with = "null_default")]
    pub communication: Vec<PatientCommunication>,
}

/// `RelatedPerson`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RelatedPerson {
    /// Logical id.
    pub id: Option<String>,
    /// Whether in use.
    pub active: Option<bool>,
    /// The patient.
    pub patient: Option<Reference>,
    /// Kinds of relationship.
    #[serde(default, deserialize_with = "null_default")]
    pub relationship: Vec<CodeableConcept>,
    /// Names.
    #[serde(default, deserialize_with = "null_default")]
    pub name: Vec<HumanName>,
    /// Numbers.
    #[serde(default, deserialize_with = "null_default")]
    pub telecom: Vec<ContactPoint>,
    /// Period of the relationship.
    pub period: Option<Period>,
}

/// `Practitioner`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Practitioner {
    /// Logical id.
    pub id: Option<String>,
    /// Names.
    #[serde(default, deserialize_with = "null_default")]
    pub name: Vec<HumanName>,
}

/// `PractitionerRole`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct PractitionerRole {
    /// Logical id.
    pub id: Option<String>,
    /// Whether in use.
    pub active: Option<bool>,
    /// Who.
    pub practitioner: Option<Reference>,
    /// Where.
    pub organization: Option<Reference>,
}
