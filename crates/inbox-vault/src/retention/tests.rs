use chrono::{DateTime, Utc};
use inbox_domain::{CaseState, ClientIdentifier, Delivered, OutboxEntry, PortalId, ThreadId, Tier};

use crate::vault::testing::{at, batch, message, reply, vault};
use crate::{Retired, Vault};

const DAY: i64 = 24 * 60;

fn ids(vault: &Vault) -> Vec<String> {
    let mut ids: Vec<String> = vault.message_ids().unwrap().into_iter().map(|id| id.0).collect();
    ids.sort();
    ids
}

fn tombstones(vault: &Vault) -> Vec<PortalId> {
    vault.tombstones().unwrap()
}

/// What is older than day 10 leaves, seen from day 20.
fn retire(vault: &Vault) -> Retired {
    vault.retire(at(10 * DAY), ThreadId(0), 1_000, at(20 * DAY)).unwrap()
}

fn queue(vault: &Vault, text: &str, now: DateTime<Utc>) -> OutboxEntry {
    vault.enqueue(&reply(vault.t1(), text), &ClientIdentifier::random(), "{}", now).unwrap()
}

/// A question, its answer, and a later question and answer within the window.
fn long_thread(vault: &Vault) {
    let page = [
        message("q1", 0, "first question"),
        message("a1", 10, "first answer").by_clinician(),
        message("q2", 15 * DAY, "second question"),
        message("a2", 15 * DAY + 10, "second answer").by_clinician(),
    ];
    vault.apply(&batch(page), at(16 * DAY)).unwrap();
    vault.mark_read(vault.t1(), at(16 * DAY)).unwrap();
}

#[test]
fn what_is_old_read_and_answered_leaves_with_a_tombstone() {
    let (_dir, vault) = vault();
    long_thread(&vault);
    let retired = retire(&vault);
    assert_eq!((retired.messages, retired.threads, retired.go_on_after), (2, vec![vault.t1()], None));
    assert_eq!(ids(&vault), ["a2", "q2"]);
    assert_eq!(tombstones(&vault), [PortalId::from("a1"), PortalId::from("q1")]);
    assert_eq!(vault.thread(vault.t1()).unwrap().messages, 2);
    assert!(vault.search("first", 9).unwrap().is_empty());
    assert_eq!(vault.search("second", 9).unwrap().len(), 2);
    assert!(vault.verify().unwrap().ok);
    assert_eq!(retire(&vault), Retired::default(), "a second time there is nothing left to do");
}

#[test]
fn what_has_left_does_not_come_back() {
    let (_dir, vault) = vault();
    long_thread(&vault);
    retire(&vault);
    let again =
        [message("q1", 0, "first question"), message("a1", 10, "first answer").version("2", 19 * DAY)];
    let report = vault.apply(&batch(again), at(20 * DAY)).unwrap();
    assert_eq!((report.new, report.updated), (0, 0));
    assert_eq!(ids(&vault), ["a2", "q2"]);
}

#[test]
fn the_first_message_that_is_still_work_keeps_all_after_it() {
    let (_dir, vault) = vault();
    let page = [
        message("q1", 0, "answered"),
        message("a1", 10, "answer").by_clinician(),
        message("q2", 20, "read and never answered"),
    ];
    vault.apply(&batch(page), at(30)).unwrap();
    retire(&vault);
    assert_eq!(ids(&vault), ["a1", "q1", "q2"], "nothing is read");
    vault.mark_read(vault.t1(), at(40)).unwrap();
    retire(&vault);
    assert_eq!(ids(&vault), ["q2"]);
    assert!(vault.thread(vault.t1()).unwrap().facts.last_from_patient);
}

#[test]
fn withdrawn_messages_and_what_this_vault_sent_stay() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("q1", 0, "question")]), at(1)).unwrap();
    let entry = queue(&vault, "my answer", at(2));
    let copy = message("a1", 3, "my answer").by_clinician().client_identifier(&entry.client_identifier);
    let page = [
        copy,
        message("w1", 4, "a mistake").by_clinician().delivered(Delivered::Withdrawn),
        message("a2", 5, "and more").by_clinician(),
    ];
    vault.apply(&batch(page), at(6)).unwrap();
    vault.mark_read(vault.t1(), at(7)).unwrap();
    assert_eq!(retire(&vault).messages, 2);
    let left: Vec<String> = vault.messages(vault.t1()).unwrap().into_iter().map(|m| m.portal_id.0).collect();
    assert_eq!(left, ["a1", "w1"]);
    assert_eq!(vault.outbox().unwrap().len(), 1);
}

#[test]
fn open_cases_drafts_snoozes_and_waiting_replies_keep_their_threads() {
    type Keep = fn(&Vault);
    let keep: [(&str, Keep); 4] = [
        ("case", |vault| {
            let page = batch([message("c1", 30, "flagged").within("t2", "p1").flagged(Tier::Urgent)]);
            vault.apply(&page, at(31)).unwrap();
        }),
        ("draft", |vault| vault.save_draft(vault.t1(), "unfinished", at(31)).unwrap()),
        ("snooze", |vault| vault.snooze(vault.t1(), Some(at(40 * DAY)), at(31)).unwrap()),
        ("outbox", |vault| {
            queue(vault, "not sent yet", at(31));
        }),
    ];
    for (what, keep) in keep {
        let (_dir, vault) = vault();
        let page = [message("q1", 0, "question"), message("a1", 10, "answer").by_clinician()];
        vault.apply(&batch(page), at(20)).unwrap();
        vault.mark_read(vault.t1(), at(21)).unwrap();
        keep(&vault);
        assert_eq!(retire(&vault), Retired::default(), "{what}");
    }
}

#[test]
fn a_closed_case_and_its_record_outlive_the_words() {
    let (_dir, vault) = vault();
    let flagged = message("q1", 0, "flagged").flagged(Tier::Urgent);
    let opened = vault.apply(&batch([flagged]), at(1)).unwrap().cases[0].0;
    vault.apply(&batch([message("a1", 10, "answer").by_clinician()]), at(11)).unwrap();
    vault.mark_read(vault.t1(), at(12)).unwrap();
    assert_eq!(retire(&vault), Retired::default());
    vault.case_close(opened, "", true, "Dr. A", at(13)).unwrap();
    assert_eq!(retire(&vault).messages, 2);
    assert_eq!(vault.case(opened).unwrap().state, CaseState::Closed);
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn an_empty_thread_waits_for_nobody_and_opens_with_the_next_message() {
    let (_dir, vault) = vault();
    let page = [message("q1", 0, "question"), message("a1", 10, "answer").by_clinician()];
    vault.apply(&batch(page), at(20)).unwrap();
    vault.mark_read(vault.t1(), at(21)).unwrap();
    retire(&vault);
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.status, inbox_domain::ThreadStatus::Closed);
    vault.apply(&batch([message("q2", 19 * DAY, "again")]), at(20 * DAY)).unwrap();
    let thread = vault.thread(vault.t1()).unwrap();
    assert_eq!((thread.facts.status, thread.messages), (inbox_domain::ThreadStatus::Open, 1));
}

#[test]
fn it_goes_on_in_steps() {
    let (_dir, vault) = vault();
    for n in 0..6 {
        let (thread, question, answer) = (format!("t{n}"), format!("q{n}"), format!("a{n}"));
        let page = [
            message(&question, n, "question").within(&thread, "p1"),
            message(&answer, n + 10, "answer").within(&thread, "p1").by_clinician(),
        ];
        vault.apply(&batch(page), at(20)).unwrap();
        let id = vault.thread_by_portal_id(&thread.as_str().into()).unwrap().unwrap();
        vault.mark_read(id, at(21)).unwrap();
    }
    let (mut after, mut steps, mut messages) = (Some(ThreadId(0)), 0, 0);
    while let Some(from) = after {
        let step = vault.retire(at(10 * DAY), from, 4, at(20 * DAY)).unwrap();
        (after, steps, messages) = (step.go_on_after, steps + 1, messages + step.messages);
    }
    assert_eq!((messages, ids(&vault).len()), (12, 0));
    assert!(steps >= 3);
}

#[test]
fn the_words_of_what_has_left_leave_the_index_too() {
    let (_dir, vault) = vault();
    long_thread(&vault);
    retire(&vault);
    assert_eq!(vault.retired_count().unwrap(), 2);
    let indexed = |word: &str| -> bool {
        let look = |db: &rusqlite::Connection| {
            let sql =
                "SELECT EXISTS (SELECT 1 FROM message_search_data WHERE instr(block, CAST(?1 AS BLOB)) > 0)";
            Ok(db.query_row(sql, [word], |row| row.get(0))?)
        };
        vault.read(look).unwrap()
    };
    assert!(indexed("first"), "the index only marks what was deleted");
    let mut parts = 1;
    let mut more = vault.sweep_search(true).unwrap();
    while more {
        more = vault.sweep_search(false).unwrap();
        parts += 1;
        assert!(parts < 50, "it ends");
    }
    assert!(!indexed("first") && indexed("second"));
    assert_eq!(vault.search("second", 9).unwrap().len(), 2);
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn many_leave_and_the_index_stays_whole() {
    let (_dir, vault) = vault();
    let words = "The quick brown fox jumps over the lazy dog and does not come back before the evening";
    for page in 0..20 {
        let messages = (0..50).flat_map(|n| {
            let at = page * 100 + n * 2;
            [
                message(&format!("q{at}"), at, &format!("{at} {words}")),
                message(&format!("a{at}"), at + 1, words).by_clinician(),
            ]
        });
        vault.apply(&batch(messages), at(16 * DAY)).unwrap();
    }
    vault.mark_read(vault.t1(), at(16 * DAY)).unwrap();
    let check = |when: &str| {
        let found = vault.verify().unwrap();
        assert_eq!(found.problems, [""; 0], "{when}");
    };
    check("before");
    let mut retired = vault.retire(at(1500), ThreadId(0), 200, at(20 * DAY)).unwrap();
    check("retired");
    while let Some(next) = retired.go_on_after {
        retired = vault.retire(at(1500), next, 200, at(20 * DAY)).unwrap();
    }
    assert!(vault.retired_count().unwrap() > 1000);
    let mut more = vault.sweep_search(true).unwrap();
    check("swept first");
    while more {
        more = vault.sweep_search(false).unwrap();
    }
    check("swept");
    assert_eq!(vault.search("quick", 9).unwrap().len(), 9);
}
