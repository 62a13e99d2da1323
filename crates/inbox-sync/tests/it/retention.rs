//! What left the vault by retention is fetched by no sync.

use chrono::{TimeDelta, Utc};
use demo_portal::{NewMessage, Options};
use inbox_domain::ThreadId;
use inbox_sync::{CancelFlag, Mode};

use crate::rig::Rig;

/// Reads all threads and lets everything leave that is a month old and answered; answers what left.
fn retire(rig: &Rig) -> Vec<String> {
    let before = rig.stored();
    for thread in rig.vault.list_threads(None, None, 0, 10_000, Utc::now()).unwrap().rows {
        rig.vault.mark_read(thread.id, Utc::now()).unwrap();
    }
    let cutoff = Utc::now() - TimeDelta::days(30);
    let retired = rig.vault.retire(cutoff, ThreadId(0), 10_000, Utc::now()).unwrap();
    let after = rig.stored();
    let gone: Vec<String> = before.into_iter().filter(|id| !after.contains(id)).collect();
    assert_eq!(retired.messages as usize, gone.len());
    gone
}

#[tokio::test]
async fn what_left_by_retention_stays_away_from_every_kind_of_sync() {
    let rig = Rig::sample().await;
    rig.sync().await;
    let gone = retire(&rig);
    assert!(gone.len() > 20, "the sample clinic has old threads: {}", gone.len());
    let left = rig.stored();
    rig.sync_full().await;
    assert_eq!(rig.stored(), left, "a reconcile of ids");
    // A sweep meets them too when they change on the server.
    for id in gone.iter().take(5) {
        rig.control().edit("Communication", id, |value| value["language"] = "de".into()).unwrap();
    }
    rig.time.skip(TimeDelta::minutes(20));
    let swept = rig.sync().await;
    assert!(swept.fetched >= 5, "the server shows them: {}", swept.fetched);
    assert_eq!((rig.stored(), swept.new, swept.withdrawn), (left, 0, 0), "a sweep");
    rig.assert_healthy();
}

#[tokio::test]
async fn a_new_message_in_a_thread_that_was_emptied_arrives() {
    let rig = Rig::sample().await;
    rig.sync().await;
    let threads = rig.vault.list_threads(None, None, 0, 10_000, Utc::now()).unwrap().rows;
    retire(&rig);
    let emptied = threads
        .into_iter()
        .find(|thread| thread.portal_id.is_some() && rig.vault.thread(thread.id).unwrap().messages == 0);
    let emptied = emptied.expect("a thread of which nothing is left");
    let header = emptied.portal_id.unwrap().0;
    let patient = emptied.patient.unwrap().portal_id.0;
    let text = "after a long time".to_owned();
    let message = NewMessage { patient, thread: Some(header.clone()), text, ..NewMessage::default() };
    rig.control().add_message(&message).unwrap();
    rig.sync().await;
    assert_eq!(rig.texts(&header), ["after a long time"]);
}

#[tokio::test]
async fn a_first_fill_that_goes_on_from_an_expired_link_respects_tombstones() {
    let mut rig = Rig::new(Options { page_cap: 20, ..Options::default() }).await;
    // Page by page, until something in it is answered already.
    let mut gone = Vec::new();
    while gone.is_empty() {
        *rig.stop_after.lock().unwrap() = Some(1);
        assert!(rig.try_sync(Mode::Incremental).await.is_err(), "it is stopped before its end");
        rig.cancel = CancelFlag::default();
        gone = retire(&rig);
    }
    *rig.stop_after.lock().unwrap() = None;
    rig.control().expire_cursors();
    rig.sync_full().await;
    let stored = rig.stored();
    assert!(gone.iter().all(|id| !stored.contains(id)));
    let missing = rig.visible_on_server(crate::rig::ADLER).len() - stored.len();
    assert_eq!(missing, gone.len(), "and everything else is there");
}
