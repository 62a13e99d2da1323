//! The mark of a sensitive thread: who sets it is on record, nothing that happens to the thread takes it away, and it changes
//! nothing of what is noticed.

use inbox_domain::{Batch, Delivered, ThreadId, ThreadKey, Tier, Triaged, View};

use crate::vault::testing::{at, batch, message, monday, thread, vault};
use crate::{Vault, VaultError};

fn actions(vault: &Vault) -> Vec<String> {
    vault.audit(20).unwrap().into_iter().map(|row| format!("{} {}", row.action, row.subject)).collect()
}

#[test]
fn marking_is_recorded_once_and_can_be_taken_back() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "rare word")]), at(1)).unwrap();
    let thread = vault.t1();
    assert!(!vault.thread(thread).unwrap().sensitive);
    assert!(vault.set_sensitive(thread, true, at(2)).unwrap());
    assert!(!vault.set_sensitive(thread, true, at(3)).unwrap(), "nothing changes");
    assert!(vault.thread(thread).unwrap().sensitive);
    assert!(vault.list_threads(None, None, 0, 9, at(3)).unwrap().rows[0].sensitive);
    assert!(vault.search("rare", 9).unwrap()[0].sensitive);
    assert_eq!(vault.sensitive_threads().unwrap(), [thread].into());
    assert!(vault.set_sensitive(thread, false, at(4)).unwrap());
    assert!(vault.sensitive_threads().unwrap().is_empty());
    let subject = format!("thread:{thread}");
    let wanted = [format!("thread.not_sensitive {subject}"), format!("thread.sensitive {subject}")];
    assert_eq!(actions(&vault), wanted);
    assert!(matches!(vault.set_sensitive(ThreadId(99), true, at(5)), Err(VaultError::NoSuch("thread"))));
}

#[test]
fn the_act_and_its_audit_row_are_one() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "a")]), at(1)).unwrap();
    let thread = vault.t1();
    // A chain that takes no row takes no act either.
    vault
        .act(|act| {
            act.db.execute_batch(
                "CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'refused'); END",
            )?;
            Ok(())
        })
        .unwrap();
    assert!(vault.set_sensitive(thread, true, at(2)).is_err());
    assert!(!vault.thread(thread).unwrap().sensitive);
}

#[test]
fn syncs_and_judging_again_leave_the_mark() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "words").flagged(Tier::Urgent)]), at(1)).unwrap();
    let id = vault.t1();
    vault.set_sensitive(id, true, at(2)).unwrap();
    let mut renewed = batch([message("m1", 0, "other words").version("2", 3), message("m2", 3, "more")]);
    renewed.threads[0].version = "2".into();
    renewed.threads[0].topic = "Another topic".into();
    vault.apply(&renewed, at(4)).unwrap();
    let summary = vault.thread(id).unwrap();
    assert_eq!((summary.topic.as_str(), summary.sensitive), ("Another topic", true));
    let gone = message("m2", 3, "more").version("2", 5).delivered(Delivered::Withdrawn);
    vault.apply(&Batch { judged_under: Some("one".into()), ..batch([gone]) }, at(5)).unwrap();
    vault.begin_retriage("two", at(6)).unwrap();
    while !vault.triage_state().unwrap().complete {
        let page = vault.triage_page(9).unwrap();
        let judge = |text: &str| message("m", 0, text).0.judgement.triaged;
        let judged: Vec<Triaged> = page.messages.iter().map(|row| judge(&row.text)).collect();
        vault.apply_retriage(&page, &judged, at(7)).unwrap();
    }
    assert!(vault.thread(id).unwrap().sensitive);
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn a_thread_that_joins_a_sensitive_one_and_one_that_a_sensitive_one_joins_are_sensitive() {
    for marked_first in [true, false] {
        let (_dir, vault) = vault();
        // An answer that came before what it answers waits in a thread of its own.
        let early = message("r2", 3, "answer").keyed(ThreadKey::InResponseTo("r1".into()));
        vault.apply(&batch([early]), at(4)).unwrap();
        let key = ThreadKey::InResponseTo("r1".into());
        let waiting = vault.find_thread(&key).unwrap().unwrap();
        if marked_first {
            vault.set_sensitive(waiting, true, at(5)).unwrap();
        } else {
            vault.set_sensitive(vault.t1(), true, at(5)).unwrap();
        }
        vault.apply(&batch([message("r1", 1, "question")]), at(6)).unwrap();
        assert_eq!(vault.find_thread(&key).unwrap(), Some(vault.t1()), "they are one");
        assert!(vault.thread(vault.t1()).unwrap().sensitive, "marked first: {marked_first}");
    }
}

#[test]
fn what_leaves_by_retention_leaves_a_thread_that_is_still_sensitive() {
    const DAY: i64 = 24 * 60;
    let (_dir, vault) = vault();
    let page = [message("q1", 0, "question"), message("a1", 10, "answer").by_clinician()];
    vault.apply(&batch(page), at(20)).unwrap();
    vault.mark_read(vault.t1(), at(20)).unwrap();
    vault.set_sensitive(vault.t1(), true, at(21)).unwrap();
    let retired = vault.retire(at(10 * DAY), ThreadId(0), 1_000, at(20 * DAY)).unwrap();
    assert_eq!(retired.messages, 2);
    assert!(vault.thread(vault.t1()).unwrap().sensitive);
    // The patient writes again, and her words are as hidden as before.
    vault.apply(&batch([message("q2", 20 * DAY, "rare word")]), at(20 * DAY + 1)).unwrap();
    assert!(vault.search("rare", 9).unwrap()[0].sensitive);
}

#[test]
fn no_view_no_count_and_no_order_depends_on_it() {
    let (_dir, vault) = vault();
    let mut page = batch([
        message("m1", -60, "words").flagged(Tier::Urgent),
        message("m2", -50, "words").within("t2", "p2").flagged(Tier::Emergency),
        message("m3", -40, "words").within("t3", "p3").unchecked(),
    ]);
    page.threads.extend([thread("t2", "p2"), thread("t3", "p3")]);
    vault.apply(&page, monday()).unwrap();
    let listed = || {
        View::ALL.map(|view| {
            let page = vault.list_threads(Some(view), None, 0, 9, at(1)).unwrap();
            page.rows.into_iter().map(|row| (row.id, row.facts)).collect::<Vec<_>>()
        })
    };
    let before = (listed(), vault.view_counts(at(1)).unwrap(), vault.cases().unwrap());
    for row in vault.list_threads(None, None, 0, 9, at(1)).unwrap().rows {
        vault.set_sensitive(row.id, true, at(1)).unwrap();
    }
    assert_eq!((listed(), vault.view_counts(at(1)).unwrap(), vault.cases().unwrap()), before);
    // A new emergency opens a case as in any other thread.
    let emergency = message("m4", 2, "words").within("t3", "p3").flagged(Tier::Emergency);
    assert_eq!(vault.apply(&batch([emergency]), at(3)).unwrap().cases.len(), 1);
}
