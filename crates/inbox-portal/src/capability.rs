//! What this server can do, taken from `/metadata` and never from its name. Kept in the vault as JSON.
//!
//! Only search parameters listed here are ever sent: servers that do not know one either refuse the request, answer
//! with everybody's messages, or answer with nothing (FHIR.md, "What a client must survive").

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::wire::CapabilityStatement;

/// What a server can do with one resource type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeCapability {
    /// Search parameters, those of every type included.
    pub search: BTreeSet<String>,
    /// `read`, `create`, `search-type`, `patch` ...
    pub interactions: BTreeSet<String>,
    /// `If-None-Exist` is said to be honoured.
    pub conditional_create: bool,
}

/// The capability record of one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
}

impl Capabilities {
    /// Reads a capability statement.
    pub fn from_statement(statement: &CapabilityStatement) -> Self {
        let software = statement.software.clone().unwrap_or_default();
        let mut record = Self {
            software: software.name.unwrap_or_default(),
            version: software.version.unwrap_or_default(),
            fhir: statement.fhir_version.clone().unwrap_or_default(),
            ..Self::default()
        };
        for rest in statement.rest.iter().filter(|rest| rest.mode.as_deref() != Some("client")) {
            let common: BTreeSet<String> = rest.search_param.iter().filter_map(|p| p.name.clone()).collect();
            record.transaction |= rest.interaction.iter().any(|i| i.code.as_deref() == Some("transaction"));
            for resource in &rest.resource {
                let Some(kind) = resource.kind.clone() else { continue };
                let entry = record.types.entry(kind).or_default();
                entry.search.extend(resource.search_param.iter().filter_map(|p| p.name.clone()));
                entry.search.extend(common.iter().cloned());
                entry.interactions.extend(resource.interaction.iter().filter_map(|i| i.code.clone()));
                entry.conditional_create |= resource.conditional_create == Some(true);
            }
        }
        record
    }

    /// Whether `kind` can be searched by `param` (without modifier or prefix).
    pub fn searches(&self, kind: &str, param: &str) -> bool {
        self.types.get(kind).is_some_and(|entry| entry.search.contains(param))
    }

    /// Whether the server knows the resource type at all.
    pub fn has(&self, kind: &str) -> bool {
        self.types.contains_key(kind)
    }
}
