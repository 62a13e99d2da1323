//! The sample clinic has the study's structure, and larger ones are what was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use chrono::{DateTime, Timelike, Utc};
use demo_portal::Options;
use serde_json::{Value, json};

use crate::rig::{clinic, start};

fn at(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok()
}

#[tokio::test]
async fn the_structure_is_that_of_the_study() {
    let rig = clinic().await;
    let state = rig.portal.control().state();
    assert_eq!((&state["counts"]["Patient"], &state["counts"]["Practitioner"]), (&json!(38), &json!(4)));
    assert_eq!(
        state["structure"],
        json!({"initial_notes": 61, "patient_responses": 122, "replies": 91, "messages": 274})
    );
    let names: Vec<String> = rig.portal.practitioners().into_iter().map(|one| one.id).collect();
    assert_eq!(names, ["dr-adler", "dr-brandt", "dr-castellano", "dr-lindqvist"]);
}

#[tokio::test]
async fn the_first_inbox_has_the_night_message_last_in_its_thread() {
    let now = at("2026-11-23T06:52:00Z");
    let rig = start(Options { now, ..Options::default() }).await;
    let all = rig.all("/Communication?subject=Patient/berger-jonas&_sort=sent").await;
    let newest = all.last().unwrap();
    assert_eq!(newest["sent"], "2026-11-23T02:14:00+01:00");
    assert!(
        newest["payload"][0]["contentString"].as_str().unwrap().contains("I've put the tablets on the table")
    );
    let everything = rig.portal.control().resources("Communication");
    assert!(
        everything.iter().filter_map(|one| one["sent"].as_str().and_then(at)).all(|sent| Some(sent) < now)
    );
    assert!(
        everything
            .iter()
            .filter_map(|one| one["meta"]["lastUpdated"].as_str().and_then(at))
            .all(|at| Some(at) < now)
    );
}

#[tokio::test]
async fn odd_messages_are_there() {
    let rig = clinic().await.signed_in_as("backend");
    let all = rig.all("/Communication?_sort=_lastUpdated&_count=100").await;
    let count = |test: &dyn Fn(&Value) -> bool| all.iter().filter(|one| test(one)).count();
    assert_eq!(count(&|one| one["sent"].is_null()), 1);
    assert_eq!(count(&|one| one["sent"].as_str().is_some_and(|sent| sent.len() == 10)), 1);
    assert_eq!(count(&|one| one["status"] == "entered-in-error"), 1);
    assert_eq!(count(&|one| one["payload"].is_string()), 1);
    assert_eq!(count(&|one| one.to_string().contains("<script>")), 1);
    assert_eq!(
        count(&|one| one["sender"]["reference"].as_str().is_some_and(|s| s.starts_with("RelatedPerson"))),
        6
    );
    assert_eq!(rig.portal.control().resources("Binary").len(), 2);
    let subjects: BTreeMap<&str, &Value> =
        all.iter().map(|one| (one["id"].as_str().unwrap(), &one["subject"]["reference"])).collect();
    let strangers = count(&|one| {
        let header =
            one["partOf"][0]["reference"].as_str().unwrap_or_default().trim_start_matches("Communication/");
        subjects.get(header).is_some_and(|subject| **subject != one["subject"]["reference"])
    });
    assert_eq!(strangers, 1);
    let texts: BTreeSet<&str> = all
        .iter()
        .filter(|one| {
            one["sender"]["reference"].as_str().is_some_and(|sender| !sender.starts_with("Practitioner"))
        })
        .filter_map(|one| one["payload"][0]["contentString"].as_str())
        .collect();
    assert_eq!(texts.len(), 121);
    let night = count(&|one| {
        let sent = one["sent"].as_str().and_then(|sent| DateTime::parse_from_rfc3339(sent).ok());
        one["sender"]["reference"].as_str().is_some_and(|sender| sender.starts_with("Patient"))
            && sent.is_some_and(|sent| sent.hour() >= 22 || sent.hour() < 6)
    });
    assert!((8..30).contains(&night), "{night}");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_clinic() {
    let now = at("2026-11-23T06:52:00Z");
    let options = Options { now, patients: 60, messages: 1_000, seed: 7, ..Options::default() };
    let first = start(options.clone()).await.portal.control().resources("Communication");
    let second = start(options.clone()).await.portal.control().resources("Communication");
    assert!(first == second);
    let other = start(Options { seed: 8, ..options }).await.portal.control().resources("Communication");
    assert!(first != other);
}

#[tokio::test]
async fn larger_clinics_have_what_was_asked_for() {
    let begun = Instant::now();
    let rig = start(Options { patients: 200, messages: 5_000, practitioners: 6, ..Options::default() }).await;
    let rig = rig.signed_in_as("backend");
    let state = rig.portal.control().state();
    assert_eq!((&state["structure"]["messages"], &state["counts"]["Patient"]), (&json!(5_000), &json!(200)));
    let ids: BTreeSet<String> =
        rig.all("/Communication?_sort=sent&_count=1000").await.iter().map(crate::rig::id_of).collect();
    assert_eq!(json!(ids.len()), state["counts"]["Communication"]);
    assert!(!rig.portal.token("dr-006").is_empty());
    assert!(begun.elapsed() < Duration::from_secs(60));
}
