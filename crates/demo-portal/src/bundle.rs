//! Transaction and batch Bundles.
//!
//! A transaction is atomic by undoing what its earlier entries committed; the store's lock is held meanwhile, so no
//! reader sees the half of it.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::{Value, json};

use crate::keys::items;
use crate::reply::{Fail, Reply};
use crate::rest::{Call, Caller, as_entry, perform};
use crate::store::Store;

/// Performs a Bundle.
pub(crate) fn perform_all(caller: &Caller<'_>, store: &mut Store, body: &[u8]) -> Result<Reply, Fail> {
    let bundle: Value =
        serde_json::from_slice(body).map_err(|_| Fail::new(400, "structure", "The body is not JSON"))?;
    if bundle["resourceType"] != "Bundle" {
        return Err(Fail::bad("A Bundle is expected"));
    }
    match bundle["type"].as_str() {
        Some("transaction") => transaction(caller, store, &bundle),
        Some("batch") => batch(caller, store, &bundle),
        _ => Err(Fail::bad("A Bundle of type transaction or batch is expected")),
    }
}

fn batch(caller: &Caller<'_>, store: &mut Store, bundle: &Value) -> Result<Reply, Fail> {
    let entries: Vec<Value> = items(&bundle["entry"])
        .map(|entry| {
            let done = call_of(entry, &HashMap::new()).and_then(|call| perform(caller, store, &call));
            match done {
                Ok((reply, _)) => as_entry(&reply),
                Err(fail) => {
                    json!({"response": {"status": fail.status.to_string(), "outcome": fail.outcome()}})
                }
            }
        })
        .collect();
    Ok(answer("batch-response", entries))
}

fn transaction(caller: &Caller<'_>, store: &mut Store, bundle: &Value) -> Result<Reply, Fail> {
    let mut made: Vec<(&'static str, String)> = Vec::new();
    let mut renamed: HashMap<String, String> = HashMap::new();
    let mut entries = Vec::new();
    // References to entries that come later are resolved only for creates that came before: senders put headers first.
    for entry in items(&bundle["entry"]) {
        let done = call_of(entry, &renamed).and_then(|call| perform(caller, store, &call));
        let (reply, commit) = match done {
            Ok(done) => done,
            Err(fail) => {
                if !caller.portal.quirks.transaction_keeps_entries {
                    for (kind, id) in made.iter().rev() {
                        store.undo(kind, id);
                    }
                }
                return Err(fail);
            }
        };
        if let (Some(full), Some(address)) = (entry["fullUrl"].as_str(), address_of(&reply)) {
            renamed.insert(full.to_owned(), address);
        }
        made.extend(commit);
        entries.push(as_entry(&reply));
    }
    Ok(answer("transaction-response", entries))
}

fn answer(kind: &str, entries: Vec<Value>) -> Reply {
    let mut bundle = json!({"resourceType": "Bundle", "type": kind});
    if !entries.is_empty() {
        bundle["entry"] = Value::Array(entries);
    }
    Reply::fhir(200, bundle.to_string())
}

/// `Type/id` of what a reply created, from its Location.
fn address_of(reply: &Reply) -> Option<String> {
    let (_, location) = reply.headers.iter().find(|(name, _)| *name == "location")?;
    Some(crate::keys::relative(location).to_owned())
}

fn call_of(entry: &Value, renamed: &HashMap<String, String>) -> Result<Call, Fail> {
    let request = &entry["request"];
    let method = request["method"].as_str().and_then(|name| Method::from_bytes(name.as_bytes()).ok());
    let url = request["url"].as_str().ok_or_else(|| Fail::bad("An entry without request.url"))?;
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let text = |name: &str| request[name].as_str().map(str::to_owned);
    let mut resource = entry["resource"].clone();
    rename(&mut resource, renamed);
    let method = method.ok_or_else(|| Fail::bad("An entry without request.method"))?;
    let patch = method == Method::PATCH;
    let (content_type, body) = if patch && resource["resourceType"] == "Binary" {
        ("application/json-patch+json", crate::rules::raw_binary(&resource.to_string())?.body)
    } else if resource.is_null() {
        ("application/fhir+json", Vec::new())
    } else {
        ("application/fhir+json", resource.to_string().into_bytes())
    };
    Ok(Call {
        method,
        path: path.trim_matches('/').split('/').map(str::to_owned).collect(),
        query: crate::http::pairs(query),
        if_match: text("ifMatch"),
        if_none_match: text("ifNoneMatch"),
        if_none_exist: text("ifNoneExist"),
        content_type: content_type.to_owned(),
        accept: "application/fhir+json".to_owned(),
        minimal: false,
        body,
    })
}

/// Replaces references to an entry's `fullUrl` by what it was created as.
fn rename(value: &mut Value, renamed: &HashMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value.as_str().and_then(|text| renamed.get(text))) {
                    ("reference" | "url", Some(address)) => *value = json!(address),
                    _ => rename(value, renamed),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| rename(value, renamed)),
        _ => {}
    }
}
