//! FHIR's interactions on single resources, as calls and replies without HTTP.
//!
//! `perform` is also what a Bundle's entries go through, so that a condition means the same in both places.

use std::cell::Cell;

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::dates;
use crate::portal::Portal;
use crate::query;
use crate::reply::{Fail, Reply};
use crate::search::{self, Viewer};
use crate::store::{Committed, Store, kind_of};
use crate::subscriptions::{self, SubscriptionForm};
use crate::{capability, history, listing, patch, rules};

/// A request to the FHIR interface.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// The path below `/fhir`, split.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) if_match: Option<String>,
    pub(crate) if_none_match: Option<String>,
    pub(crate) if_none_exist: Option<String>,
    pub(crate) content_type: String,
    pub(crate) accept: String,
    pub(crate) minimal: bool,
    pub(crate) body: Vec<u8>,
}

/// Who calls, and when.
pub(crate) struct Caller<'a> {
    pub(crate) portal: &'a Portal,
    pub(crate) viewer: Viewer,
    /// `Practitioner/id` of who is signed in; `None` for a backend, which sees everything.
    pub(crate) practitioner: Option<String>,
    /// The instant of the next commit where it was reserved before, else nothing.
    pub(crate) reserved: Cell<Option<i64>>,
}

impl Caller<'_> {
    /// `lastUpdated` of the next commit.
    fn stamp(&self, store: &mut Store) -> i64 {
        match self.reserved.get() {
            Some(at) => {
                self.reserved.set(Some(at + 1));
                at
            }
            None => store.reserve(self.portal.now().timestamp_millis()),
        }
    }
}

impl Call {
    /// Whether the interaction changes nothing.
    pub(crate) fn is_read(&self) -> bool {
        self.method == Method::GET
            || (self.method == Method::POST && self.path.last().is_some_and(|end| end == "_search"))
    }
}

/// A reply and, for writes, what was committed, so that a transaction can take it back.
pub(crate) type Done = (Reply, Option<(&'static str, String)>);

/// Performs one interaction.
pub(crate) fn perform(caller: &Caller<'_>, store: &mut Store, call: &Call) -> Result<Done, Fail> {
    if call.is_read() {
        return look(caller, store, call).map(|reply| (reply, None));
    }
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    known(caller, &path)?;
    match (path.as_slice(), &call.method) {
        ([kind], &Method::POST) => create(caller, store, call, served(kind)?),
        ([kind, id], &Method::PUT) => update(caller, store, call, served(kind)?, id),
        ([kind, id], &Method::PATCH) => patch_one(caller, store, call, served(kind)?, id),
        ([kind, id], &Method::DELETE) => delete(caller, store, call, served(kind)?, id),
        _ => Err(Fail::new(405, "not-supported", "Not supported")),
    }
}

/// Answers an interaction that changes nothing.
pub(crate) fn look(caller: &Caller<'_>, store: &Store, call: &Call) -> Result<Reply, Fail> {
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    known(caller, &path)?;
    match path.as_slice() {
        ["metadata"] => Ok(Reply::fhir(200, capability::statement(caller.portal).to_string())),
        ["Subscription", id, "$get-ws-binding-token"] => subscriptions::binding_token(caller, store, id),
        ["_history"] => history::of_system(caller, store, call),
        [kind] | [kind, "_search"] => search_type(caller, store, call, served(kind)?),
        [kind, "_history"] => history::of_type(caller, store, call, served(kind)?),
        [kind, id] => read(caller, store, call, served(kind)?, id),
        [kind, id, "_history"] => history::of_resource(caller, store, call, served(kind)?, id),
        [kind, id, "_history", version] => history::one_version(caller, store, served(kind)?, id, version),
        _ => Err(Fail::not_found()),
    }
}

/// A server without subscriptions does not know the type.
fn known(caller: &Caller<'_>, path: &[&str]) -> Result<(), Fail> {
    let absent = caller.portal.quirks.subscriptions == SubscriptionForm::Absent;
    if absent && path.first() == Some(&"Subscription") {
        return Err(Fail::new(404, "not-supported", "Unknown resource type"));
    }
    Ok(())
}

fn served(kind: &str) -> Result<&'static str, Fail> {
    kind_of(kind).ok_or_else(|| Fail::new(404, "not-supported", "Unknown resource type"))
}

fn search_type(caller: &Caller<'_>, store: &Store, call: &Call, kind: &'static str) -> Result<Reply, Fail> {
    let portal = caller.portal;
    let query = query::read(kind, &call.query, &portal.quirks, portal.options.page_cap)?;
    if portal.quirks.refuses_foreign_recipients && kind == "Communication" {
        rules::own_recipients(&query, store, &caller.viewer)?;
    }
    let page = search::run(store, kind, &query, &caller.viewer, portal.epoch())?;
    Ok(Reply::fhir(200, listing::write(portal, store, kind, &query, &page)?))
}

/// Whether the caller may see this resource at all; only Communications, and Tasks about them, are kept apart.
pub(crate) fn visible(caller: &Caller<'_>, store: &Store, kind: &str, row: &crate::store::Row) -> bool {
    match kind {
        "Communication" => caller.viewer.sees(store, &row.keys),
        "Task" => caller.viewer.sees_task(store, row),
        _ => true,
    }
}

fn read(
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
    let body = stored.body().ok_or_else(|| Fail::new(410, "deleted", "Deleted"))?;
    let version = store.version_name(kind, row, stored.versions.len() - 1);
    let unchanged = call.if_none_match.as_deref().is_some_and(|tag| same_tag(tag, &version));
    if unchanged && !caller.portal.quirks.no_not_modified {
        return Ok(Reply::empty(304).with("etag", etag(&version)));
    }
    if kind == "Binary"
        && !call.accept.is_empty()
        && !call.accept.contains("json")
        && !call.accept.contains("*/*")
    {
        return rules::raw_binary(body);
    }
    Ok(Reply::fhir(200, body)
        .with("etag", etag(&version))
        .with("last-modified", dates::http_date(stored.at())))
}

fn etag(version: &str) -> String {
    format!("W/\"{version}\"")
}

fn same_tag(tag: &str, version: &str) -> bool {
    tag.split(',').any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == version)
}

fn parse(call: &Call) -> Result<Value, Fail> {
    serde_json::from_slice(&call.body).map_err(|_| Fail::new(400, "structure", "The body is not JSON"))
}

fn create(caller: &Caller<'_>, store: &mut Store, call: &Call, kind: &'static str) -> Result<Done, Fail> {
    let value = if kind == "Binary" && !call.content_type.contains("json") {
        rules::binary_of(&caller.portal.quirks, &call.content_type, &call.body)?
    } else {
        parse(call)?
    };
    rules::check(&caller.portal.quirks, kind, &value)?;
    if let Some(condition) =
        call.if_none_exist.as_deref().filter(|_| honours_conditions(&caller.portal.quirks, kind))
    {
        let pairs = crate::http::pairs(condition.trim_start_matches('?'));
        let query = query::read(kind, &pairs, &crate::quirks::Quirks::default(), 1000)?;
        // A conditional create looks at the whole store: a hidden match still counts.
        let found = search::run(store, kind, &query, &Viewer::All, caller.portal.epoch())?.rows;
        match found.as_slice() {
            [] => {}
            [row] => return Ok((existing(caller, store, kind, *row), None)),
            _ => return Err(Fail::new(412, "multiple-matches", "Several resources match")),
        }
    }
    let id = Uuid::new_v4().to_string();
    let at = caller.stamp(store);
    let committed = store.put(kind, &id, rules::prepared(caller.portal, kind, value), at);
    Ok((written(caller, call, 201, &committed), Some((kind, id))))
}

fn honours_conditions(quirks: &crate::quirks::Quirks, kind: &str) -> bool {
    let looks_away = quirks.creates_twice && kind == "Task";
    !quirks.restricted_messages && !looks_away
}

fn existing(caller: &Caller<'_>, store: &Store, kind: &'static str, row: u32) -> Reply {
    let Some(stored) = store.table(kind).and_then(|table| table.rows.get(row as usize)) else {
        return Reply::empty(200);
    };
    let version = store.version_name(kind, row, stored.versions.len() - 1);
    Reply::fhir(200, stored.body().unwrap_or_default())
        .with("etag", etag(&version))
        .with("location", format!("{}/{kind}/{}/_history/{version}", caller.portal.base(), stored.id))
}

fn written(caller: &Caller<'_>, call: &Call, status: u16, committed: &Committed) -> Reply {
    let Committed { kind, id, version, at, body, .. } = committed;
    let empty = call.minimal || (caller.portal.quirks.restricted_messages && status == 201);
    let reply = if empty { Reply::empty(status) } else { Reply::fhir(status, body.as_str()) };
    reply
        .with("etag", etag(version))
        .with("last-modified", dates::http_date(*at))
        .with("location", format!("{}/{kind}/{id}/_history/{version}", caller.portal.base()))
}

fn update(
    caller: &Caller<'_>,
    store: &mut Store,
    call: &Call,
    kind: &'static str,
    id: &str,
) -> Result<Done, Fail> {
    let value = parse(call)?;
    rules::check(&caller.portal.quirks, kind, &value)?;
    if value["id"].as_str() != Some(id) {
        return Err(Fail::bad("The id of the body is not the id of the address"));
    }
    let exists = store.find(kind, id).is_some();
    if !exists && caller.portal.quirks.no_client_ids {
        return Err(Fail::not_found());
    }
    check_match(caller, store, call, kind, id)?;
    check_recipients(caller, store, kind, id, &value)?;
    let at = caller.stamp(store);
    let committed = store.put(kind, id, rules::prepared(caller.portal, kind, value), at);
    Ok((written(caller, call, if exists { 200 } else { 201 }, &committed), Some((kind, id.to_owned()))))
}

/// 412 when `If-Match` names another version than the newest; 404 when the resource is not the caller's to see.
fn check_match(caller: &Caller<'_>, store: &Store, call: &Call, kind: &str, id: &str) -> Result<(), Fail> {
    let found = store.find(kind, id);
    if let Some((_, row)) = found
        && !visible(caller, store, kind, row)
    {
        return Err(Fail::not_found());
    }
    let Some(tag) = &call.if_match else { return Ok(()) };
    let current = found.map(|(row, stored)| store.version_name(kind, row, stored.versions.len() - 1));
    if current.is_some_and(|current| same_tag(tag, &current)) {
        return Ok(());
    }
    Err(Fail::new(412, "conflict", "Another version is current"))
}

/// 403 when who receives a Communication is to be changed and may not be.
fn check_recipients(
    caller: &Caller<'_>,
    store: &Store,
    kind: &str,
    id: &str,
    changed: &Value,
) -> Result<(), Fail> {
    if !caller.portal.quirks.fixed_recipients || kind != "Communication" {
        return Ok(());
    }
    let stored = store.find(kind, id).and_then(|(_, row)| row.value());
    if stored.is_some_and(|stored| stored["recipient"] != changed["recipient"]) {
        return Err(Fail::new(403, "forbidden", "Recipients cannot be changed"));
    }
    Ok(())
}

fn patch_one(
    caller: &Caller<'_>,
    store: &mut Store,
    call: &Call,
    kind: &'static str,
    id: &str,
) -> Result<Done, Fail> {
    if !call.content_type.contains("json-patch") {
        return Err(Fail::new(415, "not-supported", "PATCH takes application/json-patch+json"));
    }
    if !caller.portal.quirks.patch_ignores_if_match {
        check_match(caller, store, call, kind, id)?;
    }
    let (_, stored) = store.find(kind, id).ok_or_else(Fail::not_found)?;
    if !visible(caller, store, kind, stored) {
        return Err(Fail::not_found());
    }
    let current = stored.value().ok_or_else(|| Fail::new(410, "deleted", "Deleted"))?;
    let patched = patch::apply(&current, &parse(call)?).map_err(Fail::bad)?;
    rules::check(&caller.portal.quirks, kind, &patched)?;
    check_recipients(caller, store, kind, id, &patched)?;
    let at = caller.stamp(store);
    let committed = store.put(kind, id, patched, at);
    Ok((written(caller, call, 200, &committed), Some((kind, id.to_owned()))))
}

fn delete(
    caller: &Caller<'_>,
    store: &mut Store,
    call: &Call,
    kind: &'static str,
    id: &str,
) -> Result<Done, Fail> {
    check_match(caller, store, call, kind, id)?;
    let at = caller.stamp(store);
    let deleted = store.delete(kind, id, at);
    if deleted && kind == "Subscription" {
        caller.portal.sockets().forget(id);
    }
    let reply = if caller.portal.quirks.delete_with_body {
        Reply::fhir(200, crate::reply::outcome("information", "informational", "Deleted").to_string())
    } else {
        Reply::empty(204)
    };
    Ok((reply, deleted.then(|| (kind, id.to_owned()))))
}

/// The `resource` of an entry in a reply, for a Bundle.
pub(crate) fn as_entry(reply: &Reply) -> Value {
    let header =
        |name: &str| reply.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
    let mut response = json!({"status": reply.status.to_string()});
    for (name, key) in [("etag", "etag"), ("location", "location")] {
        if let Some(value) = header(name) {
            response[key] = json!(value);
        }
    }
    let mut entry = json!({"response": response});
    if let Ok(resource) = serde_json::from_slice::<Value>(&reply.body) {
        entry["resource"] = resource;
    }
    entry
}
