//! Communications as the portal writes them: the header of a thread, and a message in it.

use serde_json::{Value, json};

/// System of the identifiers that the portal gives its own messages.
pub(crate) const IDENTIFIER_SYSTEM: &str = "https://portal.sample-clinic.example/message";

/// A message before it is a resource.
pub(crate) struct Draft<'a> {
    pub(crate) subject: &'a str,
    pub(crate) sender: &'a str,
    pub(crate) recipients: &'a [String],
    pub(crate) topic: &'a str,
    /// Id of the header.
    pub(crate) thread: &'a str,
    /// Id of the message that this one answers.
    pub(crate) answers: Option<&'a str>,
    pub(crate) sent: Option<&'a str>,
    pub(crate) text: &'a str,
    pub(crate) identifier: &'a str,
    pub(crate) status: &'a str,
}

fn category() -> Value {
    json!([{"coding": [{"system": "https://portal.sample-clinic.example/category", "code": "secure-message"}]}])
}

fn references(list: &[String]) -> Value {
    list.iter().map(|one| json!({"reference": one})).collect()
}

/// The header of a thread: no payload, no partOf, everyone among the recipients.
pub(crate) fn header(
    subject: &str,
    sender: &str,
    recipients: &[String],
    topic: &str,
    sent: &str,
    identifier: &str,
    open: bool,
) -> Value {
    json!({
        "resourceType": "Communication",
        "identifier": [{"system": IDENTIFIER_SYSTEM, "value": identifier}],
        "status": if open { "in-progress" } else { "completed" },
        "category": category(),
        "topic": {"text": topic},
        "subject": {"reference": subject},
        "sender": {"reference": sender},
        "recipient": references(recipients),
        "sent": sent,
    })
}

/// A message of a thread.
pub(crate) fn message(draft: &Draft<'_>) -> Value {
    let mut value = json!({
        "resourceType": "Communication",
        "identifier": [{"system": IDENTIFIER_SYSTEM, "value": draft.identifier}],
        "status": draft.status,
        "category": category(),
        "partOf": [{"reference": format!("Communication/{}", draft.thread)}],
        "topic": {"text": draft.topic},
        "subject": {"reference": draft.subject},
        "sender": {"reference": draft.sender},
        "recipient": references(draft.recipients),
        "payload": [{"contentString": draft.text}],
    });
    if let Some(answers) = draft.answers {
        value["inResponseTo"] = json!([{"reference": format!("Communication/{answers}")}]);
    }
    if let Some(sent) = draft.sent {
        value["sent"] = json!(sent);
    }
    value
}
