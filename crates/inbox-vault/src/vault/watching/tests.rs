use inbox_domain::Tier;

use super::WatchRecord;
use crate::vault::testing::{at, batch, message, monday, vault};

#[test]
fn what_is_known_is_ids_versions_and_tiers_of_what_was_sent_since() {
    let (_dir, vault) = vault();
    vault
        .apply(
            &batch([message("old", -60, "One"), message("calm", 1, "Two"), message("loud", 2, "Three")]),
            monday(),
        )
        .unwrap();
    let mut known = vault.known_since(at(0)).unwrap();
    known.sort();
    let ids: Vec<_> = known.iter().map(|(id, version, _)| (id.0.as_str(), version.as_str())).collect();
    assert_eq!(ids, [("calm", "1"), ("loud", "1")]);
    assert!(known.iter().all(|(_, _, tier)| *tier == Tier::None));
}

#[test]
fn what_a_watch_saw_is_recorded_without_a_name() {
    let (_dir, vault) = vault();
    let record = WatchRecord {
        checks: 7,
        last_check: Some(at(5)),
        seen: vec![("m9".into(), Tier::Emergency)],
        clocks: vec![inbox_domain::CaseId(3)],
    };
    vault.record_watch(&record, at(9)).unwrap();
    let rows = vault.audit(3).unwrap();
    let said: Vec<_> = rows.iter().rev().map(|row| format!("{} {}", row.action, row.subject)).collect();
    assert_eq!(
        said,
        [
            "watch.end checks:7 last:2026-03-02T09:05:00.000Z",
            "watch.seen message:m9 tier:emergency",
            "watch.clock case:3"
        ]
    );
}
