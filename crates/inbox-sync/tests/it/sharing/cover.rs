//! The threads of an absent colleague.

use chrono::{NaiveDate, TimeDelta};
use demo_portal::{NewMessage, Quirks};
use inbox_domain::{Clock as _, Covering};
use inbox_sync::{cover_states, covered_for, set_covers};

use super::{BRANDT, clinic_at, reference, wednesday};
use crate::rig::Rig;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

fn cover(rig: &Rig, from: u32, to: u32) {
    let covering = Covering { practitioner: reference(BRANDT), from: day(from), to: day(to) };
    set_covers(&rig.vault, &[covering], rig.time.now()).unwrap();
}

/// A patient writes to the absent colleague; answers message and thread.
fn to_brandt(rig: &Rig, text: &str, topic: Option<&str>) -> (String, String) {
    let message = NewMessage {
        patient: "hoffmann-eva".to_owned(),
        text: text.to_owned(),
        topic: topic.map(str::to_owned),
        recipient: Some(reference(BRANDT)),
        ..NewMessage::default()
    };
    let added = rig.control().add_message(&message).unwrap();
    (added.id, added.thread)
}

#[tokio::test]
async fn a_cover_sees_the_colleagues_threads_on_its_days_and_keeps_them_after() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    let brandt = rig.beside(BRANDT);
    let (_, header) = to_brandt(&rig, "Can I have a refill?", Some("Refill"));
    rig.sync().await;
    brandt.sync().await;
    brandt.reply(&header, "Which one?");
    brandt.sync().await;
    rig.control().permit_cover("Practitioner/dr-adler", &reference(BRANDT), true);
    rig.sync().await;
    assert!(rig.stored().is_empty(), "permitted is not asked for");
    cover(&rig, 4, 5);
    rig.sync().await;
    assert_eq!(rig.texts(&header), ["Can I have a refill?", "Which one?"], "with its past");
    let thread = || rig.vault.thread(rig.thread(&header)).unwrap();
    assert_eq!(covered_for(&rig.vault, &thread()).unwrap(), Some(reference(BRANDT)));
    to_brandt(&rig, "The blue ones.", None);
    assert_eq!(rig.sync().await.new, 1);
    rig.sync_full().await;
    assert_eq!(rig.stored().len(), 3, "a full sync withdraws nothing of it");
    // Friday: the cover is over.
    rig.time.skip(TimeDelta::days(2));
    rig.control().permit_cover("Practitioner/dr-adler", &reference(BRANDT), false);
    to_brandt(&rig, "Are they ready?", None);
    let _ = rig.control().requests(true);
    rig.sync().await;
    rig.sync_full().await;
    assert_eq!(rig.texts(&header).len(), 3, "nothing new");
    let withdrawn = rig.vault.messages(rig.thread(&header)).unwrap();
    assert!(withdrawn.iter().all(|message| message.withdrawn_at.is_none()), "what was stored stays");
    let asked = rig
        .control()
        .requests(false)
        .iter()
        .filter(|seen| seen.path.contains("Communication?") && seen.path.contains(BRANDT))
        .count();
    assert_eq!(asked, 0, "and the colleague's is not asked for");
    assert_eq!(covered_for(&rig.vault, &thread()).unwrap(), Some(reference(BRANDT)));
    rig.assert_healthy();
}

#[tokio::test]
async fn a_cover_that_the_portal_forbids_is_said_and_holds_up_nothing() {
    let quirks = Quirks { refuses_foreign_recipients: true, ..Quirks::default() };
    let rig = clinic_at(wednesday(), quirks).await;
    to_brandt(&rig, "Can I have a refill?", Some("Refill"));
    cover(&rig, 4, 5);
    let (mine, _) = rig.patient_writes("And mine?");
    rig.sync().await;
    assert_eq!(rig.stored(), [mine]);
    assert_eq!(cover_states(&rig.vault).unwrap()[0].refused.as_deref(), Some("forbidden"));
    rig.control().permit_cover("Practitioner/dr-adler", &reference(BRANDT), true);
    rig.sync().await;
    assert_eq!(rig.stored().len(), 2);
    assert_eq!(cover_states(&rig.vault).unwrap()[0].refused, None);
}

#[tokio::test]
async fn an_emergency_in_a_covered_thread_opens_a_case() {
    let rig = clinic_at(wednesday(), Quirks::default()).await;
    rig.control().permit_cover("Practitioner/dr-adler", &reference(BRANDT), true);
    cover(&rig, 4, 5);
    rig.sync().await;
    let (_, header) = to_brandt(&rig, "I want to die, I have the tablets here.", Some("Night"));
    let report = rig.sync().await;
    assert_eq!(report.cases.len(), 1);
    assert!(rig.vault.open_case(rig.thread(&header)).unwrap().is_some());
}

#[tokio::test]
async fn where_everything_is_shown_a_cover_takes_the_colleagues_alone() {
    let rig = clinic_at(wednesday(), Quirks::preset("helios").unwrap()).await;
    let (message, _) = to_brandt(&rig, "Can I have a refill?", Some("Refill"));
    let other = NewMessage {
        patient: "weber-julia".to_owned(),
        text: "Not for them.".to_owned(),
        topic: Some("Other".to_owned()),
        recipient: Some(reference("dr-castellano")),
        ..NewMessage::default()
    };
    rig.control().add_message(&other).unwrap();
    rig.sync().await;
    cover(&rig, 4, 5);
    rig.sync().await;
    assert_eq!(rig.stored(), [message]);
}
