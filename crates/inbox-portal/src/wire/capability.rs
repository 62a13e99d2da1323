//! FHIR R4 `CapabilityStatement`.

use serde::Deserialize;

use super::{Extension, null_default};

/// `CapabilityStatement`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityStatement {
    /// Must be `CapabilityStatement`.
    pub resource_type: Option<String>,
    /// `4.0.1`.
    pub fhir_version: Option<String>,
    /// The product.
    pub software: Option<CapabilitySoftware>,
    /// Endpoints.
    #[serde(default, deserialize_with = "null_default")]
    pub rest: Vec<CapabilityRest>,
    /// Media types of resources.
    #[serde(default, deserialize_with = "null_default")]
    pub format: Vec<String>,
    /// Media types of patches.
    #[serde(default, deserialize_with = "null_default")]
    pub patch_format: Vec<String>,
}

/// `CapabilityStatement.software`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct CapabilitySoftware {
    /// Name.
    pub name: Option<String>,
    /// Version.
    pub version: Option<String>,
}

/// `CapabilityStatement.rest`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityRest {
    /// `server` or `client`.
    pub mode: Option<String>,
    /// Types.
    #[serde(default, deserialize_with = "null_default")]
    pub resource: Vec<CapabilityResource>,
    /// System interactions.
    #[serde(default, deserialize_with = "null_default")]
    pub interaction: Vec<CapabilityInteraction>,
    /// Parameters of every type.
    #[serde(default, deserialize_with = "null_default")]
    pub search_param: Vec<SearchParam>,
    /// Extensions, the WebSocket's address among them.
    #[serde(default, deserialize_with = "null_default")]
    pub extension: Vec<Extension>,
}

/// `CapabilityStatement.rest.resource`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CapabilityResource {
    /// Type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Interactions.
    #[serde(default, deserialize_with = "null_default")]
    pub interaction: Vec<CapabilityInteraction>,
    /// `If-None-Exist` is honoured.
    pub conditional_create: Option<bool>,
    /// Parameters.
    #[serde(default, deserialize_with = "null_default")]
    pub search_param: Vec<SearchParam>,
    /// Allowed `_include`s.
    #[serde(default, deserialize_with = "null_default")]
    pub search_include: Vec<String>,
    /// Allowed `_revinclude`s.
    #[serde(default, deserialize_with = "null_default")]
    pub search_rev_include: Vec<String>,
    /// `no-version`, `versioned` or `versioned-update`: whether `If-Match` is honoured.
    pub versioning: Option<String>,
    /// `PUT` with an id of the client's choice creates.
    pub update_create: Option<bool>,
    /// `PUT` by a search.
    pub conditional_update: Option<bool>,
    /// `not-match`, `full-support` ...: whether `If-None-Match` is honoured.
    pub conditional_read: Option<String>,
}

/// An interaction.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct CapabilityInteraction {
    /// `read`, `search-type`, `transaction` ...
    pub code: Option<String>,
}

/// A search parameter.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SearchParam {
    /// Name.
    pub name: Option<String>,
}
