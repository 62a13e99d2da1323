//! What no search by time brings: reconciles that are due, histories, absence that passes, resources beyond the limit.

use std::sync::Arc;

use chrono::{TimeDelta, Utc};
use demo_portal::{NewMessage, Options, Quirks};
use inbox_domain::{Batch, Clock, PortalId, SyncCursor, Withdrawal};
use inbox_portal::{Auth, HttpLimits, NoTokenStore, Portal};
use inbox_sync::Mode;
use secrecy::SecretString;
use serde_json::json;

use crate::rig::{ADLER, Rig, limits};

#[tokio::test]
async fn a_repeated_sync_reconciles_after_six_hours() {
    let hours_ago = |hours| Some(Utc::now() - TimeDelta::hours(hours));
    for (last_reconcile, due) in [(None, true), (hours_ago(7), true), (hours_ago(5), false)] {
        let rig = Rig::empty().await;
        let cursor = SyncCursor { first_fill_done: true, last_reconcile, ..SyncCursor::default() };
        rig.vault.apply(&Batch { cursor: Some(cursor), ..Batch::default() }, Utc::now()).unwrap();
        let (gone, _) = rig.patient_writes("Deleted on the server.");
        rig.patient_writes("Still there.");
        assert_eq!(rig.sync().await.new, 2);
        rig.control().delete("Communication", &gone).unwrap();
        // The server's clock decides, not this workstation's.
        rig.time.skip(TimeDelta::hours(9));
        assert_eq!(rig.sync().await.withdrawn, 0, "only where it is asked for");
        let report = rig.try_sync(Mode::Auto).await.unwrap();
        assert_eq!(report.withdrawn, u64::from(due), "{last_reconcile:?}");
        let again = rig.try_sync(Mode::Auto).await.unwrap();
        assert!(again.requests <= 3, "then it is not due: {}", again.requests);
    }
}

#[tokio::test]
async fn a_first_fill_counts_as_a_reconcile() {
    let rig = Rig::empty().await;
    rig.sync().await;
    assert!(rig.try_sync(Mode::Auto).await.unwrap().requests <= 3);
}

#[tokio::test]
async fn what_was_written_before_her_header_named_her_comes_with_it() {
    let quirks = Quirks { shows_everything: true, ..Quirks::default() };
    let rig = Rig::new(Options { messages: 0, quirks, ..Options::default() }).await;
    rig.sync().await;
    let message = |text: &str| NewMessage {
        patient: rig.a_patient(),
        text: text.to_owned(),
        topic: Some("Handed over".to_owned()),
        recipient: Some("Practitioner/dr-brandt".to_owned()),
        ..NewMessage::default()
    };
    let first = rig.control().add_message(&message("Long before.")).unwrap();
    let second = NewMessage { thread: Some(first.thread.clone()), topic: None, ..message("Also before.") };
    rig.control().add_message(&second).unwrap();
    assert_eq!(rig.sync().await.new, 0);
    // Beyond every overlap.
    let mut cursor = rig.vault.cursor().unwrap();
    cursor.complete_until = Some(rig.time.now());
    rig.vault.apply(&Batch { cursor: Some(cursor), ..Batch::default() }, rig.time.now()).unwrap();
    let add = |value: &mut serde_json::Value| {
        value["recipient"] =
            json!([{"reference": "Practitioner/dr-brandt"}, {"reference": format!("Practitioner/{ADLER}")}])
    };
    rig.control().edit("Communication", &first.thread, add).unwrap();
    rig.sync().await;
    assert_eq!(rig.texts(&first.thread), ["Long before.", "Also before."]);
    assert!(rig.sync().await.requests <= 3, "once");
}

#[tokio::test]
async fn a_404_that_passes_withdraws_nothing_for_ever() {
    let rig = Rig::empty().await;
    let (id, thread) = rig.patient_writes("Still there.");
    rig.sync().await;
    let withdrawn = vec![Withdrawal { portal_id: PortalId(id), at: rig.time.now() }];
    rig.vault.apply(&Batch { withdrawn, ..Batch::default() }, rig.time.now()).unwrap();
    assert_eq!(rig.sync_full().await.withdrawn, 0);
    let messages = rig.vault.messages(rig.thread(&thread)).unwrap();
    assert_eq!((messages.len(), messages[0].withdrawn_at), (1, None));
}

fn small(rig: &Rig, body: usize) -> Portal {
    let token = SecretString::from(rig.portal.token(ADLER));
    let limits = HttpLimits { body, ..limits() };
    Portal::new(&rig.portal.base_url(), Auth::Bearer { token }, Arc::new(NoTokenStore), limits).unwrap()
}

#[tokio::test]
async fn one_resource_beyond_the_limit_is_quarantined_and_the_rest_goes_on() {
    const LIMIT: usize = 120_000;
    for filled in [false, true] {
        let rig = Rig::empty().await;
        let client = small(&rig, LIMIT);
        if filled {
            rig.sync_with(&client, Mode::Incremental).await.unwrap();
        }
        rig.patient_writes("Before it.");
        let (large, thread) = rig.patient_writes(&"word ".repeat(LIMIT / 4));
        let (after, _) = rig.patient_writes("After it.");
        let report = rig.sync_with(&client, Mode::Incremental).await.unwrap();
        assert_eq!((report.new, report.quarantined), (2, 1), "filled: {filled}");
        assert_eq!(rig.texts(&thread), ["Before it.", "After it."]);
        assert!(rig.stored().contains(&after) && !rig.stored().contains(&large));
        // The demo portal gives whole resources in a listing, so the row cannot name it.
        assert!(rig.vault.quarantine().unwrap().iter().any(|row| row.reason == "too_large"));
        let again = rig.sync_with(&client, Mode::Full).await.unwrap();
        assert_eq!((again.new, again.quarantined, again.withdrawn), (0, 0, 0));
    }
}
