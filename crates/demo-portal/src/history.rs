//! Versions of a resource, of a type and of the whole system, newest first.

use serde_json::{Value, json};

use crate::dates;
use crate::reply::{Fail, Reply};
use crate::rest::{Call, Caller, visible};
use crate::store::{KINDS, Store};

struct Item {
    kind: &'static str,
    row: u32,
    version: usize,
    at: i64,
}

/// `GET /Type/id/_history`.
pub(crate) fn of_resource(
    caller: &Caller<'_>,
    store: &Store,
    call: &Call,
    kind: &'static str,
    id: &str,
) -> Result<Reply, Fail> {
    let (row, stored) = store.find(kind, id).ok_or_else(Fail::not_found)?;
    if !visible(caller, store, kind, stored) {
        return Err(Fail::not_found());
    }
    let versions = stored.versions.iter().enumerate().rev();
    let items = versions.map(|(version, one)| Item { kind, row, version, at: one.at }).collect();
    page(caller, store, call, &format!("{kind}/{id}"), items)
}

/// `GET /Type/_history`.
pub(crate) fn of_type(
    caller: &Caller<'_>,
    store: &Store,
    call: &Call,
    kind: &'static str,
) -> Result<Reply, Fail> {
    page(caller, store, call, kind, commits(caller, store, call, &[kind])?)
}

/// `GET /_history`.
pub(crate) fn of_system(caller: &Caller<'_>, store: &Store, call: &Call) -> Result<Reply, Fail> {
    page(caller, store, call, "", commits(caller, store, call, &KINDS)?)
}

fn commits(
    caller: &Caller<'_>,
    store: &Store,
    call: &Call,
    kinds: &[&'static str],
) -> Result<Vec<Item>, Fail> {
    if caller.portal.quirks.no_type_history {
        return Err(Fail::new(404, "not-supported", "History of a type is not supported"));
    }
    let since =
        parameter(call, "_since").map(|text| dates::span(text).ok_or_else(|| Fail::bad("Invalid _since")));
    let since = since.transpose()?.map_or(i64::MIN, |span| span.0);
    let mut items = Vec::new();
    for kind in kinds {
        let Some(table) = store.table(kind) else { continue };
        for (at, row, version) in table.log.range((since, 0, 0)..) {
            if visible(caller, store, kind, &table.rows[*row as usize]) {
                items.push(Item { kind, row: *row, version: *version as usize, at: *at });
            }
        }
    }
    items.sort_unstable_by_key(|item| std::cmp::Reverse(item.at));
    Ok(items)
}

fn parameter<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn page(
    caller: &Caller<'_>,
    store: &Store,
    call: &Call,
    path: &str,
    items: Vec<Item>,
) -> Result<Reply, Fail> {
    let count = parameter(call, "_count").and_then(|text| text.parse().ok()).unwrap_or(100usize);
    let count = count.clamp(1, caller.portal.options.page_cap);
    let before = parameter(call, "_before").and_then(|text| text.parse().ok()).unwrap_or(i64::MAX);
    let base = caller.portal.base();
    let total = items.len();
    let mut left = items.into_iter().filter(|item| item.at < before).peekable();
    let shown: Vec<Item> = left.by_ref().take(count).collect();
    let mut bundle = json!({"resourceType": "Bundle", "type": "history", "total": total, "link": []});
    let separator = if path.is_empty() { "" } else { "/" };
    if let (Some(last), true) = (shown.last(), left.peek().is_some()) {
        let since = parameter(call, "_since").map(|text| format!("&_since={text}")).unwrap_or_default();
        let url = format!("{base}/{path}{separator}_history?_count={count}&_before={}{since}", last.at);
        bundle["link"] = json!([{"relation": "next", "url": url}]);
    }
    let entries: Vec<Value> = shown.iter().filter_map(|item| entry(store, &base, item)).collect();
    if !entries.is_empty() {
        bundle["entry"] = Value::Array(entries);
    }
    Ok(Reply::fhir(200, bundle.to_string()))
}

fn entry(store: &Store, base: &str, item: &Item) -> Option<Value> {
    let row = store.table(item.kind)?.rows.get(item.row as usize)?;
    let version = row.versions.get(item.version)?;
    let name = store.version_name(item.kind, item.row, item.version);
    let address = format!("{}/{}", item.kind, row.id);
    let (method, status) = match (&version.body, item.version) {
        (None, _) => ("DELETE", "204"),
        (_, 0) => ("POST", "201"),
        _ => ("PUT", "200"),
    };
    let mut entry = json!({
        "fullUrl": format!("{base}/{address}"),
        "request": {"method": method, "url": address},
        "response": {"status": status, "etag": format!("W/\"{name}\""), "lastModified": dates::text_ms(version.at)},
    });
    if let Some(body) = &version.body {
        entry["resource"] = serde_json::from_str(body).ok()?;
    }
    Some(entry)
}

/// `GET /Type/id/_history/version`.
pub(crate) fn one_version(
    caller: &Caller<'_>,
    store: &Store,
    kind: &'static str,
    id: &str,
    version: &str,
) -> Result<Reply, Fail> {
    let (row, stored) = store.find(kind, id).ok_or_else(Fail::not_found)?;
    if !visible(caller, store, kind, stored) {
        return Err(Fail::not_found());
    }
    let index = (0..stored.versions.len()).find(|index| store.version_name(kind, row, *index) == version);
    let found = &stored.versions[index.ok_or_else(Fail::not_found)?];
    let body = found.body.as_deref().ok_or_else(|| Fail::new(410, "deleted", "Deleted"))?;
    Ok(Reply::fhir(200, body).with("etag", format!("W/\"{version}\"")))
}
