//! After a backup was restored on another machine: nothing that waited is lost, and nothing is sent twice.

use chrono::TimeDelta;
use demo_portal::NewMessage;
use inbox_domain::{Clock, OutboxDraft, OutboxState, PortalId};
use inbox_sync::enqueue_reply;

use crate::rig::Rig;

/// Threads with one message each, stored; answers their headers.
async fn with_threads(count: usize) -> (Rig, Vec<String>) {
    let rig = Rig::empty().await;
    let asks = |n: usize| NewMessage {
        patient: rig.a_patient(),
        text: format!("Question {n}"),
        topic: Some(format!("Topic {n}")),
        ..NewMessage::default()
    };
    let threads = (0..count).map(|n| rig.control().add_message(&asks(n)).unwrap().thread).collect();
    rig.sync().await;
    (rig, threads)
}

#[tokio::test]
async fn what_was_sent_after_the_backup_is_not_sent_again_and_what_was_not_is_sent_once() {
    let (rig, threads) = with_threads(6).await;
    let entries: Vec<_> = threads.iter().map(|thread| rig.reply(thread, "Once.")).collect();
    let [queued, sending, held, unsent, failed, unsent_held] = entries.as_slice() else { panic!("six") };
    let now = rig.time.now();
    assert!(rig.vault.mark_sending(sending.id, now).unwrap());
    rig.vault.hold(held.id, "newer_message", now).unwrap();
    rig.vault.hold(unsent_held.id, "newer_message", now).unwrap();
    assert!(rig.vault.mark_sending(failed.id, now).unwrap());
    rig.vault.mark_failed(failed.id, "forbidden", now).unwrap();
    let file = rig.backup("one");

    // The old machine goes on: what was queued leaves, what was stopped is confirmed, two are given up.
    rig.vault.resolve(held.id, true, now).unwrap();
    rig.vault.resolve(failed.id, true, now).unwrap();
    rig.vault.resolve(unsent_held.id, false, now).unwrap();
    rig.vault.hold(unsent.id, "older_than_24h", now).unwrap();
    rig.sync().await;
    for sent in [queued, sending, held, failed] {
        assert_eq!((rig.entry(sent).state, rig.copies(sent)), (OutboxState::Sent, 1));
    }
    let (_, newer) = rig.patient_writes("Written after the backup.");
    drop(rig.vault.clone());

    let (there, to_look_up) = rig.restored(&file);
    assert_eq!(to_look_up, 6);
    let _ = there.control().requests(true);
    let report = there.sync().await;
    assert_eq!(report.pending, 1, "the one that was held is the clinician's again");
    for entry in [queued, sending, held, failed, unsent] {
        assert_eq!((there.entry(entry).state, there.copies(entry)), (OutboxState::Sent, 1));
    }
    let back = there.entry(unsent_held);
    assert_eq!((back.state, back.error.as_deref()), (OutboxState::Held, Some("newer_message")));
    assert_eq!(there.copies(unsent_held), 0);
    let posts = there.control().requests(false).into_iter().filter(|seen| seen.method == "POST").count();
    assert_eq!(posts, 1, "the one that never left");
    assert_eq!(there.texts(&newer).last().map(String::as_str), Some("Written after the backup."));
    there.sync().await;
    there.sync_full().await;
    entries[..5].iter().for_each(|entry| assert_eq!(there.copies(entry), 1));
    there.assert_complete("restored");
    there.assert_healthy();
}

#[tokio::test]
async fn a_reply_for_later_still_leaves_later() {
    let (rig, threads) = with_threads(1).await;
    let at = rig.time.now() + TimeDelta::hours(9);
    let draft = OutboxDraft {
        thread: Some(rig.thread(&threads[0])),
        patient: None,
        topic: String::new(),
        text: "At eight.".to_owned(),
        not_before: Some(at),
        even_if_newer: false,
        crisis: false,
        response: None,
    };
    let entry = enqueue_reply(&rig.vault, draft, rig.time.now()).unwrap();
    let (there, _) = rig.restored(&rig.backup("one"));
    there.sync().await;
    assert_eq!((there.entry(&entry).state, there.copies(&entry)), (OutboxState::Scheduled, 0));
    there.time.skip(TimeDelta::hours(10));
    there.sync().await;
    assert_eq!((there.entry(&entry).state, there.copies(&entry)), (OutboxState::Sent, 1));
}

#[tokio::test]
async fn a_new_message_of_the_patient_stops_what_the_copy_still_has_to_send() {
    let (rig, threads) = with_threads(1).await;
    let entry = rig.reply(&threads[0], "Not having seen it.");
    let file = rig.backup("one");
    let more = NewMessage {
        patient: rig.a_patient(),
        thread: Some(threads[0].clone()),
        text: "It has become worse.".to_owned(),
        ..NewMessage::default()
    };
    rig.control().add_message(&more).unwrap();
    let (there, _) = rig.restored(&file);
    there.sync().await;
    assert_eq!((there.entry(&entry).state, there.copies(&entry)), (OutboxState::Held, 0));
}

#[tokio::test]
async fn a_new_thread_is_made_once() {
    let rig = Rig::empty().await;
    rig.patient_writes("Hello");
    rig.sync().await;
    let draft = OutboxDraft {
        thread: None,
        patient: Some(PortalId(rig.a_patient())),
        topic: "Laboratory".to_owned(),
        text: "Your results are here.".to_owned(),
        not_before: None,
        even_if_newer: false,
        crisis: false,
        response: None,
    };
    let entry = enqueue_reply(&rig.vault, draft, rig.time.now()).unwrap();
    let file = rig.backup("one");
    // The old machine made the header and was stopped before the message.
    let payload: serde_json::Value = serde_json::from_str(&entry.payload).unwrap();
    rig.control().put_raw("Communication", "made-before", payload["header"].clone()).unwrap();
    let (there, _) = rig.restored(&file);
    there.sync().await;
    there.sync().await;
    assert_eq!((there.entry(&entry).state, there.copies(&entry)), (OutboxState::Sent, 1));
    let made = |topic: &str| {
        let all = there.control().resources("Communication");
        all.iter().filter(|one| one["payload"].is_null() && one["topic"]["text"] == topic).count()
    };
    assert_eq!(made("Laboratory"), 1, "one header");
}
