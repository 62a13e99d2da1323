//! A page of a search, entry by entry.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use url::Url;

use crate::error::PortalError;
use crate::http::{check_address, same_host};
use crate::wire::{Bundle, BundleEntry};

/// A resource of a page.
#[derive(Debug, Clone)]
pub struct PageEntry {
    /// Resource type, or `Unknown`.
    pub kind: String,
    /// Logical id, or empty.
    pub id: String,
    /// `meta.versionId`, or empty.
    pub version: String,
    /// Of the searched type and, by `search.mode` or its absence, a match; else included by reference.
    pub is_match: bool,
    /// The resource as received (JSON).
    pub raw: String,
    /// Type and id could be read.
    pub readable: bool,
}

/// A page of a search.
#[derive(Debug, Clone)]
pub struct Page {
    /// Entries without outcomes.
    pub entries: Vec<PageEntry>,
    /// The next page.
    pub next: Option<Url>,
    /// Number of matches in all pages, if the server says.
    pub total: Option<u64>,
    /// The server's clock.
    pub date: Option<DateTime<Utc>>,
}

/// What every resource has; anything else of it may be broken.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    resource_type: Option<String>,
    id: Option<String>,
    meta: Option<HeadMeta>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeadMeta {
    version_id: Option<String>,
}

/// Reads a searchset. `asked` is the URL asked; a next link to another host is refused before anything is stored.
pub(crate) fn read_page(
    body: &[u8],
    kind: &str,
    asked: &Url,
    date: Option<DateTime<Utc>>,
) -> Result<Page, PortalError> {
    let bundle: Bundle = serde_json::from_slice(body).map_err(|_| PortalError::InvalidAnswer)?;
    if bundle.resource_type != "Bundle" {
        return Err(PortalError::InvalidAnswer);
    }
    let next = bundle.link.iter().find(|link| link.relation == "next" && !link.url.is_empty());
    let next = next.map(|link| read_link(&link.url, asked)).transpose()?;
    let entries = bundle.entry.iter().filter_map(|raw| read_entry(raw.get(), kind)).collect();
    Ok(Page { entries, next, total: bundle.total, date })
}

fn read_link(link: &str, asked: &Url) -> Result<Url, PortalError> {
    let url = asked.join(link).map_err(|_| PortalError::InvalidAnswer)?;
    if !same_host(&url, asked) || check_address(&url).is_err() {
        return Err(PortalError::LinkRefused);
    }
    Ok(url)
}

/// `None` for what is no resource of the answer: outcomes, entries without a resource, and matches of another type.
fn read_entry(raw: &str, kind: &str) -> Option<PageEntry> {
    let Ok(entry) = serde_json::from_str::<BundleEntry>(raw) else { return Some(unreadable(raw)) };
    let mode = entry.search.and_then(|search| search.mode);
    let resource = entry.resource?;
    if mode.as_deref() == Some("outcome") {
        return None;
    }
    let Ok(head) = serde_json::from_str::<Head>(resource.get()) else {
        return Some(unreadable(resource.get()));
    };
    let Some(found) = head.resource_type.filter(|found| !found.is_empty()) else {
        return Some(unreadable(resource.get()));
    };
    if found == "OperationOutcome" {
        return None;
    }
    let is_match = found == kind && mode.as_deref().is_none_or(|mode| mode == "match");
    if !is_match && mode.as_deref() != Some("include") {
        return None;
    }
    let id = head.id.unwrap_or_default();
    let version = head.meta.and_then(|meta| meta.version_id).unwrap_or_default();
    Some(PageEntry {
        kind: found,
        readable: !id.is_empty(),
        id,
        version,
        is_match,
        raw: resource.get().to_owned(),
    })
}

/// Type and id as far as they can be made out of what could not be read.
fn unreadable(raw: &str) -> PageEntry {
    let value: serde_json::Value = serde_json::from_str(raw).unwrap_or_default();
    let word =
        |value: Option<&serde_json::Value>| value.and_then(|v| v.as_str()).unwrap_or_default().to_owned();
    let resource = value.get("resource").unwrap_or(&value);
    let kind = word(resource.get("resourceType"));
    PageEntry {
        kind: if kind.is_empty() { "Unknown".to_owned() } else { kind },
        id: word(resource.get("id")),
        version: word(resource.pointer("/meta/versionId")),
        is_match: true,
        raw: resource_text(raw, resource, &value),
        readable: false,
    }
}

fn resource_text(raw: &str, resource: &serde_json::Value, whole: &serde_json::Value) -> String {
    if std::ptr::eq(resource, whole) { raw.to_owned() } else { resource.to_string() }
}
