//! Faults of the portal: the error has its code, the cursor and the vault stay, the next sync completes.

use chrono::TimeDelta;
use demo_portal::{FAULT_KINDS, Fault, FaultKind, Options};
use inbox_sync::{Mode, SyncError};

use crate::rig::Rig;

#[tokio::test]
async fn each_fault_of_a_page_leaves_cursor_and_vault_as_they_were() {
    let expected = [
        (FaultKind::Unauthorized, "unauthorized", false),
        (FaultKind::ServerError, "portal_error", true),
        (FaultKind::Stall, "portal_timeout", true),
        (FaultKind::Truncated, "connection_lost", true),
        (FaultKind::InvalidJson, "invalid_answer", true),
        (FaultKind::Html, "invalid_answer", true),
        (FaultKind::Drop, "connection_lost", true),
        (FaultKind::Redirect, "redirect_refused", false),
        (FaultKind::Gone, "gone", true),
    ];
    let rig = Rig::empty().await;
    rig.sync().await;
    for (kind, code, retryable) in expected {
        let cursor = rig.vault.cursor().unwrap();
        let (id, _) = rig.patient_writes("Are you there?");
        rig.control().add_fault(Fault::new(kind).on("GET", "Communication").times(20));
        let error = rig.try_sync(Mode::Incremental).await.unwrap_err();
        assert_eq!((error.code(), error.retryable()), (code, retryable), "{kind:?}");
        assert_eq!(rig.vault.cursor().unwrap(), cursor, "{kind:?}");
        rig.control().clear_faults();
        rig.sync().await;
        assert!(rig.stored().contains(&id), "{kind:?}");
    }
    rig.assert_healthy();
}

#[tokio::test]
async fn each_fault_in_the_middle_of_a_first_fill_loses_nothing() {
    for kind in FAULT_KINDS {
        let rig = Rig::new(Options { page_cap: 15, ..Options::default() }).await;
        // The probes are over, so that the third page meets it.
        rig.client.discover().await.unwrap();
        rig.control().add_fault(Fault { skip: 2, ..Fault::new(kind).on("GET", "Communication").times(1) });
        let _ = rig.try_sync(Mode::Incremental).await;
        rig.control().clear_faults();
        rig.sync().await;
        rig.assert_complete(&format!("{kind:?}"));
    }
}

#[tokio::test]
async fn retry_after_is_honoured_up_to_thirty_seconds_in_all() {
    let rig = Rig::empty().await;
    rig.sync().await;
    let began = rig.time.skipped();
    rig.control().add_fault(Fault { retry_after: 9, ..Fault::new(FaultKind::TooMany).times(3) });
    rig.sync().await;
    assert_eq!(rig.time.skipped() - began, TimeDelta::seconds(27));
    rig.control().add_fault(Fault { retry_after: 31, ..Fault::new(FaultKind::TooMany) });
    let error = rig.try_sync(Mode::Incremental).await.unwrap_err();
    assert_eq!((error.code(), error.retryable()), ("rate_limited", true));
    assert_eq!(rig.time.skipped() - began, TimeDelta::seconds(27), "it does not wait in vain");
}

#[tokio::test]
async fn after_three_refusals_in_a_row_a_sign_in_is_needed() {
    let rig = Rig::empty().await;
    rig.sync().await;
    rig.control().add_fault(Fault::new(FaultKind::Unauthorized).times(3));
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(rig.try_sync(Mode::Incremental).await.unwrap_err().code());
    }
    assert_eq!(codes, ["unauthorized", "unauthorized", "sign_in_needed"]);
    rig.sync().await;
    rig.control().add_fault(Fault::new(FaultKind::Unauthorized));
    assert_eq!(rig.try_sync(Mode::Incremental).await.unwrap_err().code(), "unauthorized", "counted anew");
}

#[tokio::test]
async fn a_portal_that_is_down_keeps_the_reply_queued_and_delivers_it_later() {
    let rig = Rig::empty().await;
    let (_, thread) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    rig.portal.pause().await;
    let entry = rig.reply(&thread, "Yes.");
    let error = rig.try_sync(Mode::Incremental).await.unwrap_err();
    assert!(matches!(&error.error, SyncError::Portal(_)) && error.retryable());
    assert_eq!(rig.texts(&thread), ["Can I have a refill?"], "reading goes on");
    assert_eq!(rig.entry(&entry).state.as_str(), "queued");
    rig.portal.resume().await.unwrap();
    assert_eq!(rig.sync().await.sent, 1);
    assert_eq!(rig.copies(&entry), 1);
}

#[tokio::test]
async fn a_sync_that_fails_later_tells_what_it_stored() {
    let rig = Rig::empty().await;
    rig.sync().await;
    let (_, thread) = rig.patient_writes("I am going to kill myself tonight.");
    // The search by recipient answers, the one by sender does not.
    rig.control().add_fault(Fault {
        skip: 1,
        ..Fault::new(FaultKind::ServerError).on("GET", "Communication").times(20)
    });
    let failure = rig.try_sync(Mode::Incremental).await.unwrap_err();
    assert_eq!(failure.code(), "portal_error");
    assert_eq!((failure.report.new, failure.report.threads.as_slice()), (1, &[rig.thread(&thread)][..]));
    assert_eq!(failure.report.cases.len(), 1, "it opened a case, which has to ring");
    assert!(failure.report.requests > 0);
    rig.control().clear_faults();
    assert_eq!(rig.sync().await.cases, [], "the next sync has nothing to ring for");
}
