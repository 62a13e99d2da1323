//! Keeps an open vault fresh: asks the portal every so often, sends what is due, tells the window and rings for what
//! cannot wait. Nothing here stops reading: a portal that fails becomes a sentence in the bar at the top.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use inbox_domain::OutboxState;
use tokio::runtime::Runtime;

use crate::{
    dto::{AppError, AppEvent},
    notify::{self, Notice, NoticeAnswer},
    session::{Session, lock},
    syncing::Changes,
};

/// Between two polls while somebody is there.
const POLL: Duration = Duration::from_secs(30);

/// Between two polls off duty with the window in the background.
const POLL_AWAY: Duration = Duration::from_secs(120);

/// After the first failure; doubled after each further one.
const RETRY: Duration = Duration::from_secs(5);

/// The longest pause after failures.
const RETRY_LIMIT: Duration = Duration::from_secs(120);

/// Starts the task on a thread of its own, since storing a page blocks for longer than the window's commands should
/// wait; it ends when the vault is closed.
pub(crate) fn start(session: &Arc<Session>) {
    session.start_retriage();
    let session = Arc::clone(session);
    let started = std::thread::Builder::new().name("sync".to_owned()).spawn(move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => run(&session, &runtime),
            Err(_) => tracing::error!(code = "no_runtime"),
        }
    });
    if started.is_err() {
        tracing::error!(code = "no_thread");
    }
}

/// Syncs again and again. A fault of ours in one run is said in the window and does not end the watch over the inbox.
fn run(session: &Arc<Session>, runtime: &Runtime) {
    let mut failures = 0;
    while !session.vault.is_closed() {
        // What a panic may leave half done is the vault's transaction, which is rolled back, and the facts below.
        let caught = catch_unwind(AssertUnwindSafe(|| {
            if session.is_connected() && !session.status.get().signed_out {
                failures = if runtime.block_on(sync_once(session)) { 0 } else { failures + 1 };
            }
            session.pause(failures)
        }));
        let pause = caught.unwrap_or_else(|_| {
            failures += 1;
            session.fail_internally();
            retry_pause(failures)
        });
        runtime.block_on(wait(session, Instant::now() + pause));
    }
}

/// Waits until `end`, or until somebody wants a sync earlier, or until the vault is closed.
async fn wait(session: &Session, end: Instant) {
    loop {
        let due = lock(&session.due).map_or(end, |wanted| wanted.min(end));
        if session.vault.is_closed() || due <= Instant::now() {
            *lock(&session.due) = None;
            return;
        }
        // A wake that came while nobody waited is kept by `Notify`, so nothing asked for is lost.
        let _ = tokio::time::timeout_at(due.into(), session.wake.notified()).await;
    }
}

/// One sync with all that the window is told about it; whether it ended well.
async fn sync_once(session: &Arc<Session>) -> bool {
    session.status.change(|facts| facts.syncing = true);
    session.emit(AppEvent::StatusChanged);
    session.reload_hours();
    let (changes, problem) = session.sync_in_background().await;
    let now = session.now();
    session.status.change(|facts| {
        facts.syncing = false;
        facts.first_fill = None;
        if problem.is_none() {
            facts.last_success = Some(now);
        }
        facts.signed_out = problem.as_ref().is_some_and(|problem| problem.code == "sign_in_needed");
        facts.problem.clone_from(&problem);
    });
    if session.vault.is_closed() {
        return false;
    }
    // Another process may have saved a lexicon, or a sync may have judged by the one before.
    session.start_retriage();
    session.tell(&changes, problem.is_some());
    session.ring(&changes);
    session.emit(AppEvent::StatusChanged);
    if let Some(AppError { code, retryable, .. }) = &problem {
        tracing::warn!(code = code.as_str(), retryable = *retryable);
    }
    problem.is_none()
}

impl Session {
    /// How long to wait for the next sync.
    fn pause(&self, failures: u32) -> Duration {
        if failures > 0 {
            return retry_pause(failures);
        }
        let present = self.focused.load(Ordering::Relaxed) || self.duty().on_duty;
        let usual = if present { POLL } else { POLL_AWAY };
        self.until_next_scheduled().map_or(usual, |next| next.min(usual))
    }

    /// Until the first scheduled reply may leave.
    fn until_next_scheduled(&self) -> Option<Duration> {
        let now = self.now();
        let outbox = self.vault.outbox().ok()?;
        let waiting = outbox.into_iter().filter(|entry| entry.state == OutboxState::Scheduled);
        let first = waiting.filter_map(|entry| entry.not_before).filter(|at| *at > now).min()?;
        (first - now).to_std().ok()
    }

    /// After a panic in a run: the bar says so and the list is read again.
    fn fail_internally(&self) {
        self.status.change(|facts| {
            facts.syncing = false;
            facts.first_fill = None;
            facts.problem = Some(AppError::retryable("internal"));
        });
        self.emit(AppEvent::ThreadsChanged { threads: Vec::new() });
        self.emit(AppEvent::StatusChanged);
    }

    /// Tells the window what a sync changed. After a failure the list is read again in any case: pages that were stored
    /// before it stay.
    fn tell(&self, changes: &Changes, failed: bool) {
        if failed || !changes.threads.is_empty() {
            let threads = changes.threads.iter().map(ToString::to_string).collect();
            self.emit(AppEvent::ThreadsChanged { threads });
        }
        for (case, thread) in &changes.cases {
            self.emit(AppEvent::CaseOpened { case: case.to_string(), thread: thread.to_string() });
        }
        for id in &changes.held {
            if let Ok(entry) = self.vault.outbox_entry(*id)
                && entry.crisis
            {
                self.emit(AppEvent::CrisisReplyHeld { thread: entry.thread.to_string() });
            }
        }
    }

    /// One notification for all new cases of a sync, so that a first fill does not ring for each; it opens the most
    /// urgent one.
    pub(crate) fn ring(self: &Arc<Self>, changes: &Changes) {
        let urgency = |case| self.vault.case(case).map(|case| case.tier).unwrap_or_default();
        let Some((_, thread)) = changes.cases.iter().max_by_key(|(case, _)| urgency(*case)) else { return };
        let thread = thread.to_string();
        let notice = Notice {
            summary: notify::summary(&self.language(), changes.cases.len()),
            thread: thread.clone(),
        };
        // A notice outlives the lock; the vault must not.
        let session = Arc::downgrade(self);
        let answer = move |answer| {
            if let Some(session) = session.upgrade().filter(|session| !session.vault.is_closed()) {
                session.notice_answered(answer, thread);
            }
        };
        self.around.notifier.show(notice, Box::new(answer));
    }

    fn notice_answered(&self, answer: NoticeAnswer, thread: String) {
        self.status.change(|facts| facts.no_notifications = answer == NoticeAnswer::NoService);
        self.emit(AppEvent::StatusChanged);
        if answer == NoticeAnswer::Opened {
            self.emit(AppEvent::OpenThread { thread });
        }
    }
}

/// 5 s, doubled after each failure, at most two minutes.
fn retry_pause(failures: u32) -> Duration {
    let doubled = 2u32.saturating_pow(failures.saturating_sub(1).min(10));
    (RETRY * doubled).min(RETRY_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_after_failures_grow_to_a_limit() {
        assert_eq!(retry_pause(1), RETRY);
        assert_eq!(retry_pause(3), RETRY * 4);
        assert_eq!(retry_pause(40), RETRY_LIMIT);
    }
}
