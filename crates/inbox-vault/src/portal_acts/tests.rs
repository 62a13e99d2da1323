use inbox_domain::{ActKind, ActState, Delivered, ThreadId};

use super::MarkedMessage;
use crate::vault::testing::{at, batch, message, monday, vault};
use crate::{Vault, VaultError};

const ME: &str = "Practitioner/dr-a";

fn kinds(vault: &Vault) -> Vec<ActKind> {
    vault.queued_acts(at(600)).unwrap().into_iter().map(|act| act.kind).collect()
}

fn set(vault: &Vault, thread: ThreadId, kind: ActKind) {
    vault.set_work(thread, kind, ME, None, monday()).unwrap();
}

#[test]
fn reading_is_noted_once_a_message_and_not_where_the_portal_says_so_already() {
    let (_dir, vault) = vault();
    let mut marked = message("m2", 2, "Two");
    marked.0.message.received = Some(at(3));
    let draft = message("m3", 3, "Three").delivered(Delivered::Withdrawn);
    let ours = message("m4", 4, "Four").by_clinician();
    vault.apply(&batch([message("m1", 1, "One"), marked, draft, ours]), monday()).unwrap();
    vault.mark_read(vault.t1(), monday()).unwrap();
    vault.mark_read(vault.t1(), monday()).unwrap();
    let acts = vault.queued_acts(monday()).unwrap();
    assert_eq!(acts.len(), 1, "{acts:?}");
    let read = vault.message(acts[0].message.unwrap()).unwrap();
    assert_eq!((acts[0].kind, read.portal_id.0.as_str()), (ActKind::Read, "m1"));
}

#[test]
fn an_adopted_version_is_the_stored_one_and_the_text_keeps_its_time() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 1, "One")]), monday()).unwrap();
    vault.mark_read(vault.t1(), monday()).unwrap();
    let act = vault.queued_acts(monday()).unwrap().remove(0);
    let marked = MarkedMessage { version: "2", last_updated: at(9), received: at(8), raw: Some("{\"v\":2}") };
    vault.adopt_read_mark(act.message.unwrap(), &marked).unwrap();
    assert!(kinds(&vault).is_empty());
    let report = vault.apply(&batch([message("m1", 1, "One").version("2", 9)]), monday()).unwrap();
    assert_eq!((report.updated, report.new), (0, 0));
    let stored = vault.message(act.message.unwrap()).unwrap();
    assert_eq!((stored.version.as_str(), stored.received, stored.read), ("2", Some(at(8)), true));
    assert_eq!(vault.message_raw(stored.id).unwrap(), "{\"v\":2}");
}

#[test]
fn an_echo_is_one_only_while_a_mark_is_under_way_and_only_without_another_change() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 1, "One")]), monday()).unwrap();
    let echo = |version: &str, text: &str| {
        let mut echo = message("m1", 1, text).version(version, 9);
        echo.0.message.received = Some(at(8));
        batch([echo])
    };
    vault.mark_read(vault.t1(), monday()).unwrap();
    assert_eq!(vault.apply(&echo("2", "One"), monday()).unwrap().updated, 1, "another party's mark");
    vault.apply(&batch([message("m2", 2, "Two")]), monday()).unwrap();
    vault.mark_read(vault.t1(), monday()).unwrap();
    let acts = vault.queued_acts(monday()).unwrap();
    let act =
        acts.iter().find(|act| vault.message(act.message.unwrap()).unwrap().portal_id.0 == "m2").unwrap();
    assert!(vault.begin_act(act.id).unwrap());
    let second = |version: &str, text: &str| {
        let mut echo = message("m2", 2, text).version(version, 9);
        echo.0.message.received = Some(at(8));
        batch([echo])
    };
    assert_eq!(vault.apply(&second("2", "Two"), monday()).unwrap().updated, 0, "ours");
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.unread, 0);
    assert_eq!(vault.apply(&second("3", "Two, and more"), monday()).unwrap().updated, 1);
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.unread, 1, "another text has been read by nobody");
}

#[test]
fn of_work_the_last_word_counts_and_what_was_taken_back_leaves_nothing() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 1, "One")]), monday()).unwrap();
    let thread = vault.t1();
    set(&vault, thread, ActKind::Claim);
    set(&vault, thread, ActKind::Claim);
    assert_eq!(kinds(&vault), [ActKind::Claim]);
    set(&vault, thread, ActKind::Release);
    assert!(kinds(&vault).is_empty());
    set(&vault, thread, ActKind::Claim);
    set(&vault, thread, ActKind::Done);
    assert_eq!(kinds(&vault), [ActKind::Done]);
    // Once tried, only the portal knows what it did.
    let act = vault.queued_acts(monday()).unwrap().remove(0);
    assert!(vault.begin_act(act.id).unwrap());
    set(&vault, thread, ActKind::Release);
    let acts = vault.queued_acts(monday()).unwrap();
    assert_eq!((acts.len(), acts[0].kind, acts[0].attempts), (1, ActKind::Release, 1));
    let actions: Vec<String> = vault.audit(9).unwrap().into_iter().map(|row| row.action).collect();
    assert_eq!(actions[0], "thread.release");
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn what_was_refused_stays_until_the_next_act() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 1, "One")]), monday()).unwrap();
    let thread = vault.t1();
    set(&vault, thread, ActKind::Claim);
    let act = vault.queued_acts(monday()).unwrap().remove(0);
    vault.refuse_act(act.id, "claimed", monday()).unwrap();
    let kept = vault.thread_acts(thread).unwrap().remove(0);
    assert_eq!((kept.state, kept.error.as_deref()), (ActState::Refused, Some("claimed")));
    assert!(kinds(&vault).is_empty());
    set(&vault, thread, ActKind::Claim);
    assert_eq!(kinds(&vault), [ActKind::Claim]);
}

#[test]
fn what_could_not_be_written_waits_for_its_time() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 1, "One")]), monday()).unwrap();
    let id = vault.hand_over(vault.t1(), "Practitioner/dr-b", monday()).unwrap();
    assert!(vault.begin_act(id).unwrap());
    vault.postpone_act(id, "portal_error", at(5)).unwrap();
    assert!(vault.queued_acts(at(4)).unwrap().is_empty());
    assert_eq!(vault.queued_acts(at(5)).unwrap()[0].attempts, 1);
    vault.settle_act(id, at(5)).unwrap();
    assert_eq!(vault.thread_acts(vault.t1()).unwrap()[0].state, ActState::Done, "its outcome is shown");
}

#[test]
fn a_thread_that_the_portal_does_not_have_cannot_be_claimed() {
    let (_dir, vault) = vault();
    let named = inbox_domain::ThreadKey::Named("x".into());
    vault.apply(&batch([message("m1", 1, "One").keyed(named.clone())]), monday()).unwrap();
    let thread = vault.find_thread(&named).unwrap().unwrap();
    let answer = vault.set_work(thread, ActKind::Claim, ME, None, monday());
    assert!(matches!(answer, Err(VaultError::Invalid(_))));
    assert!(matches!(
        vault.set_work(ThreadId(99), ActKind::Claim, ME, None, monday()),
        Err(VaultError::NoSuch("thread"))
    ));
}
