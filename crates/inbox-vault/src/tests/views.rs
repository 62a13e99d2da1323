//! The SQL of the views agrees with `View::holds`: on threads with any facts, and on facts that come from any history.

use std::cell::RefCell;

use inbox_domain::{
    CaseState, ClientIdentifier, Delivered, MessageFunction, StepState, ThreadFacts, ThreadId, ThreadStatus,
    Tier, View,
};
use proptest::prelude::*;
use rusqlite::params;

use crate::Vault;
use crate::column::{millis, word};
use crate::vault::testing::{Sample, at, batch, message, monday, reply, thread, vault};

fn facts() -> impl Strategy<Value = ThreadFacts> {
    let counts = (0..3_u32, 0..3_u32, 0..3_u32, 0..3_u32, 0..3_u32);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let case = proptest::option::of(prop_oneof![
        Just(CaseState::New),
        Just(CaseState::Waiting),
        Just(CaseState::HandedOver),
        Just(CaseState::Closed)
    ]);
    let snooze = proptest::option::of(-2..3_i64);
    (0..4_i64, counts, flags, case, snooze).prop_map(|(tier, counts, flags, case, snooze)| ThreadFacts {
        status: if flags.0 { ThreadStatus::Open } else { ThreadStatus::Closed },
        open_tier: Tier::from_rank(tier),
        unread: counts.0,
        unread_unchecked: counts.1,
        unread_unflagged: counts.2,
        unread_after_hours: counts.3,
        last_from_patient: flags.1,
        answered_here: flags.2,
        outbox_waiting: counts.4,
        snoozed_until: snooze.map(at),
        case,
        function: Some(MessageFunction::Interpersonal),
    })
}

fn insert(vault: &Vault, n: usize, facts: &ThreadFacts) {
    vault
        .act(|act| {
            act.db.execute(
                "INSERT INTO thread (key, status, open_tier, unread, unread_unchecked, unread_unflagged,
                 unread_after_hours, last_from_patient, answered_here, outbox_waiting, snoozed_until, case_state,
                 case_open, function) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                params![
                    format!("named:{n}"),
                    word(facts.status),
                    facts.open_tier.rank(),
                    facts.unread,
                    facts.unread_unchecked,
                    facts.unread_unflagged,
                    facts.unread_after_hours,
                    facts.last_from_patient,
                    facts.answered_here,
                    facts.outbox_waiting,
                    facts.snoozed_until.map(millis),
                    facts.case.map(CaseState::as_str),
                    facts.case.is_some_and(|state| state != CaseState::Closed),
                    facts.function.map(word),
                ],
            )?;
            Ok(())
        })
        .unwrap();
}

/// Every view's rows, count and total are what its predicate says of the facts that the vault itself reports.
fn check_views(vault: &Vault) {
    let now = monday();
    let all = vault.list_threads(None, None, 0, 1000, now).unwrap();
    let counts = vault.view_counts(now).unwrap().views;
    for (view, count) in counts {
        let page = vault.list_threads(Some(view), None, 0, 1000, now).unwrap();
        let mut shown: Vec<ThreadId> = page.rows.iter().map(|row| row.id).collect();
        shown.sort();
        let mut held: Vec<ThreadId> =
            all.rows.iter().filter(|row| view.holds(&row.facts, now)).map(|row| row.id).collect();
        held.sort();
        assert_eq!(shown, held, "{}", view.name());
        assert_eq!((page.total as usize, count as usize), (held.len(), held.len()), "{}", view.name());
    }
}

#[test]
fn each_view_holds_what_its_predicate_says_of_any_facts() {
    let strategy = proptest::collection::vec(facts(), 1..60);
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    let (_dir, vault) = vault();
    let next = RefCell::new(0);
    proptest!(config, |(many in strategy)| {
        vault.act(|act| Ok(act.db.execute("DELETE FROM thread", [])?)).unwrap();
        for facts in &many {
            let n = next.replace_with(|n| *n + 1);
            insert(&vault, n, facts);
        }
        let stored = vault.list_threads(None, None, 0, 1000, monday()).unwrap().rows;
        let mut stored: Vec<_> = stored.into_iter().map(|row| (row.id, row.facts)).collect();
        stored.sort_by_key(|(id, _)| *id);
        prop_assert_eq!(stored.into_iter().map(|(_, facts)| facts).collect::<Vec<_>>(), many);
        check_views(&vault);
    });
}

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    Message {
        thread: u8,
        minute: i64,
        clinician: bool,
        tier: i64,
        unchecked: bool,
        night: bool,
        backlog: bool,
    },
    Again(u8),
    Withdraw(u8),
    Read(u8),
    Reply(u8),
    Send,
    Snooze(u8, i64),
    Status(u8, bool),
    CloseCases,
}

fn step() -> impl Strategy<Value = Step> {
    let thread = 0..4_u8;
    prop_oneof![
        6 => (thread.clone(), -600..600_i64, any::<bool>(), 0..6_i64, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(thread, minute, clinician, tier, unchecked, night, backlog)| Step::Message {
                thread, minute, clinician, tier: tier.min(3), unchecked, night, backlog
            }),
        1 => any::<u8>().prop_map(Step::Again),
        1 => any::<u8>().prop_map(Step::Withdraw),
        2 => thread.clone().prop_map(Step::Read),
        2 => thread.clone().prop_map(Step::Reply),
        1 => Just(Step::Send),
        1 => (thread.clone(), -5..5_i64).prop_map(|(thread, minutes)| Step::Snooze(thread, minutes)),
        1 => (thread, any::<bool>()).prop_map(|(thread, open)| Step::Status(thread, open)),
        1 => Just(Step::CloseCases),
    ]
}

fn sample(n: usize, step: &Step) -> Option<(Sample, bool)> {
    let Step::Message { thread, minute, clinician, tier, unchecked, night, backlog } = *step else {
        return None;
    };
    let mut sample = message(&format!("m{n}"), minute, "words of it").within(&format!("t{thread}"), "p1");
    if clinician {
        sample = sample.by_clinician();
    } else {
        if tier > 0 {
            sample = sample.flagged(Tier::from_rank(tier));
        }
        if unchecked {
            sample = sample.unchecked();
        }
        if night {
            sample = sample.after_hours(minute + 60);
        }
    }
    Some((sample, backlog))
}

fn run(vault: &Vault, steps: &[Step]) {
    let now = monday();
    let find = |thread: u8| vault.thread_by_portal_id(&format!("t{thread}").as_str().into()).unwrap();
    let mut sent: Vec<Sample> = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        match step {
            Step::Message { thread: t, .. } => {
                let Some((sample, backlog)) = sample(n, step) else { continue };
                sent.push(Sample(sample.0.clone()));
                let mut page = batch([sample]);
                page.threads = vec![thread(&format!("t{t}"), "p1")];
                page.backlog = backlog;
                vault.apply(&page, now).unwrap();
            }
            Step::Again(n) if !sent.is_empty() => {
                let old = &sent[usize::from(*n) % sent.len()].0;
                // One that was only absent comes back.
                let absent = !vault.message_ids().unwrap().contains(&old.message.portal_id);
                let report = vault.apply(&batch([Sample(old.clone())]), now).unwrap();
                assert_eq!((report.new, report.updated, report.quarantined), (0, u64::from(absent), 0));
                assert!(report.cases.is_empty() && report.held.is_empty());
            }
            Step::Withdraw(n) if !sent.is_empty() => {
                let portal_id = sent[usize::from(*n) % sent.len()].0.message.portal_id.clone();
                let mut page = batch([]);
                page.withdrawn = vec![inbox_domain::Withdrawal { portal_id, at: now }];
                vault.apply(&page, now).unwrap();
            }
            Step::Read(thread) => {
                find(*thread).map(|id| vault.mark_read(id, now)).transpose().unwrap();
            }
            Step::Reply(thread) => {
                let identifier = ClientIdentifier::random();
                find(*thread)
                    .map(|id| vault.enqueue(&reply(id, "answer"), &identifier, "{}", now))
                    .transpose()
                    .unwrap();
            }
            Step::Send => {
                for entry in vault.due(now).unwrap() {
                    assert!(vault.mark_sending(entry.id, now).unwrap());
                    vault.mark_sent(entry.id, None, now).unwrap();
                }
            }
            Step::Snooze(thread, minutes) => {
                find(*thread).map(|id| vault.snooze(id, Some(at(*minutes)), now)).transpose().unwrap();
            }
            Step::Status(thread, open) => {
                let status = if *open { ThreadStatus::Open } else { ThreadStatus::Closed };
                find(*thread).map(|id| vault.set_thread_status(id, status, now)).transpose().unwrap();
            }
            Step::CloseCases => {
                for case in vault.cases().unwrap().into_iter().filter(|case| case.closed_at.is_none()) {
                    for n in 1..=12 {
                        vault.case_set_step(case.id, n, StepState::Done, None, "Dr. A", now).unwrap();
                    }
                    vault.case_close(case.id, "spoken to", false, "Dr. A", now).unwrap();
                }
            }
            Step::Again(_) | Step::Withdraw(_) => {}
        }
    }
}

/// The facts of a thread from its messages as read back, without the vault's own SQL for them.
fn expected(vault: &Vault, thread: ThreadId) -> (u32, u32, u32, bool) {
    let messages = vault.messages(thread).unwrap();
    let shown: Vec<_> = messages.iter().filter(|message| message.withdrawn_at.is_none()).collect();
    let unread: Vec<_> =
        shown.iter().filter(|message| message.sender.role.is_patient_side() && !message.read).collect();
    let open_flag = |message: &&&&crate::StoredMessage| {
        message
            .flags
            .iter()
            .any(|flag| flag.flag.tier > Tier::None && flag.dismissed_at.is_none() && !flag.settled)
    };
    let unflagged = unread.iter().filter(|message| !open_flag(message)).count();
    let unchecked = unread.iter().filter(|message| message.checked != inbox_domain::Checked::Full).count();
    let last = shown.last().is_some_and(|message| message.sender.role.is_patient_side());
    (unread.len() as u32, unchecked as u32, unflagged as u32, last)
}

#[test]
fn facts_of_any_history_agree_with_the_messages_and_the_views() {
    let strategy = proptest::collection::vec(step(), 1..40);
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in strategy)| {
        let (_dir, vault) = vault();
        run(&vault, &steps);
        for row in vault.list_threads(None, None, 0, 100, monday()).unwrap().rows {
            let facts = &row.facts;
            let stored = (facts.unread, facts.unread_unchecked, facts.unread_unflagged, facts.last_from_patient);
            prop_assert_eq!(stored, expected(&vault, row.id));
        }
        check_views(&vault);
        let report = vault.verify().unwrap();
        prop_assert!(report.ok, "{:?}", report.problems);
        let open = vault.cases().unwrap().iter().filter(|case| case.closed_at.is_none()).count();
        prop_assert!(open <= 1, "one open case a patient");
    });
}

#[test]
fn needs_attention_stands_by_tier_then_oldest() {
    let (_dir, vault) = vault();
    let mut page = batch([
        message("a", 0, "unchecked").within("t1", "p1").unchecked(),
        message("b", 5, "watch").within("t2", "p2").flagged(Tier::Watch),
        message("c", 9, "later emergency").within("t3", "p3").flagged(Tier::Emergency),
        message("d", 7, "emergency").within("t4", "p4").flagged(Tier::Emergency),
        message("e", 1, "quiet").within("t5", "p5"),
        message("f", 2, "not sent").within("t6", "p6").flagged(Tier::Urgent).delivered(Delivered::Draft),
    ]);
    page.threads = (1..=6).map(|n| thread(&format!("t{n}"), &format!("p{n}"))).collect();
    vault.apply(&page, monday()).unwrap();
    let rows = vault.list_threads(Some(View::NeedsAttention), None, 0, 10, monday()).unwrap().rows;
    let order: Vec<_> = rows.iter().map(|row| row.portal_id.clone().unwrap().0).collect();
    assert_eq!(order, ["t4", "t3", "t2", "t1"]);
    assert_eq!(rows[0].flagged_at, Some(at(7)));
    assert_eq!(rows[3].not_checked, [inbox_domain::NotCheckedReason::Attachment]);
    let page = vault.list_threads(Some(View::NeedsAttention), None, 1, 2, monday()).unwrap();
    assert_eq!((page.rows.len(), page.total), (2, 4));
    let organisational = Some(MessageFunction::Organisational);
    assert_eq!(
        vault.list_threads(Some(View::WaitingForMe), organisational, 0, 9, monday()).unwrap().total,
        5
    );
    let interpersonal = Some(MessageFunction::Interpersonal);
    assert_eq!(vault.list_threads(Some(View::WaitingForMe), interpersonal, 0, 9, monday()).unwrap().total, 0);
}
