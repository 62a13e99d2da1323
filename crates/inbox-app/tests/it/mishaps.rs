//! What goes wrong here: a fault in the background, a notice answered too late.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, Utc};
use inbox_app::{dto::AppEvent, notify::NoticeAnswer};
use inbox_domain::{Clock, SystemClock};

use crate::rig::Rig;

/// The workstation's clock; asked on the background thread it panics once when it was told to.
#[derive(Debug, Default)]
struct BadClock(AtomicBool);

impl Clock for BadClock {
    fn now(&self) -> DateTime<Utc> {
        let background = std::thread::current().name() == Some("sync");
        assert!(!(background && self.0.swap(false, Ordering::Relaxed)), "told to");
        Utc::now()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_the_background_is_said_and_ends_nothing() {
    let clock = Arc::new(BadClock::default());
    let rig = Rig::start(Arc::clone(&clock) as Arc<dyn Clock>, NoticeAnswer::Dismissed).await;
    rig.first_sync().await;
    let staleness = |rig: &Rig| rig.session().load_overview().unwrap().staleness;
    clock.0.store(true, Ordering::Relaxed);
    rig.session().sync_now().unwrap();
    rig.until(|rig| staleness(rig).problem.is_some_and(|problem| problem.code == "internal")).await;
    assert!(!staleness(&rig).syncing);
    rig.session().sync_now().unwrap();
    rig.until(|rig| staleness(rig).problem.is_none()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notice_clicked_after_the_lock_opens_nothing() {
    let rig = Rig::start(Arc::new(SystemClock), NoticeAnswer::Opened).await;
    rig.until(|rig| !rig.recorder.kept.lock().unwrap().is_empty()).await;
    let click = rig.recorder.kept.lock().unwrap().pop().unwrap();
    rig.app.lock();
    click(NoticeAnswer::Opened);
    assert!(!rig.heard(|event| matches!(event, AppEvent::OpenThread { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_that_fails_makes_the_list_be_read_again() {
    let rig = Rig::filled().await;
    rig.portal.pause().await;
    rig.events.lock().unwrap().clear();
    rig.session().sync_now().unwrap();
    rig.until(|rig| rig.session().load_overview().unwrap().staleness.problem.is_some()).await;
    rig.until(|rig| rig.heard(|event| matches!(event, AppEvent::ThreadsChanged { .. }))).await;
}
