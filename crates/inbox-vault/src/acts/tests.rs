use inbox_domain::case::CHECKLIST_STEPS;
use inbox_domain::{AttemptOutcome, CaseState, StepState, Tier, View};

use super::*;
use crate::vault::testing::{at, batch, message, monday, vault};
use crate::{StoredCase, Vault};

fn attention(vault: &Vault) -> u32 {
    vault.list_threads(Some(View::NeedsAttention), None, 0, 9, monday()).unwrap().total
}

fn crisis() -> (tempfile::TempDir, Vault, StoredCase) {
    let (dir, vault) = vault();
    vault
        .apply(
            &batch([message("m1", -5, "Words of danger").flagged(Tier::Emergency).flagged(Tier::Watch)]),
            monday(),
        )
        .unwrap();
    let case = vault.cases().unwrap().remove(0);
    (dir, vault, case)
}

#[test]
fn reading_is_the_vaults_own_state() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "a").unchecked(), message("m2", 1, "b")]), at(2)).unwrap();
    let thread = vault.t1();
    assert_eq!(vault.thread(thread).unwrap().facts.unread, 2);
    assert_eq!(attention(&vault), 1);
    assert_eq!(vault.mark_read(thread, at(3)).unwrap(), 2);
    assert_eq!(vault.mark_read(thread, at(4)).unwrap(), 0);
    assert_eq!((vault.thread(thread).unwrap().facts.unread, attention(&vault)), (0, 0));
    // The portal's own mark of reading changes the version and not the text: still read.
    vault.apply(&batch([message("m1", 0, "a").version("2", 5)]), at(5)).unwrap();
    assert_eq!(vault.thread(thread).unwrap().facts.unread, 0);
    // The patient changes her words: nobody has read those.
    vault.apply(&batch([message("m1", 0, "a, and more").version("3", 6)]), at(6)).unwrap();
    assert_eq!(vault.thread(thread).unwrap().facts.unread, 1);
    assert!(matches!(vault.mark_read(ThreadId(99), at(7)), Err(VaultError::NoSuch("thread"))));
}

#[test]
fn what_came_or_changed_after_the_thread_was_shown_stays_unread() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "a"), message("m2", 1, "b")]), at(2)).unwrap();
    let (thread, shown) = (vault.t1(), at(3));
    // Sent long before, arrived only now; and one that the patient changed meanwhile.
    vault.apply(&batch([message("m3", -90, "late")]), at(4)).unwrap();
    vault.apply(&batch([message("m2", 1, "b, and worse").version("2", 4)]), at(4)).unwrap();
    assert_eq!(vault.mark_read_until(thread, shown, at(5)).unwrap(), 1);
    let unread = |vault: &Vault| {
        let messages = vault.messages(thread).unwrap().into_iter().filter(|message| !message.read);
        messages.map(|message| message.portal_id.0).collect::<Vec<_>>()
    };
    assert_eq!(unread(&vault), ["m3", "m2"]);
    assert_eq!(vault.mark_read_until(thread, at(4), at(6)).unwrap(), 2);
    assert_eq!(unread(&vault), Vec::<String>::new());
}

#[test]
fn a_watch_flag_is_open_until_read_and_answered_or_dismissed() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "Some words").flagged(Tier::Watch)]), at(1)).unwrap();
    let thread = vault.t1();
    vault.mark_read(thread, at(2)).unwrap();
    assert_eq!(attention(&vault), 1, "reading alone does not settle it");
    vault.apply(&batch([message("m2", 5, "Answer").by_clinician()]), at(6)).unwrap();
    assert_eq!(attention(&vault), 0);

    vault.apply(&batch([message("m3", 9, "More words").flagged(Tier::Watch)]), at(9)).unwrap();
    let flag = vault.messages(thread).unwrap()[2].flags[0].id;
    assert_eq!(vault.dismiss_flag(flag, true, at(10)).unwrap(), thread);
    let summary = vault.thread(thread).unwrap();
    assert_eq!((summary.facts.open_tier, summary.facts.unread_unflagged), (Tier::None, 1));
    vault.dismiss_flag(flag, false, at(11)).unwrap();
    assert_eq!(attention(&vault), 1);
}

#[test]
fn a_flag_lowered_by_context_counts_with_its_tier() {
    let (_dir, vault) = vault();
    let mut lowered = message("m1", 0, "Never would I").flagged(Tier::None);
    lowered.0.judgement.triaged.flags[0].demoted = true;
    let mut doubtful = message("m2", 1, "Not really").within("t2", "p2").flagged(Tier::Watch);
    doubtful.0.judgement.triaged.flags[0].demoted = true;
    vault.apply(&batch([lowered, doubtful]), at(2)).unwrap();
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.open_tier, Tier::None);
    assert_eq!(attention(&vault), 1);
}

#[test]
fn a_case_opens_with_twelve_steps_and_a_clock() {
    let (_dir, vault, case) = crisis();
    assert_eq!((case.state, case.tier, case.opened_at), (CaseState::New, Tier::Emergency, monday()));
    assert_eq!(case.deadline, Some(at(15)));
    assert_eq!(case.steps.len(), usize::from(CHECKLIST_STEPS));
    assert_eq!(case.flags.len(), 1);
    let case = vault.case_acknowledge(case.id, "Dr. A", at(3)).unwrap();
    assert_eq!(
        (case.state, case.deadline, case.acknowledged_at),
        (CaseState::Acknowledged, None, Some(at(3)))
    );
    let summary = vault.thread(case.thread).unwrap();
    assert_eq!(summary.case.unwrap().state, CaseState::Acknowledged);
    assert_eq!(summary.top_flag.unwrap().1, "en.test.0");
}

#[test]
fn an_attempt_acknowledges_and_the_case_closes_only_when_every_step_has_an_answer() {
    let (_dir, vault, case) = crisis();
    let case = vault
        .case_log_attempt(case.id, AttemptOutcome::NoAnswer, "030 23125 001", Some(at(20)), "Dr. A", at(2))
        .unwrap();
    assert_eq!((case.state, case.deadline, case.attempts.len()), (CaseState::InWork, None, 1));
    assert_eq!(case.attempts[0].next, Some(at(20)));
    assert!(matches!(
        vault.case_close(case.id, "reached", false, "Dr. A", at(3)),
        Err(VaultError::StepsOpen(12))
    ));
    let skipped = vault.case_set_step(case.id, 4, StepState::Skipped, Some(" "), "Dr. A", at(4));
    assert!(matches!(skipped, Err(VaultError::Invalid(_))));
    assert!(matches!(
        vault.case_set_step(case.id, 13, StepState::Done, None, "Dr. A", at(4)),
        Err(VaultError::Invalid("step"))
    ));
    for n in 1..=12 {
        let (state, reason) =
            if n == 4 { (StepState::Skipped, Some("no means")) } else { (StepState::Done, None) };
        vault.case_set_step(case.id, n, state, reason, "Dr. A", at(5)).unwrap();
    }
    assert!(matches!(
        vault.case_close(case.id, " ", false, "Dr. A", at(6)),
        Err(VaultError::Invalid("outcome"))
    ));
    let case = vault.case_close(case.id, "reached, safe today", false, "Dr. A", at(7)).unwrap();
    assert_eq!((case.state, case.closed_at, case.false_alarm), (CaseState::Closed, Some(at(7)), false));
    assert!(case.flags[0].1.settled);
    vault.mark_read(case.thread, at(8)).unwrap();
    assert_eq!(attention(&vault), 0, "all flags of its messages are settled");
    assert!(vault.case_acknowledge(case.id, "Dr. A", at(9)).is_err());
    assert_eq!(vault.open_case(case.thread).unwrap(), None);
}

#[test]
fn a_false_alarm_is_one_reason_for_all_steps() {
    let (_dir, vault, case) = crisis();
    vault.case_set_step(case.id, 1, StepState::Done, None, "Dr. A", at(1)).unwrap();
    let case = vault.case_close(case.id, "", true, "Dr. A", at(2)).unwrap();
    assert!(case.false_alarm);
    assert_eq!(case.steps[0].state, StepState::Done);
    assert!(case.steps[1..].iter().all(|step| step.reason.as_deref() == Some("false alarm")));
}

#[test]
fn a_later_flag_joins_the_open_case_and_starts_its_clock_again() {
    let (_dir, vault, case) = crisis();
    vault.case_acknowledge(case.id, "Dr. A", at(3)).unwrap();
    let report = vault
        .apply(
            &batch([message("m2", 4, "From another thread").within("t2", "p1").flagged(Tier::Urgent)]),
            at(5),
        )
        .unwrap();
    assert_eq!(report.cases.len(), 1);
    assert_eq!(report.cases[0].0, case.id);
    let case = vault.case(case.id).unwrap();
    assert_eq!((case.state, case.tier, case.flags.len()), (CaseState::New, Tier::Emergency, 2));
    assert_eq!(case.deadline, Some(at(125)));
    let other = vault.thread_by_portal_id(&"t2".into()).unwrap().unwrap();
    assert_eq!(vault.thread(other).unwrap().case.unwrap().id, case.id);
    let somebody = batch([message("m3", 4, "Somebody else").within("t3", "p3").flagged(Tier::Urgent)]);
    assert_eq!(vault.apply(&somebody, at(5)).unwrap().cases.len(), 1);
    assert_eq!(vault.cases().unwrap().len(), 2);
    let counts = vault.view_counts(at(5)).unwrap();
    assert_eq!((counts.open_cases, counts.next_deadline), (2, Some(at(125))));
}

#[test]
fn the_clock_of_a_message_written_at_night_starts_with_duty() {
    let (_dir, vault) = vault();
    vault
        .apply(&batch([message("m1", -400, "At night").flagged(Tier::Emergency).after_hours(60)]), monday())
        .unwrap();
    assert_eq!(vault.cases().unwrap()[0].deadline, Some(at(75)));
    let summary = vault.thread(vault.t1()).unwrap();
    assert_eq!(summary.after_hours, Some(inbox_domain::AfterHoursReason::Night));
    assert_eq!(summary.facts.unread_after_hours, 1);
}

#[test]
fn snooze_and_close_end_with_a_new_message() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "a")]), at(1)).unwrap();
    let thread = vault.t1();
    vault.snooze(thread, Some(at(600)), at(2)).unwrap();
    vault.set_thread_status(thread, ThreadStatus::Closed, at(3)).unwrap();
    vault.apply(&batch([message("m1", 0, "a")]), at(4)).unwrap();
    assert_eq!(vault.thread(thread).unwrap().facts.status, ThreadStatus::Closed);
    vault.apply(&batch([message("m2", 5, "b")]), at(5)).unwrap();
    let facts = vault.thread(thread).unwrap().facts;
    assert_eq!((facts.status, facts.snoozed_until), (ThreadStatus::Open, None));
}

#[test]
fn settings_and_drafts_are_kept_and_acts_leave_their_trace() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 0, "a")]), at(1)).unwrap();
    vault.set_setting("portal", "x", at(1)).unwrap();
    vault.set_setting("portal", "y", at(2)).unwrap();
    vault.set_setting("portal", "y", at(3)).unwrap();
    assert_eq!(vault.setting("portal").unwrap().as_deref(), Some("y"));
    vault.remove_setting("portal", at(4)).unwrap();
    assert_eq!(vault.setting("portal").unwrap(), None);
    vault.save_draft(vault.t1(), "text", at(5)).unwrap();
    assert_eq!(vault.thread(vault.t1()).unwrap().reply, Some((inbox_domain::OutboxState::Draft, None)));
    assert!(matches!(vault.save_draft(ThreadId(9), "x", at(5)), Err(VaultError::NoSuch("thread"))));
    let trace: Vec<_> =
        vault.audit(10).unwrap().into_iter().map(|row| (row.n, row.action, row.subject)).collect();
    let setting = "setting:portal".to_owned();
    let wanted = [3, 2, 1].map(|n| (n, "setting.change".to_owned(), setting.clone()));
    assert_eq!(trace, wanted);
}
