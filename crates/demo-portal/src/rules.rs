//! What a resource must hold to be accepted, and Binary between raw bytes and JSON.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::portal::Portal;
use crate::query::{Filter, Query};
use crate::quirks::Quirks;
use crate::reply::{Fail, Reply};
use crate::search::Viewer;
use crate::store::Store;

/// Checks type and required fields (FHIR R4, cardinality 1..1).
pub(crate) fn check(quirks: &Quirks, kind: &str, value: &Value) -> Result<(), Fail> {
    if value["resourceType"].as_str() != Some(kind) {
        return Err(Fail::bad("The resource is not of this type"));
    }
    let required: &[&str] = match kind {
        "Communication" => &["status"],
        "Task" => &["status", "intent"],
        "Binary" => &["contentType"],
        "RelatedPerson" => &["patient"],
        "Group" => &["type", "actual"],
        "Subscription" => &["status", "criteria", "channel"],
        _ => &[],
    };
    let missing = required.iter().find(|field| value[**field].is_null());
    if let Some(field) = missing.filter(|_| !quirks.accepts_incomplete) {
        return Err(Fail::new(400, "required", format!("Missing required field: {field}")));
    }
    if kind == "Communication" && quirks.restricted_messages {
        check_restricted(value)?;
    }
    if kind == "Communication" && value["payload"].as_array().is_some_and(Vec::is_empty) {
        return Err(Fail::bad("An empty list is not allowed: payload"));
    }
    Ok(())
}

/// A restricted server takes a message to somebody in a category, its text as the one attachment, and nothing that would
/// place it or name it.
fn check_restricted(value: &Value) -> Result<(), Fail> {
    let refuse = |text: &str| Err(Fail::new(422, "not-supported", text));
    for field in ["partOf", "inResponseTo", "identifier"] {
        if !value[field].is_null() {
            return refuse(&format!("Not supported: {field}"));
        }
    }
    let body =
        value["payload"].as_array().filter(|list| list.len() == 1).map(|list| &list[0]["contentAttachment"]);
    let encoded = body.and_then(|body| body["data"].as_str()).map(|data| BASE64_STANDARD.decode(data));
    if !matches!(encoded, Some(Ok(_))) {
        return refuse("The payload is one attachment with base64 data");
    }
    let named = |field: &str| value[field].as_array().is_some_and(|list| !list.is_empty());
    if named("category") && named("recipient") {
        Ok(())
    } else {
        refuse("Category and recipient are required")
    }
}

/// 403 for a search for what somebody receives who is not the caller.
pub(crate) fn own_recipients(query: &Query, store: &Store, viewer: &Viewer) -> Result<(), Fail> {
    let Viewer::Refs(own) = viewer else { return Ok(()) };
    let foreign = |name: &String| {
        name.starts_with("Practitioner/") && store.refs.known(name).is_none_or(|known| !own.contains(&known))
    };
    let asks = query.filters.iter().any(|filter| match filter {
        Filter::Reference("recipient", names) => names.iter().any(foreign),
        _ => false,
    });
    if asks { Err(Fail::new(403, "forbidden", "Not what you receive")) } else { Ok(()) }
}

/// A resource as the server keeps it: with a quirk attachments get storage addresses, or lose what is not supported.
pub(crate) fn prepared(portal: &Portal, kind: &str, mut value: Value) -> Value {
    if kind != "Communication" {
        return value;
    }
    if portal.quirks.rewrites_attachments {
        rewrite_attachments(&portal.origin, &mut value);
    }
    if portal.quirks.restricted_messages {
        restrict(&mut value, &crate::dates::text_ms(portal.now().timestamp_millis()));
    }
    value
}

fn rewrite_attachments(origin: &str, value: &mut Value) {
    for payload in value["payload"].as_array_mut().into_iter().flatten() {
        let url = &mut payload["contentAttachment"]["url"];
        if let Some(id) = url.as_str().and_then(|url| url.strip_prefix("Binary/")) {
            *url = json!(format!("{origin}/storage/{id}?Expires=4102444800&Signature=demo"));
        }
        if payload["contentAttachment"]["url"].is_null()
            && let Some(fields) = payload.as_object_mut()
            && fields
                .get("contentAttachment")
                .is_some_and(|one| one.as_object().is_some_and(|one| one.len() == 1))
        {
            fields.remove("contentAttachment");
        }
    }
}

/// Millennium keeps neither `partOf` nor `identifier`, and the text as one base64 attachment.
pub(crate) fn restrict(value: &mut Value, now: &str) {
    let Some(fields) = value.as_object_mut() else { return };
    fields.remove("partOf");
    fields.remove("inResponseTo");
    fields.remove("identifier");
    // It is received when it is sent, and is searched by that.
    let sent = fields.get("sent").cloned().unwrap_or_else(|| json!(now));
    fields.entry("received").or_insert(sent);
    let texts: Vec<&str> = fields
        .get("payload")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|payload| payload["contentString"].as_str())
        .collect();
    if !texts.is_empty() {
        let data = BASE64_STANDARD.encode(texts.join("\n\n"));
        fields.insert(
            "payload".to_owned(),
            json!([{"contentAttachment": {"contentType": "text/plain", "data": data}}]),
        );
    }
}

/// A Binary resource from raw bytes.
pub(crate) fn binary_of(quirks: &Quirks, content_type: &str, bytes: &[u8]) -> Result<Value, Fail> {
    if quirks.no_raw_binary {
        return Err(Fail::new(415, "not-supported", "Binary is taken as JSON only"));
    }
    Ok(json!({"resourceType": "Binary", "contentType": content_type, "data": BASE64_STANDARD.encode(bytes)}))
}

/// The raw bytes of a Binary.
pub(crate) fn raw_binary(body: &str) -> Result<Reply, Fail> {
    let value: Value = serde_json::from_str(body).map_err(|_| Fail::not_found())?;
    let data = BASE64_STANDARD.decode(value["data"].as_str().unwrap_or_default()).unwrap_or_default();
    let content_type = value["contentType"].as_str().unwrap_or("application/octet-stream");
    let mut reply = Reply::empty(200).with("content-type", content_type);
    reply.body = data;
    Ok(reply)
}
