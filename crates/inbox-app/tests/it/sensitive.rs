//! Sensitive threads: the window is given neither name nor words before it asks, they ring as any other, and nothing of them leaves
//! the vault unasked.

use std::sync::Arc;

use demo_portal::{NewMessage, Options, Quirks};
use inbox_app::{
    SensitiveThreads, Session,
    dto::{AppEvent, ReplyRequest, ThreadDetail, ThreadRow, UnlockOutcome},
    notify::NoticeAnswer,
};
use inbox_domain::{Category, SystemClock, Tier, View};
use serde::Serialize;

use crate::rig::{PASSPHRASE, Rig};

const EMERGENCY: &str = "I have taken all of the tablets and I am going to kill myself tonight.";

/// The thread that stands first, as it is before it is marked, and what must not be given afterwards.
fn first(session: &Session) -> (ThreadDetail, Vec<String>) {
    let row = session.list_threads(View::NeedsAttention, None, 0, 50).unwrap().rows.remove(0);
    let detail = session.load_thread(&row.id).unwrap();
    let mut secrets = vec![row.family, row.given, row.topic, row.preview];
    for message in &detail.messages {
        // Cut at flags and links: each longer stretch.
        let stretches = message.segments.iter().map(|segment| segment.text.trim().to_owned());
        secrets.extend(stretches.filter(|text| text.chars().count() > 12));
    }
    assert!(secrets.len() > 5 && secrets.iter().all(|secret| !secret.is_empty()), "{secrets:?}");
    (detail, secrets)
}

/// Marks it and turns to another thread.
fn mark(session: &Session, id: &str) {
    session.set_thread_sensitive(id, true).unwrap();
    let rows = session.list_threads(View::WaitingForMe, None, 0, 50).unwrap().rows;
    let other = rows.into_iter().find(|row| row.id != id).unwrap();
    session.load_thread(&other.id).unwrap();
}

fn row(session: &Session, view: View, id: &str) -> Option<ThreadRow> {
    let page = session.list_threads(view, None, 0, 500).unwrap();
    page.rows.into_iter().find(|row| row.id == id)
}

/// What of `secrets` stands in what the window is given.
fn told(given: &impl Serialize, secrets: &[String]) -> Vec<String> {
    let text = serde_json::to_string(given).unwrap().to_lowercase();
    let quoted = |secret: &String| serde_json::to_string(secret).unwrap().to_lowercase();
    secrets.iter().filter(|secret| text.contains(quoted(secret).trim_matches('"'))).cloned().collect()
}

fn request(thread: &str) -> ReplyRequest {
    ReplyRequest {
        thread: thread.to_owned(),
        text: "Ich rufe an.".to_owned(),
        response: None,
        not_before: None,
        even_if_newer: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_masked_thread_gives_neither_name_nor_words_until_it_is_asked_for() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let (before, secrets) = first(&session);
    let id = before.row.id.clone();
    session.enqueue_reply(&request(&id)).unwrap();
    let written = before.messages.iter().find(|message| message.role.is_patient_side()).unwrap();
    let text: String = written.segments.iter().map(|segment| segment.text.as_str()).collect();
    let word = text.split_whitespace().max_by_key(|word| word.len()).unwrap().trim_matches(['.', ',', '?']);
    let found = session.search(word, 50).unwrap().into_iter().find(|hit| hit.thread == id).unwrap();
    assert!(!told(&found, &secrets[..2]).is_empty() && !found.snippet.is_empty(), "{found:?}");

    session.set_thread_sensitive(&id, true).unwrap();
    assert!(!session.load_thread(&id).unwrap().row.masked, "what is on the screen stays there");
    mark(&session, &id);
    for view in View::ALL {
        let Some(row) = row(&session, view, &id) else { continue };
        assert_eq!(told(&row, &secrets), [""; 0], "{view:?}");
        assert!(row.masked && row.sensitive);
        // As noticeable as before.
        assert_eq!((row.tier, row.unread, row.case), (before.row.tier, before.row.unread, before.row.case));
        assert_eq!(row.last_message_at.is_empty(), before.row.last_message_at.is_empty());
        assert_eq!(
            (row.flagged_at, row.not_checked),
            (before.row.flagged_at.clone(), before.row.not_checked.clone())
        );
    }
    assert!(row(&session, View::SentAndScheduled, &id).is_some(), "in Sent and scheduled too");
    assert_eq!(session.list_threads(View::NeedsAttention, None, 0, 9).unwrap().rows[0].id, id, "still first");
    let hits = session.search(word, 50).unwrap();
    let hit = hits.iter().find(|hit| hit.thread == id).unwrap();
    assert!(hit.masked && hit.patient.is_empty() && hit.snippet.is_empty(), "{hit:?}");

    let masked = session.load_thread(&id).unwrap();
    assert_eq!(told(&masked, &secrets), [""; 0]);
    assert!(masked.messages.is_empty() && masked.patient.is_none() && masked.case.is_none());
    let message = &written.id;
    let refused = [
        session.load_message_text(message).unwrap_err().code,
        session.load_attachment(message, 0).await.unwrap_err().code,
        session.mark_thread_read(&id).unwrap_err().code,
        session.list_responses(&id, "").unwrap_err().code,
        session.check_reply(&request(&id)).unwrap_err().code,
        session.enqueue_reply(&request(&id)).unwrap_err().code,
        session.set_thread_sensitive(&id, false).unwrap_err().code,
    ];
    assert_eq!(refused, ["thread_masked"; 7]);
    assert_eq!(row(&session, View::NeedsAttention, &id).unwrap().unread, before.row.unread);

    session.show_sensitive(&id).unwrap();
    let shown = session.load_thread(&id).unwrap();
    assert!(shown.row.sensitive && !shown.row.masked);
    assert_eq!(shown.row.family, before.row.family);
    assert!(told(&shown, &secrets).len() > 3);
    assert!(rig.heard(|event| *event == AppEvent::ThreadsChanged { threads: vec![id.clone()] }));
    session.mark_thread_read(&id).unwrap();
    // Another thread is opened: it is masked again.
    mark(&session, &id);
    assert!(session.load_thread(&id).unwrap().row.masked);
    session.show_sensitive(&id).unwrap();
    session.set_thread_sensitive(&id, false).unwrap();
    mark_is_gone(&session, &id, &before.row);
}

fn mark_is_gone(session: &Session, id: &str, before: &ThreadRow) {
    let rows = session.list_threads(View::WaitingForMe, None, 0, 50).unwrap().rows;
    session.load_thread(&rows.into_iter().find(|row| row.id != id).unwrap().id).unwrap();
    let after = session.load_thread(id).unwrap().row;
    assert!(!after.sensitive && !after.masked);
    assert_eq!(after.family, before.family);
    let filter = inbox_app::dto::AuditFilter {
        from: None,
        to: None,
        action: "thread.show_sensitive".to_owned(),
        before: None,
    };
    let asked = session.list_audit(&filter).unwrap();
    assert_eq!(asked.len(), 2, "each asking is on record: {asked:?}");
    assert!(asked.iter().all(|row| row.subject == format!("thread:{id}")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_masks_what_was_shown() {
    let rig = Rig::filled().await;
    let (before, secrets) = first(&rig.session());
    let id = before.row.id;
    mark(&rig.session(), &id);
    rig.session().show_sensitive(&id).unwrap();
    assert!(!rig.session().load_thread(&id).unwrap().row.masked);
    rig.app.lock();
    let dir = rig.vault_dir().to_string_lossy().into_owned();
    let opened = rig.app.unlock(&dir, PASSPHRASE.to_owned().into()).await.unwrap();
    assert!(matches!(opened, UnlockOutcome::Unlocked), "{opened:?}");
    let again = rig.session().load_thread(&id).unwrap();
    assert!(again.row.masked);
    assert_eq!(told(&again, &secrets), [""; 0]);
}

/// Writes an emergency into a sensitive thread, or into the same thread before it is one.
fn write(rig: &Rig, thread: &str) {
    let message = NewMessage {
        patient: "berger-jonas".to_owned(),
        text: EMERGENCY.to_owned(),
        thread: Some(thread.to_owned()),
        ..NewMessage::default()
    };
    rig.portal.control().add_message(&message).unwrap();
}

/// The calm thread of the patient who writes, by the portal's id and by ours.
fn berger(session: &Session) -> (String, String) {
    let records = session.thread_records(None).unwrap();
    let record = records
        .into_iter()
        .find(|record| record.patient.as_ref().is_some_and(|patient| patient.id == "berger-jonas"))
        .unwrap();
    (record.portal_id.unwrap(), record.id)
}

/// What is said when an emergency comes while the vault is open, and while it is locked.
async fn said(sensitive: bool) -> Vec<Vec<String>> {
    let quirks = Quirks::preset("medplum").unwrap();
    let options = Options { quirks, ..Options::default() };
    let rig = Rig::unconnected_from(options, Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
    let me = rig.portal.practitioners().remove(0);
    rig.app.sign_in(crate::rig::sign_in(&rig.portal, me)).await.unwrap();
    rig.first_sync().await;
    rig.until(|rig| rig.portal.control().sockets().bound == 1).await;
    rig.settled().await;
    let (portal_id, id) = berger(&rig.session());
    rig.session().set_thread_sensitive(&id, sensitive).unwrap();
    // The case of the first fill is over, so that the emergency opens one of its own.
    for case in rig.session().case_records().unwrap() {
        rig.session().close_case(&case.id, "settled", true).unwrap();
    }
    let notices = |rig: &Rig| {
        let notices = rig.recorder.notices.lock().unwrap();
        notices.iter().map(|notice| notice.summary.clone()).collect::<Vec<_>>()
    };
    rig.recorder.notices.lock().unwrap().clear();
    write(&rig, &portal_id);
    rig.until(|rig| !notices(rig).is_empty()).await;
    let open = notices(&rig);
    let opened = rig.recorder.notices.lock().unwrap()[0].thread.clone();
    assert_eq!(opened, id, "a press opens the thread, which then asks");
    let row = row(&rig.session(), View::NeedsAttention, &id).unwrap();
    assert_eq!(row.tier, Tier::Emergency);

    rig.watch("on");
    rig.app.lock();
    rig.until(|rig| rig.app.load_watches().pop().unwrap().last_check.is_some()).await;
    rig.until(|rig| rig.portal.control().sockets().bound == 1).await;
    write(&rig, &portal_id);
    rig.until(|rig| !notices(rig).is_empty()).await;
    vec![open, notices(&rig)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emergency_in_a_sensitive_thread_rings_exactly_as_any_other_open_and_locked() {
    let (usual, sensitive) = tokio::join!(said(false), said(true));
    assert_eq!(usual, sensitive);
    assert_eq!(usual, vec![vec!["A message that cannot wait has arrived".to_owned()]; 2]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_a_sensitive_thread_is_printed_or_exported_unasked() {
    let rig = Rig::filled().await;
    let session = rig.session();
    let (before, _) = first(&session);
    let id = before.row.id;
    let folder = tempfile::TempDir::new().unwrap();
    session.export(&folder.path().join("before"), SensitiveThreads::Ask).unwrap();
    let written = before.messages.iter().find(|message| message.role.is_patient_side()).unwrap();
    session.report_missed(&written.id, Category::Plan, "in riddles").unwrap();
    mark(&session, &id);

    let to = folder.path().join("asked");
    let refused = session.export(&to, SensitiveThreads::Ask).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.params[0].1.as_str()), ("sensitive_threads", "1"));
    assert!(!to.exists(), "nothing was written");
    assert_eq!(session.note_print(&id, SensitiveThreads::Ask).unwrap_err().code, "sensitive_threads");
    session.note_print(&id, SensitiveThreads::Include).unwrap();

    let without = session.export(&folder.path().join("without"), SensitiveThreads::LeaveOut).unwrap();
    assert_eq!((without.sensitive, without.sensitive_left_out), (0, 1));
    assert!(!folder.path().join(format!("without/threads/{id}.json")).exists());
    let case = before.case.expect("a case").id;
    let lines = std::fs::read_to_string(folder.path().join("without/cases.ndjson")).unwrap();
    assert!(
        !lines.lines().any(|line| line.starts_with(&format!("{{\"id\":\"{case}\""))),
        "its case stays too"
    );
    let with = session.export(&folder.path().join("with"), SensitiveThreads::Include).unwrap();
    assert_eq!((with.sensitive, with.sensitive_left_out), (1, 0));
    assert_eq!((with.threads, with.cases), (without.threads + 1, without.cases + 1));
    assert!(folder.path().join(format!("with/threads/{id}.json")).exists());

    let left_out = session.export_feedback(false).unwrap();
    assert!(left_out.sensitive_left_out == 1 && !left_out.text.contains("riddles"));
    assert!(left_out.text.contains("\"plan\""), "that something was missed is counted");
    let included = session.export_feedback(true).unwrap();
    assert!(included.sensitive_left_out == 0 && included.text.contains("in riddles"));
}
