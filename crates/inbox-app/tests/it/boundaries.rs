//! What happens at night and without a network.

use std::sync::Arc;

use chrono::TimeZone as _;
use inbox_app::notify::NoticeAnswer;
use inbox_domain::{FixedClock, View};

use crate::rig::Rig;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_at_night_is_told_to_nobody() {
    // Sunday, 02:14 in Berlin: closed.
    let night = chrono::Utc.with_ymd_and_hms(2026, 11, 22, 1, 14, 0).unwrap();
    let rig = Rig::start(Arc::new(FixedClock::new(night)), NoticeAnswer::Dismissed).await;
    rig.until(|rig| rig.session().load_overview().unwrap().staleness.last_success.is_some()).await;
    let session = rig.session();
    assert!(!session.load_overview().unwrap().duty.on_duty);
    // In an open case the mark leaves at once; here there is none.
    let unread = session.list_threads(View::UnflaggedUnread, None, 0, 50).unwrap().rows;
    let thread = &unread.iter().find(|row| row.unread > 0 && row.case.is_none()).unwrap().id;
    let control = rig.portal.control();
    drop(control.requests(true));
    session.load_thread(thread).unwrap();
    session.mark_thread_read(thread).unwrap();
    session.sync_now().unwrap();
    rig.until(|_| !control.requests(false).is_empty()).await;
    rig.until(|rig| !rig.session().load_overview().unwrap().staleness.syncing).await;
    let writes: Vec<_> =
        control.requests(false).into_iter().filter(|request| request.method != "GET").collect();
    assert!(writes.is_empty(), "{writes:?}");
    let row = session.load_thread(thread).unwrap().row;
    assert_eq!(row.unread, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_portal_everything_can_be_read_and_the_bar_says_why_it_is_old() {
    let rig = Rig::filled().await;
    rig.portal.pause().await;
    let session = rig.session();
    session.sync_now().unwrap();
    rig.until(|rig| {
        let problem = rig.session().load_overview().unwrap().staleness.problem;
        problem.is_some_and(|problem| problem.code == "portal_unreachable" && problem.retryable)
    })
    .await;
    let rows = session.list_threads(View::WaitingForMe, None, 0, 50).unwrap().rows;
    assert!(!session.load_thread(&rows[0].id).unwrap().messages.is_empty());
    rig.portal.resume().await.unwrap();
    session.sync_now().unwrap();
    rig.until(|rig| rig.session().load_overview().unwrap().staleness.problem.is_none()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desktop_without_notifications_is_said_in_the_window() {
    let rig = Rig::start(Arc::new(inbox_domain::SystemClock), NoticeAnswer::NoService).await;
    rig.until(|rig| {
        let problem = rig.session().load_overview().unwrap().staleness.problem;
        problem.is_some_and(|problem| problem.code == "no_notification_service")
    })
    .await;
}
