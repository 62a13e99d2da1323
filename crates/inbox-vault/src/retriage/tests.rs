use inbox_domain::{AttemptOutcome, Batch, CaseState, Flag, Tier};

use super::*;
use crate::Vault;
use crate::vault::testing::{Sample, at, batch, message, monday, vault};

fn stored(vault: &Vault, samples: Vec<Sample>, now: i64) {
    vault.apply(&Batch { judged_under: Some("one".into()), ..batch(samples) }, at(now)).unwrap();
}

/// Judges everything again: each message as `judged` says of its text.
fn again(vault: &Vault, engine: &str, judged: impl Fn(&ToJudge) -> Triaged) -> ApplyReport {
    vault.begin_retriage(engine, monday()).unwrap();
    let mut whole = ApplyReport::default();
    while !vault.triage_state().unwrap().complete {
        let page = vault.triage_page(2).unwrap();
        let judged: Vec<_> = page.messages.iter().map(&judged).collect();
        let report = vault.apply_retriage(&page, &judged, monday()).unwrap().unwrap();
        whole.cases.extend(report.cases);
        whole.threads.extend(report.threads);
    }
    whole
}

fn flagged(tier: Tier) -> impl Fn(&ToJudge) -> Triaged {
    move |row| message("m", 0, &row.text).flagged(tier).0.judgement.triaged
}

fn calm(row: &ToJudge) -> Triaged {
    message("m", 0, &row.text).0.judgement.triaged
}

#[test]
fn what_is_raised_and_lowered_follows_the_backlog_rule() {
    let (_dir, vault) = vault();
    let old = -20 * 24 * 60;
    stored(
        &vault,
        vec![
            message("m1", old, "long ago").within("t2", "p2"),
            message("m2", -50, "of today"),
            message("m3", -60, "was answered").within("t3", "p3"),
            message("m4", -55, "the answer").within("t3", "p3").by_clinician(),
        ],
        -40,
    );
    let report = again(&vault, "two", flagged(Tier::Urgent));
    assert_eq!(report.cases.len(), 1, "only what is unanswered and young");
    assert_eq!(vault.case(report.cases[0].0).unwrap().thread, vault.t1());
    assert_eq!(report.threads.len(), 3, "all three are flagged");
    // Nothing new: nothing is touched, nothing is opened.
    let same = again(&vault, "three", flagged(Tier::Urgent));
    assert_eq!((same.cases.len(), same.threads.len()), (0, 0));
    // The case keeps the flag on which it rests when a lexicon no longer raises it.
    again(&vault, "four", calm);
    assert_eq!(vault.cases().unwrap()[0].flags.len(), 1);
    assert_eq!(vault.messages(vault.t1()).unwrap()[0].flags, []);
}

#[test]
fn what_was_dismissed_stays_dismissed_even_over_a_lexicon_that_did_not_raise_it() {
    let (_dir, vault) = vault();
    stored(&vault, vec![message("m1", -60, "words a").flagged(Tier::Watch)], -40);
    let flag = |vault: &Vault| vault.messages(vault.t1()).unwrap()[0].flags[0].clone();
    let before = flag(&vault);
    vault.dismiss_flag(before.id, true, at(-30)).unwrap();
    again(&vault, "two", calm);
    assert_eq!(vault.messages(vault.t1()).unwrap()[0].flags, []);
    let report = again(&vault, "three", flagged(Tier::Emergency));
    let after = flag(&vault);
    assert_eq!((after.id, after.dismissed_at, after.flag.tier), (before.id, Some(at(-30)), Tier::Emergency));
    assert!(report.cases.is_empty() && vault.cases().unwrap().is_empty());
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.open_tier, Tier::None);
}

#[test]
fn the_only_flag_of_a_rule_is_the_same_on_other_words_and_one_of_two_is_not() {
    let (_dir, vault) = vault();
    stored(&vault, vec![message("m1", -60, "words a").flagged(Tier::Watch)], -40);
    let flags = |vault: &Vault| vault.messages(vault.t1()).unwrap().remove(0).flags;
    let before = flags(&vault).remove(0);
    vault.dismiss_flag(before.id, true, at(-30)).unwrap();
    let words = |count: usize| {
        move |row: &ToJudge| {
            let mut triaged = flagged(Tier::Watch)(row);
            let other = Flag { start: 2, end: 7, text: "rds a".into(), ..triaged.flags[0].clone() };
            triaged.flags = (0..count).map(|n| Flag { start: n, ..other.clone() }).collect();
            triaged
        }
    };
    again(&vault, "two", words(1));
    let after = flags(&vault);
    assert_eq!((after.len(), after[0].id, after[0].dismissed_at), (1, before.id, Some(at(-30))));
    assert_eq!(after[0].flag.text, "rds a");
    assert!(again(&vault, "three", words(1)).threads.is_empty(), "its words are stored");
    again(&vault, "four", flagged(Tier::Watch));
    assert_eq!(flags(&vault)[0].id, before.id);
    again(&vault, "five", words(2));
    assert!(flags(&vault).iter().all(|flag| flag.dismissed_at.is_none()), "said of neither");
}

#[test]
fn an_acknowledged_case_stays_acknowledged_for_what_stood_there() {
    let (_dir, vault) = vault();
    stored(
        &vault,
        vec![message("m1", -60, "words a").flagged(Tier::Urgent), message("m2", -50, "else")],
        -40,
    );
    let case = vault.cases().unwrap()[0].id;
    vault.mark_read(vault.t1(), at(-31)).unwrap();
    vault.case_log_attempt(case, AttemptOutcome::NoAnswer, "", None, "Dr. A", at(-30)).unwrap();
    let before = vault.case(case).unwrap();
    let report = again(&vault, "two", flagged(Tier::Emergency));
    let after = vault.case(case).unwrap();
    assert_eq!((after.state, after.deadline), (before.state, None));
    assert_eq!(after.acknowledged_at, before.acknowledged_at);
    assert_eq!((after.flags.len(), after.tier), (2, Tier::Emergency));
    assert_eq!((report.cases.len(), vault.cases().unwrap().len()), (0, 1), "no second case, nothing rings");
    // What came after the acknowledgement is not covered by it.
    stored(&vault, vec![message("m3", -20, "newer")], -20);
    vault.begin_retriage("three", monday()).unwrap();
    again(&vault, "three", flagged(Tier::Emergency));
    assert_eq!((vault.case(case).unwrap().acknowledged_at, vault.cases().unwrap().len()), (None, 1));
}

#[test]
fn an_acknowledgement_speaks_of_what_was_read_or_is_no_worse() {
    let (_dir, vault) = vault();
    stored(
        &vault,
        vec![
            message("m1", -60, "words a").flagged(Tier::Urgent),
            message("m2", -50, "other").within("t2", "p1"),
        ],
        -40,
    );
    let case = vault.cases().unwrap()[0].id;
    vault.mark_read(vault.t1(), at(-31)).unwrap();
    vault.case_acknowledge(case, "Dr. A", at(-30)).unwrap();
    let only = |text: &'static str, tier: Tier| {
        move |row: &ToJudge| {
            if row.text == text { flagged(tier)(row) } else { flagged(Tier::Urgent)(row) }
        }
    };
    // What was read raises the case and leaves it acknowledged; what nobody has read is no worse than the case was.
    assert!(again(&vault, "two", only("words a", Tier::Emergency)).cases.is_empty());
    let raised = vault.case(case).unwrap();
    assert!(raised.tier == Tier::Emergency && raised.acknowledged_at.is_some() && raised.flags.len() == 2);
    // Danger to life in what nobody has read is news, whatever the case has become since.
    assert_eq!(again(&vault, "three", only("other", Tier::Emergency)).cases.len(), 1);
    let rung = vault.case(case).unwrap();
    assert!(rung.acknowledged_at.is_none() && rung.deadline.is_some());
    assert_eq!(vault.cases().unwrap().len(), 1);
}

#[test]
fn a_closed_case_has_settled_its_message_up_to_its_tier() {
    let (_dir, vault) = vault();
    stored(&vault, vec![message("m1", -60, "words a").flagged(Tier::Urgent)], -40);
    let case = vault.cases().unwrap()[0].id;
    vault.case_close(case, "", true, "Dr. A", at(-30)).unwrap();
    let two = |tier: Tier| {
        move |row: &ToJudge| {
            message("m", 0, &row.text).flagged(Tier::Urgent).flagged(tier).0.judgement.triaged
        }
    };
    assert!(again(&vault, "two", two(Tier::Urgent)).cases.is_empty());
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.open_tier, Tier::None);
    assert_eq!(vault.case(case).unwrap().state, CaseState::Closed);
    // Danger to life is more than what was closed.
    again(&vault, "three", calm);
    assert!(again(&vault, "four", two(Tier::Urgent)).cases.is_empty());
    let worse = |row: &ToJudge| {
        let mut triaged = two(Tier::Emergency)(row);
        triaged.flags[1].rule = "en.test.other".into();
        triaged
    };
    assert_eq!(again(&vault, "five", worse).cases.len(), 1);
}

#[test]
fn a_settled_flag_that_rises_is_work_again_and_one_that_comes_back_is_not() {
    let (_dir, vault) = vault();
    stored(&vault, vec![message("m1", -60, "words a").flagged(Tier::Urgent)], -40);
    let case = vault.cases().unwrap()[0].id;
    vault.case_close(case, "", true, "Dr. A", at(-30)).unwrap();
    // Down to watch and back again, as by a switch.
    assert!(again(&vault, "two", flagged(Tier::Watch)).cases.is_empty());
    assert!(again(&vault, "three", flagged(Tier::Urgent)).cases.is_empty());
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.open_tier, Tier::None);
    let report = again(&vault, "four", flagged(Tier::Emergency));
    assert_eq!(report.cases.len(), 1);
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.open_tier, Tier::Emergency);
    let flags = vault.messages(vault.t1()).unwrap().remove(0).flags;
    assert_eq!((flags.len(), flags[0].settled), (1, false));
    let opened = vault.case(report.cases[0].0).unwrap();
    assert_eq!((opened.tier, opened.flags.len()), (Tier::Emergency, 1));
    assert_eq!(vault.case(case).unwrap().flags.len(), 1, "the closed case keeps its own");
    // Nothing more happens, and after the second case nothing is open.
    assert!(again(&vault, "five", flagged(Tier::Emergency)).threads.is_empty());
    vault.case_close(opened.id, "", true, "Dr. A", at(-20)).unwrap();
    again(&vault, "six", flagged(Tier::Watch));
    assert!(again(&vault, "seven", flagged(Tier::Emergency)).cases.is_empty());
    assert_eq!(vault.thread(vault.t1()).unwrap().facts.open_tier, Tier::None);
}

#[test]
fn hours_stay_and_give_the_case_its_clock() {
    let (_dir, vault) = vault();
    stored(&vault, vec![message("m1", -60, "words a").after_hours(90)], -40);
    again(&vault, "two", flagged(Tier::Emergency));
    let message = &vault.messages(vault.t1()).unwrap()[0];
    assert!(message.after_hours.is_some());
    assert_eq!(message.next_open, Some(at(90)));
    assert!(vault.cases().unwrap()[0].deadline.unwrap() > at(90));
}

#[test]
fn it_goes_on_from_where_it_was_and_another_engine_begins_again() {
    let (_dir, vault) = vault();
    stored(&vault, (0..5).map(|n| message(&format!("m{n}"), n, "words")).collect(), 9);
    let state = vault.triage_state().unwrap();
    assert_eq!((state.engine.as_str(), state.complete), ("one", true), "the first engine of an empty vault");
    assert_eq!(vault.begin_retriage("two", at(9)).unwrap().judged_to, MessageId(0));
    let page = vault.triage_page(2).unwrap();
    vault.apply_retriage(&page, &[calm(&page.messages[0]), calm(&page.messages[1])], at(9)).unwrap().unwrap();
    assert_eq!(vault.inbound_after(vault.triage_state().unwrap().judged_to).unwrap(), 3);
    assert_eq!(vault.begin_retriage("two", at(9)).unwrap().judged_to, page.messages[1].id);
    let short = vault.triage_page(2).unwrap();
    assert!(matches!(vault.apply_retriage(&short, &[], at(9)), Err(VaultError::Invalid("judgements"))));
    assert_eq!(vault.begin_retriage("three", at(9)).unwrap().judged_to, MessageId(0));
    // The page belongs to the engine before.
    assert_eq!(vault.apply_retriage(&page, &[], at(9)).unwrap(), None);
}

#[test]
fn a_message_that_a_sync_changed_meanwhile_is_read_again() {
    let (_dir, vault) = vault();
    stored(&vault, vec![message("m1", 0, "words a")], 9);
    vault.begin_retriage("two", at(9)).unwrap();
    let page = vault.triage_page(9).unwrap();
    stored(&vault, vec![message("m1", 0, "words of danger").flagged(Tier::Emergency).version("2", 9)], 9);
    assert_eq!(vault.apply_retriage(&page, &[calm(&page.messages[0])], at(9)).unwrap(), None);
    assert_eq!(vault.messages(vault.t1()).unwrap()[0].tier, Tier::Emergency);
    assert_eq!(vault.triage_page(9).unwrap().messages[0].text, "words of danger");
}

#[test]
fn what_a_sync_judges_by_the_engine_before_is_judged_again() {
    let (_dir, vault) = vault();
    stored(&vault, (0..3).map(|n| message(&format!("m{n}"), n, "words")).collect(), 9);
    again(&vault, "two", calm);
    // Still with the first engine: one new message, then one that was passed long ago.
    stored(&vault, vec![message("m9", 8, "words")], 9);
    let state = vault.triage_state().unwrap();
    assert_eq!((state.engine.as_str(), state.complete, state.judged_to), ("two", false, MessageId(3)));
    stored(&vault, vec![message("m1", 1, "changed").version("2", 9)], 9);
    assert_eq!(vault.triage_state().unwrap().judged_to, MessageId(1));
    again(&vault, "two", calm);
    assert!(vault.triage_state().unwrap().complete);
    // A page that was the last one when it was read.
    vault.begin_retriage("three", at(9)).unwrap();
    again(&vault, "three", calm);
    stored(&vault, vec![message("m10", 9, "words")], 9);
    let page = vault.triage_page(9).unwrap();
    vault.apply_retriage(&page, &[calm(&page.messages[0])], at(9)).unwrap().unwrap();
    let last = vault.triage_page(9).unwrap();
    assert_eq!(last.messages, []);
    stored(&vault, vec![message("m11", 10, "words")], 9);
    assert_eq!(vault.apply_retriage(&last, &[], at(9)).unwrap(), None);
    assert!(!vault.triage_state().unwrap().complete);
}

#[test]
fn a_vault_without_messages_is_judged() {
    let (_dir, vault) = vault();
    let state = vault.begin_retriage("one", at(0)).unwrap();
    assert!(state.complete);
    assert!(vault.audit(9).unwrap().iter().all(|row| !row.action.starts_with("retriage")));
}

#[test]
fn begin_and_end_are_in_the_audit() {
    let (_dir, vault) = vault();
    stored(&vault, vec![message("m1", 0, "words a")], 9);
    again(&vault, "two", calm);
    let rows: Vec<_> = vault.audit(2).unwrap().into_iter().map(|row| (row.action, row.subject)).collect();
    let row = |action: &str| (action.to_owned(), "engine:two".to_owned());
    assert_eq!(rows, [row("retriage.complete"), row("retriage.begin")]);
}
