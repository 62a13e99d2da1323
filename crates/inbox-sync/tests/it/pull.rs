//! First fill, what is new, reconcile (I1 to I4).

use chrono::{TimeDelta, Utc};
use demo_portal::{NewMessage, Options, Quirks};
use inbox_domain::{Batch, PortalId, Tier};
use inbox_sync::{Mode, SyncError, SyncFailure};
use serde_json::json;

use crate::rig::{ADLER, Rig, client, id_of, recipients};

#[tokio::test]
async fn a_first_fill_brings_every_visible_message_and_no_other() {
    let rig = Rig::sample().await;
    let report = rig.sync().await;
    let visible = rig.visible_on_server(ADLER);
    assert!(visible.len() > 40, "the sample clinic has messages for her: {}", visible.len());
    rig.assert_complete("");
    // One that was withdrawn before it was first seen is stored too.
    assert!(report.new >= visible.len() as u64 && report.quarantined > 0, "{report:?}");
    assert!(report.complete_until.is_some());
    assert!(rig.vault.cursor().unwrap().first_fill_done);
    let page = rig.vault.list_threads(None, None, 0, 1000, Utc::now()).unwrap();
    assert!(
        page.rows.iter().all(|row| row.patient.as_ref().is_some_and(|p| !p.family.is_empty())),
        "names are known"
    );
    assert!(page.rows.iter().any(|row| row.facts.open_tier >= Tier::Urgent), "triage ran");
    rig.assert_healthy();
}

#[tokio::test]
async fn an_answer_with_everybodys_messages_stores_hers_alone() {
    let quirks = Quirks { shows_everything: true, ..Quirks::default() };
    let rig = Rig::new(Options { quirks, ..Options::default() }).await;
    rig.sync().await;
    rig.assert_complete("");
    assert!(rig.control().resources("Communication").len() > rig.stored().len() * 2);
}

#[tokio::test]
async fn nothing_new_takes_at_most_three_requests_and_changes_nothing() {
    let rig = Rig::sample().await;
    rig.sync().await;
    let again = rig.sync().await;
    assert!(again.requests <= 3, "{} requests", again.requests);
    assert_eq!((again.new, again.updated, again.withdrawn, again.quarantined), (0, 0, 0, 0));
    assert_eq!(again.threads, []);
}

#[tokio::test]
async fn replay_of_everything_changes_nothing() {
    let rig = Rig::sample().await;
    rig.sync().await;
    let before = rig.stored();
    let replay = rig.sync_full().await;
    assert_eq!((replay.new, replay.updated, replay.withdrawn, replay.quarantined), (0, 0, 0, 0));
    assert_eq!(rig.stored(), before);
}

#[tokio::test]
async fn a_first_fill_stopped_between_pages_goes_on_from_there() {
    let rig = Rig::new(Options { page_cap: 10, ..Options::default() }).await;
    let visible = rig.visible_on_server(ADLER);
    *rig.stop_after.lock().unwrap() = Some(3);
    let stopped = rig.try_sync(Mode::Incremental).await.unwrap_err();
    assert!(matches!(stopped.error, SyncError::Cancelled));
    let half = rig.stored().len();
    assert!(half > 0 && half < visible.len(), "{half} of {}", visible.len());
    assert!(!rig.vault.cursor().unwrap().first_fill_done);
    let _ = rig.control().requests(true);
    let mut rig = rig;
    rig.cancel = inbox_sync::CancelFlag::default();
    *rig.stop_after.lock().unwrap() = None;
    rig.sync().await;
    rig.assert_complete("");
    let first =
        rig.control().requests(false).into_iter().find(|seen| seen.path.contains("/Communication")).unwrap();
    assert!(
        !first.path.contains("_sort=sent") || first.path.contains("cursor"),
        "it does not begin again: {}",
        first.path
    );
}

#[tokio::test]
async fn an_expired_page_link_restarts_from_the_last_sent() {
    let rig = Rig::new(Options { page_cap: 10, ..Options::default() }).await;
    *rig.stop_after.lock().unwrap() = Some(3);
    rig.try_sync(Mode::Incremental).await.unwrap_err();
    rig.control().expire_cursors();
    let mut rig = rig;
    rig.cancel = inbox_sync::CancelFlag::default();
    *rig.stop_after.lock().unwrap() = None;
    rig.sync().await;
    rig.assert_complete("");
}

#[tokio::test]
async fn all_servers_quirks_still_give_every_message() {
    for name in ["medplum", "helios", "wso2"] {
        let quirks = Quirks::preset(name).unwrap();
        let rig = Rig::new(Options { quirks, page_cap: 40, ..Options::default() }).await;
        rig.sync().await;
        rig.assert_complete(name);
        let (id, thread) = rig.patient_writes("Could we move Thursday?");
        rig.sync().await;
        assert!(rig.stored().contains(&id), "{name}");
        let entry = rig.reply(&thread, "Yes, Friday at ten.");
        rig.sync().await;
        assert_eq!(rig.copies(&entry), 1, "{name}");
    }
}

#[tokio::test]
async fn no_search_has_an_upper_bound() {
    // A server that shows whole seconds compares finer: what lies within the last one would be left out.
    let quirks = Quirks::preset("wso2").unwrap();
    let rig = Rig::new(Options { quirks, page_cap: 40, ..Options::default() }).await;
    rig.sync().await;
    rig.patient_writes("Could we move Thursday?");
    rig.sync().await;
    rig.sync_full().await;
    let asked = rig.control().requests(false);
    let times = asked.iter().flat_map(|seen| seen.path.split(['?', '&']));
    let times: Vec<&str> =
        times.filter(|part| part.starts_with("_lastUpdated=") || part.starts_with("sent=")).collect();
    assert!(!times.is_empty());
    assert!(times.iter().all(|part| part.contains("=ge")), "{times:?}");
    rig.assert_complete("wso2");
}

#[tokio::test]
async fn a_new_message_arrives_and_its_change_too() {
    let rig = Rig::empty().await;
    rig.sync().await;
    let (id, thread) = rig.patient_writes("First words.");
    let report = rig.sync().await;
    assert_eq!((report.new, report.updated), (1, 0));
    assert_eq!(rig.texts(&thread), ["First words."]);
    let change = |value: &mut serde_json::Value| value["payload"][0]["contentString"] = json!("Other words.");
    rig.control().edit("Communication", &id, change).unwrap();
    let report = rig.sync().await;
    assert_eq!((report.new, report.updated), (0, 1));
    assert_eq!(rig.texts(&thread), ["Other words."]);
}

#[tokio::test]
async fn a_message_that_names_her_only_through_its_header_is_hers() {
    let quirks = Quirks { shows_everything: true, ..Quirks::default() };
    let rig = Rig::new(Options { messages: 0, quirks, ..Options::default() }).await;
    let (_, thread) = rig.patient_writes("To my doctor.");
    rig.sync().await;
    let (id, _) = rig.patient_writes("To the desk only.");
    let change =
        |value: &mut serde_json::Value| value["recipient"] = json!([{"reference": "Practitioner/dr-brandt"}]);
    rig.control().edit("Communication", &id, change).unwrap();
    rig.sync().await;
    assert_eq!(rig.texts(&thread), ["To my doctor.", "To the desk only."]);
}

#[tokio::test]
async fn a_colleagues_message_is_not_stored() {
    let rig = Rig::empty().await;
    let patient = rig.a_patient();
    let message = NewMessage {
        patient,
        text: "Not for Dr Adler.".to_owned(),
        topic: Some("Other".to_owned()),
        recipient: Some("Practitioner/dr-brandt".to_owned()),
        ..NewMessage::default()
    };
    let added = rig.control().add_message(&message).unwrap();
    let header = rig.control().resource("Communication", &added.thread).unwrap();
    assert!(!recipients(&header).contains(&"Practitioner/dr-adler".to_owned()));
    rig.sync().await;
    rig.sync_full().await;
    assert_eq!(rig.stored(), Vec::<String>::new());
    assert_eq!(rig.vault.thread_by_portal_id(&PortalId(added.thread)).unwrap(), None);
}

/// Makes the cursor say that all is known up to `ahead` from now: what is written now then has a `lastUpdated` from before
/// the cursor, as a slow commit has.
fn put_cursor_ahead(rig: &Rig, ahead: TimeDelta) {
    let mut cursor = rig.vault.cursor().unwrap();
    cursor.complete_until = Some(Utc::now() + ahead);
    rig.vault.apply(&Batch { cursor: Some(cursor), ..Batch::default() }, Utc::now()).unwrap();
}

#[tokio::test]
async fn the_overlap_catches_a_late_commit() {
    let rig = Rig::empty().await;
    rig.sync().await;
    put_cursor_ahead(&rig, TimeDelta::seconds(290));
    rig.patient_writes("Committed late.");
    assert_eq!(rig.sync().await.new, 1);
}

#[tokio::test]
async fn a_sweep_catches_what_came_later_still() {
    let rig = Rig::empty().await;
    rig.sync().await;
    put_cursor_ahead(&rig, TimeDelta::minutes(50));
    rig.patient_writes("Committed very late.");
    assert_eq!(rig.sync().await.new, 0, "no sweep is due");
    rig.time.skip(TimeDelta::minutes(16));
    assert_eq!(rig.sync().await.new, 1);
}

#[tokio::test]
async fn a_full_sync_catches_what_no_overlap_reaches() {
    let rig = Rig::empty().await;
    rig.sync().await;
    put_cursor_ahead(&rig, TimeDelta::days(2));
    rig.patient_writes("Never seen by a cursor.");
    assert_eq!(rig.sync().await.new, 0);
    assert_eq!(rig.sync_full().await.new, 1);
}

#[tokio::test]
async fn withdrawn_and_deleted_messages_stay_as_withdrawn() {
    let rig = Rig::empty().await;
    let (void, thread) = rig.patient_writes("Sent in error.");
    let (deleted, _) = rig.patient_writes("Deleted on the server.");
    rig.sync().await;
    rig.control().void_message(&void).unwrap();
    assert_eq!(rig.sync().await.withdrawn, 1);
    rig.control().delete("Communication", &deleted).unwrap();
    assert_eq!(rig.sync_full().await.withdrawn, 1);
    let messages = rig.vault.messages(rig.thread(&thread)).unwrap();
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|message| message.withdrawn_at.is_some() && !message.text.is_empty()));
    assert_eq!(rig.sync_full().await.withdrawn, 0, "once");
}

#[tokio::test]
async fn the_cursor_never_passes_the_servers_clock_and_never_goes_back() {
    let rig = Rig::sample().await;
    let first = rig.sync().await.complete_until.unwrap();
    assert!(first < Utc::now() - TimeDelta::seconds(20), "a margin stays");
    // This workstation's clock runs a day ahead: the cursor does not notice.
    rig.time.skip(TimeDelta::days(1));
    let second = rig.sync().await.complete_until.unwrap();
    assert!(second >= first && second < Utc::now());
}

#[tokio::test]
async fn one_sync_at_a_time() {
    let rig = Rig::sample().await;
    let other = client(&rig.portal, ADLER);
    let (first, second) =
        tokio::join!(rig.try_sync(Mode::Incremental), rig.sync_with(&other, Mode::Incremental));
    let codes: Vec<Option<&str>> =
        [first, second].iter().map(|r| r.as_ref().err().map(SyncFailure::code)).collect();
    assert_eq!(codes, [None, Some("busy")]);
}

#[tokio::test]
async fn a_changed_phone_number_comes_with_the_next_message() {
    let rig = Rig::empty().await;
    rig.patient_writes("Hello.");
    rig.sync().await;
    let patient = rig.a_patient();
    let change = |value: &mut serde_json::Value| {
        value["telecom"] = json!([{"system": "phone", "value": "030 23125 077"}])
    };
    rig.control().edit("Patient", &patient, change).unwrap();
    rig.patient_writes("I have a new number.");
    rig.sync().await;
    let stored = rig.vault.patient_by_portal_id(&PortalId(patient)).unwrap().unwrap();
    assert_eq!(stored.phone.as_deref(), Some("030 23125 077"));
    assert!(rig.control().resources("Patient").iter().map(id_of).count() > 1);
}
