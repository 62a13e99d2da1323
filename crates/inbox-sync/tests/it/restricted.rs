//! A portal whose messages carry neither `partOf` nor `identifier`, whose body is one attachment, and which answers a create
//! with nothing (FHIR.md, row 11): the whole path, driven by the capability record alone.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::TimeDelta;
use demo_portal::{Fault, FaultKind, NewMessage, Options, Quirks};
use inbox_domain::{Clock, Mark, OutboxDraft, OutboxEntry, OutboxState, PortalId, ThreadId};
use inbox_sync::enqueue_reply;
use inbox_vault::StoredMessage;
use serde_json::{Value, json};

use crate::rig::{ADLER, Rig};

async fn rig(messages: usize) -> Rig {
    let quirks = Quirks::preset("millennium").unwrap();
    Rig::new(Options { messages, quirks, ..Options::default() }).await
}

/// A portal with one thread, synced; the thread.
async fn with_thread() -> (Rig, ThreadId) {
    let rig = rig(0).await;
    rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    let thread = only_thread(&rig);
    (rig, thread)
}

fn threads(rig: &Rig) -> Vec<ThreadId> {
    let page = rig.vault.list_threads(None, None, 0, 1000, rig.time.now()).unwrap();
    page.rows.into_iter().map(|row| row.id).collect()
}

fn only_thread(rig: &Rig) -> ThreadId {
    let threads = threads(rig);
    assert_eq!(threads.len(), 1);
    threads[0]
}

fn messages(rig: &Rig, thread: ThreadId) -> Vec<StoredMessage> {
    rig.vault.messages(thread).unwrap()
}

fn texts(rig: &Rig, thread: ThreadId) -> Vec<String> {
    messages(rig, thread).into_iter().map(|message| message.text).collect()
}

fn draft(thread: Option<ThreadId>, rig: &Rig, text: &str) -> OutboxDraft {
    OutboxDraft {
        thread,
        patient: thread.is_none().then(|| PortalId(rig.a_patient())),
        topic: if thread.is_none() { "Laboratory".to_owned() } else { String::new() },
        text: text.to_owned(),
        not_before: None,
        even_if_newer: false,
        crisis: false,
        response: None,
    }
}

fn queue(rig: &Rig, thread: Option<ThreadId>, text: &str) -> OutboxEntry {
    enqueue_reply(&rig.vault, draft(thread, rig, text), rig.time.now()).unwrap()
}

/// Messages on the server with this text.
fn copies(rig: &Rig, text: &str) -> Vec<Value> {
    let data = BASE64_STANDARD.encode(text);
    let all = rig.control().resources("Communication").into_iter();
    all.filter(|value| value["payload"][0]["contentAttachment"]["data"] == data.as_str()).collect()
}

/// Ids of the messages that name her and can be read as messages.
fn hers(rig: &Rig) -> Vec<String> {
    let me = format!("Practitioner/{ADLER}");
    let names = |value: &Value| {
        value["recipient"].to_string().contains(&me) || value["sender"]["reference"] == me.as_str()
    };
    let all = rig.control().resources("Communication").into_iter();
    let mut ids: Vec<String> = all
        .filter(|value| {
            value["payload"].is_array()
                && value["status"] == "completed"
                && names(value)
                && value["subject"]["reference"].is_string()
        })
        .map(|value| value["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn a_first_fill_brings_every_message_in_inferred_threads() {
    let rig = rig(demo_portal::STUDY_MESSAGES).await;
    rig.sync().await;
    let stored = rig.stored();
    let (hers, broken) = (hers(&rig), rig.vault.quarantine().unwrap());
    let missing: Vec<_> = hers
        .iter()
        .filter(|id| !stored.contains(id) && !broken.iter().any(|row| row.portal_id == **id))
        .map(|id| rig.control().resource("Communication", id).unwrap())
        .collect();
    assert!(hers.len() > 40 && missing.is_empty(), "{missing:#?}");
    let all: Vec<StoredMessage> =
        threads(&rig).into_iter().flat_map(|thread| messages(&rig, thread)).collect();
    assert!(all.iter().all(|message| message.marks.contains(&Mark::ThreadInferred)));
    assert!(
        all.iter().filter(|message| !message.text.is_empty()).count() * 10 > all.len() * 9,
        "bodies are read"
    );
    let asked = rig.control().requests(false);
    let searches: Vec<_> =
        asked.iter().filter(|seen| seen.path.contains("/Communication?category=")).collect();
    assert!(!searches.is_empty() && searches.iter().all(|seen| seen.status == 200), "{searches:?}");
    rig.assert_healthy();
}

#[tokio::test]
async fn new_messages_arrive_in_the_thread_of_their_subject_and_topic() {
    let (rig, thread) = with_thread().await;
    rig.patient_writes("And one more thing.");
    let report = rig.sync().await;
    assert_eq!((report.new, report.updated), (1, 0));
    assert_eq!(texts(&rig, thread), ["Can I have a refill?", "And one more thing."]);
    let other = NewMessage {
        patient: rig.a_patient(),
        text: "Something else.".into(),
        topic: Some("Sick note".into()),
        ..NewMessage::default()
    };
    rig.control().add_message(&other).unwrap();
    let reply = NewMessage { topic: Some("RE:  sick note ".into()), text: "Please.".into(), ..other };
    rig.control().add_message(&reply).unwrap();
    rig.sync().await;
    assert_eq!(threads(&rig).len(), 2);
    assert_eq!(texts(&rig, thread).len(), 2);
    let again = rig.sync().await;
    assert_eq!((again.new, again.updated), (0, 0));
    let (gone, _) = rig.patient_writes("Withdrawn.");
    rig.sync().await;
    rig.control().delete("Communication", &gone).unwrap();
    assert_eq!(rig.sync_full().await.withdrawn, 1, "by the reconcile");
}

#[tokio::test]
async fn a_reply_is_delivered_once_in_the_portals_form_and_appears_once() {
    let (rig, thread) = with_thread().await;
    let entry = queue(&rig, Some(thread), "Yes, it is ready.");
    let report = rig.sync().await;
    assert_eq!((report.sent, report.pending), (1, 0));
    let on_server = copies(&rig, "Yes, it is ready.");
    assert_eq!(on_server.len(), 1);
    assert_eq!(on_server[0]["category"][0]["coding"][0]["code"], "secure-message", "as the message answered");
    assert_eq!(on_server[0]["subject"]["reference"], format!("Patient/{}", rig.a_patient()));
    for _ in 0..2 {
        rig.sync().await;
        rig.sync_full().await;
    }
    assert_eq!(texts(&rig, thread), ["Can I have a refill?", "Yes, it is ready."]);
    let shown = messages(&rig, thread).remove(1);
    assert_eq!(
        (shown.outbox, shown.client_identifier),
        (Some(entry.id), Some(entry.client_identifier.clone()))
    );
    // A read mark makes a new version: it stays the same message.
    let id = on_server[0]["id"].as_str().unwrap();
    rig.control().edit("Communication", id, |value| value["note"] = json!([])).unwrap();
    rig.sync_full().await;
    assert_eq!(messages(&rig, thread)[1].outbox, Some(entry.id));
    assert_eq!(copies(&rig, "Yes, it is ready.").len(), 1);
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_is_recognised_when_the_copy_comes() {
    for kind in [FaultKind::Drop, FaultKind::ServerError, FaultKind::Stall] {
        let (rig, thread) = with_thread().await;
        let entry = queue(&rig, Some(thread), "Once.");
        rig.control().add_fault(Fault::new(kind).on("POST", "Communication").after_commit());
        let report = rig.sync().await;
        assert_eq!((report.sent, report.unknown), (0, 1), "{kind:?}");
        assert_eq!(rig.entry(&entry).state, OutboxState::Unknown, "{kind:?}");
        let report = rig.sync().await;
        assert_eq!((report.sent, report.unknown), (1, 0), "{kind:?}");
        assert_eq!(rig.entry(&entry).state, OutboxState::Sent, "{kind:?}");
        assert_eq!(texts(&rig, thread), ["Can I have a refill?", "Once."], "{kind:?}");
        assert_eq!(copies(&rig, "Once.").len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn an_answer_lost_before_the_commit_asks_the_clinician() {
    for send in [true, false] {
        let (rig, thread) = with_thread().await;
        let entry = queue(&rig, Some(thread), "Once.");
        let next = queue(&rig, Some(thread), "Afterwards.");
        rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication"));
        for _ in 0..3 {
            assert_eq!(rig.sync().await.unknown, 1);
            rig.time.skip(TimeDelta::minutes(20));
        }
        assert_eq!(rig.entry(&entry).state, OutboxState::Unknown, "nobody can tell");
        assert_eq!(rig.entry(&next).state, OutboxState::Queued, "and it blocks its thread");
        assert!(copies(&rig, "Once.").is_empty());
        rig.vault.resolve(entry.id, send, rig.time.now()).unwrap();
        let report = rig.sync().await;
        assert_eq!(report.unknown, 0);
        rig.sync().await;
        assert_eq!(copies(&rig, "Once.").len(), usize::from(send));
        assert_eq!(copies(&rig, "Afterwards.").len(), 1);
        let expected: &[&str] = if send {
            &["Can I have a refill?", "Once.", "Afterwards."]
        } else {
            &["Can I have a refill?", "Afterwards."]
        };
        // The clock that was moved on is not the portal's: the order is not what is looked at here.
        let mut texts = texts(&rig, thread);
        texts.sort_by_key(|text| expected.iter().position(|one| one == text));
        assert_eq!(texts, expected);
    }
}

#[tokio::test]
async fn a_copy_that_comes_before_send_again_is_done_stops_it() {
    let (rig, thread) = with_thread().await;
    let entry = queue(&rig, Some(thread), "Once.");
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication").after_commit());
    rig.sync().await;
    rig.vault.resolve(entry.id, true, rig.time.now()).unwrap();
    rig.sync().await;
    assert_eq!((rig.entry(&entry).state, copies(&rig, "Once.").len()), (OutboxState::Sent, 1));
}

#[tokio::test]
async fn two_copies_that_fit_decide_nothing() {
    let (rig, thread) = with_thread().await;
    let entry = queue(&rig, Some(thread), "Once.");
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication").after_commit());
    rig.sync().await;
    // The same words to the same patient from another program of hers.
    let mut twin = copies(&rig, "Once.").remove(0);
    twin["id"] = json!("twin");
    rig.control().put_raw("Communication", "twin", twin).unwrap();
    rig.sync().await;
    let left = rig.entry(&entry);
    assert_eq!((left.state, left.error.as_deref()), (OutboxState::Unknown, Some("copies_unclear")));
    assert_eq!(texts(&rig, thread), ["Can I have a refill?", "Once.", "Once."], "both are shown");
    rig.vault.resolve(entry.id, false, rig.time.now()).unwrap();
    rig.sync().await;
    assert_eq!(copies(&rig, "Once.").len(), 2, "nothing more is sent");
}

#[tokio::test]
async fn what_does_not_fit_is_not_taken_for_a_copy() {
    let (rig, thread) = with_thread().await;
    let entry = queue(&rig, Some(thread), "Once.");
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication"));
    rig.sync().await;
    let mut copy: Value = serde_json::from_str(&entry.payload).unwrap();
    for field in ["sent", "received"] {
        copy[field] = json!(inbox_domain::format_instant(rig.time.now()));
    }
    let changes: [fn(&mut Value); 3] = [
        |value| value["sender"] = json!({"reference": "Practitioner/dr-brandt"}),
        |value| value["recipient"] = json!([{"reference": format!("Practitioner/{ADLER}")}]),
        |value| value["payload"][0]["contentAttachment"]["data"] = json!(BASE64_STANDARD.encode("Twice.")),
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut other = copy.clone();
        change(&mut other);
        rig.control().put_raw("Communication", &format!("other-{n}"), other).unwrap();
    }
    rig.sync_full().await;
    assert_eq!(rig.entry(&entry).state, OutboxState::Unknown);
    // An hour later it is another message with the same words.
    rig.vault.resolve(entry.id, true, rig.time.now()).unwrap();
    rig.time.skip(TimeDelta::hours(1));
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication"));
    rig.sync().await;
    rig.control().put_raw("Communication", "earlier", copy).unwrap();
    rig.sync_full().await;
    assert_eq!(rig.entry(&entry).state, OutboxState::Unknown);
}

#[tokio::test]
async fn a_new_thread_is_one_message_and_becomes_its_thread() {
    for lost in [false, true] {
        let (rig, thread) = with_thread().await;
        let entry = queue(&rig, None, "Your values are fine.");
        if lost {
            rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication").after_commit());
        }
        rig.sync().await;
        rig.sync().await;
        assert_eq!(rig.entry(&entry).state, OutboxState::Sent);
        assert_eq!(copies(&rig, "Your values are fine.").len(), 1);
        let all = threads(&rig);
        assert_eq!(all.len(), 2, "lost: {lost}");
        let new = *all.iter().find(|id| **id != thread).unwrap();
        assert_eq!(texts(&rig, new), ["Your values are fine."]);
        // The patient answers into it.
        let answer = NewMessage {
            patient: rig.a_patient(),
            text: "Thank you.".into(),
            topic: Some("Re: Laboratory".into()),
            ..NewMessage::default()
        };
        rig.control().add_message(&answer).unwrap();
        rig.sync().await;
        assert_eq!(texts(&rig, new), ["Your values are fine.", "Thank you."]);
    }
}
