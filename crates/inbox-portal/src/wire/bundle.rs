//! FHIR R4 `Bundle` and the small resources around it.
//!
//! Entries stay raw until each is read on its own, so that one broken entry never spoils its page.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{CodeableConcept, Identifier, Meta, Period, Reference, null_default};

/// `Bundle` with raw entries.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    /// Must be `Bundle`.
    pub resource_type: String,
    /// Number of matches, if the server says.
    pub total: Option<u64>,
    /// Page links.
    #[serde(default, deserialize_with = "null_default")]
    pub link: Vec<BundleLink>,
    /// Entries as received.
    #[serde(default, deserialize_with = "null_default")]
    pub entry: Vec<Box<RawValue>>,
}

/// `Bundle.link`.
#[derive(Debug, Clone, Deserialize)]
pub struct BundleLink {
    /// `self`, `next` ...
    #[serde(default)]
    pub relation: String,
    /// Where.
    #[serde(default)]
    pub url: String,
}

/// `Bundle.entry`.
#[derive(Debug, Clone, Deserialize)]
pub struct BundleEntry {
    /// The resource as received.
    pub resource: Option<Box<RawValue>>,
    /// Why it is here.
    pub search: Option<SearchMode>,
    /// Outcome of a transaction's entry.
    pub response: Option<EntryResponse>,
}

/// `Bundle.entry.search`.
#[derive(Debug, Clone, Deserialize)]
pub struct SearchMode {
    /// `match`, `include`, `outcome`.
    pub mode: Option<String>,
}

/// `Bundle.entry.response`.
#[derive(Debug, Clone, Deserialize)]
pub struct EntryResponse {
    /// HTTP status, with or without its phrase.
    pub status: Option<String>,
    /// Where the resource is.
    pub location: Option<String>,
}

/// `OperationOutcome`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct OperationOutcome {
    /// Issues.
    #[serde(default, deserialize_with = "null_default")]
    pub issue: Vec<OutcomeIssue>,
}

/// `OperationOutcome.issue`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct OutcomeIssue {
    /// `fatal`, `error`, `warning`, `information`.
    pub severity: Option<String>,
    /// Kind of issue.
    pub code: Option<String>,
}

/// `Binary`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binary {
    /// Logical id.
    pub id: Option<String>,
    /// Media type.
    pub content_type: Option<String>,
    /// base64.
    pub data: Option<String>,
}

/// `Task`: who has a thread.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// Logical id.
    pub id: Option<String>,
    /// Version and last update.
    pub meta: Option<Meta>,
    /// Since when it is worked on.
    pub execution_period: Option<Period>,
    /// `requested`, `accepted`, `completed` ...
    pub status: Option<String>,
    /// The thread's header.
    pub focus: Option<Reference>,
    /// Who has it.
    pub owner: Option<Reference>,
    /// Identifiers.
    #[serde(default, deserialize_with = "null_default")]
    pub identifier: Vec<Identifier>,
    /// Kind of task.
    pub code: Option<CodeableConcept>,
}
