//! What is written and read around a socket: Subscription, topic, token, notifications.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::SubscriptionForm;

const BACKPORT: &str = "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition";

/// The Subscription to be created. No message content is asked for.
pub(super) fn subscription(form: &SubscriptionForm, recipients: &[String]) -> String {
    let reason = "Anteroom: new messages";
    let resource = match form {
        SubscriptionForm::Topic(topic) => json!({
            "resourceType": "Subscription",
            "meta": {"profile": [format!("{BACKPORT}/backport-subscription")]},
            "status": "requested",
            "reason": reason,
            // No filter: one server accepts a filter by recipient and then never finds a match.
            "criteria": topic,
            "channel": {
                "type": "websocket",
                "payload": FHIR_JSON,
                "_payload": {"extension": [
                    {"url": format!("{BACKPORT}/backport-payload-content"), "valueCode": "empty"}]},
            },
        }),
        _ => json!({
            "resourceType": "Subscription",
            "status": "active",
            "reason": reason,
            "criteria": format!("Communication?recipient={}", recipients.join(",")),
            "channel": {"type": "websocket"},
        }),
    };
    resource.to_string()
}

const FHIR_JSON: &str = "application/fhir+json";

/// The address of a topic (`Basic`, as the R5 backport has it) that is triggered by Communications.
pub(super) fn topic_of_messages(raw: &str) -> Option<String> {
    let value: Value = serde_json::from_str(raw).ok()?;
    let extensions = value["extension"].as_array()?;
    let ends = |one: &Value, end: &str| one["url"].as_str().is_some_and(|url| url.ends_with(end));
    let of_messages = |trigger: &Value| {
        let parts = trigger["extension"].as_array().map(Vec::as_slice).unwrap_or_default();
        parts.iter().filter(|part| ends(part, "resource")).any(|part| {
            let kind = part["valueUri"].as_str().or_else(|| part["valueString"].as_str());
            kind.is_some_and(|kind| kind.rsplit('/').next() == Some("Communication"))
        })
    };
    let triggered =
        extensions.iter().filter(|one| ends(one, "SubscriptionTopic.resourceTrigger")).any(of_messages);
    let url = extensions.iter().find(|one| ends(one, "SubscriptionTopic.url"))?;
    triggered.then(|| url["valueUri"].as_str().map(str::to_owned)).flatten()
}

/// The id of a created Subscription, from the answer's body.
pub(super) fn id_of(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    (value["resourceType"] == "Subscription").then(|| value["id"].as_str().map(str::to_owned)).flatten()
}

pub(super) struct Binding {
    pub(super) token: SecretString,
    pub(super) address: String,
    pub(super) expires: Option<DateTime<Utc>>,
}

/// Reads the `Parameters` of `$get-ws-binding-token`.
pub(super) fn binding(body: &[u8]) -> Option<Binding> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let parameter = |name: &str| {
        let found = value["parameter"].as_array()?.iter().find(|one| one["name"] == name)?;
        let values = found.as_object()?.iter().filter(|(key, _)| key.starts_with("value"));
        values.filter_map(|(_, value)| value.as_str()).next().map(str::to_owned)
    };
    let expires = parameter("expiration").and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
    Some(Binding {
        token: SecretString::from(parameter("token")?),
        address: parameter("websocket-url")?,
        expires: expires.map(|end| end.with_timezone(&Utc)),
    })
}

/// What binds a socket.
pub(super) fn bind_message(form: &SubscriptionForm, token: &SecretString) -> String {
    let token = token.expose_secret();
    match form {
        SubscriptionForm::Topic(_) => format!("bind-with-token {token}"),
        _ => json!({"type": "bind-with-token", "payload": {"token": token}}).to_string(),
    }
}

/// What a text from the server means; nothing else of it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notice {
    /// The socket is bound.
    Handshake,
    /// The server is there.
    Heartbeat,
    /// Something may be new.
    Event,
    /// The server refused, or ended the Subscription.
    Refused,
    /// Nothing that is known.
    Other,
}

/// Reads a text: a Bundle whose first entry is a `SubscriptionStatus`, or `Parameters` in its stead (R4 backport).
pub(super) fn read_notice(text: &str) -> Notice {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Notice::Other };
    match value["resourceType"].as_str() {
        Some("Bundle") => {}
        Some("OperationOutcome") => return Notice::Refused,
        _ => return Notice::Other,
    }
    let status = &value["entry"][0]["resource"];
    let field = |name: &str| match status["resourceType"].as_str() {
        Some("Parameters") => {
            let found = status["parameter"].as_array()?.iter().find(|one| one["name"] == name)?;
            found["valueCode"].as_str()
        }
        _ => status[name].as_str(),
    };
    if matches!(field("status"), Some("off" | "error" | "entered-in-error")) {
        return Notice::Refused;
    }
    match field("type") {
        Some("handshake") => Notice::Handshake,
        Some("heartbeat") => Notice::Heartbeat,
        // A kind that is not known may be news.
        _ => Notice::Event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(kind: &str, status: &str) -> String {
        json!({"resourceType": "Bundle", "entry": [{"resource":
            {"resourceType": "SubscriptionStatus", "status": status, "type": kind}}]})
        .to_string()
    }

    #[test]
    fn both_forms_of_notices_are_read() {
        assert_eq!(read_notice(&status("handshake", "active")), Notice::Handshake);
        assert_eq!(read_notice(&status("heartbeat", "active")), Notice::Heartbeat);
        assert_eq!(read_notice(&status("event-notification", "active")), Notice::Event);
        assert_eq!(read_notice(&status("heartbeat", "off")), Notice::Refused);
        let backport = |kind: &str| {
            json!({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Parameters", "parameter": [
                {"name": "status", "valueCode": "active"}, {"name": "type", "valueCode": kind}]}}]})
            .to_string()
        };
        assert_eq!(read_notice(&backport("handshake")), Notice::Handshake);
        assert_eq!(read_notice(&backport("event-notification")), Notice::Event);
    }

    #[test]
    fn anything_else_is_at_most_a_hint() {
        assert_eq!(read_notice("{\"resourceType\":\"OperationOutcome\"}"), Notice::Refused);
        assert_eq!(read_notice("{\"resourceType\":\"Bundle\"}"), Notice::Event);
        assert_eq!(read_notice("{\"resourceType\":\"Bundle\",\"entry\":\"x\"}"), Notice::Event);
        for text in ["", "ping", "[]", "{\"type\":\"pong\"}", "\u{0}", "{\"resourceType\":\"Communication\"}"]
        {
            assert_eq!(read_notice(text), Notice::Other, "{text}");
        }
    }

    #[test]
    fn a_binding_is_read_and_its_token_is_not_shown() {
        let body = json!({"resourceType": "Parameters", "parameter": [
            {"name": "token", "valueString": "t0ken"},
            {"name": "expiration", "valueDateTime": "2026-11-24T10:00:30Z"},
            {"name": "websocket-url", "valueUrl": "wss://portal.example/ws"}]});
        let found = binding(body.to_string().as_bytes()).unwrap();
        assert_eq!(found.address, "wss://portal.example/ws");
        assert!(found.expires.is_some());
        assert!(!format!("{:?}", found.token).contains("t0ken"));
        assert!(binding(b"{\"resourceType\":\"Parameters\"}").is_none());
    }

    #[test]
    fn only_a_topic_of_messages_is_taken() {
        let topic = |kind: &str| {
            json!({"resourceType": "Basic", "extension": [
                {"url": "http://hl7.org/fhir/5.0/StructureDefinition/extension-SubscriptionTopic.url", "valueUri": "urn:t"},
                {"url": "http://hl7.org/fhir/4.3/StructureDefinition/extension-SubscriptionTopic.resourceTrigger",
                    "extension": [{"url": "resource",
                        "valueUri": format!("http://hl7.org/fhir/StructureDefinition/{kind}")}]}]})
            .to_string()
        };
        assert_eq!(topic_of_messages(&topic("Communication")).as_deref(), Some("urn:t"));
        assert_eq!(topic_of_messages(&topic("Encounter")), None);
        assert_eq!(topic_of_messages("{\"resourceType\":\"Basic\"}"), None);
    }
}
