//! Freezing and queueing what the clinician wrote (I5): the payload is committed before "queued" is said.

use chrono::{DateTime, Utc};
use inbox_domain::{ClientIdentifier, OutboxDraft, OutboxEntry, PortalId, SenderRole, ThreadId};
use inbox_portal::mapping::{
    NewThread, OutgoingMessage, category_of, marked_automatic, new_thread_bundle, reply_payload,
    restricted_payload, usual_category,
};
use inbox_vault::{Promise, StoredMessage, ThreadSummary, Vault};

use crate::error::SyncError;
use crate::settings;

/// Queues a reply to a thread, or a new thread to a patient. It leaves with the next sync.
///
/// The payload is complete but for `sent`, which is the time at which it leaves: a reply written at 21:40 for 08:00 says
/// 08:00 to the patient.
///
/// # Errors
/// [`SyncError::NotConnected`] before the first sign-in, [`SyncError::NoAddressee`], and the vault's.
pub fn enqueue_reply(
    vault: &Vault,
    draft: OutboxDraft,
    now: DateTime<Utc>,
) -> Result<OutboxEntry, SyncError> {
    let sender = settings::practitioner(vault)?;
    let identifier = ClientIdentifier::random();
    let payload = match (draft.thread, &draft.patient) {
        (Some(thread), _) => reply(vault, thread, &draft.text, &identifier, &sender, now)?,
        (None, Some(patient)) if is_restricted(vault)? => {
            let message = OutgoingMessage {
                identifier: &identifier,
                header: None,
                in_response_to: None,
                patient: Some(patient),
                topic: &draft.topic,
                sender: &sender,
                recipients: &[format!("Patient/{patient}")],
                text: &draft.text,
            };
            restricted_payload(&message, category(vault, None, now)?)
        }
        (None, Some(patient)) => new_thread_bundle(&NewThread {
            identifier: &identifier,
            patient,
            topic: &draft.topic,
            sender: &sender,
            text: &draft.text,
        }),
        (None, None) => return Err(SyncError::NoAddressee),
    };
    Ok(vault.enqueue(&draft, &identifier, &payload.to_string(), now)?)
}

/// Queues an after-hours acknowledgement and records what it promises; `None` when this vault knows it already.
///
/// # Errors
/// [`SyncError::NotConnected`]; [`SyncError::NoLookup`] where the portal cannot be asked by identifier, since then two
/// workstations would send two; the vault's.
pub fn enqueue_promise(vault: &Vault, promise: &Promise) -> Result<Option<OutboxEntry>, SyncError> {
    if is_restricted(vault)? {
        return Err(SyncError::NoLookup);
    }
    let sender = settings::practitioner(vault)?;
    let payload = reply(
        vault,
        promise.thread,
        &promise.text,
        &promise.client_identifier,
        &sender,
        promise.promised_at,
    )?;
    Ok(vault.promise(promise, &marked_automatic(payload).to_string())?)
}

fn reply(
    vault: &Vault,
    thread: ThreadId,
    text: &str,
    identifier: &ClientIdentifier,
    sender: &str,
    now: DateTime<Utc>,
) -> Result<serde_json::Value, SyncError> {
    let summary = vault.thread(thread)?;
    let messages = vault.messages(thread)?;
    let patient = summary.patient.as_ref().map(|patient| patient.portal_id.clone());
    let recipients = participants(&summary, &messages, sender);
    let answered: Option<PortalId> = messages.last().map(|message| message.portal_id.clone());
    let message = OutgoingMessage {
        identifier,
        header: summary.portal_id.as_ref(),
        in_response_to: answered.as_ref(),
        patient: patient.as_ref(),
        topic: &summary.topic,
        sender,
        recipients: &recipients,
        text,
    };
    if is_restricted(vault)? {
        return Ok(restricted_payload(&message, category(vault, messages.last(), now)?));
    }
    Ok(reply_payload(&message))
}

/// Whether the portal's messages carry neither `partOf` nor `identifier`.
fn is_restricted(vault: &Vault) -> Result<bool, SyncError> {
    Ok(settings::load_capabilities(vault)?.is_some_and(|record| record.restricted_messages()))
}

/// The category of `answered`, else of a recent message: a portal that searches by category shows hers only so.
fn category(
    vault: &Vault,
    answered: Option<&StoredMessage>,
    now: DateTime<Utc>,
) -> Result<serde_json::Value, SyncError> {
    const ROWS: u32 = 20;
    let mut ids: Vec<_> = answered.iter().map(|message| message.id).collect();
    for row in vault.list_threads(None, None, 0, ROWS, now)?.rows {
        ids.extend(vault.messages(row.id)?.last().map(|message| message.id));
    }
    for id in ids {
        if let Some(category) = category_of(&vault.message_raw(id)?) {
            return Ok(category);
        }
    }
    Ok(usual_category())
}

/// Everyone in the thread but the sender: the header's list where there is one, else everybody whom its messages name;
/// the writer of the last message in any case, and the patient where nobody of her side is among them.
fn participants(summary: &ThreadSummary, messages: &[StoredMessage], sender: &str) -> Vec<String> {
    let mut found: Vec<String> = summary.recipients.clone();
    let named: &[StoredMessage] = if found.is_empty() { messages } else { &[] };
    for message in named {
        found.extend(writer(message));
        found.extend(message.recipients.iter().cloned());
    }
    found
        .extend(messages.iter().rev().find(|message| message.sender.role.is_patient_side()).and_then(writer));
    let from_patient = |name: &String| name.starts_with("Patient/") || name.starts_with("RelatedPerson/");
    if !found.iter().any(from_patient) {
        found.extend(summary.patient.as_ref().map(|patient| format!("Patient/{}", patient.portal_id)));
    }
    let mut unique = Vec::new();
    for name in found {
        if name != sender && !unique.contains(&name) {
            unique.push(name);
        }
    }
    unique
}

fn writer(message: &StoredMessage) -> Option<String> {
    let kind = match message.sender.role {
        SenderRole::Patient => "Patient",
        SenderRole::Proxy => "RelatedPerson",
        SenderRole::Clinician => "Practitioner",
        SenderRole::Other => return None,
    };
    message.sender.id.as_ref().map(|id| format!("{kind}/{id}"))
}
