//! What clinicians share: a Task a thread for who has it, `received` or a Task for what was read, the header's recipients
//! for who can read it. None of it says a word about risk: a Task with `for` may be visible to the patient.

use chrono::{DateTime, Utc};
use inbox_domain::{ClaimState, PortalClaim, PortalId, format_instant};
use serde_json::{Value, json};

use super::communication::digest_version;
use super::reference::{normal_reference, parse_reference};
use super::time::read_date_time;
use super::{MapContext, Unreadable};
use crate::wire::Task;

/// System of the identifier of a thread's shared work; its value is the header's id, so that every vault makes the same.
pub const CLAIM_SYSTEM: &str = "urn:anteroom:claim";
/// System of the identifier of a read receipt; its value is message and reader.
pub const RECEIPT_SYSTEM: &str = "urn:anteroom:read-receipt";
/// System of `Task.code`.
pub const TASK_CODE_SYSTEM: &str = "urn:anteroom:task";
/// `Task.code` of a thread's shared work.
pub const SHARED_WORK: &str = "shared-work";
/// `Task.code` of a read receipt.
pub const READ_RECEIPT: &str = "read-receipt";

/// Maps a Task; `None` for one that is no thread's shared work.
///
/// # Errors
/// When the JSON is not a Task with an id.
pub fn map_claim(raw: &str, context: &MapContext) -> Result<Option<PortalClaim>, Unreadable> {
    let wire: Task = serde_json::from_str(raw).map_err(|_| Unreadable)?;
    let id = wire.id.clone().filter(|id| !id.is_empty()).ok_or(Unreadable)?;
    let ours = wire.identifier.iter().any(|item| item.system.as_deref() == Some(CLAIM_SYSTEM));
    let focus = wire.focus.as_ref().and_then(|focus| focus.reference.as_deref());
    let header = focus.and_then(|focus| parse_reference(&context.base, focus));
    let Some(header) = header.filter(|header| ours && header.kind == "Communication") else {
        return Ok(None);
    };
    let owner = wire.owner.as_ref().and_then(|owner| owner.reference.as_deref());
    let owner = owner.map(|owner| normal_reference(&context.base, owner));
    let state = match wire.status.as_deref() {
        Some("accepted" | "in-progress" | "on-hold") if owner.is_some() => ClaimState::Claimed,
        Some("completed") => ClaimState::Done,
        _ => ClaimState::Free,
    };
    let meta = wire.meta.unwrap_or_default();
    let read = |text: Option<&str>| text.and_then(read_date_time).map(|time| time.at);
    let last_updated = read(meta.last_updated.as_deref()).unwrap_or(context.server_now);
    let began = read(wire.execution_period.as_ref().and_then(|period| period.start.as_deref()));
    Ok(Some(PortalClaim {
        portal_id: PortalId(id),
        version: meta.version_id.filter(|version| !version.is_empty()).unwrap_or_else(|| digest_version(raw)),
        last_updated,
        header: PortalId(header.id),
        owner: owner.filter(|_| state != ClaimState::Free),
        state,
        // A claim is never younger than the version that shows it.
        claimed_at: began.map_or(last_updated, |began| began.min(last_updated)),
        began,
        raw: raw.to_owned(),
    }))
}

/// The Task of a thread that `owner` claims (or has done) at `at`.
pub fn claim_payload(
    header: &PortalId,
    patient: Option<&PortalId>,
    owner: &str,
    state: ClaimState,
    at: DateTime<Utc>,
) -> Value {
    let mut task = json!({
        "resourceType": "Task",
        "identifier": [{"system": CLAIM_SYSTEM, "value": header}],
        "intent": "order",
        "code": {"coding": [{"system": TASK_CODE_SYSTEM, "code": SHARED_WORK}]},
        "focus": {"reference": format!("Communication/{header}")},
        "authoredOn": format_instant(at),
    });
    if let Some(patient) = patient {
        task["for"] = json!({"reference": format!("Patient/{patient}")});
    }
    set_claim(&mut task, owner, state, at);
    task
}

/// The Task as received with another state; `None` when it cannot be read. Everything else in it stays.
pub fn changed_claim(raw: &str, owner: &str, state: ClaimState, at: DateTime<Utc>) -> Option<Value> {
    let mut task: Value = serde_json::from_str(raw).ok().filter(Value::is_object)?;
    set_claim(&mut task, owner, state, at);
    Some(task)
}

fn set_claim(task: &mut Value, owner: &str, state: ClaimState, at: DateTime<Utc>) {
    let at = format_instant(at);
    task["lastModified"] = json!(at);
    match state {
        ClaimState::Free => {
            task["status"] = json!("requested");
            if let Some(fields) = task.as_object_mut() {
                fields.remove("owner");
                fields.remove("executionPeriod");
            }
        }
        ClaimState::Claimed => {
            task["status"] = json!("accepted");
            task["owner"] = json!({"reference": owner});
            task["executionPeriod"] = json!({"start": at});
        }
        ClaimState::Done => {
            task["status"] = json!("completed");
            task["owner"] = json!({"reference": owner});
            task["executionPeriod"]["end"] = json!(at);
        }
    }
}

/// Value of a read receipt's identifier.
pub fn receipt_identifier(message: &PortalId, reader: &str) -> String {
    format!("{message}.{}", reader.rsplit('/').next().unwrap_or(reader))
}

/// The Task that says that `reader` has read a message that others have received too.
pub fn receipt_payload(
    message: &PortalId,
    patient: Option<&PortalId>,
    reader: &str,
    at: DateTime<Utc>,
) -> Value {
    let mut task = json!({
        "resourceType": "Task",
        "identifier": [{"system": RECEIPT_SYSTEM, "value": receipt_identifier(message, reader)}],
        "status": "completed",
        "intent": "order",
        "code": {"coding": [{"system": TASK_CODE_SYSTEM, "code": READ_RECEIPT}]},
        "focus": {"reference": format!("Communication/{message}")},
        "owner": {"reference": reader},
        "authoredOn": format_instant(at),
    });
    if let Some(patient) = patient {
        task["for"] = json!({"reference": format!("Patient/{patient}")});
    }
    task
}

/// JSON Patch that says when a message was read.
pub fn received_patch(at: DateTime<Utc>) -> Value {
    json!([{"op": "add", "path": "/received", "value": format_instant(at)}])
}

/// The message as received with the time at which it was read; `None` when it cannot be read or says so already.
pub fn with_received(raw: &str, at: DateTime<Utc>) -> Option<Value> {
    let mut message: Value = serde_json::from_str(raw).ok().filter(Value::is_object)?;
    if message.get("received").is_some() {
        return None;
    }
    message["received"] = json!(format_instant(at));
    Some(message)
}

/// The recipients of a header as received, relative where they are the portal's own.
pub fn header_recipients(base: &str, raw: &str) -> Vec<String> {
    let header: Value = serde_json::from_str(raw).unwrap_or_default();
    let list = header.get("recipient").and_then(Value::as_array).cloned().unwrap_or_default();
    let named = list.iter().filter_map(|item| item.get("reference")?.as_str());
    named.map(|reference| normal_reference(base, reference)).collect()
}

/// The header as received with one more recipient; `None` when it cannot be read.
pub fn with_recipient(raw: &str, recipient: &str) -> Option<Value> {
    let mut header: Value = serde_json::from_str(raw).ok().filter(Value::is_object)?;
    let list = header.as_object_mut()?.entry("recipient").or_insert_with(|| json!([]));
    list.as_array_mut()?.push(json!({"reference": recipient}));
    Some(header)
}
