use chrono::Duration;
use inbox_domain::View;

use super::*;
use crate::Vault;
use crate::vault::testing::{at, batch, message, monday, reply, vault};

fn open_thread() -> (tempfile::TempDir, Vault, ThreadId) {
    let (dir, vault) = vault();
    vault.apply(&batch([message("m1", -60, "Good morning")]), at(-50)).unwrap();
    let thread = vault.t1();
    (dir, vault, thread)
}

fn queue(vault: &Vault, draft: &OutboxDraft) -> OutboxEntry {
    vault.enqueue(draft, &ClientIdentifier::random(), "{\"frozen\":1}", monday()).unwrap()
}

fn states(vault: &Vault) -> Vec<OutboxState> {
    vault.outbox().unwrap().into_iter().map(|entry| entry.state).collect()
}

fn in_view(vault: &Vault, view: View) -> bool {
    vault.list_threads(Some(view), None, 0, 9, monday()).unwrap().total > 0
}

#[test]
fn an_entry_is_sent_once_and_the_thread_waits_for_the_patient() {
    let (_dir, vault, thread) = open_thread();
    assert!(in_view(&vault, View::WaitingForMe));
    vault.save_draft(thread, "half a sentence", monday()).unwrap();
    let entry = queue(&vault, &reply(thread, "Yes"));
    assert_eq!((entry.state, entry.payload.as_str()), (OutboxState::Queued, "{\"frozen\":1}"));
    assert_eq!(vault.draft(thread).unwrap(), "");
    assert!(in_view(&vault, View::WaitingForPatient) && !in_view(&vault, View::WaitingForMe));
    assert_eq!(vault.due(monday()).unwrap().len(), 1);
    assert!(vault.mark_sending(entry.id, monday()).unwrap());
    assert!(!vault.mark_sending(entry.id, monday()).unwrap(), "claimed already");
    assert_eq!(vault.due(monday()).unwrap(), []);
    vault.mark_sent(entry.id, Some(&"c1".into()), at(1)).unwrap();
    let sent = vault.outbox_entry(entry.id).unwrap();
    assert_eq!((sent.state, sent.attempts, sent.sent_at), (OutboxState::Sent, 1, Some(at(1))));
    assert!(matches!(vault.mark_failed(entry.id, "x", at(2)), Err(VaultError::WrongOutboxState(_))));
    assert_eq!(vault.view_counts(at(2)).unwrap().pending, 0);
}

#[test]
fn the_portals_copy_joins_its_entry_whatever_became_of_the_answer() {
    let (_dir, vault, thread) = open_thread();
    let entry = queue(&vault, &reply(thread, "Yes"));
    assert!(vault.mark_sending(entry.id, monday()).unwrap());
    vault.mark_unknown(entry.id, "timeout", at(1)).unwrap();
    assert_eq!(vault.unknown().unwrap().len(), 1);
    let copy = message("c1", 0, "Yes").by_clinician().client_identifier(&entry.client_identifier);
    let report = vault.apply(&batch([copy]), at(5)).unwrap();
    assert_eq!(report.new, 1);
    let entry = vault.outbox_entry(entry.id).unwrap();
    assert_eq!((entry.state, entry.portal_id), (OutboxState::Sent, Some("c1".into())));
    let messages = vault.messages(thread).unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1].outbox, Some(entry.id));
    assert_eq!(messages[1].client_identifier, Some(entry.client_identifier));
    vault.mark_sent(entry.id, Some(&"c1".into()), at(6)).unwrap();
}

#[test]
fn a_failed_unknown_or_held_entry_blocks_its_thread_and_no_other() {
    let (_dir, vault, thread) = open_thread();
    vault.apply(&batch([message("o1", -50, "Hello").within("t2", "p2")]), at(-40)).unwrap();
    let other = vault.thread_by_portal_id(&"t2".into()).unwrap().unwrap();
    let first = queue(&vault, &reply(thread, "first"));
    let second = queue(&vault, &reply(thread, "second"));
    let elsewhere = queue(&vault, &reply(other, "elsewhere"));
    let due =
        |vault: &Vault| vault.due(monday()).unwrap().into_iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(due(&vault), [first.id, elsewhere.id]);
    assert!(!vault.mark_sending(second.id, monday()).unwrap(), "not before the first");
    assert!(vault.mark_sending(first.id, monday()).unwrap());
    assert_eq!(due(&vault), [elsewhere.id]);
    vault.mark_failed(first.id, "portal_refused", monday()).unwrap();
    assert_eq!(due(&vault), [elsewhere.id]);
    assert_eq!(vault.view_counts(monday()).unwrap().stuck, 1);
    vault.resolve(first.id, true, monday()).unwrap();
    assert_eq!(due(&vault), [first.id, elsewhere.id]);
    vault.hold(first.id, "review", monday()).unwrap();
    assert_eq!(due(&vault), [elsewhere.id]);
    let discarded = vault.resolve(first.id, false, monday()).unwrap();
    assert_eq!(discarded.state, OutboxState::Draft);
    assert_eq!(due(&vault), [second.id, elsewhere.id]);
}

#[test]
fn one_scheduled_for_later_blocks_nothing_and_leaves_at_its_time() {
    let (_dir, vault, thread) = open_thread();
    let later = queue(&vault, &OutboxDraft { not_before: Some(at(60)), ..reply(thread, "at eight") });
    assert_eq!(later.state, OutboxState::Scheduled);
    let now = queue(&vault, &OutboxDraft { crisis: true, ..reply(thread, "call me now") });
    assert_eq!(vault.due(monday()).unwrap().iter().map(|entry| entry.id).collect::<Vec<_>>(), [now.id]);
    assert!(!vault.mark_sending(later.id, at(59)).unwrap());
    assert!(vault.mark_sending(now.id, monday()).unwrap());
    vault.mark_sent(now.id, None, monday()).unwrap();
    assert_eq!(vault.due(at(60)).unwrap().iter().map(|entry| entry.id).collect::<Vec<_>>(), [later.id]);
    assert!(vault.mark_sending(later.id, at(60)).unwrap());
}

#[test]
fn a_newer_message_of_the_patient_stops_what_waits() {
    let (_dir, vault, thread) = open_thread();
    let queued = queue(&vault, &OutboxDraft { crisis: true, ..reply(thread, "crisis answer") });
    let seen = queue(&vault, &OutboxDraft { even_if_newer: true, ..reply(thread, "seen") });
    // Stored later than the reply was queued, though sent long before it.
    let report = vault.apply(&batch([message("m2", -500, "one more thing")]), at(1)).unwrap();
    assert_eq!(report.held, [queued.id]);
    assert_eq!(states(&vault), [OutboxState::Held, OutboxState::Queued]);
    assert_eq!(vault.outbox_entry(queued.id).unwrap().error.as_deref(), Some("newer_message"));
    assert_eq!(vault.due(at(1)).unwrap(), [], "the held one blocks the one after it");
    let again = vault.apply(&batch([message("m2", -500, "one more thing")]), at(2)).unwrap();
    assert_eq!(again.held, []);
    vault.resolve(queued.id, true, at(3)).unwrap();
    let replay = vault.apply(&batch([message("m2", -500, "one more thing")]), at(4)).unwrap();
    assert_eq!(replay.held, [], "what she has seen holds nothing again");
    assert_eq!(vault.due(at(4)).unwrap().len(), 1);
    let third = vault.apply(&batch([message("m3", 4, "and another")]), at(5)).unwrap();
    assert_eq!(third.held, [queued.id]);
    assert!(states(&vault).contains(&OutboxState::Queued) && seen.even_if_newer);
}

#[test]
fn a_crisis_reply_passes_what_surely_is_not_on_the_portal_and_nothing_else() {
    let (_dir, vault, thread) = open_thread();
    let first = queue(&vault, &reply(thread, "See you in a month."));
    let report = vault.apply(&batch([message("m2", 0, "I cannot go on")]), at(1)).unwrap();
    assert_eq!(report.held, [first.id]);
    let crisis = queue(&vault, &OutboxDraft { crisis: true, ..reply(thread, "Please call 112 now.") });
    let usual = queue(&vault, &reply(thread, "And the appointment."));
    let due = |now| vault.due(now).unwrap().into_iter().map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(due(at(1)), [crisis.id], "the usual one waits for both");
    assert!(!vault.mark_sending(usual.id, at(1)).unwrap());

    // Once attempted, it may be on the portal, whatever became of the answer.
    vault.resolve(first.id, true, at(2)).unwrap();
    assert_eq!(due(at(2)), [first.id], "nothing passes what is about to leave");
    assert!(vault.mark_sending(first.id, at(2)).unwrap());
    assert!(!vault.mark_sending(crisis.id, at(2)).unwrap(), "on its way");
    vault.mark_unknown(first.id, "timeout", at(2)).unwrap();
    assert!(!vault.mark_sending(crisis.id, at(2)).unwrap(), "its outcome is open");
    vault.requeue(first.id, at(3)).unwrap();
    vault.hold(first.id, "review", at(3)).unwrap();
    assert_eq!(due(at(3)), [], "attempted before");
    vault.resolve(first.id, true, at(4)).unwrap();
    assert!(vault.mark_sending(first.id, at(4)).unwrap());
    vault.mark_failed(first.id, "rejected", at(4)).unwrap();
    assert_eq!(due(at(4)), [crisis.id], "refused: it is not there");
    assert!(vault.mark_sending(crisis.id, at(4)).unwrap());
}

#[test]
fn a_crisis_reply_does_not_leave_before_the_header_of_its_thread() {
    let (_dir, vault, _) = open_thread();
    let draft = OutboxDraft { thread: None, patient: Some("p1".into()), ..reply(ThreadId(0), "Hello") };
    let first = queue(&vault, &draft);
    let crisis = queue(&vault, &OutboxDraft { crisis: true, ..reply(first.thread, "Please call 112.") });
    vault.hold(first.id, "review", at(1)).unwrap();
    assert_eq!(vault.due(at(1)).unwrap(), [], "the first entry makes the thread");
    assert!(!vault.mark_sending(crisis.id, at(1)).unwrap());
}

#[test]
fn pages_of_the_first_fill_and_messages_of_clinicians_hold_nothing() {
    let (_dir, vault, thread) = open_thread();
    queue(&vault, &reply(thread, "answer"));
    let mut page = batch([message("m2", -900, "from the past")]);
    page.backlog = true;
    assert_eq!(vault.apply(&page, at(1)).unwrap().held, []);
    let colleague = batch([message("m3", 0, "I called her").by_clinician()]);
    assert_eq!(vault.apply(&colleague, at(2)).unwrap().held, []);
    let elsewhere = batch([message("m4", 0, "other thread").within("t2", "p1")]);
    assert_eq!(vault.apply(&elsewhere, at(2)).unwrap().held, []);
    assert_eq!(states(&vault), [OutboxState::Queued]);
}

#[test]
fn a_reply_older_than_a_day_asks_again() {
    let (_dir, vault, thread) = open_thread();
    let entry = queue(&vault, &reply(thread, "answer"));
    assert_eq!(vault.due(monday() + Duration::hours(24)).unwrap().len(), 1);
    let late = monday() + Duration::hours(24) + Duration::minutes(1);
    assert_eq!(vault.due(late).unwrap(), []);
    assert_eq!(vault.outbox_entry(entry.id).unwrap().error.as_deref(), Some("older_than_24h"));
    vault.resolve(entry.id, true, late).unwrap();
    assert_eq!(vault.due(late + Duration::hours(1)).unwrap().len(), 1);
    // A weekend's schedule is no delay.
    let (_dir, vault, thread) = open_thread();
    let monday_next = monday() + Duration::days(3);
    queue(&vault, &OutboxDraft { not_before: Some(monday_next), ..reply(thread, "on Thursday") });
    assert_eq!(vault.due(monday_next + Duration::hours(1)).unwrap().len(), 1);
}

#[test]
fn what_a_dead_process_was_sending_is_unknown_and_looked_up() {
    let (_dir, vault, thread) = open_thread();
    let entry = queue(&vault, &reply(thread, "answer"));
    assert!(vault.mark_sending(entry.id, monday()).unwrap());
    assert_eq!(vault.recover_sending(at(1)).unwrap(), [entry.id]);
    assert_eq!(vault.due(at(1)).unwrap(), []);
    assert_eq!(vault.record_lookup(entry.id, at(2)).unwrap(), 1);
    assert_eq!(vault.record_lookup(entry.id, at(3)).unwrap(), 2);
    assert_eq!(vault.outbox_entry(entry.id).unwrap().last_lookup_at, Some(at(3)));
    assert_eq!(vault.requeue(entry.id, at(3)).unwrap(), OutboxState::Queued);
    assert!(vault.mark_sending(entry.id, at(4)).unwrap());
    assert_eq!(vault.outbox_entry(entry.id).unwrap().lookups, 0);
    assert_eq!(vault.mark_not_sent(entry.id, "unauthorized", at(5)).unwrap(), OutboxState::Queued);
}

#[test]
fn back_in_the_queue_is_held_when_the_patient_has_written_meanwhile() {
    let (_dir, vault, thread) = open_thread();
    let entry = queue(&vault, &reply(thread, "answer"));
    assert!(vault.mark_sending(entry.id, monday()).unwrap());
    vault.mark_unknown(entry.id, "timeout", monday()).unwrap();
    let report = vault.apply(&batch([message("m2", 1, "wait")]), at(1)).unwrap();
    assert_eq!(report.held, [], "an unknown entry may be there already");
    assert_eq!(vault.requeue(entry.id, at(2)).unwrap(), OutboxState::Held);
}

#[test]
fn undo_gives_the_text_back() {
    let (_dir, vault, thread) = open_thread();
    let entry = queue(&vault, &reply(thread, "not yet"));
    vault.save_draft(thread, "another", monday()).unwrap();
    assert_eq!(vault.undo(entry.id, at(1)).unwrap().state, OutboxState::Draft);
    assert_eq!(vault.draft(thread).unwrap(), "not yet\n\nanother");
    assert_eq!(vault.outbox().unwrap(), []);
    let entry = queue(&vault, &reply(thread, "now"));
    assert!(vault.mark_sending(entry.id, monday()).unwrap());
    assert!(matches!(vault.undo(entry.id, at(2)), Err(VaultError::WrongOutboxState(OutboxState::Sending))));
}

#[test]
fn a_new_thread_is_local_until_its_header_is_on_the_portal() {
    let (_dir, vault, _) = open_thread();
    let draft = OutboxDraft {
        thread: None,
        patient: Some("p1".into()),
        topic: "Appointment".into(),
        ..reply(ThreadId(0), "Shall we say Tuesday?")
    };
    let entry = queue(&vault, &draft);
    assert_eq!(entry.thread_portal_id, None);
    let summary = vault.thread(entry.thread).unwrap();
    assert_eq!((summary.topic.as_str(), summary.portal_id), ("Appointment", None));
    assert_eq!(vault.bind_thread(entry.thread, &"h9".into()).unwrap(), entry.thread);
    assert_eq!(vault.outbox_entry(entry.id).unwrap().thread_portal_id, Some("h9".into()));

    // The header came by sync before the answer to its creation did.
    let entry = queue(&vault, &draft);
    let mut page = batch([]);
    page.threads.push(crate::vault::testing::thread("h10", "p1"));
    vault.apply(&page, at(1)).unwrap();
    let stored = vault.thread_by_portal_id(&"h10".into()).unwrap().unwrap();
    assert_eq!(vault.bind_thread(entry.thread, &"h10".into()).unwrap(), stored);
    assert_eq!(vault.outbox_entry(entry.id).unwrap().thread, stored);

    let entry = queue(&vault, &draft);
    let before = vault.list_threads(None, None, 0, 99, monday()).unwrap().total;
    vault.hold(entry.id, "review", monday()).unwrap();
    vault.resolve(entry.id, false, monday()).unwrap();
    assert_eq!(vault.list_threads(None, None, 0, 99, monday()).unwrap().total, before - 1);
}

#[test]
fn the_same_identifier_is_queued_once() {
    let (_dir, vault, thread) = open_thread();
    let identifier = ClientIdentifier::random();
    vault.enqueue(&reply(thread, "a"), &identifier, "{}", monday()).unwrap();
    assert!(vault.enqueue(&reply(thread, "b"), &identifier, "{}", monday()).is_err());
    assert_eq!(vault.outbox().unwrap().len(), 1);
    let nowhere = reply(ThreadId(77), "a");
    assert!(matches!(
        vault.enqueue(&nowhere, &ClientIdentifier::random(), "{}", monday()),
        Err(VaultError::NoSuch("thread"))
    ));
}
