//! Changes of what is on the portal: always of a version that was seen, so that two who change one thing never overwrite
//! each other.

use chrono::{DateTime, Utc};
use inbox_domain::PortalId;
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, IF_MATCH};
use serde_json::Value;

use super::{FHIR_JSON, Portal};
use crate::error::PortalError;
use crate::http::{Answer, Outgoing};

const JSON_PATCH: &str = "application/json-patch+json";

/// What a server says after a write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The resource as it is now, where the answer holds it.
    pub raw: Option<String>,
    /// Its version, where the answer says so.
    pub version: Option<String>,
    /// The server's clock.
    pub date: Option<DateTime<Utc>>,
    /// Nothing was created: it was there already.
    pub existed: bool,
}

impl Portal {
    /// Creates a resource unless one with this identifier (`system|value`) is there.
    ///
    /// # Errors
    /// Any [`PortalError`].
    pub async fn create_once(
        &self,
        kind: &str,
        body: &Value,
        identifier: &str,
    ) -> Result<Written, PortalError> {
        let request = Outgoing::post(self.join(kind)?, FHIR_JSON, body.to_string().into_bytes())
            .header(HeaderName::from_static("if-none-exist"), &format!("identifier={identifier}"));
        let (status, written) = self.write(request, kind).await?;
        match status {
            200 | 201 => Ok(Written { existed: status == 200, ..written }),
            _ => Err(PortalError::InvalidAnswer),
        }
    }

    /// Replaces the version of a resource that was seen.
    ///
    /// # Errors
    /// Any [`PortalError`]; [`PortalError::PreconditionFailed`] when another version is current.
    pub async fn update(
        &self,
        kind: &str,
        id: &PortalId,
        body: &Value,
        version: &str,
    ) -> Result<Written, PortalError> {
        let address = self.join(&format!("{kind}/{id}"))?;
        let mut request = Outgoing::post(address, FHIR_JSON, body.to_string().into_bytes());
        request.method = Method::PUT;
        Ok(self.write(request.header(IF_MATCH, &if_match(version)), kind).await?.1)
    }

    /// Changes the version of a resource that was seen by JSON Patch (RFC 6902). Only for servers whose PATCH honours
    /// `If-Match`.
    ///
    /// # Errors
    /// Any [`PortalError`]; [`PortalError::PreconditionFailed`] when another version is current.
    pub async fn patch(
        &self,
        kind: &str,
        id: &PortalId,
        patch: &Value,
        version: &str,
    ) -> Result<Written, PortalError> {
        let address = self.join(&format!("{kind}/{id}"))?;
        let mut request = Outgoing::post(address, FHIR_JSON, patch.to_string().into_bytes());
        request.method = Method::PATCH;
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON_PATCH));
        Ok(self.write(request.header(IF_MATCH, &if_match(version)), kind).await?.1)
    }

    async fn write(&self, request: Outgoing, kind: &str) -> Result<(u16, Written), PortalError> {
        let answer = self.exchange(request.header(ACCEPT, FHIR_JSON)).await?.success()?;
        let raw = resource(&answer, kind);
        let version = raw.as_ref().and_then(version_of).or_else(|| answer.version());
        let raw = raw.map(|value| value.to_string());
        Ok((answer.status, Written { raw, version, date: answer.date(), existed: false }))
    }
}

fn if_match(version: &str) -> String {
    format!("W/\"{version}\"")
}

fn resource(answer: &Answer, kind: &str) -> Option<Value> {
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    let is_it = value.get("resourceType").and_then(Value::as_str) == Some(kind)
        && value.get("id").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
    is_it.then_some(value)
}

fn version_of(value: &Value) -> Option<String> {
    value.pointer("/meta/versionId")?.as_str().filter(|version| !version.is_empty()).map(str::to_owned)
}
