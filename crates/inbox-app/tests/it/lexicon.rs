//! The clinic's own words and switches: saved, judged by, said of, and never in the way of what a clinician has decided.

use std::sync::Arc;

use demo_portal::NewMessage;
use inbox_app::{
    SensitiveThreads, Session, Surroundings,
    dto::{AppEvent, FlagView, RetriageState, SavedLexicon},
};
use inbox_domain::{Category, Checked, NotCheckedReason, SystemClock, Tier, View};
use inbox_triage::clinic::{ClinicLanguage, ClinicLexicon, ClinicProblemKind, ClinicWords};
use inbox_vault::Vault;

use crate::rig::{PASSPHRASE, Rig};

fn words(tier: Tier, phrases: &[&str]) -> ClinicWords {
    ClinicWords {
        id: "roof".into(),
        language: ClinicLanguage::Both,
        category: Category::Plan,
        tier,
        phrases: phrases.iter().map(|&phrase| phrase.to_owned()).collect(),
        reason: "the roof garden of the clinic".into(),
    }
}

fn lexicon(tier: Tier, phrases: &[&str]) -> ClinicLexicon {
    ClinicLexicon { words: vec![words(tier, phrases)], watch_only: Vec::new() }
}

fn send(rig: &Rig, text: &str) {
    let patient = rig.portal.control().resources("Patient")[0]["id"].as_str().unwrap().to_owned();
    let message = NewMessage { patient, text: text.into(), ..NewMessage::default() };
    rig.portal.control().add_message(&message).unwrap();
}

fn save(session: &Arc<Session>, draft: &ClinicLexicon) -> u32 {
    let base = session.load_lexicon().unwrap().version;
    match session.save_lexicon(base, draft).unwrap() {
        SavedLexicon::Saved { version } => version,
        refused @ SavedLexicon::Refused { .. } => panic!("{refused:?}"),
    }
}

async fn judged(rig: &Rig) {
    rig.until(|rig| rig.session().load_retriage().unwrap().state == RetriageState::Complete).await;
}

/// All flags of a rule in the vault, each with its thread.
fn flags(session: &Session, rule: &str) -> Vec<(String, FlagView)> {
    let mut found = Vec::new();
    for record in session.thread_records(None).unwrap() {
        for message in session.load_thread(&record.id).unwrap().messages {
            let of_rule = message.flags.into_iter().filter(|flag| flag.rule == rule);
            found.extend(of_rule.map(|flag| (record.id.clone(), flag)));
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phrase_flags_stored_messages_and_new_ones_and_rings_once() {
    let rig = Rig::filled().await;
    let session = rig.session();
    send(&rig, "Tonight I go up to the roof garden again.");
    session.sync(false).await.ok();
    rig.until(|rig| rig.session().search("roof", 9).unwrap().len() == 1).await;
    assert!(flags(&session, "clinic.roof").is_empty());
    rig.until(|rig| !rig.recorder.notices.lock().unwrap().is_empty()).await;
    rig.recorder.notices.lock().unwrap().clear();
    rig.events.lock().unwrap().clear();

    assert_eq!(save(&session, &lexicon(Tier::Emergency, &["roof garden"])), 1);
    judged(&rig).await;
    rig.until(|rig| rig.heard(|event| matches!(event, AppEvent::ThreadsChanged { .. }))).await;
    let found = flags(&session, "clinic.roof");
    assert_eq!((found.len(), found[0].1.tier), (1, Tier::Emergency));
    assert_eq!(found[0].1.reason, "the roof garden of the clinic");
    assert!(session.load_thread(&found[0].0).unwrap().case.is_some(), "unanswered and of today");
    assert!(rig.heard(|event| *event == AppEvent::RetriageChanged));
    assert!(!rig.heard(|event| matches!(event, AppEvent::CaseOpened { .. })), "one notice, not one a case");
    rig.until(|rig| rig.recorder.notices.lock().unwrap().len() == 1).await;

    send(&rig, "The roof garden, once more.");
    session.sync_now().unwrap();
    rig.until(|rig| flags(&rig.session(), "clinic.roof").len() == 2).await;
    assert_eq!(session.load_lexicon().unwrap().retriage.state, RetriageState::Complete);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_keeps_a_rule_at_watch_and_what_was_decided_stays_decided() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let row = session.list_threads(View::NeedsAttention, None, 0, 50).unwrap().rows.remove(0);
    let detail = session.load_thread(&row.id).unwrap();
    let case = detail.case.unwrap();
    session.acknowledge_case(&case.id).unwrap();
    let flag = detail.messages.iter().flat_map(|message| &message.flags).find(|flag| !flag.demoted).unwrap();
    session.dismiss_flag(&flag.id, true).unwrap();

    let switched = ClinicLexicon { words: Vec::new(), watch_only: vec![flag.rule.clone()] };
    save(&session, &switched);
    judged(&rig).await;
    let rules = session.list_rules(&flag.rule, None).unwrap();
    let rule = rules.iter().find(|rule| rule.id == flag.rule).unwrap();
    assert!(rule.watch_only && rule.raised >= rule.wrong && rule.wrong == 1, "{rule:?}");
    let at = |tier| flags(&session, &flag.rule).iter().all(|(_, found)| found.tier <= tier);
    assert!(at(Tier::Watch));

    save(&session, &ClinicLexicon::default());
    judged(&rig).await;
    assert!(!at(Tier::Watch));
    let again = flags(&session, &flag.rule).into_iter().find(|(_, found)| found.id == flag.id).unwrap().1;
    assert!(again.dismissed, "the same flag, still called wrong");
    let after = session.load_thread(&row.id).unwrap().case.unwrap();
    assert_eq!((&after.id, after.deadline), (&case.id, None));
    assert!(after.acknowledged_at.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_is_checked_tried_and_refused_with_every_problem() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let wrong = ClinicLexicon {
        words: vec![words(Tier::None, &["the"])],
        watch_only: vec!["en.no-such-rule".into()],
    };
    let kinds: Vec<_> = session.check_lexicon(&wrong).into_iter().map(|found| found.problem).collect();
    let all = [ClinicProblemKind::Tier, ClinicProblemKind::OnlyCommonWords, ClinicProblemKind::UnknownRule];
    assert_eq!(kinds, all);
    let SavedLexicon::Refused { problems } = session.save_lexicon(0, &wrong).unwrap() else {
        panic!("saved")
    };
    assert_eq!(problems[1].path, "words[0].phrases[0]");
    assert_eq!(session.load_lexicon().unwrap().version, 0);
    assert_eq!(session.try_text("a roof", Some(&wrong)).problems.len(), 3);

    let draft = lexicon(Tier::Urgent, &["roof gard*"]);
    let tried = session.try_text("On the roof gardens I stood.", Some(&draft));
    assert_eq!((tried.tier, tried.flags[0].rule.as_str()), (Tier::Urgent, "clinic.roof"));
    let marked: String =
        tried.segments.iter().filter(|part| !part.flags.is_empty()).map(|part| part.text.as_str()).collect();
    assert_eq!(marked, "roof gardens");
    assert!(session.try_text("On the roof gardens I stood.", None).flags.is_empty());
    let long = "On the way home I stood there and was glad of it. ".repeat(6_000);
    let tried = session.try_text(&long, None);
    assert_eq!(tried.checked, Checked::Partial);
    let cuts = tried.not_checked.iter().filter(|reason| **reason == NotCheckedReason::TextCut);
    assert_eq!(cuts.count(), 1);
    save(&session, &draft);
    assert_eq!(session.save_lexicon(0, &draft).unwrap_err().code, "lexicon_changed");
    assert!(session.list_rules("roof clinic", Some(Category::Plan)).unwrap()[0].own);
    assert!(session.list_rules("roof", Some(Category::Mania)).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_and_cannot_be_used_is_said_and_leaves_the_built_in_rules() {
    let rig = Rig::filled().await;
    rig.app.lock();
    let open = || Vault::open(&rig.vault_dir(), &PASSPHRASE.to_owned().into()).unwrap();
    let session = || Session::new(open(), Surroundings::headless(Arc::new(SystemClock)));
    open().save_lexicon(0, r#"{"words":"none"}"#, chrono::Utc::now()).unwrap();
    let broken = session();
    let view = broken.load_lexicon().unwrap();
    assert_eq!((view.version, view.problem.unwrap().code.as_str()), (1, "lexicon_unreadable"));
    assert!(broken.list_rules("", None).unwrap().len() > 50, "the built-in rules are in force");
    assert_eq!(broken.load_overview().unwrap().staleness.problem.unwrap().code, "lexicon_unreadable");
    let before = open().triage_state().unwrap();
    assert_eq!(broken.retriage().unwrap_err().code, "lexicon_unreadable");
    assert_eq!(open().triage_state().unwrap(), before, "no flag goes for what cannot be read");
    // A rule that is gone takes its switch with it and not the clinic's words.
    let mut stale = lexicon(Tier::Watch, &["roof garden"]);
    stale.watch_only.push("en.gone".into());
    open().save_lexicon(1, &serde_json::to_string(&stale).unwrap(), chrono::Utc::now()).unwrap();
    let view = session().load_lexicon().unwrap();
    let problem = view.problem.unwrap();
    assert_eq!((problem.code.as_str(), view.lexicon.words.len()), ("switches_dropped", 1));
    assert_eq!(problem.params, [("rules".to_owned(), "en.gone".to_owned())]);
    // A phrase that a newer version dislikes takes its entry with it, and the entry its switch.
    let mut disliked = words(Tier::Watch, &["the and"]);
    disliked.id = "disliked".into();
    stale.words.insert(0, disliked);
    stale.watch_only.push("clinic.disliked".into());
    open().save_lexicon(2, &serde_json::to_string(&stale).unwrap(), chrono::Utc::now()).unwrap();
    let view = session().load_lexicon().unwrap();
    let problem = view.problem.unwrap();
    assert_eq!((problem.code.as_str(), view.lexicon.words.len()), ("words_dropped", 1));
    let rules = "clinic.disliked, en.gone".to_owned();
    assert_eq!(problem.params, [("rules".to_owned(), rules)]);
    assert!(session().list_rules("roof", None).unwrap().iter().any(|rule| rule.own));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stops_when_asked_and_another_engine_at_the_next_opening_judges_by_itself() {
    let rig = Rig::filled().await;
    let session = rig.session();
    session.cancel_retriage();
    session.store_lexicon(0, &lexicon(Tier::Watch, &["roof garden"])).unwrap();
    let view = session.load_retriage().unwrap();
    assert_eq!((view.state, view.done), (RetriageState::Paused, 0));
    session.sync(false).await.ok();
    assert_eq!(session.load_retriage().unwrap().state, RetriageState::Paused, "a sync does not override it");
    session.resume_retriage();
    judged(&rig).await;
    rig.app.lock();
    // As after a new version of the app.
    let vault = Vault::open(&rig.vault_dir(), &PASSPHRASE.to_owned().into()).unwrap();
    vault.begin_retriage("another", chrono::Utc::now()).unwrap();
    assert!(!vault.triage_state().unwrap().complete);
    vault.close();
    let dir = rig.vault_dir().to_string_lossy().into_owned();
    rig.app.unlock(&dir, PASSPHRASE.to_owned().into()).await.unwrap();
    judged(&rig).await;
    assert_eq!(rig.session().load_lexicon().unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_goes_on_when_asked_while_the_page_that_was_stopped_is_being_finished() {
    let rig = Rig::filled().await;
    let session = rig.session();
    for round in 0..12 {
        let tier = if round % 2 == 0 { Tier::Watch } else { Tier::Urgent };
        save(&session, &lexicon(tier, &["roof garden"]));
        session.cancel_retriage();
        if round % 3 == 0 {
            save(&session, &lexicon(tier, &["roof terrace"]));
        } else {
            session.resume_retriage();
        }
        judged(&rig).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_is_right_while_syncs_run_beside_it() {
    let rig = Rig::filled().await;
    let session = rig.session();
    for round in 0..4 {
        for n in 0..5 {
            send(&rig, &format!("Round {round}, message {n}: up on the roof garden."));
        }
        let tier = if round % 2 == 0 { Tier::Watch } else { Tier::Urgent };
        session.sync_now().unwrap();
        save(&session, &lexicon(tier, &["roof garden"]));
        send(&rig, "And the roof garden at last.");
        session.sync_now().unwrap();
    }
    rig.until(|rig| rig.session().search("roof garden", 99).unwrap().len() == 24).await;
    rig.until(|rig| {
        let session = rig.session();
        session.load_retriage().unwrap().state == RetriageState::Complete
            && flags(&session, "clinic.roof").iter().filter(|(_, flag)| flag.tier == Tier::Urgent).count()
                == 24
    })
    .await;
    assert!(session.verify().unwrap().ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feedback_holds_no_name_no_text_and_no_id() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let row = session.list_threads(View::NeedsAttention, None, 0, 50).unwrap().rows.remove(0);
    let detail = session.load_thread(&row.id).unwrap();
    let message = detail.messages.iter().find(|message| !message.flags.is_empty()).unwrap();
    session.dismiss_flag(&message.flags[0].id, true).unwrap();
    let wording = format!("{} says it in riddles", row.family.to_uppercase());
    session.report_missed(&message.id, Category::Preparation, &wording).unwrap();
    session.report_missed(&message.id, Category::Means, "").unwrap();
    assert_eq!(
        session.report_missed(&message.id, Category::Means, &"x".repeat(501)).unwrap_err().code,
        "invalid_argument"
    );
    let missed = |session: &Session| {
        let messages = session.load_thread(&row.id).unwrap().messages;
        messages.into_iter().flat_map(|message| message.missed).collect::<Vec<_>>()
    };
    assert_eq!(missed(&session).len(), 2);

    let text = session.export_feedback(false).unwrap().text;
    for secret in [&row.family, &row.given, &row.topic, &message.segments[0].text] {
        assert!(!text.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {text}");
    }
    let record = session.feedback(SensitiveThreads::Ask).unwrap();
    assert!(record.missed.iter().any(|found| found.wording == "[…] says it in riddles"), "{record:?}");
    let wrong = record.rules.iter().find(|rule| rule.rule == message.flags[0].rule).unwrap();
    assert!(wrong.wrong == 1 && wrong.category.is_some() && wrong.raised >= 1);

    session.withdraw_missed(&message.id, Category::Means).unwrap();
    assert_eq!(session.withdraw_missed(&message.id, Category::Means).unwrap_err().code, "no_such_report");
    assert_eq!(missed(&session).len(), 1);
}
