//! What we write: a reply, or a new thread with its first message.
//!
//! The payload is frozen when it is queued (I5). Only `sent` is added, at the first attempt, and then kept for every
//! retry: it is the time at which the message left, which may be hours after it was queued.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use inbox_domain::{ClientIdentifier, PortalId, format_instant};
use serde_json::{Value, json};

/// A message to be frozen.
#[derive(Debug, Clone)]
pub struct OutgoingMessage<'a> {
    /// Our identifier.
    pub identifier: &'a ClientIdentifier,
    /// The thread's header, when it has one.
    pub header: Option<&'a PortalId>,
    /// The message answered.
    pub in_response_to: Option<&'a PortalId>,
    /// The patient.
    pub patient: Option<&'a PortalId>,
    /// Topic, or empty.
    pub topic: &'a str,
    /// `Practitioner/ID` of the clinician.
    pub sender: &'a str,
    /// References of the recipients.
    pub recipients: &'a [String],
    /// The text.
    pub text: &'a str,
}

/// The Communication of a reply.
pub fn reply_payload(message: &OutgoingMessage<'_>) -> Value {
    let mut body = json!({
        "resourceType": "Communication",
        "identifier": [identifier(message.identifier)],
        "status": "completed",
        "sender": {"reference": message.sender},
        "recipient": references(message.recipients),
        "payload": [{"contentString": message.text}],
    });
    if let Some(header) = message.header {
        body["partOf"] = json!([{"reference": format!("Communication/{header}")}]);
    }
    if let Some(answered) = message.in_response_to {
        body["inResponseTo"] = json!([{"reference": format!("Communication/{answered}")}]);
    }
    if let Some(patient) = message.patient {
        body["subject"] = json!({"reference": format!("Patient/{patient}")});
    }
    if !message.topic.is_empty() {
        body["topic"] = json!({"text": message.topic});
    }
    body
}

/// Marks a message as one that the program sent by itself.
pub fn marked_automatic(mut message: Value) -> Value {
    message["category"] = json!([{
        "coding": [{"system": "urn:anteroom:category", "code": "after-hours-acknowledgement"}],
        "text": "Automatic reply",
    }]);
    message
}

/// A reply, or a first message, where messages carry neither `partOf` nor `identifier`: the text is the one attachment,
/// and the thread is known by subject and topic. `category` as other messages of the portal have it; by that it is found.
pub fn restricted_payload(message: &OutgoingMessage<'_>, category: Value) -> Value {
    let data = BASE64_STANDARD.encode(message.text);
    let mut body = json!({
        "resourceType": "Communication",
        "status": "completed",
        "category": category,
        "sender": {"reference": message.sender},
        "recipient": references(message.recipients),
        "payload": [{"contentAttachment": {"contentType": "text/plain; charset=utf-8", "data": data}}],
    });
    if let Some(patient) = message.patient {
        body["subject"] = json!({"reference": format!("Patient/{patient}")});
    }
    if !message.topic.is_empty() {
        body["topic"] = json!({"text": message.topic});
    }
    body
}

/// The category of a message as received, if it has one.
pub fn category_of(raw: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(raw).ok()?;
    value.get("category").filter(|list| list.as_array().is_some_and(|list| !list.is_empty())).cloned()
}

/// The category of a message where nothing shows which the portal uses: HL7's own.
pub fn usual_category() -> Value {
    let system = "http://terminology.hl7.org/CodeSystem/communication-category";
    json!([{"coding": [{"system": system, "code": "notification"}]}])
}

/// A new thread to be frozen.
#[derive(Debug, Clone)]
pub struct NewThread<'a> {
    /// Our identifier of the message; the header's is derived from it.
    pub identifier: &'a ClientIdentifier,
    /// The patient.
    pub patient: &'a PortalId,
    /// Topic.
    pub topic: &'a str,
    /// `Practitioner/ID` of the clinician.
    pub sender: &'a str,
    /// The first message's text.
    pub text: &'a str,
}

/// Header and first message. The header is created first, by its own identifier, then the message with `partOf` set:
/// two conditional creates are each idempotent everywhere, while a failing transaction stays half committed on a
/// server in common use (FHIR.md).
pub fn new_thread_bundle(thread: &NewThread<'_>) -> Value {
    let patient = format!("Patient/{}", thread.patient);
    let header_identifier = ClientIdentifier(format!("{}-thread", thread.identifier));
    let header = json!({
        "resourceType": "Communication",
        "identifier": [identifier(&header_identifier)],
        "status": "in-progress",
        "topic": {"text": thread.topic},
        "subject": {"reference": patient},
        "sender": {"reference": thread.sender},
        "recipient": references(&[patient.clone(), thread.sender.to_owned()]),
    });
    let message = reply_payload(&OutgoingMessage {
        identifier: thread.identifier,
        header: None,
        in_response_to: None,
        patient: Some(thread.patient),
        topic: thread.topic,
        sender: thread.sender,
        recipients: &[patient],
        text: thread.text,
    });
    json!({"header": header, "headerIdentifier": header_identifier, "message": message})
}

/// The frozen payload with the time at which it leaves; a payload that has one keeps it.
pub fn with_sent(mut payload: Value, at: DateTime<Utc>) -> Value {
    if let Some(object) = payload.as_object_mut() {
        object.entry("sent").or_insert_with(|| Value::String(format_instant(at)));
    }
    payload
}

fn identifier(identifier: &ClientIdentifier) -> Value {
    json!({"system": ClientIdentifier::SYSTEM, "value": identifier})
}

fn references(references: &[String]) -> Value {
    references.iter().map(|reference| json!({"reference": reference})).collect()
}
