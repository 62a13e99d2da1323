//! Writes a page of search results as a Bundle, from stored bytes.

use serde_json::json;
use url::form_urlencoded;

use crate::portal::Portal;
use crate::query::{Query, SortKey};
use crate::quirks::Paging;
use crate::reply::{Fail, outcome};
use crate::search::Page;
use crate::store::Store;

/// Offsets beyond this are refused, as Medplum does.
const MAX_OFFSET: usize = 10_000;

/// The bytes of the searchset.
pub(crate) fn write(
    portal: &Portal,
    store: &Store,
    kind: &'static str,
    query: &Query,
    page: &Page,
) -> Result<Vec<u8>, Fail> {
    if query.offset > MAX_OFFSET && portal.quirks.paging == Paging::Offset {
        return Err(Fail::new(400, "too-costly", "Search offset exceeds the maximum"));
    }
    let base = portal.base();
    let mut out = String::with_capacity(64 * 1024);
    out.push_str(r#"{"resourceType":"Bundle","type":"searchset""#);
    if let Some(total) = page.total {
        out.push_str(&format!(r#","total":{total}"#));
    }
    let mut links = vec![json!({"relation": "self", "url": address(&base, kind, query, None)})];
    if let Some(next) = next_position(portal, query, page) {
        links.push(json!({"relation": "next", "url": address(&base, kind, query, Some(next))}));
    }
    out.push_str(&format!(r#","link":{}"#, json!(links)));
    let entries = entries(portal, store, kind, query, page);
    // Servers differ in whether an empty list is written; absent is what FHIR asks for.
    if !entries.is_empty() {
        out.push_str(r#","entry":["#);
        out.push_str(&entries);
        out.push(']');
    }
    out.push('}');
    Ok(out.into_bytes())
}

fn next_position(portal: &Portal, query: &Query, page: &Page) -> Option<(&'static str, String)> {
    if !page.more {
        return None;
    }
    let cursor = page.next.clone().map(|cursor| ("_cursor", cursor));
    match portal.quirks.paging {
        Paging::Cursor => cursor,
        Paging::Offset if query.cursor.is_some() => cursor,
        Paging::Offset if query.sort == SortKey::Updated && !query.descending && query.count >= 20 => cursor,
        Paging::Offset => Some(("_offset", (query.offset + query.count).to_string())),
        Paging::Page => Some(("_page", ((query.offset / query.count.max(1)) + 2).to_string())),
    }
}

fn address(base: &str, kind: &str, query: &Query, position: Option<(&str, String)>) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(&query.base);
    if let Some((name, value)) = position {
        text.append_pair(name, &value);
    }
    let text = text.finish();
    if text.is_empty() { format!("{base}/{kind}") } else { format!("{base}/{kind}?{text}") }
}

fn entries(portal: &Portal, store: &Store, kind: &str, query: &Query, page: &Page) -> String {
    let mut out = String::new();
    let base = portal.base();
    let mut push = |kind: &str, id: &str, body: &str, mode: &str| {
        if !out.is_empty() {
            out.push(',');
        }
        out.push_str(&format!(r#"{{"fullUrl":"{base}/{kind}/{id}","resource":"#));
        out.push_str(body);
        if !portal.quirks.no_search_mode {
            out.push_str(&format!(r#","search":{{"mode":"{mode}"}}"#));
        }
        out.push('}');
    };
    let rows = store.table(kind).map(|table| table.rows.as_slice()).unwrap_or_default();
    let found: Vec<_> = page.rows.iter().filter_map(|row| rows.get(*row as usize)).collect();
    for row in &found {
        push(kind, &row.id, row.body().unwrap_or_default(), "match");
    }
    for (kind, id) in included(query, &found) {
        if let Some(body) = store.find(kind, &id).and_then(|(_, row)| row.body()) {
            push(kind, &id, body, "include");
        }
    }
    if !query.ignored.is_empty() {
        let text = format!("Ignored search parameters: {}", query.ignored.join(", "));
        push(
            "OperationOutcome",
            "ignored",
            &outcome("warning", "not-supported", &text).to_string(),
            "outcome",
        );
    }
    out
}

/// The resources that `_include` asks for, each once and without those that matched.
fn included(query: &Query, found: &[&crate::store::Row]) -> Vec<(&'static str, String)> {
    let mut seen: Vec<(&'static str, String)> = Vec::new();
    if query.includes.is_empty() {
        return seen;
    }
    let matched: std::collections::HashSet<&str> = found.iter().map(|row| &*row.id).collect();
    let mut known = std::collections::HashSet::new();
    for row in found {
        let Some(value) = row.value() else { continue };
        for include in &query.includes {
            let Some(field) = include.split(':').nth(1) else { continue };
            for reference in crate::search::referenced(field, &value) {
                let Some((kind, id)) = reference.split_once('/') else { continue };
                let Some(kind) = crate::store::kind_of(kind) else { continue };
                if !matched.contains(id) && known.insert(reference.to_owned()) {
                    seen.push((kind, id.to_owned()));
                }
            }
        }
    }
    seen
}
