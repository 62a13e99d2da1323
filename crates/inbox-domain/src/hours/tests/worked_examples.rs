//! The examples of docs/HOURS.md are what the program does.

use super::{at, hours};

#[test]
fn the_examples_of_the_document_hold() {
    let document = include_str!("../../../../../docs/HOURS.md");
    let file = document.split("```json hours\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let hours = hours(file);
    let mut run = 0;
    for row in document.lines().filter(|line| line.starts_with("| 20")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let verdict = hours.classify(at(cells[1]));
        let reason = serde_json::to_value(verdict.reason).unwrap();
        assert_eq!((reason.as_str(), verdict.next_open), (Some(cells[2]), Some(at(cells[3]))), "{row}");
        run += 1;
    }
    assert!(run >= 11, "{run} examples");
}

#[test]
fn closed_since_is_the_end_of_the_last_block() {
    let document = include_str!("../../../../../docs/HOURS.md");
    let file = document.split("```json hours\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let hours = hours(file);
    assert_eq!(hours.closed_since(at("2026-11-24T02:14:00+01:00")), Some(at("2026-11-23T18:00:00+01:00")));
    assert_eq!(hours.closed_since(at("2026-11-23T09:00:00+01:00")), None);
    // The whole of Christmas and the absence are one closed period.
    assert_eq!(hours.closed_since(at("2026-12-30T09:00:00+01:00")), Some(at("2026-12-23T10:00:00+01:00")));
    assert_eq!(hours.closed_since(at("2025-01-01T09:00:00+01:00")), None);
}
