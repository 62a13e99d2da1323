//! Calls that need no vault.

use serde_json::json;

use crate::rig::{Rig, call_with};

#[test]
fn triage_answers_in_order_with_offsets_in_scalar_values() {
    let input = [
        json!({"id": "a", "text": "😀 Could I move my appointment to Tuesday?"}),
        json!({"id": "b", "text": "😀😀 I want to die and I have the pills here.", "lang": "en"}),
    ]
    .map(|line| line.to_string())
    .join("\n");
    let answer = call_with(&["triage"], &input).done();
    let ids: Vec<_> = answer.lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(answer.lines[0]["tier"], json!("none"));
    let danger = &answer.lines[1];
    assert!(["urgent", "emergency"].contains(&danger["tier"].as_str().unwrap()), "{danger}");
    let text: Vec<char> = "😀😀 I want to die and I have the pills here.".chars().collect();
    for flag in danger["flags"].as_array().unwrap() {
        let (start, end) = (flag["start"].as_u64().unwrap() as usize, flag["end"].as_u64().unwrap() as usize);
        assert_eq!(text[start..end].iter().collect::<String>(), flag["text"].as_str().unwrap());
    }
}

#[test]
fn a_line_that_is_no_object_fails_with_its_number_and_without_its_words() {
    let answer = call_with(&["triage"], "{\"id\":\"a\",\"text\":\"ok\"}\nsecret words\n");
    assert_eq!(answer.failed(), "invalid_input");
    assert!(answer.messages.contains("line 2") && !answer.messages.contains("secret"), "{}", answer.messages);
}

#[test]
fn hours_are_checked_and_instants_classified() {
    let rig = Rig::start();
    let good = rig.file(
        "hours.json",
        r#"{"zone":"Europe/Berlin","versions":[{"from":"2026-01-01","weekly":[{"day":"mon","start":"08:00","end":"12:30"}]}],
        "exceptions":[],"absences":[],"holidays":[]}"#,
    );
    assert_eq!(call_with(&["hours", "check", &good], "").done().last(), &json!({"ok": true, "problems": []}));
    // Monday 2026-11-23, 09:00 in Berlin, and 02:14 in the night before.
    let input = "{\"id\":\"1\",\"sent\":\"2026-11-23T08:00:00Z\"}\n{\"id\":\"2\",\"sent\":\"2026-11-23T01:14:00Z\"}\n";
    let answer = call_with(&["hours", "classify", &good], input).done();
    assert_eq!(answer.lines[0]["after_hours"], json!(false));
    assert_eq!(answer.lines[1]["reason"], json!("night"));
    assert_eq!(answer.lines[1]["next_open"], json!("2026-11-23T07:00:00.000Z"));
    assert!(answer.lines[1]["cover"].is_null());

    let bad = rig.file("bad.json", r#"{"zone":"Europe/Atlantis","versions":[]}"#);
    let checked = call_with(&["hours", "check", &bad], "");
    assert_eq!(checked.code, 1);
    assert_eq!(checked.last()["ok"], json!(false));
    assert!(!checked.last()["problems"].as_array().unwrap().is_empty());
    assert_eq!(call_with(&["hours", "classify", &bad], input).failed(), "invalid_input");
}

#[test]
fn the_built_in_guidelines_are_in_order() {
    let answer = call_with(&["guidelines", "check"], "").done();
    assert_eq!(answer.last()["ok"], json!(true), "{}", answer.last());
}
