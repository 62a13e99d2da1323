//! Who has a thread.

use chrono::TimeDelta;
use demo_portal::{Fault, FaultKind, NewMessage, Quirks};
use inbox_domain::{ActKind, ActState, Clock as _};
use inbox_sync::settings;

use super::{BRANDT, act, clinic_at, holder, reference, shared_thread, tasks, wednesday};
use crate::rig::{ADLER, Rig, client};

#[tokio::test]
async fn a_claim_is_seen_by_the_colleague_and_says_nothing_about_risk() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (brandt, header) = shared_thread(&rig).await;
    act(&rig, ADLER, &header, ActKind::Claim);
    assert_eq!(holder(&rig, &header), None, "only the portal says who has it");
    rig.sync().await;
    brandt.sync_full().await;
    for vault in [&rig, &brandt] {
        assert_eq!(holder(vault, &header), Some(reference(ADLER)));
    }
    let claim = brandt.vault.thread(brandt.thread(&header)).unwrap().claim.unwrap();
    assert_eq!(claim.name, "Dr. A. Adler");
    let task = tasks(&rig, &header).remove(0);
    let mut fields: Vec<&str> = task.as_object().unwrap().keys().map(String::as_str).collect();
    fields.sort_unstable();
    let wanted = [
        "authoredOn",
        "code",
        "executionPeriod",
        "focus",
        "for",
        "id",
        "identifier",
        "intent",
        "lastModified",
        "meta",
        "owner",
        "resourceType",
        "status",
    ];
    assert_eq!(fields, wanted);
    act(&rig, ADLER, &header, ActKind::Release);
    rig.sync().await;
    brandt.sync().await;
    assert_eq!((holder(&rig, &header), holder(&brandt, &header)), (None, None));
    act(&brandt, BRANDT, &header, ActKind::Done);
    brandt.sync().await;
    rig.sync().await;
    assert!(rig.vault.thread(rig.thread(&header)).unwrap().claim.unwrap().done);
    assert_eq!(tasks(&rig, &header).len(), 1, "one a thread, whatever happens to it");
    rig.assert_healthy();
}

/// Both claim, both sync at once; answers how many say that they have it, after each has synced again.
async fn race(rig: &Rig, brandt: &Rig, header: &str) -> Vec<String> {
    act(rig, ADLER, header, ActKind::Claim);
    act(brandt, BRANDT, header, ActKind::Claim);
    tokio::join!(rig.sync(), brandt.sync());
    rig.sync().await;
    brandt.sync().await;
    rig.sync().await;
    let holders = [holder(rig, header), holder(brandt, header)];
    assert_eq!(holders[0], holders[1], "both say the same");
    let winner = holders[0].clone().expect("somebody has it");
    let held: Vec<String> = tasks(rig, header)
        .iter()
        .filter(|task| task["status"] == "accepted")
        .map(|task| task["owner"]["reference"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(held, [winner], "and so does the portal");
    held
}

async fn rounds(quirks: Quirks, count: usize) {
    let rig = clinic_at(wednesday(), quirks).await;
    let (brandt, header) = shared_thread(&rig).await;
    for round in 0..count {
        let winner = race(&rig, &brandt, &header).await.remove(0);
        let (loser, name) = if winner == reference(ADLER) { (&brandt, BRANDT) } else { (&rig, ADLER) };
        let acts = loser.vault.thread_acts(loser.thread(&header)).unwrap();
        let refused =
            acts.iter().any(|act| act.state == ActState::Refused && act.error.as_deref() == Some("claimed"));
        assert!(refused, "round {round}: {name} is told that she was slower: {acts:?}");
        let (vault, name) = if winner == reference(ADLER) { (&rig, ADLER) } else { (&brandt, BRANDT) };
        act(vault, name, &header, if round % 3 == 2 { ActKind::Done } else { ActKind::Release });
        vault.sync().await;
        // Who begins the next round with what is known differs.
        if round % 2 == 0 {
            rig.sync().await;
            brandt.sync().await;
        }
    }
    rig.assert_healthy();
    brandt.assert_healthy();
}

#[tokio::test]
async fn a_claim_race_has_one_winner_in_every_round() {
    rounds(Quirks::default(), 30).await;
}

#[tokio::test]
async fn a_claim_race_has_one_winner_on_each_servers_quirks() {
    for name in ["medplum", "helios", "wso2"] {
        rounds(Quirks::preset(name).unwrap(), 6).await;
    }
}

#[tokio::test]
async fn two_creates_that_a_server_lets_through_end_with_one_winner() {
    for _ in 0..5 {
        let rig = clinic_at(wednesday(), Quirks { creates_twice: true, ..Quirks::default() }).await;
        let (brandt, header) = shared_thread(&rig).await;
        race(&rig, &brandt, &header).await;
        assert!(!tasks(&rig, &header).is_empty());
    }
}

#[tokio::test]
async fn what_is_taken_back_before_it_left_is_not_told() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (_brandt, header) = shared_thread(&rig).await;
    act(&rig, ADLER, &header, ActKind::Claim);
    act(&rig, ADLER, &header, ActKind::Release);
    let _ = rig.control().requests(true);
    rig.sync().await;
    assert_eq!(tasks(&rig, &header).len(), 0);
    let writes = rig.control().requests(false).into_iter().filter(|seen| seen.method != "GET").count();
    assert_eq!(writes, 0);
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_claimed_once() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (brandt, header) = shared_thread(&rig).await;
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("POST", "Task").after_commit());
    let _ = rig.sync().await;
    assert_eq!(tasks(&rig, &header).len(), 1, "it was committed");
    assert_eq!(rig.vault.thread_acts(rig.thread(&header)).unwrap().len(), 1, "which is not known here");
    rig.time.skip(TimeDelta::minutes(2));
    rig.sync().await;
    assert_eq!(holder(&rig, &header), Some(reference(ADLER)));
    assert!(rig.vault.thread_acts(rig.thread(&header)).unwrap().is_empty());
    brandt.sync_full().await;
    assert_eq!(holder(&brandt, &header), Some(reference(ADLER)));
    assert_eq!(tasks(&rig, &header).len(), 1);
}

#[tokio::test]
async fn a_process_that_died_in_its_claim_leaves_it_in_the_vault() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (brandt, header) = shared_thread(&rig).await;
    act(&rig, ADLER, &header, ActKind::Claim);
    let waiting = rig.vault.queued_acts(rig.time.now()).unwrap().remove(0);
    assert!(rig.vault.begin_act(waiting.id).unwrap());
    // Meanwhile the colleague was faster.
    act(&brandt, BRANDT, &header, ActKind::Claim);
    brandt.sync().await;
    rig.sync().await;
    assert_eq!(holder(&rig, &header), Some(reference(BRANDT)));
    let acts = rig.vault.thread_acts(rig.thread(&header)).unwrap();
    assert_eq!((acts[0].state, acts[0].error.as_deref()), (ActState::Refused, Some("claimed")));
}

#[tokio::test]
async fn taking_over_takes_from_the_one_who_was_seen_and_from_nobody_else() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (brandt, header) = shared_thread(&rig).await;
    act(&brandt, BRANDT, &header, ActKind::Claim);
    brandt.sync().await;
    rig.sync_full().await;
    let take_over = |from: &str| {
        let me = reference(ADLER);
        let from = reference(from);
        let thread = rig.thread(&header);
        rig.vault.set_work(thread, ActKind::Claim, &me, Some(&from), rig.time.now()).unwrap();
    };
    take_over("dr-castellano");
    rig.sync().await;
    assert_eq!(holder(&rig, &header), Some(reference(BRANDT)));
    take_over(BRANDT);
    rig.sync().await;
    brandt.sync().await;
    assert_eq!(holder(&brandt, &header), Some(reference(ADLER)));
}

#[tokio::test]
async fn a_failing_claim_holds_up_no_reply() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (_brandt, header) = shared_thread(&rig).await;
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.control().add_fault(Fault::new(FaultKind::ServerError).on("POST", "Task").times(9));
    let entry = rig.reply(&header, "It is ready.");
    let report = rig.sync().await;
    assert_eq!((report.sent, report.pending, rig.copies(&entry)), (1, 0, 1));
}

#[tokio::test]
async fn nothing_new_costs_three_requests_with_and_without_shared_work() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (brandt, header) = shared_thread(&rig).await;
    assert_eq!((rig.sync().await.requests, brandt.sync().await.requests), (3, 3), "nobody claims");
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.sync().await;
    brandt.sync().await;
    assert_eq!(holder(&brandt, &header), Some(reference(ADLER)), "seen with the next poll");
    assert_eq!((rig.sync().await.requests, brandt.sync().await.requests), (3, 3), "one of them claims");
    brandt.time.skip(TimeDelta::minutes(16));
    assert_eq!(brandt.sync().await.requests, 4, "a sweep, every quarter of an hour");
}

#[tokio::test]
async fn what_she_wrote_elsewhere_comes_with_the_next_sweep() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (_brandt, header) = shared_thread(&rig).await;
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.sync().await;
    let elsewhere = serde_json::json!({
        "resourceType": "Communication", "status": "completed", "sent": "2026-03-04T09:00:00Z",
        "subject": {"reference": format!("Patient/{}", rig.a_patient())},
        "sender": {"reference": reference(ADLER)},
        "recipient": [{"reference": format!("Patient/{}", rig.a_patient())}],
        "payload": [{"contentString": "Written in the portal."}],
    });
    rig.control().put_raw("Communication", "elsewhere", elsewhere).unwrap();
    rig.time.skip(TimeDelta::minutes(16));
    assert_eq!(rig.sync().await.new, 1);
}

#[tokio::test]
async fn a_portal_without_tasks_refuses_the_claim_and_is_asked_no_more() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (_brandt, header) = shared_thread(&rig).await;
    rig.control().add_fault(Fault::new(FaultKind::Gone).on("GET", "Task").times(99));
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.sync_full().await;
    let shared = rig.vault.setting(settings::SHARED_WORK).unwrap().unwrap();
    assert!(shared.contains("\"refused\":\"gone\""), "{shared}");
    assert_eq!(rig.sync().await.requests, 3);
    rig.control().clear_faults();
    rig.sync_full().await;
    let shared = rig.vault.setting(settings::SHARED_WORK).unwrap().unwrap();
    assert!(shared.contains("\"refused\":null"), "a full sync asks again: {shared}");
}

#[tokio::test]
async fn a_search_that_failed_loses_no_claim() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (brandt, header) = shared_thread(&rig).await;
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.sync().await;
    rig.sync().await;
    act(&brandt, BRANDT, &header, ActKind::Done);
    brandt.sync_full().await;
    act(&rig, ADLER, &header, ActKind::Release);
    rig.sync().await;
    act(&brandt, BRANDT, &header, ActKind::Claim);
    brandt.sync().await;
    rig.control().add_fault(Fault::new(FaultKind::ServerError).on("GET", "Task"));
    assert!(rig.try_sync(inbox_sync::Mode::Incremental).await.is_err());
    rig.time.skip(TimeDelta::minutes(10));
    rig.sync().await;
    assert_eq!(holder(&rig, &header), Some(reference(BRANDT)));
}

#[tokio::test]
async fn claims_of_threads_that_are_not_hers_are_not_stored() {
    let rig = clinic_at(wednesday(), Quirks { shows_everything: true, ..Quirks::default() }).await;
    let (brandt, header) = shared_thread(&rig).await;
    let foreign = NewMessage {
        patient: "hoffmann-eva".to_owned(),
        text: "For Dr. Brandt alone.".to_owned(),
        topic: Some("Refill".to_owned()),
        recipient: Some(reference(BRANDT)),
        ..NewMessage::default()
    };
    let foreign = rig.control().add_message(&foreign).unwrap();
    brandt.sync().await;
    act(&brandt, BRANDT, &header, ActKind::Claim);
    act(&brandt, BRANDT, &foreign.thread, ActKind::Claim);
    brandt.sync().await;
    assert_eq!(rig.control().resources("Task").len(), 2);
    rig.sync_full().await;
    assert_eq!(holder(&rig, &header), Some(reference(BRANDT)));
    assert_eq!(rig.vault.claim_versions().unwrap().len(), 1);
}

#[tokio::test]
async fn a_colleagues_claim_after_the_message_stops_the_clock_and_a_release_starts_it() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (brandt, header) = shared_thread(&rig).await;
    let deadline = || {
        let case = rig.vault.open_case(rig.thread(&header)).unwrap().expect("a case is open");
        (case.deadline.is_some(), case.acknowledged_at.is_some())
    };
    act(&brandt, BRANDT, &header, ActKind::Claim);
    brandt.sync().await;
    rig.sync_full().await;
    let message = NewMessage {
        patient: rig.a_patient(),
        text: "I took 20 tablets an hour ago and I want to die.".to_owned(),
        ..NewMessage::default()
    };
    rig.control().add_message(&message).unwrap();
    let report = rig.sync().await;
    assert_eq!(report.cases.len(), 1);
    assert_eq!(deadline(), (true, false), "a claim from before silences nothing");
    for kind in [ActKind::Release, ActKind::Claim] {
        act(&brandt, BRANDT, &header, kind);
        brandt.sync().await;
    }
    let report = rig.sync().await;
    assert_eq!(deadline(), (false, false), "claimed after the message: the colleague has it");
    assert!(report.cases.is_empty());
    act(&brandt, BRANDT, &header, ActKind::Release);
    brandt.sync().await;
    let report = rig.sync().await;
    assert_eq!((deadline(), report.cases.len()), ((true, false), 1), "given back, it rings again");
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.sync().await;
    assert_eq!(deadline(), (true, false), "her own claim stops no clock of hers");
}

#[tokio::test]
async fn a_full_sync_notices_a_task_that_is_gone() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (_brandt, header) = shared_thread(&rig).await;
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.sync().await;
    let id = tasks(&rig, &header)[0]["id"].as_str().unwrap().to_owned();
    rig.control().delete("Task", &id).unwrap();
    rig.sync_full().await;
    assert_eq!(holder(&rig, &header), None);
    act(&rig, ADLER, &header, ActKind::Claim);
    rig.sync_with(&client(&rig.portal, ADLER), inbox_sync::Mode::Incremental).await.unwrap();
    assert_eq!(holder(&rig, &header), Some(reference(ADLER)));
}
