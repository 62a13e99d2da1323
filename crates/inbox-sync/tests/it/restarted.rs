//! After a process died while it was sending: when its attempt began is known.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use inbox_domain::{Clock, OutboxState};
use inbox_portal::{Auth, HttpLimits, NoTokenStore, Portal};
use inbox_sync::Mode;
use secrecy::SecretString;

use crate::rig::{ADLER, Rig, limits};

/// A client that gives a create 15 s, as the real one does.
fn patient(rig: &Rig) -> Portal {
    let token = SecretString::from(rig.portal.token(ADLER));
    let limits = HttpLimits { create: Duration::from_secs(15), ..limits() };
    Portal::new(&rig.portal.base_url(), Auth::Bearer { token }, Arc::new(NoTokenStore), limits).unwrap()
}

#[tokio::test]
async fn an_interrupted_attempt_is_waited_for_from_its_own_beginning() {
    for (ago, waits) in [(0, 25), (9, 16), (20, 10)] {
        let rig = Rig::empty().await;
        let (_, thread) = rig.patient_writes("Can I have a refill?");
        rig.sync().await;
        let entry = rig.reply(&thread, "Once.");
        assert!(rig.vault.mark_sending(entry.id, rig.time.now()).unwrap());
        rig.time.skip(TimeDelta::seconds(ago));
        let began = rig.time.skipped();
        let report = rig.sync_with(&patient(&rig), Mode::Incremental).await.unwrap();
        assert_eq!((report.sent, rig.copies(&entry)), (1, 1));
        // What is left of the 15 s, then the 10 s between two lookups.
        let waited = (rig.time.skipped() - began).as_seconds_f64();
        assert!((waited - f64::from(waits)).abs() < 2.0, "{ago} s ago: waited {waited} s");
    }
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_stop_the_lookup() {
    let rig = Rig::empty().await;
    let (_, thread) = rig.patient_writes("Can I have a refill?");
    rig.sync().await;
    let entry = rig.reply(&thread, "Once.");
    assert!(rig.vault.mark_sending(entry.id, rig.time.now() + TimeDelta::days(3)).unwrap());
    rig.sync_with(&patient(&rig), Mode::Incremental).await.unwrap();
    assert_eq!((rig.entry(&entry).state, rig.copies(&entry)), (OutboxState::Sent, 1));
}
