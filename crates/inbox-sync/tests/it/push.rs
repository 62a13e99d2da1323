//! The outbox: each entry on the portal once (I5 to I8).

use chrono::TimeDelta;
use demo_portal::{Fault, FaultKind, Options};
use inbox_domain::{Clock, OutboxDraft, OutboxState, PortalId};
use inbox_sync::{Mode, enqueue_reply};

use crate::rig::{ADLER, Rig, client, recipients};

/// A rig with one stored message; answers its thread.
async fn with_thread() -> (Rig, String) {
    let rig = Rig::empty().await;
    let (_, thread) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    (rig, thread)
}

#[tokio::test]
async fn a_reply_is_delivered_once_and_appears_once() {
    let (rig, thread) = with_thread().await;
    let entry = rig.reply(&thread, "Yes, it is ready.");
    assert_eq!(entry.state, OutboxState::Queued);
    let report = rig.sync().await;
    assert_eq!((report.sent, report.pending), (1, 0));
    let sent = rig.entry(&entry);
    assert_eq!(sent.state, OutboxState::Sent);
    let on_server = rig.control().resource("Communication", &sent.portal_id.unwrap().0).unwrap();
    assert_eq!(on_server["payload"][0]["contentString"], "Yes, it is ready.");
    assert_eq!(on_server["partOf"][0]["reference"], format!("Communication/{thread}"));
    assert_eq!(on_server["status"], "completed");
    assert!(on_server["sent"].is_string() && on_server["inResponseTo"][0]["reference"].is_string());
    assert!(recipients(&on_server).contains(&format!("Patient/{}", rig.a_patient())));
    rig.sync().await;
    rig.sync_full().await;
    assert_eq!(rig.copies(&entry), 1);
    assert_eq!(rig.texts(&thread), ["Can I have a refill?", "Yes, it is ready."]);
}

#[tokio::test]
async fn an_answer_lost_after_the_commit_is_found_and_not_sent_again() {
    for kind in [
        FaultKind::Drop,
        FaultKind::ServerError,
        FaultKind::Stall,
        FaultKind::Truncated,
        FaultKind::Unavailable,
    ] {
        let (rig, thread) = with_thread().await;
        let entry = rig.reply(&thread, "Once.");
        rig.control().add_fault(Fault::new(kind).on("POST", "Communication").after_commit());
        let report = rig.sync().await;
        assert_eq!((report.sent, report.unknown), (1, 0), "{kind:?}");
        assert_eq!(rig.copies(&entry), 1, "{kind:?}");
        let posts = rig.control().requests(false).into_iter().filter(|seen| seen.method == "POST").count();
        assert!(posts <= 1, "{kind:?}: looked up, not repeated");
    }
}

#[tokio::test]
async fn an_answer_lost_before_the_commit_is_sent_again_after_two_lookups() {
    let (rig, thread) = with_thread().await;
    let entry = rig.reply(&thread, "Once.");
    let _ = rig.control().requests(true);
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication"));
    let began = rig.time.skipped();
    let report = rig.sync().await;
    assert_eq!((report.sent, report.unknown), (1, 0));
    assert_eq!(rig.copies(&entry), 1);
    assert!(rig.time.skipped() - began >= TimeDelta::seconds(10), "at least 10 s between two lookups");
    let seen = rig.control().requests(false);
    let posts: Vec<usize> =
        seen.iter().enumerate().filter(|(_, s)| s.method == "POST").map(|(n, _)| n).collect();
    let lookups = seen[posts[0]..posts[1]].iter().filter(|s| s.path.contains("identifier=")).count();
    assert!(lookups >= 2, "{lookups} lookups between the attempts");
}

#[tokio::test]
async fn what_a_dead_process_was_sending_is_looked_up_first() {
    let (rig, thread) = with_thread().await;
    let entry = rig.reply(&thread, "Once.");
    assert!(rig.vault.mark_sending(entry.id, rig.time.now()).unwrap());
    let body = serde_json::from_str::<serde_json::Value>(&entry.payload).unwrap();
    rig.client.create_communication(&body.to_string(), &entry.client_identifier).await.unwrap();
    let report = rig.sync().await;
    assert_eq!((report.sent, rig.copies(&entry)), (1, 1));
}

#[tokio::test]
async fn a_lookup_that_cannot_be_made_leaves_the_entry_unknown() {
    let (rig, thread) = with_thread().await;
    let entry = rig.reply(&thread, "Once.");
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Communication").after_commit());
    rig.control()
        .add_fault(Fault::new(FaultKind::ServerError).on("GET", "Communication?identifier").times(50));
    rig.control().add_fault(Fault {
        skip: 2,
        ..Fault::new(FaultKind::ServerError).on("GET", "Communication").times(50)
    });
    assert!(rig.try_sync(Mode::Incremental).await.is_err());
    assert_eq!(rig.entry(&entry).state, OutboxState::Unknown);
    rig.control().clear_faults();
    let report = rig.sync().await;
    assert_eq!((report.sent, report.pending, rig.copies(&entry)), (1, 0, 1));
}

#[tokio::test]
async fn a_refusal_is_failed_and_blocks_its_thread() {
    let (rig, thread) = with_thread().await;
    let first = rig.reply(&thread, "One.");
    let second = rig.reply(&thread, "Two.");
    rig.control().add_fault(Fault::new(FaultKind::Gone).on("POST", "Communication"));
    let report = rig.sync().await;
    assert_eq!((report.failed, report.sent, report.pending), (1, 0, 2));
    assert_eq!(rig.entry(&first).state, OutboxState::Failed);
    assert_eq!(rig.entry(&second).state, OutboxState::Queued);
    rig.vault.resolve(first.id, true, rig.time.now()).unwrap();
    assert_eq!(rig.sync().await.sent, 2);
    assert_eq!((rig.copies(&first), rig.copies(&second)), (1, 1));
}

#[tokio::test]
async fn order_within_a_thread_holds() {
    let (rig, thread) = with_thread().await;
    let entries: Vec<_> = (1..=4).map(|n| rig.reply(&thread, &format!("Part {n}."))).collect();
    rig.control().add_fault(Fault::new(FaultKind::TooMany).on("POST", "Communication"));
    assert_eq!(rig.sync().await.sent, 4);
    let sent: Vec<_> = entries
        .iter()
        .map(|entry| rig.control().resource("Communication", &rig.entry(entry).portal_id.unwrap().0).unwrap())
        .map(|value| value["sent"].as_str().unwrap().to_owned())
        .collect();
    assert!(sent.is_sorted(), "{sent:?}");
}

#[tokio::test]
async fn a_newer_message_of_the_patient_holds_the_reply() {
    let (rig, thread) = with_thread().await;
    let stopped = rig.reply(&thread, "See you in a month.");
    rig.patient_writes("Please call me, it is urgent.");
    let report = rig.sync().await;
    assert_eq!((report.sent, report.pending), (0, 1));
    assert_eq!(report.held, [stopped.id]);
    assert_eq!((rig.entry(&stopped).state, rig.copies(&stopped)), (OutboxState::Held, 0));
    rig.vault.resolve(stopped.id, true, rig.time.now()).unwrap();
    assert_eq!(rig.sync().await.sent, 1);
}

#[tokio::test]
async fn a_reply_that_has_seen_newer_messages_is_not_held() {
    let (rig, thread) = with_thread().await;
    let entry = rig.reply_draft(&thread, "I call you now.", true);
    rig.patient_writes("Please!");
    assert_eq!(rig.sync().await.sent, 1);
    assert_eq!(rig.copies(&entry), 1);
}

#[tokio::test]
async fn pages_of_a_first_fill_hold_nothing() {
    let rig = Rig::new(Options { page_cap: 5, ..Options::default() }).await;
    *rig.stop_after.lock().unwrap() = Some(2);
    rig.try_sync(Mode::Incremental).await.unwrap_err();
    let page = rig.vault.list_threads(None, None, 0, 100, rig.time.now()).unwrap();
    let header = page.rows.iter().find_map(|row| row.portal_id.clone()).unwrap();
    let entry = rig.reply(&header.0, "Thank you.");
    let mut rig = rig;
    rig.cancel = inbox_sync::CancelFlag::default();
    *rig.stop_after.lock().unwrap() = None;
    assert_eq!(rig.sync().await.sent, 1);
    assert_eq!(rig.copies(&entry), 1);
}

#[tokio::test]
async fn a_scheduled_reply_leaves_at_its_time() {
    let (rig, thread) = with_thread().await;
    let draft = OutboxDraft {
        thread: Some(rig.thread(&thread)),
        patient: None,
        topic: String::new(),
        text: "Good morning.".to_owned(),
        not_before: Some(rig.time.now() + TimeDelta::hours(8)),
        even_if_newer: false,
        crisis: false,
        response: None,
    };
    let entry = enqueue_reply(&rig.vault, draft, rig.time.now()).unwrap();
    assert_eq!(entry.state, OutboxState::Scheduled);
    assert_eq!((rig.sync().await.sent, rig.copies(&entry)), (0, 0));
    rig.time.skip(TimeDelta::hours(8));
    assert_eq!((rig.sync().await.sent, rig.copies(&entry)), (1, 1));
}

fn to_patient(rig: &Rig) -> OutboxDraft {
    OutboxDraft {
        thread: None,
        patient: Some(PortalId(rig.a_patient())),
        topic: "Laboratory".to_owned(),
        text: "Your values are fine.".to_owned(),
        not_before: None,
        even_if_newer: false,
        crisis: false,
        response: None,
    }
}

#[tokio::test]
async fn a_new_thread_is_a_header_and_its_message_each_once() {
    // The header's answer is lost, then the message's.
    for (skip, kind) in
        [(99, FaultKind::Drop), (0, FaultKind::Drop), (1, FaultKind::Drop), (0, FaultKind::ServerError)]
    {
        let (rig, _) = with_thread().await;
        let entry = enqueue_reply(&rig.vault, to_patient(&rig), rig.time.now()).unwrap();
        rig.control()
            .add_fault(Fault { skip, ..Fault::new(kind).on("POST", "Communication").after_commit() });
        for _ in 0..3 {
            rig.sync().await;
        }
        let sent = rig.entry(&entry);
        assert_eq!(sent.state, OutboxState::Sent, "{skip} {kind:?}");
        assert_eq!(rig.copies(&entry), 1);
        let header = sent.thread_portal_id.unwrap().0;
        let topics = rig.control().resources("Communication").into_iter();
        let headers =
            topics.filter(|v| v["topic"]["text"] == "Laboratory" && v.get("payload").is_none()).count();
        assert_eq!(headers, 1, "{skip} {kind:?}");
        assert_eq!(rig.texts(&header), ["Your values are fine."]);
    }
}

#[tokio::test]
async fn a_reply_to_a_thread_that_is_not_yet_on_the_portal_goes_into_it() {
    let (rig, _) = with_thread().await;
    let first = enqueue_reply(&rig.vault, to_patient(&rig), rig.time.now()).unwrap();
    let draft = OutboxDraft {
        thread: Some(first.thread),
        patient: None,
        text: "One more thing.".to_owned(),
        ..to_patient(&rig)
    };
    let second = enqueue_reply(&rig.vault, draft, rig.time.now()).unwrap();
    assert_eq!(rig.sync().await.sent, 2);
    let header = rig.entry(&first).thread_portal_id.unwrap();
    let value = rig.control().resource("Communication", &rig.entry(&second).portal_id.unwrap().0).unwrap();
    assert_eq!(value["partOf"][0]["reference"], format!("Communication/{header}"));
}

#[tokio::test]
async fn two_processes_send_once() {
    let (rig, thread) = with_thread().await;
    let entry = rig.reply(&thread, "Once.");
    let other = client(&rig.portal, ADLER);
    let _ = tokio::join!(rig.try_sync(Mode::Incremental), rig.sync_with(&other, Mode::Incremental));
    rig.sync().await;
    assert_eq!(rig.copies(&entry), 1);
}

fn crisis(rig: &Rig, thread: &str) -> OutboxDraft {
    OutboxDraft {
        thread: Some(rig.thread(thread)),
        patient: None,
        topic: String::new(),
        text: "Please call 112 now.".to_owned(),
        not_before: None,
        even_if_newer: false,
        crisis: true,
        response: None,
    }
}

#[tokio::test]
async fn a_crisis_reply_passes_a_held_one() {
    let (rig, thread) = with_thread().await;
    let usual = rig.reply(&thread, "See you in a month.");
    rig.patient_writes("I cannot go on.");
    assert_eq!(rig.sync().await.held, [usual.id]);
    let now = enqueue_reply(&rig.vault, crisis(&rig, &thread), rig.time.now()).unwrap();
    assert_eq!(rig.sync().await.sent, 1);
    assert_eq!((rig.copies(&now), rig.copies(&usual)), (1, 0));
}

#[tokio::test]
async fn every_reply_that_is_held_is_told() {
    // After a day offline.
    let (rig, thread) = with_thread().await;
    let stale = enqueue_reply(&rig.vault, crisis(&rig, &thread), rig.time.now()).unwrap();
    rig.time.skip(TimeDelta::hours(25));
    assert_eq!(rig.sync().await.held, [stale.id]);
    assert_eq!(rig.sync().await.held, [], "once");

    // On its way back into the queue, after the patient has written.
    let (rig, thread) = with_thread().await;
    let lost = enqueue_reply(&rig.vault, crisis(&rig, &thread), rig.time.now()).unwrap();
    assert!(rig.vault.mark_sending(lost.id, rig.time.now()).unwrap());
    rig.patient_writes("Please!");
    assert_eq!(rig.sync().await.held, [lost.id]);
    assert_eq!((rig.entry(&lost).state, rig.copies(&lost)), (OutboxState::Held, 0));
}

#[tokio::test]
async fn a_search_that_fails_keeps_no_crisis_reply_back() {
    let (rig, thread) = with_thread().await;
    for kind in [FaultKind::Gone, FaultKind::InvalidJson, FaultKind::ServerError] {
        let urgent = enqueue_reply(&rig.vault, crisis(&rig, &thread), rig.time.now()).unwrap();
        let entry = rig.reply(&thread, "Yes.");
        rig.control().add_fault(Fault::new(kind).on("GET", "Communication").times(40));
        let failure = rig.try_sync(Mode::Incremental).await.unwrap_err();
        assert_eq!((failure.report.sent, rig.copies(&urgent)), (1, 1), "{kind:?}");
        assert_eq!(
            rig.entry(&entry).state,
            OutboxState::Queued,
            "{kind:?}: a newer message may have been missed"
        );
        rig.control().clear_faults();
        assert_eq!(rig.sync().await.sent, 1, "{kind:?}");
    }
    for kind in [FaultKind::Unauthorized, FaultKind::Drop, FaultKind::Stall] {
        let entry = rig.reply(&thread, "Yes.");
        rig.control().add_fault(Fault::new(kind).on("GET", "Communication").times(40));
        rig.try_sync(Mode::Incremental).await.unwrap_err();
        assert_eq!(rig.entry(&entry).state, OutboxState::Queued, "{kind:?}: nothing to send with");
        rig.control().clear_faults();
        assert_eq!(rig.sync().await.sent, 1);
    }
}
