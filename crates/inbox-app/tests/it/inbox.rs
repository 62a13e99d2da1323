//! The main job: what cannot wait stands first, with its words marked, and the answer arrives once.

use inbox_app::dto::{AppEvent, ReplyRequest};
use inbox_domain::{OutboxState, Tier, View};

use crate::rig::Rig;

fn request(thread: &str, text: &str) -> ReplyRequest {
    ReplyRequest {
        thread: thread.to_owned(),
        text: text.to_owned(),
        response: None,
        not_before: None,
        even_if_newer: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_wait_stands_first_and_its_reply_arrives_once() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let page = session.list_threads(View::NeedsAttention, None, 0, 50).unwrap();
    assert_eq!(page.rows[0].tier, Tier::Emergency);
    let overview = session.load_overview().unwrap();
    let counted = overview.views.iter().find(|(view, _)| *view == View::NeedsAttention).unwrap().1;
    assert_eq!(counted as usize, page.total as usize + page.unreadable.len());

    let detail = session.load_thread(&page.rows[0].id).unwrap();
    let marked =
        detail.messages.iter().find(|message| message.flags.iter().any(|flag| !flag.demoted)).unwrap();
    let words: String =
        marked.segments.iter().filter(|s| !s.flags.is_empty()).map(|s| s.text.as_str()).collect();
    assert!(!words.is_empty());
    assert!(marked.flags.iter().all(|flag| !flag.reason.is_empty()), "each rule says its reason");
    let case = detail.case.expect("an emergency opens a case");
    assert_eq!(case.steps.len(), 12);
    assert!(case.steps.iter().all(|step| !step.label.is_empty()));
    assert!(case.lines[0].emergency, "the emergency number stands first");

    let queued = session.enqueue_reply(&request(&page.rows[0].id, "Ich rufe jetzt an.")).unwrap();
    assert_eq!(queued.state, OutboxState::Queued);
    let control = rig.portal.control();
    let identifier = queued.client_identifier.clone();
    rig.until(|_| control.count_identifier("Communication", &identifier) == 1).await;
    rig.until(|rig| rig.session().list_outbox().unwrap()[0].state == OutboxState::Sent).await;
    session.sync(true).await.ok();
    assert_eq!(control.count_identifier("Communication", &identifier), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_fill_rings_once_and_says_no_name() {
    let rig = Rig::filled().await;
    rig.until(|rig| !rig.recorder.notices.lock().unwrap().is_empty()).await;
    let notices = rig.recorder.notices.lock().unwrap().clone();
    assert_eq!(notices.len(), 1);
    let rows = rig.session().list_threads(View::NeedsAttention, None, 0, 500).unwrap().rows;
    for row in &rows {
        assert!(!notices[0].summary.contains(&row.family) && !notices[0].summary.contains(&row.given));
    }
    let opened = rows.iter().find(|row| row.id == notices[0].thread).unwrap();
    assert_eq!(opened.tier, Tier::Emergency);
    assert!(rig.heard(|event| matches!(event, AppEvent::CaseOpened { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_slot_another_patient_and_an_empty_text_block_sending() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let rows = session.list_threads(View::WaitingForMe, None, 0, 50).unwrap().rows;
    let thread = &rows[0];
    let other = rows.iter().find(|row| row.family != thread.family).unwrap();
    let codes = |text: &str| -> Vec<String> {
        let checks = session.check_reply(&request(&thread.id, text)).unwrap();
        checks.into_iter().filter(|check| check.blocks).map(|check| check.code).collect()
    };
    assert_eq!(codes("  "), ["empty_text"]);
    assert_eq!(codes("Ich melde mich {next_try}."), ["empty_slot"]);
    assert_eq!(codes(&format!("Guten Tag {} {}", other.given, other.family)), ["other_patient_name"]);
    assert!(codes("Guten Tag, ich melde mich morgen.").is_empty());
    let blocked = session.enqueue_reply(&request(&thread.id, "{address}, bis bald")).unwrap_err();
    assert_eq!((blocked.code.as_str(), blocked.params[0].1.as_str()), ("blocked", "empty_slot"));
    assert!(session.list_outbox().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responses_come_in_the_patients_language_with_what_is_known() {
    let rig = Rig::filled().await;
    let session = rig.session();
    for row in session.list_threads(View::NeedsAttention, None, 0, 5).unwrap().rows {
        let language = session.load_thread(&row.id).unwrap().patient.unwrap().languages[0][..2].to_owned();
        let responses = session.list_responses(&row.id, "").unwrap();
        assert!(!responses.is_empty());
        for response in responses {
            assert_eq!(response.language, language);
            for slot in &response.slots {
                assert!(
                    response.text.contains(&format!("{{{}}}", slot.name)),
                    "{} {}",
                    response.id,
                    slot.name
                );
                if slot.name == "empathic_sentence" {
                    assert!(slot.value.is_empty(), "a person writes it");
                }
                if slot.name == "emergency_number" || slot.name == "address" {
                    assert!(!slot.value.is_empty(), "{} {}", response.id, slot.name);
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduled_reply_can_be_taken_back_and_is_the_draft_again() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let rows = session.list_threads(View::WaitingForMe, None, 0, 50).unwrap().rows;
    let calm = rows.iter().find(|row| row.tier < Tier::Urgent && row.case.is_none()).unwrap();
    let later = (chrono::Utc::now() + chrono::Duration::hours(9)).to_rfc3339();
    let scheduled = ReplyRequest { not_before: Some(later), ..request(&calm.id, "Das Rezept liegt bereit.") };
    let queued = session.enqueue_reply(&scheduled).unwrap();
    assert_eq!(queued.state, OutboxState::Scheduled);
    let shown = session.load_thread(&calm.id).unwrap().messages.pop().unwrap();
    assert_eq!((shown.delivery, shown.own), (Some(OutboxState::Scheduled), true));
    session.undo_reply(&queued.id).unwrap();
    assert_eq!(session.load_thread(&calm.id).unwrap().draft, "Das Rezept liegt bereit.");
    assert_eq!(rig.portal.control().count_identifier("Communication", &queued.client_identifier), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordinary_reply_stays_here_while_it_can_be_undone_whatever_asks_for_a_sync() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let rows = session.list_threads(View::WaitingForMe, None, 0, 50).unwrap().rows;
    let calm = rows.iter().find(|row| row.tier < Tier::Urgent && row.case.is_none()).unwrap();
    let queued = session.enqueue_reply(&request(&calm.id, "Das Rezept liegt bereit.")).unwrap();
    assert_eq!((queued.state, queued.not_before), (OutboxState::Queued, None));
    let until = chrono::DateTime::parse_from_rfc3339(&queued.undo_until.unwrap()).unwrap();
    let left = (until.to_utc() - chrono::Utc::now()).num_milliseconds();
    assert!((8_000..=10_000).contains(&left), "{left}");
    assert_eq!(session.load_thread(&calm.id).unwrap().row.reply, Some(OutboxState::Queued));
    let report = session.sync(false).await;
    assert!(report.map_or_else(|error| error.code == "busy", |report| report.sent == 0));
    session.undo_reply(&queued.id).unwrap();
    assert_eq!(session.load_thread(&calm.id).unwrap().draft, "Das Rezept liegt bereit.");
    assert_eq!(rig.portal.control().count_identifier("Communication", &queued.client_identifier), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn undelivered_answers_in_a_crisis_are_counted() {
    let rig = Rig::filled().await;
    rig.portal.pause().await;
    let session = rig.session();
    let urgent = session.list_threads(View::NeedsAttention, None, 0, 1).unwrap().rows.remove(0);
    let queued = session.enqueue_reply(&request(&urgent.id, "Ich rufe jetzt an.")).unwrap();
    assert_eq!(queued.undo_until, None, "it leaves at once");
    let staleness = session.load_overview().unwrap().staleness;
    assert_eq!((staleness.pending, staleness.crisis_pending), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_of_the_command_line_leaves_the_windows_draft_alone() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let rows = session.list_threads(View::WaitingForMe, None, 0, 50).unwrap().rows;
    session.save_draft(&rows[0].id, "Noch nicht fertig").unwrap();
    session.reply(&rows[0].id, "Guten Tag, bis morgen.", inbox_app::Leaves::Now, true).unwrap();
    assert_eq!(session.load_thread(&rows[0].id).unwrap().draft, "Noch nicht fertig");
}
