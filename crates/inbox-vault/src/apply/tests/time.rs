//! Absence that passes, and dates that do not name an hour.

use inbox_domain::{PortalId, SentPrecision};

use super::*;

#[test]
fn a_message_that_was_only_absent_comes_back_when_it_is_seen_again() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "kept").flagged(Tier::Emergency)]), at(2)).unwrap();
    let withdrawn = vec![Withdrawal { portal_id: "m1".into(), at: at(5) }];
    vault.apply(&Batch { withdrawn, ..Batch::default() }, at(6)).unwrap();
    let id = PortalId::from("m1");
    let versions = vault.known_versions(std::slice::from_ref(&id)).unwrap();
    assert_ne!(versions.get(&id).map(String::as_str), Some("1"), "so that a reconcile fetches it");
    let report = vault.apply(&batch([message("m1", 0, "kept").flagged(Tier::Emergency)]), at(7)).unwrap();
    assert_eq!((report.new, report.updated), (0, 1));
    let stored = vault.messages(vault.t1()).unwrap();
    assert_eq!((stored[0].withdrawn_at, stored[0].text.as_str()), (None, "kept"));
    assert_eq!((vault.thread(vault.t1()).unwrap().facts.unread, vault.message_ids().unwrap()), (1, vec![id]));
    assert_eq!(vault.cases().unwrap().len(), 1, "the case is the same");
}

#[test]
fn a_date_without_an_hour_is_not_answered_by_an_earlier_message_of_that_day() {
    let day = |id: &str, days: i64, written: i64| {
        let mut sample = message(id, days, "danger").flagged(Tier::Emergency);
        sample.0.message.sent_precision = SentPrecision::Day;
        sample.0.message.last_updated = at(written);
        sample
    };
    for answer_first in [false, true] {
        let (_dir, vault) = vault();
        // Dated with the day alone, received at minute 600; the clinician wrote at minute 300.
        let answer = message("m1", 300, "See you").by_clinician();
        let danger = day("m2", 0, 600);
        let pages = if answer_first { [answer, danger] } else { [danger, answer] };
        for sample in pages {
            let mut page = batch([sample]);
            page.backlog = true;
            vault.apply(&page, at(700)).unwrap();
        }
        assert_eq!(vault.cases().unwrap().len(), 1, "answer first: {answer_first}");
        assert_eq!(vault.thread(vault.t1()).unwrap().facts.unread, 1);
        // A later answer does answer it.
        let mut page = batch([message("m3", 650, "I called you").by_clinician()]);
        page.backlog = true;
        vault.apply(&page, at(701)).unwrap();
        assert_eq!((vault.cases().unwrap().len(), vault.thread(vault.t1()).unwrap().facts.unread), (0, 0));
    }
    // "2026" is not months old because the year began months ago.
    let (_dir, vault) = vault();
    let mut page = batch([day("m1", -300 * 24 * 60, -60)]);
    page.backlog = true;
    assert_eq!(vault.apply(&page, monday()).unwrap().cases.len(), 1);
}
