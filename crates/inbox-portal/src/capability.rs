//! What this server can do: what `/metadata` says, what probes found (`probe.rs`), what its answers to real writes have
//! taught. Never taken from its name. Kept in the vault as JSON.
//!
//! Only search parameters listed here are ever sent: servers that do not know one either refuse the request, answer
//! with everybody's messages, or answer with nothing (FHIR.md, "What a client must survive").

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::auth::FeatureOff;
use crate::subscription::SubscriptionForm;
use crate::wire::{CapabilityResource, CapabilityStatement, Extension};

/// What a server can do with one resource type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeCapability {
    /// Search parameters that `/metadata` lists, those of every type included.
    pub search: BTreeSet<String>,
    /// Listed parameters that a probe found not to work: never sent.
    pub disproved: BTreeSet<String>,
    /// `read`, `create`, `search-type`, `patch` ...
    pub interactions: BTreeSet<String>,
    /// `If-None-Exist` is said to be honoured.
    pub conditional_create: bool,
    /// `PUT` by a search is said to be possible.
    pub conditional_update: bool,
    /// `If-Match` is said to be honoured.
    pub versioned_update: bool,
    /// An id of the client's choice is said to be possible.
    pub update_create: bool,
    /// `If-None-Match` is said to be honoured.
    pub conditional_read: bool,
    /// `_include`s offered.
    pub includes: BTreeSet<String>,
    /// `_revinclude`s offered.
    pub reverse_includes: BTreeSet<String>,
}

/// What a server does with a search parameter that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownParameter {
    /// It refuses the request.
    Refused,
    /// It answers as if the parameter were absent: with more than was asked for.
    Ignored,
    /// It answers with nothing.
    NoRows,
}

/// What probes found; `None` where they could not decide. A probe only reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Probes {
    /// What an unknown search parameter does.
    pub unknown_parameter: Option<UnknownParameter>,
    /// A message is found by one of its identifiers, and by no other.
    pub finds_identifier: Option<bool>,
    /// Messages of a thread are found by `part-of`, and no others.
    pub finds_part_of: Option<bool>,
    /// The history of a type answers.
    pub type_history: Option<bool>,
    /// `If-None-Match` with the present version answers 304.
    pub not_modified: Option<bool>,
    /// Searches say how many matches there are.
    pub total: Option<bool>,
}

/// What only doing teaches; `None` until it was done. Forgotten when product or version change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Learnt {
    /// PATCH with a stale `If-Match` is refused. One server ignores the header and answers 200.
    pub patch_checks_version: Option<bool>,
    /// A create's answer names the id of what was made.
    pub create_names_id: Option<bool>,
    /// In which form subscriptions over WebSocket were had.
    pub subscription: Option<SubscriptionForm>,
}

/// The capability record of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Product, for display only.
    pub software: String,
    /// Its version, for display only.
    pub version: String,
    /// FHIR version, for example `4.0.1`.
    pub fhir: String,
    /// By resource type.
    pub types: BTreeMap<String, TypeCapability>,
    /// System transactions are offered.
    pub transaction: bool,
    /// Media types of resources.
    pub formats: BTreeSet<String>,
    /// Media types of patches.
    pub patch_formats: BTreeSet<String>,
    /// Address for subscriptions over WebSocket, where the server gives one.
    pub websocket: Option<String>,
    /// What probes found.
    pub probes: Probes,
    /// Features that the sign-in was not granted; what they need is not in `types` either.
    pub off: Vec<FeatureOff>,
    /// What writes have taught.
    pub learnt: Learnt,
}

impl Capabilities {
    /// Reads a capability statement. Nothing is probed or learnt yet.
    pub fn from_statement(statement: &CapabilityStatement) -> Self {
        let software = statement.software.clone().unwrap_or_default();
        let mut record = Self {
            software: software.name.unwrap_or_default(),
            version: software.version.unwrap_or_default(),
            fhir: statement.fhir_version.clone().unwrap_or_default(),
            formats: statement.format.iter().cloned().collect(),
            patch_formats: statement.patch_format.iter().cloned().collect(),
            ..Self::default()
        };
        for rest in statement.rest.iter().filter(|rest| rest.mode.as_deref() != Some("client")) {
            let common: BTreeSet<String> = rest.search_param.iter().filter_map(|p| p.name.clone()).collect();
            record.transaction |= rest.interaction.iter().any(|i| i.code.as_deref() == Some("transaction"));
            record.websocket = record.websocket.or_else(|| rest.extension.iter().find_map(websocket));
            for resource in &rest.resource {
                let Some(kind) = resource.kind.clone() else { continue };
                record.types.entry(kind).or_default().add(resource, &common);
            }
        }
        record
    }

    /// Whether `kind` can be searched by `param` (without modifier or prefix).
    pub fn searches(&self, kind: &str, param: &str) -> bool {
        self.types
            .get(kind)
            .is_some_and(|entry| entry.search.contains(param) && !entry.disproved.contains(param))
    }

    /// Whether the server knows the resource type at all.
    pub fn has(&self, kind: &str) -> bool {
        self.types.contains_key(kind)
    }

    /// Whether `kind` offers the interaction (`patch`, `create` ...).
    pub fn offers(&self, kind: &str, interaction: &str) -> bool {
        self.types.get(kind).is_some_and(|entry| entry.interactions.contains(interaction))
    }

    /// Whether a resource can be changed by JSON Patch with `If-Match` alone: offered, and not known to ignore the header.
    pub fn patches(&self, kind: &str) -> bool {
        let json = |format: &String| format.contains("json-patch");
        self.offers(kind, "patch")
            && (self.patch_formats.is_empty() || self.patch_formats.iter().any(json))
            && self.learnt.patch_checks_version != Some(false)
    }

    /// Whether messages carry neither `partOf` nor `identifier`: what we write is then found by neither, so a lost answer
    /// stays `unknown`, and a message's body is one attachment.
    pub fn restricted_messages(&self) -> bool {
        self.has("Communication")
            && !self.searches("Communication", "identifier")
            && !self.searches("Communication", "part-of")
    }

    /// Takes over what `before` was taught, when it is of the same product and version.
    pub fn keep_learnt(&mut self, before: &Self) {
        if (&self.software, &self.version) == (&before.software, &before.version) {
            self.learnt = before.learnt.clone();
        }
    }
}

impl TypeCapability {
    fn add(&mut self, resource: &CapabilityResource, common: &BTreeSet<String>) {
        self.search.extend(resource.search_param.iter().filter_map(|p| p.name.clone()));
        self.search.extend(common.iter().cloned());
        self.interactions.extend(resource.interaction.iter().filter_map(|i| i.code.clone()));
        self.includes.extend(resource.search_include.iter().cloned());
        self.reverse_includes.extend(resource.search_rev_include.iter().cloned());
        self.conditional_create |= resource.conditional_create == Some(true);
        self.conditional_update |= resource.conditional_update == Some(true);
        self.versioned_update |= resource.versioning.as_deref() == Some("versioned-update");
        self.update_create |= resource.update_create == Some(true);
        let reads = resource.conditional_read.as_deref();
        self.conditional_read |= matches!(reads, Some("not-match" | "full-support"));
    }
}

/// The address in FHIR's extension `capabilitystatement-websocket`.
fn websocket(extension: &Extension) -> Option<String> {
    let named = extension.url.as_deref().is_some_and(|url| url.ends_with("capabilitystatement-websocket"));
    let address = extension.value_uri.clone().or_else(|| extension.value_url.clone());
    address.filter(|address| named && !address.is_empty())
}
