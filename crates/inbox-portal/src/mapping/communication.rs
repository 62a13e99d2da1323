//! A Communication as a thread header or as a message.

use chrono::{DateTime, Utc};
use inbox_domain::{
    ClientIdentifier, Delivered, Mark, PortalId, PortalMessage, PortalThread, Sender, SenderRole,
    SentPrecision, ThreadKey, ThreadStatus,
};
use sha2::{Digest, Sha256};

use super::reference::{normal_reference, parse_reference};
use super::text::read_payload;
use super::time::read_date_time;
use super::{MapContext, Unreadable};
use crate::wire::{Communication, Extension, Identifier, Reference};

/// The codes of FHIR R4's `event-status`.
const KNOWN_STATUS: [&str; 8] = [
    "preparation",
    "in-progress",
    "not-done",
    "on-hold",
    "stopped",
    "completed",
    "entered-in-error",
    "unknown",
];

/// A thread header with what visibility needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedThread {
    /// The thread.
    pub thread: PortalThread,
    /// Its sender, relative where it is the portal's own.
    pub sender: Option<String>,
    /// Withdrawn on the portal.
    pub withdrawn: bool,
}

/// A message with what visibility needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappedMessage {
    /// The message.
    pub message: PortalMessage,
    /// Its sender, relative where it is the portal's own.
    pub sender: Option<String>,
}

/// What a Communication is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapped {
    /// A header: no payload, no `partOf`.
    Thread(Box<MappedThread>),
    /// A message.
    Message(Box<MappedMessage>),
}

/// Maps one Communication.
///
/// # Errors
/// When the JSON is not a Communication with an id.
pub fn map_communication(raw: &str, context: &MapContext) -> Result<Mapped, Unreadable> {
    let wire: Communication = serde_json::from_str(raw).map_err(|_| Unreadable)?;
    let id = wire.id.clone().filter(|id| !id.is_empty()).map(PortalId).ok_or(Unreadable)?;
    if wire.payload.is_empty() && wire.part_of.is_empty() {
        return Ok(Mapped::Thread(Box::new(map_header(id, &wire, raw, context))));
    }
    Ok(Mapped::Message(Box::new(map_message(id, &wire, raw, context))))
}

fn map_header(id: PortalId, wire: &Communication, raw: &str, context: &MapContext) -> MappedThread {
    let closed =
        matches!(wire.status.as_deref(), Some("completed" | "stopped" | "not-done" | "entered-in-error"));
    let sender = sender_reference(wire, context);
    let mut readers = recipients(wire, context);
    // Whoever opened the thread reads it too, whether or not the portal lists her.
    readers.extend(sender.iter().filter(|sender| !recipients(wire, context).contains(sender)).cloned());
    MappedThread {
        thread: PortalThread {
            portal_id: id,
            version: version(wire, raw),
            last_updated: last_updated(wire, context),
            topic: topic(wire),
            status: if closed { ThreadStatus::Closed } else { ThreadStatus::Open },
            patient: patient(wire, context),
            recipients: readers,
            raw: raw.to_owned(),
        },
        sender,
        withdrawn: wire.status.as_deref() == Some("entered-in-error"),
    }
}

fn map_message(id: PortalId, wire: &Communication, raw: &str, context: &MapContext) -> MappedMessage {
    let mut marks = Vec::new();
    let (sent_precision, sent_at) = read_sent(wire, context, &mut marks);
    let thread = thread_key(&id, wire, context, &mut marks);
    let sender = read_sender(wire, context, &mut marks);
    let delivered = read_status(wire, &mut marks);
    let (text, attachments) = read_payload(&context.base, &wire.payload);
    let message = PortalMessage {
        portal_id: id,
        version: version(wire, raw),
        last_updated: last_updated(wire, context),
        thread,
        patient: patient(wire, context),
        sender,
        recipients: recipients(wire, context),
        topic: topic(wire),
        sent: wire.sent.clone(),
        sent_precision,
        sent_at,
        received: wire.received.as_deref().and_then(read_date_time).map(|time| time.at),
        text,
        delivered,
        marks,
        client_identifier: client_identifier(wire),
        in_response_to: communication_id(wire.in_response_to.first(), context),
        attachments,
        raw: raw.to_owned(),
    };
    MappedMessage { message, sender: sender_reference(wire, context) }
}

fn read_sent(
    wire: &Communication,
    context: &MapContext,
    marks: &mut Vec<Mark>,
) -> (SentPrecision, DateTime<Utc>) {
    let Some(time) = wire.sent.as_deref().and_then(read_date_time) else {
        marks.push(Mark::SentMissing);
        return (SentPrecision::Missing, last_updated(wire, context));
    };
    if time.precision != SentPrecision::Instant {
        marks.push(Mark::SentPartial);
    }
    if time.no_zone {
        marks.push(Mark::NoZone);
    }
    // The `Date` header has whole seconds, so "now" ends with its second.
    if time.at >= context.server_now + chrono::Duration::seconds(1) {
        marks.push(Mark::SentInFuture);
    }
    (time.precision, time.at)
}

/// partOf, else a thread id by extension or identifier, else `inResponseTo`, else subject and topic. A message that
/// names nothing at all is its own thread, so that two strangers never meet in one.
fn thread_key(id: &PortalId, wire: &Communication, context: &MapContext, marks: &mut Vec<Mark>) -> ThreadKey {
    if let Some(header) = wire.part_of.iter().find_map(|part| communication_id(Some(part), context)) {
        return ThreadKey::Header(header);
    }
    if let Some(name) = named_thread(wire) {
        return ThreadKey::Named(name);
    }
    if let Some(parent) = communication_id(wire.in_response_to.first(), context) {
        return ThreadKey::InResponseTo(parent);
    }
    marks.push(Mark::ThreadInferred);
    match patient(wire, context) {
        Some(patient) => ThreadKey::Inferred { patient, topic: normal_topic(&topic(wire)) },
        None => ThreadKey::Named(format!("message:{id}")),
    }
}

fn named_thread(wire: &Communication) -> Option<String> {
    wire.extension
        .iter()
        .find_map(thread_extension)
        .or_else(|| wire.identifier.iter().find_map(thread_identifier))
}

fn thread_extension(extension: &Extension) -> Option<String> {
    if !names_thread(extension.url.as_deref()?) {
        return None;
    }
    let reference = extension.value_reference.as_ref().and_then(|r| r.reference.clone());
    let identifier = extension.value_identifier.as_ref().and_then(|i| i.value.clone());
    let plain = extension
        .value_string
        .clone()
        .or_else(|| extension.value_id.clone())
        .or_else(|| extension.value_uri.clone());
    plain.or(identifier).or(reference).filter(|name| !name.is_empty())
}

fn thread_identifier(identifier: &Identifier) -> Option<String> {
    let by_kind = identifier.kind.as_ref().is_some_and(|kind| {
        kind.coding.iter().filter_map(|c| c.code.as_deref()).any(names_thread)
            || kind.text.as_deref().is_some_and(names_thread)
    });
    if !by_kind && !names_thread(identifier.system.as_deref().unwrap_or_default()) {
        return None;
    }
    identifier.value.clone().filter(|value| !value.is_empty())
}

/// Whether the last part of a URL, system or code says "thread id". FHIR R4 defines no such extension, so each
/// product has its own.
fn names_thread(name: &str) -> bool {
    let last = name.rsplit(['/', ':', '#']).next().unwrap_or_default();
    let letters: String =
        last.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    matches!(
        letters.as_str(),
        "thread"
            | "threadid"
            | "messagethread"
            | "messagethreadid"
            | "communicationthread"
            | "conversation"
            | "conversationid"
    )
}

fn read_sender(wire: &Communication, context: &MapContext, marks: &mut Vec<Mark>) -> Sender {
    let reference = wire.sender.as_ref();
    let name = reference.and_then(|r| r.display.clone()).unwrap_or_default();
    let parsed =
        reference.and_then(|r| r.reference.as_deref()).and_then(|text| parse_reference(&context.base, text));
    let Some(parsed) = parsed else {
        marks.push(Mark::SenderMissing);
        return Sender { role: SenderRole::Other, id: None, name };
    };
    let role = match parsed.kind.as_str() {
        "Patient" => SenderRole::Patient,
        "RelatedPerson" => SenderRole::Proxy,
        "Practitioner" | "PractitionerRole" => SenderRole::Clinician,
        _ => SenderRole::Other,
    };
    Sender { role, id: Some(PortalId(parsed.id)), name }
}

fn read_status(wire: &Communication, marks: &mut Vec<Mark>) -> Delivered {
    match wire.status.as_deref() {
        Some("preparation") => Delivered::Draft,
        Some("entered-in-error") => Delivered::Withdrawn,
        Some(status) if KNOWN_STATUS.contains(&status) => Delivered::Delivered,
        _ => {
            marks.push(Mark::UnknownStatus);
            Delivered::Delivered
        }
    }
}

fn client_identifier(wire: &Communication) -> Option<ClientIdentifier> {
    let ours = wire.identifier.iter().find(|i| i.system.as_deref() == Some(ClientIdentifier::SYSTEM))?;
    ours.value.clone().filter(|value| !value.is_empty()).map(ClientIdentifier)
}

fn communication_id(reference: Option<&Reference>, context: &MapContext) -> Option<PortalId> {
    let parsed = parse_reference(&context.base, reference?.reference.as_deref()?)?;
    (parsed.kind == "Communication").then_some(PortalId(parsed.id))
}

fn patient(wire: &Communication, context: &MapContext) -> Option<PortalId> {
    let parsed = parse_reference(&context.base, wire.subject.as_ref()?.reference.as_deref()?)?;
    (parsed.kind == "Patient").then_some(PortalId(parsed.id))
}

fn recipients(wire: &Communication, context: &MapContext) -> Vec<String> {
    let given = wire.recipient.iter().filter_map(|r| r.reference.as_deref());
    given.map(|reference| normal_reference(&context.base, reference)).collect()
}

fn sender_reference(wire: &Communication, context: &MapContext) -> Option<String> {
    let reference = wire.sender.as_ref()?.reference.as_deref()?;
    Some(normal_reference(&context.base, reference))
}

fn topic(wire: &Communication) -> String {
    wire.topic.as_ref().and_then(|topic| topic.words()).unwrap_or_default().to_owned()
}

/// Trimmed, lower-cased, without reply prefixes.
pub fn normal_topic(topic: &str) -> String {
    let mut text = topic.trim().to_lowercase();
    while let Some(rest) =
        ["re:", "aw:", "fw:", "fwd:", "wg:", "antw:"].iter().find_map(|prefix| text.strip_prefix(prefix))
    {
        text = rest.trim_start().to_owned();
    }
    text
}

fn last_updated(wire: &Communication, context: &MapContext) -> DateTime<Utc> {
    let given = wire.meta.as_ref().and_then(|meta| meta.last_updated.as_deref());
    given.and_then(read_date_time).map_or(context.server_now, |time| time.at)
}

/// `meta.versionId`; without one a digest of the resource, so that a change is still seen.
fn version(wire: &Communication, raw: &str) -> String {
    let given =
        wire.meta.as_ref().and_then(|meta| meta.version_id.clone()).filter(|version| !version.is_empty());
    given.unwrap_or_else(|| digest_version(raw))
}

pub(super) fn digest_version(raw: &str) -> String {
    let digest = Sha256::digest(raw.as_bytes());
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
