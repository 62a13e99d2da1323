//! Runs a sync on an open vault: once for the command line, again and again behind the window.

use std::{sync::Arc, time::Instant};

use inbox_domain::{ApplyReport, CaseId, OutboxDraft, OutboxEntry, OutboxId, ThreadId};
use inbox_portal::Portal;
use inbox_sync::{Mode, Progress, SyncContext, SyncError, SyncFailure, SyncReport, TokioSleeper};

use crate::{
    dto::{AppError, AppEvent},
    error::AppResult,
    session::{Session, lock},
};

/// What a sync changed here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    pub(crate) threads: Vec<ThreadId>,
    pub(crate) cases: Vec<(CaseId, ThreadId)>,
    pub(crate) held: Vec<OutboxId>,
    /// Messages came that this program has not sent.
    pub(crate) news: bool,
}

impl Changes {
    /// Adds what one more transaction changed.
    pub(crate) fn add(&mut self, report: ApplyReport) {
        for thread in report.threads {
            if !self.threads.contains(&thread) {
                self.threads.push(thread);
            }
        }
        for case in report.cases {
            if !self.cases.contains(&case) {
                self.cases.push(case);
            }
        }
    }
}

impl Session {
    /// Fetches what is new and sends what is due; `full` also reconciles all ids. Ends when nothing is left to do.
    ///
    /// # Errors
    /// `not_connected`, `busy`, `sign_in_needed`, and the portal's and the vault's by code. What was stored until then
    /// stays.
    pub async fn sync(&self, full: bool) -> AppResult<SyncReport> {
        let mode = if full { Mode::Full } else { Mode::Incremental };
        let portal = self.open_portal()?;
        Ok(self.run_sync(&portal, mode, &|_| ()).await.map_err(|failure| failure.error)?)
    }

    /// Whether the portal answers and accepts the sign-in.
    ///
    /// # Errors
    /// `not_connected` and the portal's, by code.
    pub async fn check_portal(&self) -> AppResult<()> {
        self.open_portal()?.discover().await?;
        Ok(())
    }

    /// One sync behind the window: what it changed, and what stopped it.
    pub(crate) async fn sync_in_background(&self) -> (Changes, Option<AppError>) {
        let progress = |progress: Progress| {
            let shown = self.filling.show(progress, Instant::now());
            self.status.change(|facts| facts.first_fill = Some(shown));
            self.emit(AppEvent::StatusChanged);
        };
        let portal = match self.open_portal() {
            Ok(portal) => portal,
            Err(error) => return (Changes::default(), Some(error)),
        };
        // A sync that fails after it has stored an emergency rings for it too.
        let (report, problem) = match self.run_sync(&portal, Mode::Auto, &progress).await {
            Ok(report) => (report, None),
            Err(failure) => (*failure.report, Some(failure.error.into())),
        };
        tracing::info!(
            event = "synced",
            complete = problem.is_none(),
            new = report.new,
            sent = report.sent,
            ms = report.duration_ms
        );
        let news = report.new > report.sent;
        (Changes { threads: report.threads, cases: report.cases, held: report.held, news }, problem)
    }

    async fn run_sync(
        &self,
        portal: &Portal,
        mode: Mode,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<SyncReport, SyncFailure> {
        self.reload_lexicon();
        // What has not left before the clinic opened would tell something false.
        if let Err(error) = self.vault.withdraw_overdue_promises(self.now()) {
            return Err(SyncFailure::at_once(error));
        }
        let (hours, engine) = (self.hours(), self.engine());
        let cancel = self.filling.begin();
        if self.cancel.is_cancelled() {
            cancel.cancel();
        }
        let context = SyncContext {
            vault: &self.vault,
            portal,
            engine: &engine,
            hours: &hours,
            clock: &*self.around.clock,
            sleeper: &TokioSleeper,
            progress,
            cancel: &cancel,
        };
        let outcome = inbox_sync::run(&context, mode).await;
        self.forget_guessed_hours(match &outcome {
            Ok(report) => report,
            Err(failure) => &failure.report,
        });
        outcome
    }

    /// Sync cannot leave out the hours: where they are not known, what it claimed by them is taken back.
    fn forget_guessed_hours(&self, report: &SyncReport) {
        if self.in_force().readable || report.threads.is_empty() {
            return;
        }
        if let Err(error) = self.judge_hours_again(Some(&report.threads)) {
            tracing::warn!(code = error.code.as_str());
        }
    }

    /// The portal of this vault. One client for the whole session, so that connections are kept and a refresh of the
    /// sign-in happens once.
    pub(crate) fn open_portal(&self) -> AppResult<Arc<Portal>> {
        if let Some(portal) = lock(&self.portal).clone() {
            return Ok(portal);
        }
        let portal = Arc::new(self.connect()?);
        *lock(&self.portal) = Some(Arc::clone(&portal));
        Ok(portal)
    }

    pub(crate) fn freeze_and_queue(&self, draft: OutboxDraft) -> AppResult<OutboxEntry> {
        Ok(inbox_sync::enqueue_reply(&self.vault, draft, self.now())?)
    }
}

impl From<SyncError> for AppError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Portal(error) => error.into(),
            SyncError::Vault(error) => error.into(),
            other if other.retryable() => Self::retryable(other.code()),
            other => Self::new(other.code()),
        }
    }
}
