//! Subscription resources, binding tokens, and the Bundles that sockets carry.

use chrono::{Duration, SecondsFormat};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Binding, SubscriptionForm, Wanted};
use crate::keys::{items, reference};
use crate::portal::Portal;
use crate::reply::{Fail, Reply};
use crate::rest::Caller;
use crate::store::Store;

/// The topic that the clinic offers in Helios's form.
const TOPIC: &str = "urn:anteroom:topic:communication";
const TOPIC_EXTENSION: &str = "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic";

/// A topic of Communications, in the form that the R5 backport gives it in R4.
pub(crate) fn topic() -> Value {
    let trigger = |url: &str, value: Value| {
        let mut extension = json!({"url": url});
        let name = if url == "resource" { "valueUri" } else { "valueCode" };
        extension[name] = value;
        extension
    };
    json!({
        "resourceType": "Basic",
        "code": {"coding": [{"system": "http://hl7.org/fhir/fhir-types", "code": "SubscriptionTopic"}]},
        "extension": [
            {"url": format!("{TOPIC_EXTENSION}.url"), "valueUri": TOPIC},
            {"url": format!("{TOPIC_EXTENSION}.resourceTrigger"), "extension": [
                trigger("resource", json!("http://hl7.org/fhir/StructureDefinition/Communication")),
                trigger("supportedInteraction", json!("create")),
                trigger("supportedInteraction", json!("update")),
            ]},
        ],
    })
}

/// `GET Subscription/id/$get-ws-binding-token`.
pub(crate) fn binding_token(caller: &Caller<'_>, store: &Store, id: &str) -> Result<Reply, Fail> {
    let portal = caller.portal;
    let form = portal.quirks.subscriptions;
    if matches!(form, SubscriptionForm::Stored | SubscriptionForm::Absent) {
        return Err(Fail::not_found());
    }
    let found =
        store.find("Subscription", id).and_then(|(_, row)| row.value()).ok_or_else(Fail::not_found)?;
    if found["channel"]["type"] != "websocket" {
        return Err(Fail::bad("The channel is not a WebSocket"));
    }
    let criteria = found["criteria"].as_str().unwrap_or_default();
    let wanted = match form {
        SubscriptionForm::Topic if has_topic(store, criteria) => Wanted::All,
        // Without its topic the Subscription was stored and is not active.
        SubscriptionForm::Topic => return Err(Fail::not_found()),
        _ => wanted(criteria).ok_or_else(|| Fail::bad("The criteria cannot be read"))?,
    };
    let mut sockets = portal.sockets();
    let usual = if form == SubscriptionForm::Topic { 30 } else { 3600 };
    let life = sockets.token_life.and_then(|life| Duration::from_std(life).ok());
    let expires = portal.now() + life.unwrap_or_else(|| Duration::seconds(usual));
    let token = sockets.give_token(Binding {
        subscription: id.to_owned(),
        wanted,
        practitioner: caller.practitioner.clone(),
        expires: expires.timestamp_millis(),
    });
    let parameters = json!({"resourceType": "Parameters", "parameter": [
        {"name": "token", "valueString": token},
        {"name": "expiration", "valueDateTime": expires.to_rfc3339_opts(SecondsFormat::Millis, true)},
        {"name": "websocket-url", "valueUrl": socket_address(portal)},
    ]});
    Ok(Reply::fhir(200, parameters.to_string()))
}

/// Where sockets are opened.
pub(crate) fn socket_address(portal: &Portal) -> String {
    format!("{}{}", portal.origin.replacen("http", "ws", 1), super::socket::path(portal.quirks.subscriptions))
}

fn has_topic(store: &Store, canonical: &str) -> bool {
    let rows = store.table("Basic").map(|table| table.rows.as_slice()).unwrap_or_default();
    let names = |value: &Value| {
        items(&value["extension"]).any(|one| {
            one["url"].as_str().is_some_and(|url| url.ends_with("SubscriptionTopic.url"))
                && one["valueUri"].as_str() == Some(canonical)
        })
    };
    rows.iter().filter_map(crate::store::Row::value).any(|value| names(&value))
}

fn wanted(criteria: &str) -> Option<Wanted> {
    let (kind, query) = criteria.split_once('?').unwrap_or((criteria, ""));
    if kind != "Communication" {
        return None;
    }
    let pairs = crate::http::pairs(query);
    let list = |value: &str| value.split(',').map(str::to_owned).collect();
    match pairs.as_slice() {
        [] => Some(Wanted::All),
        [(name, value)] if name == "recipient" => Some(Wanted::Recipient(list(value))),
        [(name, value)] if name == "sender" => Some(Wanted::Sender(list(value))),
        _ => None,
    }
}

pub(super) fn matches(wanted: &Wanted, value: &Value) -> bool {
    let among = |list: &[String], one: &str| list.iter().any(|wanted| wanted == one);
    match wanted {
        Wanted::All => true,
        Wanted::Recipient(list) => {
            items(&value["recipient"]).filter_map(reference).any(|one| among(list, one))
        }
        Wanted::Sender(list) => reference(&value["sender"]).is_some_and(|one| among(list, one)),
    }
}

pub(super) fn handshake(form: SubscriptionForm, subscription: &str) -> String {
    bundle(vec![status(form, subscription, "handshake", None)])
}

pub(super) fn heartbeat(form: SubscriptionForm, subscriptions: &[String]) -> String {
    bundle(subscriptions.iter().map(|one| status(form, one, "heartbeat", None)).collect())
}

/// Names the resource and holds nothing of it.
pub(super) fn notification(form: SubscriptionForm, subscription: &str, id: &str) -> String {
    bundle(vec![status(form, subscription, "event-notification", Some(&format!("Communication/{id}")))])
}

fn bundle(resources: Vec<Value>) -> String {
    let entries: Vec<Value> = resources.into_iter().map(|resource| json!({"resource": resource})).collect();
    json!({"resourceType": "Bundle", "id": Uuid::new_v4(), "type": "history", "entry": entries}).to_string()
}

fn status(form: SubscriptionForm, subscription: &str, kind: &str, focus: Option<&str>) -> Value {
    let own = format!("Subscription/{subscription}");
    if form == SubscriptionForm::Topic {
        let mut parameters = vec![
            json!({"name": "subscription", "valueReference": {"reference": own}}),
            json!({"name": "topic", "valueCanonical": TOPIC}),
            json!({"name": "status", "valueCode": "active"}),
            json!({"name": "type", "valueCode": kind}),
        ];
        if let Some(focus) = focus {
            parameters.push(json!({"name": "notification-event", "part": [
                {"name": "event-number", "valueString": "1"},
                {"name": "focus", "valueReference": {"reference": focus}}]}));
        }
        return json!({"resourceType": "Parameters", "parameter": parameters});
    }
    let mut status = json!({"resourceType": "SubscriptionStatus", "status": "active", "type": kind,
        "subscription": {"reference": own}});
    if let Some(focus) = focus {
        status["notificationEvent"] = json!([{"eventNumber": "0", "focus": {"reference": focus}}]);
    }
    status
}
