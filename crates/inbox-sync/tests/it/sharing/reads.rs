//! Read marks: in hours only, and our own echo is no change.

use chrono::{TimeDelta, TimeZone as _, Utc};
use demo_portal::{Fault, FaultKind, Quirks};
use inbox_domain::{ActState, Clock as _};
use serde_json::Value;

use super::{add_recipient, clinic_at, wednesday};
use crate::rig::{Rig, id_of};

fn received(rig: &Rig, message: &str) -> Value {
    rig.control().resource("Communication", message).unwrap()["received"].clone()
}

fn read(rig: &Rig, header: &str) -> u32 {
    rig.vault.mark_read(rig.thread(header), rig.time.now()).unwrap()
}

fn unread(rig: &Rig, header: &str) -> u32 {
    rig.vault.thread(rig.thread(header)).unwrap().facts.unread
}

fn writes(rig: &Rig) -> Vec<String> {
    let seen = rig.control().requests(true).into_iter().filter(|seen| seen.method != "GET");
    seen.map(|seen| format!("{} {} {}", seen.method, seen.path, seen.status)).collect()
}

async fn marked_on(quirks: Quirks, method: &str) {
    let rig = clinic_at(wednesday(), quirks).await;
    let (message, _) = rig.patient_writes("I want to die, I have the tablets here.");
    rig.sync().await;
    // A server without `partOf` makes threads of its own.
    let thread = rig.vault.stored_by_portal_id(&message.as_str().into()).unwrap().unwrap().thread;
    let case = rig.vault.open_case(thread).unwrap().expect("a case");
    rig.vault.case_acknowledge(case.id, "Dr. A. Adler", rig.time.now()).unwrap();
    let before = rig.vault.thread(thread).unwrap();
    assert_eq!(rig.vault.mark_read(thread, rig.time.now()).unwrap(), 1);
    let _ = writes(&rig);
    rig.sync().await;
    assert!(received(&rig, &message).is_string(), "marked");
    let writes = writes(&rig);
    assert_eq!(writes.iter().filter(|write| write.starts_with(method)).count(), writes.len(), "{writes:?}");
    for _ in 0..2 {
        let report = rig.sync_full().await;
        assert_eq!((report.new, report.updated, report.cases.len()), (0, 0, 0), "our own echo");
    }
    let after = rig.vault.thread(thread).unwrap();
    assert_eq!((after.facts.unread, after.top_flag), (0, before.top_flag));
    let case = rig.vault.case(case.id).unwrap();
    assert!(case.deadline.is_none() && case.acknowledged_at.is_some(), "nothing rings again");
    assert_eq!(rig.vault.count_acts(ActState::Queued).unwrap(), 0);
    let again = self::writes(&rig);
    assert!(again.is_empty(), "told once: {again:?}");
    rig.assert_healthy();
}

#[tokio::test]
async fn a_read_message_is_marked_once_and_its_echo_is_no_change() {
    marked_on(Quirks::default(), "PATCH").await;
}

#[tokio::test]
async fn marks_on_each_servers_quirks() {
    for (name, method) in [("medplum", "PATCH"), ("helios", "PATCH"), ("wso2", "P"), ("millennium", "PATCH")]
    {
        marked_on(Quirks::preset(name).unwrap(), method).await;
    }
}

#[tokio::test]
async fn where_messages_are_searched_by_the_time_they_were_received_it_stays_the_portals() {
    let rig = clinic_at(wednesday(), Quirks::preset("millennium").unwrap()).await;
    let (message, _) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    let before = received(&rig, &message);
    let thread = rig.vault.stored_by_portal_id(&message.as_str().into()).unwrap().unwrap().thread;
    rig.vault.mark_read(thread, rig.time.now()).unwrap();
    let _ = writes(&rig);
    rig.sync().await;
    assert_eq!((received(&rig, &message), writes(&rig)), (before, Vec::new()));
    assert_eq!(rig.vault.count_acts(ActState::Queued).unwrap(), 0);
}

#[tokio::test]
async fn where_patch_ignores_the_version_the_whole_version_is_replaced() {
    let rig = clinic_at(wednesday(), Quirks::preset("wso2").unwrap()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    read(&rig, &header);
    let _ = writes(&rig);
    rig.sync().await;
    let writes = writes(&rig);
    assert!(writes.last().unwrap().starts_with("PUT"), "{writes:?}");
    let now = rig.control().resource("Communication", &message).unwrap();
    assert_eq!(now["payload"][0]["contentString"], "Can I have a refill?");
    assert!(now["received"].is_string());
}

#[tokio::test]
async fn reading_at_night_is_shown_at_the_opening_and_not_before() {
    // 02:14 in Berlin.
    let night = Utc.with_ymd_and_hms(2026, 3, 4, 1, 14, 0).unwrap();
    let rig = clinic_at(night, Quirks::default()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    read(&rig, &header);
    assert_eq!(unread(&rig, &header), 0, "read here");
    for _ in 0..6 {
        rig.sync().await;
        assert!(received(&rig, &message).is_null(), "not shown at {}", rig.time.now());
        rig.time.skip(TimeDelta::hours(1));
    }
    // 08:14 in Berlin: open.
    rig.sync().await;
    assert!(received(&rig, &message).is_string());
}

#[tokio::test]
async fn the_mark_names_the_time_at_which_it_left() {
    let night = Utc.with_ymd_and_hms(2026, 3, 4, 1, 14, 0).unwrap();
    let rig = clinic_at(night, Quirks::default()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    read(&rig, &header);
    // The portal's clock stays in the night; ours is what the hours are judged by.
    rig.time.skip(TimeDelta::hours(7));
    let before = rig.control().state()["now"].as_str().unwrap().to_owned();
    rig.sync().await;
    let marked = received(&rig, &message).as_str().unwrap().to_owned();
    assert!(marked[..16] >= before[..16], "{marked} is not before {before}");
}

#[tokio::test]
async fn in_an_open_case_reading_is_shown_at_once() {
    let night = Utc.with_ymd_and_hms(2026, 3, 4, 1, 14, 0).unwrap();
    let rig = clinic_at(night, Quirks::default()).await;
    let (message, header) = rig.patient_writes("I want to die, I have the tablets here.");
    rig.sync().await;
    assert!(rig.vault.open_case(rig.thread(&header)).unwrap().is_some());
    read(&rig, &header);
    rig.sync().await;
    assert!(received(&rig, &message).is_string());
}

#[tokio::test]
async fn an_echo_whose_answer_was_lost_is_recognised() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (first, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    read(&rig, &header);
    rig.sync().await;
    assert!(received(&rig, &first).is_string(), "the server is known now");
    let (message, _) = rig.patient_writes("And a certificate?");
    rig.sync().await;
    read(&rig, &header);
    rig.control().add_fault(Fault::new(FaultKind::Drop).on("PATCH", "Communication").after_commit());
    rig.sync().await;
    assert!(received(&rig, &message).is_string(), "committed");
    let report = rig.sync().await;
    assert_eq!((report.new, report.updated, unread(&rig, &header)), (0, 0, 0));
    assert_eq!(rig.vault.count_acts(ActState::Queued).unwrap(), 0, "and with it the mark is settled");
}

#[tokio::test]
async fn what_the_patient_changes_meanwhile_is_unread_and_not_marked() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    read(&rig, &header);
    rig.control().add_fault(Fault::new(FaultKind::Unavailable).on("PATCH", "Communication"));
    rig.control()
        .edit("Communication", &message, |value| {
            value["payload"][0]["contentString"] = "Forget the refill. I took all of them.".into();
        })
        .unwrap();
    let report = rig.sync().await;
    assert_eq!(report.updated, 1);
    rig.time.skip(TimeDelta::minutes(2));
    rig.sync().await;
    assert!(received(&rig, &message).is_null(), "nobody has read this text");
    assert_eq!(unread(&rig, &header), 1);
}

#[tokio::test]
async fn a_change_between_reading_and_marking_is_met_by_the_version() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    read(&rig, &header);
    // Changed after the pull of the sync that marks: the search does not show it.
    rig.control()
        .edit("Communication", &message, |value| value["note"] = "seen by the front desk".into())
        .unwrap();
    rig.control().add_fault(Fault::new(FaultKind::Unavailable).on("GET", "Communication?"));
    rig.sync().await;
    let now = rig.control().resource("Communication", &message).unwrap();
    assert!(now["received"].is_string() && now["note"] == "seen by the front desk", "both stand: {now}");
}

#[tokio::test]
async fn where_others_received_it_too_a_receipt_says_who_has_read() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    add_recipient(&rig, &message, super::BRANDT);
    rig.sync().await;
    read(&rig, &header);
    rig.sync().await;
    assert!(received(&rig, &message).is_null());
    let receipts = super::tasks(&rig, &message);
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0]["code"]["coding"][0]["code"], "read-receipt");
    assert_eq!(receipts[0]["owner"]["reference"], "Practitioner/dr-adler");
    assert!(!id_of(&receipts[0]).is_empty());
    rig.sync_full().await;
    assert_eq!(super::tasks(&rig, &message).len(), 1);
    assert!(rig.vault.thread(rig.thread(&header)).unwrap().claim.is_none(), "a receipt is no claim");
}

#[tokio::test]
async fn a_mark_that_fails_holds_up_nothing_and_is_tried_again() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    read(&rig, &header);
    rig.control().add_fault(Fault::new(FaultKind::ServerError).on("PATCH", "Communication").times(2));
    let entry = rig.reply(&header, "It is ready.");
    let report = rig.sync().await;
    assert_eq!((report.sent, rig.copies(&entry)), (1, 1));
    assert!(received(&rig, &message).is_null());
    rig.time.skip(TimeDelta::minutes(2));
    rig.sync().await;
    assert!(received(&rig, &message).is_string());
}

#[tokio::test]
async fn hours_that_nobody_set_show_nothing() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    read(&rig, &header);
    rig.sync_by(inbox_domain::AvailabilityHours::default_for("Europe/Berlin").as_guess()).await;
    assert!(received(&rig, &message).is_null());
    rig.sync().await;
    assert!(received(&rig, &message).is_string());
}

#[tokio::test]
async fn a_message_that_says_already_when_it_was_received_is_left_alone() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let (message, header) = rig.patient_writes("Can I have a refill?");
    rig.control()
        .edit("Communication", &message, |value| value["received"] = "2026-03-04T08:59:00Z".into())
        .unwrap();
    rig.sync().await;
    read(&rig, &header);
    let _ = writes(&rig);
    rig.sync().await;
    assert!(writes(&rig).is_empty());
}
