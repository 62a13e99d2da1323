//! The labelled fixtures do not get worse. These sets were used while writing the rules, so the floors guard against
//! regressions and say nothing about new messages; docs/TRIAGE.md has the figures of sets judged cold.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use inbox_triage::evaluate::Evaluation;
use inbox_triage::{Engine, evaluate, ndjson};

fn evaluation(name: &str) -> Evaluation {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/triage").join(name);
    evaluate::run(BufReader::new(File::open(path).expect("the fixture exists")), Engine::builtin())
        .expect("the fixture is valid")
}

fn assert_floors(name: &str, [sensitivity, specificity, acute, exact]: [f64; 4]) {
    let found = evaluation(name);
    let table = found.to_table();
    assert!(found.sensitivity.value >= sensitivity, "{name} sensitivity\n{table}");
    assert!(found.specificity.value >= specificity, "{name} specificity\n{table}");
    assert!(found.acute_recall.value >= acute, "{name} acute recall\n{table}");
    assert!(found.exact_tier.value >= exact, "{name} exact tier\n{table}");
}

#[test]
fn challenge_messages_keep_their_floors() {
    assert_floors("challenge.ndjson", [0.92, 0.94, 0.92, 0.89]);
}

#[test]
fn own_messages_keep_their_floors() {
    assert_floors("own.ndjson", [0.94, 0.98, 0.94, 0.95]);
}

#[test]
fn second_german_batch_keeps_its_floors() {
    assert_floors("own-de-2.ndjson", [0.90, 0.98, 0.89, 0.93]);
}

#[test]
fn second_english_batch_keeps_its_floors() {
    assert_floors("own-en-2.ndjson", [0.92, 0.97, 0.92, 0.93]);
}

#[test]
fn everyday_messages_stay_quiet() {
    assert_floors("en-everyday.ndjson", [0.0, 0.98, 0.0, 0.98]);
    assert_floors("de-everyday.ndjson", [0.0, 0.97, 0.0, 0.97]);
}

#[test]
fn clinic_like_messages_keep_their_floors() {
    for name in ["en-clinic-c.ndjson", "de-clinic-c.ndjson", "en-clinic-e.ndjson", "de-clinic-e.ndjson"] {
        assert_floors(name, [0.75, 0.93, 0.72, 0.70]);
    }
}

#[test]
fn denial_keeps_its_floors() {
    assert_floors("en-negation.ndjson", [0.90, 0.90, 0.0, 0.0]);
    assert_floors("de-negation.ndjson", [0.90, 0.90, 0.0, 0.0]);
}

#[test]
fn sets_kept_aside_do_not_get_worse() {
    assert_floors("held-back-final-clinic.ndjson", [0.60, 0.95, 0.79, 0.88]);
    assert_floors("held-back-final-challenge.ndjson", [0.90, 0.88, 0.85, 0.77]);
}

#[test]
fn ndjson_answers_line_by_line_in_order() {
    let input = "{\"id\":\"a\",\"text\":\"I want to die.\"}\n\n{\"id\":\"b\",\"text\":\"Danke für den Termin.\",\"lang\":\"de\"}\n";
    let mut output = Vec::new();
    ndjson::run(input.as_bytes(), &mut output, Engine::builtin()).unwrap();
    let lines: Vec<serde_json::Value> =
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["id"], &lines[0]["tier"]), (&"a".into(), &"urgent".into()));
    assert_eq!(lines[0]["flags"][0]["text"], "want to die");
    assert_eq!((&lines[1]["tier"], &lines[1]["checked"]), (&"none".into(), &"full".into()));
    let error = ndjson::run("{\"id\":1}".as_bytes(), Vec::new(), Engine::builtin()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1: expected a JSON object with \"id\" and \"text\" (wrong type or missing field)"
    );
}

#[test]
fn ndjson_judges_the_lines_after_one_that_cannot_be_read() {
    let input = b"{\"id\":\"a\",\"text\":\"I want to die.\"}\nno json\n{\"id\":\"c\"}\n\xff\xfe\n{\"id\":\"e\",\"text\":\"Ich will sterben.\"}\n";
    let mut output = Vec::new();
    let error = ndjson::run(&input[..], &mut output, Engine::builtin()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 2: expected a JSON object with \"id\" and \"text\" (not valid JSON) and 2 more such lines"
    );
    let lines: Vec<serde_json::Value> =
        String::from_utf8(output).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    assert_eq!(
        (&lines[0]["id"], &lines[4]["id"], &lines[4]["tier"]),
        (&"a".into(), &"e".into(), &"urgent".into())
    );
    let wrong =
        serde_json::json!({"id": null, "line": 3, "checked": "none", "error": "wrong type or missing field"});
    assert_eq!(lines[2], wrong);
    assert_eq!(lines[3]["error"], "not UTF-8");
}
