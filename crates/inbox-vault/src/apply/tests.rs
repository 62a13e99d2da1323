use inbox_domain::{
    CaseState, Delivered, Quarantined, SyncCursor, ThreadKey, ThreadStatus, View, Withdrawal,
};

use super::*;
use crate::Vault;
use crate::vault::testing::{at, batch, message, monday, patient, thread, vault};

mod time;

fn texts(vault: &Vault) -> Vec<String> {
    vault.messages(vault.t1()).unwrap().into_iter().map(|message| message.text).collect()
}

#[test]
fn the_same_version_again_changes_nothing() {
    let (_dir, vault) = vault();
    let page = || batch([message("m1", 0, "a").flagged(Tier::Urgent), message("m2", 1, "b").by_clinician()]);
    let first = vault.apply(&page(), at(2)).unwrap();
    assert_eq!((first.new, first.updated, first.cases.len()), (2, 0, 1));
    let before =
        (vault.messages(vault.t1()).unwrap(), vault.thread(vault.t1()).unwrap(), vault.cases().unwrap());
    let again = vault.apply(&page(), at(9)).unwrap();
    assert_eq!(again, ApplyReport::default());
    let after =
        (vault.messages(vault.t1()).unwrap(), vault.thread(vault.t1()).unwrap(), vault.cases().unwrap());
    assert_eq!(after, before);
}

#[test]
fn a_newer_version_replaces_and_an_older_one_does_not() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "first words").flagged(Tier::Watch)]), at(1)).unwrap();
    let flag = vault.messages(vault.t1()).unwrap()[0].flags[0].id;
    vault.dismiss_flag(flag, true, at(1)).unwrap();
    let report = vault
        .apply(&batch([message("m1", 0, "first words changed").flagged(Tier::Watch).version("2", 5)]), at(6))
        .unwrap();
    assert_eq!((report.new, report.updated), (0, 1));
    let stored = &vault.messages(vault.t1()).unwrap()[0];
    assert_eq!(
        (stored.text.as_str(), stored.flags[0].id),
        ("first words changed", flag),
        "the flag stays itself"
    );
    assert!(stored.flags[0].dismissed_at.is_some());
    let report = vault.apply(&batch([message("m1", 0, "first words")]), at(7)).unwrap();
    assert_eq!(report.updated, 0);
    assert_eq!(texts(&vault), ["first words changed"]);
    assert_eq!(vault.search("changed", 9).unwrap().len(), 1);
    let report = vault.apply(&batch([message("m1", 0, "calm").version("3", 8)]), at(8)).unwrap();
    assert_eq!(report.updated, 1);
    assert_eq!((vault.search("changed", 9).unwrap().len(), vault.search("calm", 9).unwrap().len()), (0, 1));
    assert_eq!(vault.messages(vault.t1()).unwrap()[0].flags, []);
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn a_new_flag_on_a_changed_message_opens_a_case() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "calm")]), at(1)).unwrap();
    let changed = batch([message("m1", 0, "not calm").flagged(Tier::Emergency).version("2", 5)]);
    assert_eq!(vault.apply(&changed, at(6)).unwrap().cases.len(), 1);
}

#[test]
fn withdrawn_messages_are_kept_with_the_time() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "kept"), message("m2", 1, "stays")]), at(2)).unwrap();
    let mut page = batch([message("m2", 1, "").version("2", 7).delivered(Delivered::Withdrawn)]);
    page.withdrawn = vec![
        Withdrawal { portal_id: "m1".into(), at: at(5) },
        Withdrawal { portal_id: "never-seen".into(), at: at(5) },
    ];
    let report = vault.apply(&page, at(8)).unwrap();
    assert_eq!((report.withdrawn, report.updated, report.new), (2, 0, 0));
    let stored = vault.messages(vault.t1()).unwrap();
    assert_eq!(texts(&vault), ["kept", "stays"]);
    assert_eq!(stored[0].withdrawn_at, Some(at(5)));
    assert_eq!(stored[1].withdrawn_at, Some(at(7)));
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.unread, 0);
    assert_eq!(vault.message_ids().unwrap(), []);
    // What the portal itself called withdrawn stays so on a replay of the old page.
    let report = vault.apply(&batch([message("m2", 1, "stays")]), at(9)).unwrap();
    assert_eq!(report, ApplyReport::default());
    let first_seen =
        vault.apply(&batch([message("m3", 2, "x").delivered(Delivered::Withdrawn)]), at(9)).unwrap();
    assert_eq!((first_seen.new, first_seen.cases.len()), (1, 0));
    assert!(vault.messages(vault.t1()).unwrap()[2].withdrawn_at.is_some());
}

#[test]
fn a_portal_draft_is_not_shown_and_arrives_when_it_is_sent() {
    let (_dir, vault) = vault();
    let draft = message("m1", 0, "half").flagged(Tier::Emergency).delivered(Delivered::Draft);
    let report = vault.apply(&batch([draft]), at(1)).unwrap();
    assert_eq!((report.new, report.cases.len()), (0, 0));
    assert_eq!(vault.messages(vault.t1()).unwrap(), []);
    assert_eq!(vault.search("half", 9).unwrap(), []);
    assert_eq!(vault.known_versions(&["m1".into()]).unwrap().len(), 1);
    let sent = message("m1", 0, "whole").flagged(Tier::Emergency).version("2", 3);
    let report = vault.apply(&batch([sent]), at(4)).unwrap();
    assert_eq!((report.new, report.updated, report.cases.len()), (1, 0, 1));
    assert_eq!(texts(&vault), ["whole"]);
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn another_patients_subject_is_quarantined_and_released_when_right() {
    let (_dir, vault) = vault();
    let report = vault.apply(&batch([message("m1", 0, "secret words").within("t1", "p2")]), at(1)).unwrap();
    assert_eq!((report.new, report.quarantined), (0, 1));
    let row = vault.quarantine().unwrap().remove(0);
    assert_eq!((row.reason.as_str(), row.portal_id.as_str(), row.thread), ("subject_mismatch", "m1", None));
    assert_eq!(vault.messages(vault.t1()).unwrap(), []);
    assert_eq!(vault.search("secret", 9).unwrap(), []);
    assert!(vault.known_versions(&["m1".into()]).unwrap().is_empty(), "a reconcile looks again");
    let again = vault.apply(&batch([message("m1", 0, "secret words").within("t1", "p2")]), at(2)).unwrap();
    assert_eq!(again.quarantined, 0);
    let right = vault.apply(&batch([message("m1", 0, "secret words").version("2", 3)]), at(3)).unwrap();
    assert_eq!(right.new, 1);
    assert_eq!(vault.quarantine().unwrap(), []);
    assert_eq!(vault.view_counts(at(3)).unwrap().quarantined, 0);
    // Now the portal moves it to another patient.
    let moved =
        vault.apply(&batch([message("m1", 0, "x").within("t1", "p2").version("3", 4)]), at(4)).unwrap();
    assert_eq!(moved.quarantined, 1);
    assert_eq!(vault.messages(vault.t1()).unwrap(), []);
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn messages_before_their_header_wait_in_a_placeholder() {
    let (_dir, vault) = vault();
    let first = Batch {
        messages: vec![message("m1", 0, "first").0, message("m2", 1, "other").within("t1", "p2").0],
        ..Batch::default()
    };
    let report = vault.apply(&first, at(2)).unwrap();
    assert_eq!((report.new, report.quarantined), (1, 1));
    let waiting = vault.thread(vault.t1()).unwrap();
    assert_eq!((waiting.portal_id, waiting.facts.unread), (Some("t1".into()), 1));
    assert!(!waiting.patient.unwrap().known);
    assert!(vault.known_versions(&["t1".into()]).unwrap().is_empty());
    // The header names the other patient: the first message was the wrong one.
    let header = Batch {
        threads: vec![thread("t1", "p2")],
        patients: vec![patient("p2", "Other", "Olga")],
        ..Batch::default()
    };
    let report = vault.apply(&header, at(3)).unwrap();
    assert_eq!(report.quarantined, 1);
    let filled = vault.thread(vault.t1()).unwrap();
    assert_eq!((filled.topic.as_str(), filled.facts.unread), ("Topic t1", 0));
    assert_eq!(filled.patient.unwrap().family, "Other");
    let again = vault.apply(
        &Batch { messages: vec![message("m2", 1, "other").within("t1", "p2").0], ..Batch::default() },
        at(4),
    );
    assert_eq!(again.unwrap().new, 1);
    assert_eq!(texts(&vault), ["other"]);
}

#[test]
fn a_headers_status_follows_the_portal_only_when_the_portal_changes_it() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "a")]), at(1)).unwrap();
    let id = vault.t1();
    vault.set_thread_status(id, ThreadStatus::Closed, at(2)).unwrap();
    let header = |version: &str, minutes, status| Batch {
        threads: vec![inbox_domain::PortalThread {
            version: version.into(),
            last_updated: at(minutes),
            status,
            ..thread("t1", "p1")
        }],
        ..Batch::default()
    };
    vault.apply(&header("2", 3, ThreadStatus::Open), at(3)).unwrap();
    assert_eq!(vault.thread(id).unwrap().facts.status, ThreadStatus::Closed);
    vault.apply(&header("3", 4, ThreadStatus::Closed), at(4)).unwrap();
    vault.apply(&header("4", 5, ThreadStatus::Open), at(5)).unwrap();
    assert_eq!(vault.thread(id).unwrap().facts.status, ThreadStatus::Open);
    vault.apply(&header("3", 4, ThreadStatus::Closed), at(6)).unwrap();
    assert_eq!(vault.thread(id).unwrap().facts.status, ThreadStatus::Open, "an old page");
}

#[test]
fn threads_without_headers_are_found_by_name_reply_or_topic() {
    let (_dir, vault) = vault();
    let inferred = || ThreadKey::Inferred { patient: "p1".into(), topic: "refill".into() };
    let messages = [
        message("n1", 0, "a").keyed(ThreadKey::Named("abc".into())),
        message("n2", 1, "b").keyed(ThreadKey::Named("abc".into())),
        // The answer comes before the message that it answers.
        message("r2", 3, "answer").keyed(ThreadKey::InResponseTo("r1".into())).by_clinician(),
        message("r1", 2, "question").keyed(inferred()),
        message("r3", 4, "thanks").keyed(ThreadKey::InResponseTo("r1".into())),
        message("i2", 5, "again").keyed(inferred()),
    ];
    vault.apply(&batch(messages), at(9)).unwrap();
    let all = vault.list_threads(None, None, 0, 9, at(9)).unwrap().rows;
    assert_eq!(all.iter().filter(|row| row.messages > 0).count(), 2, "{all:?}");
    let root = vault.find_thread(&inferred()).unwrap().unwrap();
    assert!(vault.thread(root).unwrap().inferred);
    let texts: Vec<_> = vault.messages(root).unwrap().into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["question", "answer", "thanks", "again"]);
    assert_eq!(vault.find_thread(&ThreadKey::InResponseTo("r1".into())).unwrap(), Some(root));
    let recent = vault.recent_texts(root, Some(at(4)), 1).unwrap();
    assert_eq!((recent.len(), recent[0].text.as_str(), recent[0].from_patient_side), (1, "answer", false));
}

#[test]
fn the_cursor_never_moves_back() {
    let (_dir, vault) = vault();
    assert_eq!(vault.cursor().unwrap(), SyncCursor::default());
    let store =
        |cursor: SyncCursor| vault.apply(&Batch { cursor: Some(cursor), ..Batch::default() }, at(0)).unwrap();
    store(SyncCursor {
        complete_until: Some(at(10)),
        last_sweep: Some(at(10)),
        first_fill: Some("page 2".into()),
        ..SyncCursor::default()
    });
    store(SyncCursor {
        complete_until: Some(at(20)),
        first_fill_done: true,
        last_reconcile: Some(at(3)),
        ..SyncCursor::default()
    });
    store(SyncCursor { complete_until: Some(at(5)), last_reconcile: Some(at(1)), ..SyncCursor::default() });
    let wanted = SyncCursor {
        complete_until: Some(at(20)),
        first_fill: None,
        first_fill_done: true,
        last_sweep: Some(at(10)),
        last_reconcile: Some(at(3)),
    };
    assert_eq!(vault.cursor().unwrap(), wanted);
}

#[test]
fn a_batch_that_fails_leaves_nothing_behind() {
    let (_dir, vault) = vault();
    vault
        .act(|act| {
            Ok(act.db.execute_batch(
                "CREATE TRIGGER stop BEFORE UPDATE ON sync_cursor BEGIN SELECT raise(ABORT, 'stop'); END",
            )?)
        })
        .unwrap();
    let mut page = batch([message("m1", 0, "a")]);
    page.cursor = Some(SyncCursor { complete_until: Some(at(1)), ..SyncCursor::default() });
    assert!(vault.apply(&page, at(1)).is_err());
    assert_eq!(vault.list_threads(None, None, 0, 9, at(1)).unwrap().total, 0);
    assert_eq!(vault.search("a", 9).unwrap(), []);
}

#[test]
fn what_cannot_be_read_is_kept_as_bytes() {
    let (_dir, vault) = vault();
    let quarantined = |portal_id: &str, raw: &[u8]| Quarantined {
        portal_type: "Communication".into(),
        portal_id: portal_id.into(),
        version: "1".into(),
        reason: "invalid_json".into(),
        thread: Some("t1".into()),
        raw: raw.to_vec(),
    };
    let mut page = batch([]);
    page.quarantined = vec![quarantined("q1", b"{"), quarantined("", b"\xff\x00"), quarantined("", b"{{")];
    assert_eq!(vault.apply(&page, at(1)).unwrap().quarantined, 3);
    assert_eq!(vault.apply(&page, at(2)).unwrap().quarantined, 0);
    assert_eq!(vault.thread_quarantine(vault.t1()).unwrap().len(), 3);
    assert_eq!(vault.quarantine().unwrap()[0].first_seen, at(1));
}

#[test]
fn the_past_makes_no_storm() {
    let (_dir, vault) = vault();
    let days = |n: i64| -n * 24 * 60;
    let mut page = batch([
        message("old", days(30), "old and unanswered").within("t1", "p1").flagged(Tier::Emergency),
        message("ans", days(5), "answered").within("t2", "p2").flagged(Tier::Emergency).unchecked(),
        message("ans2", days(4), "answer").within("t2", "p2").by_clinician(),
        message("fresh", days(3), "unanswered").within("t3", "p3").flagged(Tier::Urgent),
    ]);
    page.backlog = true;
    let report = vault.apply(&page, monday()).unwrap();
    assert_eq!(report.new, 4);
    assert_eq!(report.cases.len(), 1);
    let t3 = vault.thread_by_portal_id(&"t3".into()).unwrap().unwrap();
    assert_eq!(report.cases[0].1, t3);
    let shown: Vec<_> = vault
        .list_threads(Some(View::NeedsAttention), None, 0, 9, monday())
        .unwrap()
        .rows
        .into_iter()
        .map(|row| row.portal_id.unwrap().0)
        .collect();
    assert_eq!(
        shown,
        ["t1", "t3"],
        "what was answered is quiet, what was not stands, without a clock after 14 days"
    );
    let t2 = vault.thread_by_portal_id(&"t2".into()).unwrap().unwrap();
    assert_eq!(vault.thread(t2).unwrap().facts.unread, 0);
    assert!(vault.messages(t2).unwrap()[0].read);
}

#[test]
fn an_answer_on_a_later_page_takes_back_an_untouched_case() {
    let (_dir, vault) = vault();
    let mut first = batch([message("m1", -600, "danger").flagged(Tier::Emergency)]);
    first.backlog = true;
    assert_eq!(vault.apply(&first, monday()).unwrap().cases.len(), 1);
    let mut second = batch([message("m2", -500, "answer").by_clinician()]);
    second.backlog = true;
    vault.apply(&second, monday()).unwrap();
    assert_eq!(vault.cases().unwrap(), []);
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.case, None);
    // One that somebody has touched stays, and so does one that did not come with the past.
    let mut first = batch([message("m3", -400, "danger").within("t2", "p2").flagged(Tier::Emergency)]);
    first.backlog = true;
    let case = vault.apply(&first, monday()).unwrap().cases[0].0;
    vault.case_acknowledge(case, "Dr. A", monday()).unwrap();
    let mut second = batch([message("m4", -300, "answer").within("t2", "p2").by_clinician()]);
    second.backlog = true;
    vault.apply(&second, monday()).unwrap();
    assert_eq!(vault.case(case).unwrap().state, CaseState::Acknowledged);
}

#[test]
fn names_come_from_the_record_when_the_message_has_none() {
    let (_dir, vault) = vault();
    let mut page = batch([message("m1", 0, "a"), message("m2", 1, "b").by_clinician()]);
    page.messages[1].message.sender.name.clear();
    vault.apply(&page, at(2)).unwrap();
    let names = |vault: &Vault| -> Vec<String> {
        vault.messages(vault.t1()).unwrap().into_iter().map(|message| message.sender.name).collect()
    };
    assert_eq!(names(&vault), ["Petra Sample", ""]);
    let page = Batch {
        practitioners: vec![inbox_domain::PortalPractitioner {
            portal_id: "dr-a".into(),
            name: "Dr. med. A".into(),
        }],
        proxies: vec![inbox_domain::PortalProxy {
            portal_id: "rp1".into(),
            patient: "p1".into(),
            name: "Paul Sample".into(),
            relationship: "brother".into(),
            phone: None,
            active: true,
        }],
        ..Batch::default()
    };
    vault.apply(&page, at(3)).unwrap();
    assert_eq!(names(&vault), ["Petra Sample", "Dr. med. A"]);
    let patient = vault.patient_by_portal_id(&"p1".into()).unwrap().unwrap();
    assert_eq!(vault.proxies(patient.id).unwrap()[0].name, "Paul Sample");
    assert_eq!(vault.patients().unwrap(), [vault.patient(patient.id).unwrap()]);
    assert_eq!(vault.practitioners().unwrap().len(), 1);
}

#[test]
fn what_left_by_retention_is_not_taken_again() {
    let (_dir, vault) = vault();
    vault
        .act(|act| Ok(act.db.execute("INSERT INTO tombstone (portal_id, left_at) VALUES ('m1', 0)", [])?))
        .unwrap();
    assert_eq!(vault.apply(&batch([message("m1", 0, "a")]), at(1)).unwrap().new, 0);
    assert_eq!(vault.tombstones().unwrap(), ["m1".into()]);
}
