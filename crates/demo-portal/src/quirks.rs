//! What real servers do differently, one boolean a behaviour.
//!
//! The rows were observed on Medplum 5.1, Helios 0.2 and WSO2 FHIR server 1.0, or read in Oracle Millennium's documents.
//! A preset is only a set of booleans, so that a test can switch a single row.

use serde::{Deserialize, Serialize};

use crate::subscriptions::SubscriptionForm;

/// How an unknown search parameter is answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownParameter {
    /// 400 with an OperationOutcome (Medplum).
    #[default]
    Refused,
    /// Ignored: a wider result, with an OperationOutcome entry (Helios).
    Ignored,
    /// 200 without rows (WSO2).
    NoRows,
}

/// How pages follow each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paging {
    /// A cursor over the sort key: nothing is skipped.
    #[default]
    Cursor,
    /// `_offset` up to 10,000; a cursor only with `_sort=_lastUpdated` and `_count` of 20 or more (Medplum).
    Offset,
    /// `_page=n` (WSO2).
    Page,
}

/// The deviations that are switched on. The default is a server that follows FHIR R4 4.0.1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Quirks {
    /// Creating by PUT with an id of the client's choice is refused with 404 (Medplum).
    pub no_client_ids: bool,
    /// `versionId` is a UUID instead of a number (Medplum).
    pub uuid_versions: bool,
    /// PATCH ignores a stale `If-Match` and answers 200 (WSO2).
    pub patch_ignores_if_match: bool,
    /// `If-None-Match` is ignored: a full answer instead of 304 (WSO2).
    pub no_not_modified: bool,
    /// History of a type or of the system answers 404 (Medplum).
    pub no_type_history: bool,
    /// What an unknown search parameter does.
    pub unknown_parameter: UnknownParameter,
    /// How pages follow each other.
    pub paging: Paging,
    /// Entries of a failing transaction before the failing one stay committed (Medplum).
    pub transaction_keeps_entries: bool,
    /// Binary is accepted only as JSON: 415 for raw bytes (Helios, WSO2).
    pub no_raw_binary: bool,
    /// Bodies over 1 MB answer 413 (Medplum).
    pub small_bodies: bool,
    /// A missing required field is accepted with 201 (Helios).
    pub accepts_incomplete: bool,
    /// DELETE answers 200 with a body (Medplum) instead of 204.
    pub delete_with_body: bool,
    /// No token is asked for, and everything is visible (WSO2).
    pub no_auth: bool,
    /// A token without a scope for the resource answers 403 (Helios).
    pub scopes_enforced: bool,
    /// `meta.lastUpdated` shows whole seconds, while comparison is finer (WSO2).
    pub whole_seconds: bool,
    /// 429 carries `RateLimit: "requests";r=0;t=n` and no Retry-After (Medplum).
    pub rate_limit_header: bool,
    /// The redirect address must match a registered one exactly, port included (Medplum).
    pub exact_redirect: bool,
    /// `Binary/id` in an attachment is rewritten to a signed storage address (Medplum).
    pub rewrites_attachments: bool,
    /// `total` is absent from search results.
    pub no_total: bool,
    /// `search.mode` is absent from entries.
    pub no_search_mode: bool,
    /// Everybody's messages are returned, whoever asks.
    pub shows_everything: bool,
    /// No `partOf`, no `identifier`, one base64 attachment as the body, an empty answer to a create (Millennium).
    pub restricted_messages: bool,
    /// Error bodies are XHTML instead of an OperationOutcome (Millennium).
    pub html_errors: bool,
    /// Search parameters of Communication that `/metadata` lists and that are treated as unknown ones.
    pub pretends: Vec<String>,
    /// How subscriptions are offered.
    pub subscriptions: SubscriptionForm,
    /// The capability statement is silent about subscriptions (Medplum, Helios).
    pub unlisted_subscriptions: bool,
    /// The recipients of a stored Communication cannot be changed: 403.
    pub fixed_recipients: bool,
    /// A search for what another practitioner receives is refused with 403 instead of finding nothing, unless the caller
    /// may cover for her.
    pub refuses_foreign_recipients: bool,
    /// A conditional create looks away: two for the same thing are both stored.
    pub creates_twice: bool,
    /// A conditional create that is slow looks for its match on arrival and commits later: two of them both commit. So
    /// servers behave whose check and write are not one transaction.
    pub races_creates: bool,
    /// Milliseconds between setting `lastUpdated` and the commit becoming visible: what loses messages without overlap.
    pub late_commit_ms: u64,
}

impl Quirks {
    /// The preset of one server, or `None` for an unknown name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::default()),
            "medplum" => Some(Self::medplum()),
            "helios" => Some(Self::helios()),
            "wso2" => Some(Self::wso2()),
            "millennium" => Some(Self::millennium()),
            _ => None,
        }
    }

    fn medplum() -> Self {
        Self {
            no_client_ids: true,
            uuid_versions: true,
            no_type_history: true,
            paging: Paging::Offset,
            transaction_keeps_entries: true,
            small_bodies: true,
            delete_with_body: true,
            rate_limit_header: true,
            exact_redirect: true,
            rewrites_attachments: true,
            unlisted_subscriptions: true,
            ..Self::default()
        }
    }

    fn helios() -> Self {
        Self {
            unknown_parameter: UnknownParameter::Ignored,
            no_raw_binary: true,
            accepts_incomplete: true,
            scopes_enforced: true,
            shows_everything: true,
            subscriptions: SubscriptionForm::Topic,
            unlisted_subscriptions: true,
            ..Self::default()
        }
    }

    fn wso2() -> Self {
        Self {
            patch_ignores_if_match: true,
            no_not_modified: true,
            unknown_parameter: UnknownParameter::NoRows,
            paging: Paging::Page,
            no_raw_binary: true,
            no_auth: true,
            whole_seconds: true,
            shows_everything: true,
            subscriptions: SubscriptionForm::Stored,
            ..Self::default()
        }
    }

    fn millennium() -> Self {
        Self {
            no_type_history: true,
            no_client_ids: true,
            no_raw_binary: true,
            restricted_messages: true,
            html_errors: true,
            no_total: true,
            subscriptions: SubscriptionForm::Absent,
            ..Self::default()
        }
    }
}
