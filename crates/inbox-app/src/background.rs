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
    dto::{AppError, AppEvent, FirstFill},
    listening::listen,
    notify::{self, Notice, NoticeAnswer},
    pacing::{Cause, Look, Outcome, Pacing},
    session::{Session, lock},
    syncing::Changes,
};

/// How long a socket may take to say goodbye when the vault is closed.
const GOODBYE: Duration = Duration::from_secs(2);

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

/// Syncs again and again, with a socket beside it. A fault of ours in one run is said in the window and does not end the
/// watch over the inbox.
fn run(session: &Arc<Session>, runtime: &Runtime) {
    // It moves while this thread waits for the portal or for the next sync.
    let listening = runtime.spawn(listen(Arc::clone(session)));
    let mut pacing = Pacing::new(rand::random());
    let mut cause = Cause::Asked;
    while !session.vault.is_closed() {
        // What a panic may leave half done is the vault's transaction, which is rolled back, and the facts below.
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let wanted = !session.status.get().signed_out && !session.filling.is_stopped();
            if session.is_connected() && wanted {
                let outcome = runtime.block_on(until_closed(session, sync_once(session, cause)));
                outcome.into_iter().for_each(|outcome| pacing.note(outcome));
            }
            pacing.pause(session.look())
        }));
        let pause = caught.unwrap_or_else(|_| {
            pacing.note_fault();
            session.fail_internally();
            pacing.pause(Look::default())
        });
        let ended = Instant::now();
        cause = runtime.block_on(wait(session, ended + pause, ended + pacing.hint_gap()));
    }
    // The socket says goodbye; nobody waits for a server that does not answer.
    let _ = runtime.block_on(async { tokio::time::timeout(GOODBYE, listening).await });
}

/// Runs a sync. One that waits for the portal when the vault is closed is given up: what it had sent is looked up by the next
/// one, as after a crash.
async fn until_closed(session: &Session, sync: impl Future<Output = Outcome>) -> Option<Outcome> {
    tokio::select! {
        outcome = sync => Some(outcome),
        () = session.closed() => None,
    }
}

/// Waits until `end`, or until somebody wants a sync earlier, or until the vault is closed. A hint is followed at `hint_from`
/// and not before the portal wants to be asked.
async fn wait(session: &Session, end: Instant, hint_from: Instant) -> Cause {
    loop {
        let now = Instant::now();
        let asked = *lock(&session.due);
        let hinted = session.hinted.load(Ordering::Relaxed).then(|| hint_from.max(now + session.hold()));
        let next = [asked, hinted].into_iter().flatten().fold(end, Instant::min);
        if session.vault.is_closed() || next <= now {
            *lock(&session.due) = None;
            // What is hinted from here on needs another sync.
            session.hinted.store(false, Ordering::Relaxed);
            return if hinted == Some(next) {
                Cause::Hint
            } else if asked == Some(next) {
                Cause::Asked
            } else {
                Cause::Timer
            };
        }
        // A wake that came while nobody waited is kept by `Notify`, so nothing asked for is lost.
        let _ = tokio::time::timeout_at(next.into(), session.wake.notified()).await;
    }
}

/// One sync with all that the window is told about it.
async fn sync_once(session: &Arc<Session>, cause: Cause) -> Outcome {
    session.status.change(|facts| facts.syncing = true);
    session.emit(AppEvent::StatusChanged);
    session.reload_hours();
    let (changes, problem) = session.sync_in_background().await;
    let now = session.now();
    if problem.is_none() {
        session.acknowledge().await;
    }
    session.status.change(|facts| {
        facts.syncing = false;
        let stopped = session.filling.is_stopped();
        facts.first_fill = facts.first_fill.take().filter(|_| stopped).map(|fill| FirstFill {
            stopped,
            seconds_left: None,
            ..fill
        });
        if problem.is_none() {
            facts.last_success = Some(now);
        }
        facts.signed_out = problem.as_ref().is_some_and(|problem| problem.code == "sign_in_needed");
        // What she stopped herself is no problem.
        facts.problem = problem.clone().filter(|problem| !(stopped && problem.code == "cancelled"));
    });
    let outcome = Outcome {
        cause,
        complete: problem.is_none(),
        brought: !changes.threads.is_empty(),
        news: changes.news,
        hinted: session.hinted.load(Ordering::Relaxed),
        live: session.status.get().live,
    };
    if session.vault.is_closed() {
        return outcome;
    }
    // Another process may have saved a lexicon, or a sync may have judged by the one before.
    session.start_retriage();
    session.tell(&changes, problem.is_some());
    session.ring(&changes);
    session.emit(AppEvent::StatusChanged);
    if let Some(AppError { code, retryable, .. }) = &problem {
        tracing::warn!(code = code.as_str(), retryable = *retryable);
    }
    outcome
}

impl Session {
    /// Queues the after-hours acknowledgements that are due; the next sync, which begins at once, sends them.
    async fn acknowledge(&self) {
        match self.promise_due().await {
            Ok(promised) if promised.is_empty() => {}
            Ok(promised) => {
                promised.iter().for_each(|promise| self.changed(promise.thread));
                self.sync_within(Duration::ZERO);
            }
            Err(error) => tracing::warn!(code = error.code.as_str()),
        }
    }

    /// What the next pause depends on.
    fn look(&self) -> Look {
        Look {
            present: self.focused.load(Ordering::Relaxed) || self.duty().on_duty,
            live: self.status.get().live,
            hold: self.hold(),
            scheduled: self.until_next_scheduled(),
        }
    }

    /// How long the portal wants what can wait to be put off.
    pub(crate) fn hold(&self) -> Duration {
        lock(&self.portal).as_ref().map_or(Duration::ZERO, |portal| portal.hold())
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
