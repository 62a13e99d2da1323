//! Judges the stored messages again when the engine in force is another one than theirs: a new version of the app, or of
//! the clinic's own words. It runs on a thread of its own in small pages, beside syncs and the clinician's acts; how far it
//! is stands in the vault, so that it can stop at any time and goes on with the next opening.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use inbox_domain::{MessageId, Triaged};
use inbox_sync::CancelFlag;
use inbox_vault::TriagePage;

use crate::{
    dto::{AppError, AppEvent, RetriageState, RetriageView},
    error::AppResult,
    lexicon::SharedEngine,
    record::RetriageRecord,
    session::{Session, lock},
    syncing::Changes,
};

/// Messages judged in one transaction.
const PAGE: u32 = 200;

/// The window is told of progress no more often.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// What the background run last learned.
#[derive(Default)]
pub(crate) struct RetriageFacts {
    running: bool,
    /// Judged, and of how many, while it runs.
    progress: (u32, u32),
    paused: bool,
    problem: Option<AppError>,
    cancel: CancelFlag,
}

/// How a run over the pages ended.
enum Ended {
    /// All messages are judged.
    Complete,
    /// Somebody stopped it.
    Cancelled,
    /// Another engine has taken over the vault's messages meanwhile.
    Overtaken,
}

impl Session {
    /// How far the stored messages are judged.
    ///
    /// # Errors
    /// The vault's.
    pub fn load_retriage(&self) -> AppResult<RetriageView> {
        {
            let facts = lock(&self.retriage);
            if facts.running {
                let (done, total) = facts.progress;
                return Ok(RetriageView { state: RetriageState::Running, done, total, problem: None });
            }
        }
        let (left, total) = self.left_to_judge()?;
        let facts = lock(&self.retriage);
        let state = match () {
            () if left == 0 => RetriageState::Complete,
            () if facts.paused => RetriageState::Paused,
            () => RetriageState::Waiting,
        };
        Ok(RetriageView { state, done: total - left, total, problem: facts.problem.clone() })
    }

    /// Messages that are not judged by the engine in force, and all.
    fn left_to_judge(&self) -> AppResult<(u32, u32)> {
        let stored = self.vault.triage_state()?;
        let current = stored.engine == self.engine().fingerprint();
        let total = self.vault.inbound_after(MessageId(0))?;
        let left = match (current, stored.complete) {
            (true, true) => 0,
            (true, false) => self.vault.inbound_after(stored.judged_to)?,
            (false, _) => total,
        };
        // A message may have come between the two counts.
        Ok((left.min(total), total))
    }

    /// Stops judging messages again; what is judged stays judged.
    pub fn cancel_retriage(&self) {
        let mut facts = lock(&self.retriage);
        facts.paused = true;
        facts.cancel.cancel();
        drop(facts);
        self.emit(AppEvent::RetriageChanged);
    }

    /// Ends the background run with the session.
    pub(crate) fn stop_retriage(&self) {
        let mut facts = lock(&self.retriage);
        facts.paused = true;
        facts.cancel.cancel();
    }

    /// Goes on where it was stopped, or begins where the messages are judged by another engine.
    pub fn resume_retriage(self: &Arc<Self>) {
        lock(&self.retriage).paused = false;
        self.start_retriage();
    }

    /// Judges what is not judged by the engine in force, here and now; for programs without a background.
    ///
    /// # Errors
    /// `busy` when a newer lexicon of another process has taken over, `lexicon_unreadable`; the vault's.
    pub fn retriage(&self) -> AppResult<RetriageRecord> {
        self.reload_lexicon();
        let found = self.lexicon_in_force();
        if let (false, Some(problem)) = (found.readable, found.problem) {
            return Err(problem);
        }
        let mut changes = Changes::default();
        let ended = self.judge_pages(&self.engine(), &CancelFlag::default(), &mut changes)?;
        if let Ended::Overtaken = ended {
            return Err(AppError::retryable("busy"));
        }
        let total = self.vault.inbound_after(MessageId(0))?;
        Ok(RetriageRecord {
            messages: total,
            threads_changed: changes.threads.iter().map(ToString::to_string).collect(),
            cases: changes.cases.iter().map(|(case, _)| case.to_string()).collect(),
        })
    }

    /// Starts the background run where one is needed, unless somebody has stopped it or the stored lexicon cannot be read.
    pub(crate) fn start_retriage(self: &Arc<Self>) {
        self.reload_lexicon();
        let wanted = match self.vault.triage_state() {
            Ok(state) => {
                let found = self.lexicon_in_force();
                found.readable && (!state.complete || state.engine != found.engine.fingerprint())
            }
            Err(_) => false,
        };
        let cancel = {
            let mut facts = lock(&self.retriage);
            if !wanted || facts.running || facts.paused || self.vault.is_closed() {
                return;
            }
            facts.running = true;
            facts.progress = (0, 0);
            facts.cancel = CancelFlag::default();
            facts.cancel.clone()
        };
        let session = Arc::clone(self);
        let work = move || session.run_retriage(&cancel);
        if std::thread::Builder::new().name("retriage".to_owned()).spawn(work).is_err() {
            lock(&self.retriage).running = false;
            tracing::error!(code = "no_thread");
        }
    }

    /// Runs until the engine that is in force at the end has judged everything, then says it once.
    fn run_retriage(self: &Arc<Self>, cancel: &CancelFlag) {
        let mut cancel = cancel.clone();
        let mut changes = Changes::default();
        self.emit(AppEvent::RetriageChanged);
        loop {
            let engine = self.engine();
            // What a panic may leave half done is the vault's transaction, which is rolled back.
            let run = AssertUnwindSafe(|| self.judge_pages(&engine, &cancel, &mut changes));
            let ended = catch_unwind(run).unwrap_or_else(|_| Err(AppError::retryable("internal")));
            let mut facts = lock(&self.retriage);
            // Whoever saves a lexicon puts it in force first and asks for a run then: either this sees it, or that finds
            // no run and starts one.
            let found = self.lexicon_in_force();
            let newer = found.readable && found.engine.fingerprint() != engine.fingerprint();
            // Stopped, and asked to go on while the page was finished: who asked has found this run and started none.
            let resumed = found.readable && cancel.is_cancelled() && !facts.paused;
            if resumed {
                facts.cancel = CancelFlag::default();
                cancel = facts.cancel.clone();
            }
            if ended.is_ok() && (resumed || (newer && !cancel.is_cancelled())) {
                continue;
            }
            facts.running = false;
            facts.problem = ended.err().filter(|error| error.code != "locked");
            break;
        }
        if self.vault.is_closed() {
            return;
        }
        tracing::info!(event = "retriaged", threads = changes.threads.len(), cases = changes.cases.len());
        if !changes.threads.is_empty() {
            self.emit(AppEvent::ThreadsChanged {
                threads: changes.threads.iter().map(ToString::to_string).collect(),
            });
        }
        // One notice for all of them: no storm from the past.
        self.ring(&changes);
        self.emit(AppEvent::RetriageChanged);
    }

    fn judge_pages(
        &self,
        engine: &SharedEngine,
        cancel: &CancelFlag,
        changes: &mut Changes,
    ) -> AppResult<Ended> {
        self.vault.begin_retriage(engine.fingerprint(), self.now())?;
        self.count_progress()?;
        let mut told = Instant::now();
        loop {
            if cancel.is_cancelled() {
                return Ok(Ended::Cancelled);
            }
            let page = self.vault.triage_page(PAGE)?;
            if page.state.engine != engine.fingerprint() {
                return Ok(Ended::Overtaken);
            }
            if page.state.complete {
                return Ok(Ended::Complete);
            }
            let judged = self.judge_page(engine, &page)?;
            // Where a sync has moved on meanwhile, the page is read again.
            match self.vault.apply_retriage(&page, &judged, self.now())? {
                Some(report) => {
                    changes.add(report);
                    let count = u32::try_from(judged.len()).unwrap_or(u32::MAX);
                    let progress = &mut lock(&self.retriage).progress;
                    progress.0 = progress.0.saturating_add(count).min(progress.1);
                }
                None => self.count_progress()?,
            }
            if told.elapsed() >= TELL_EVERY {
                told = Instant::now();
                self.emit(AppEvent::RetriageChanged);
            }
        }
    }

    fn count_progress(&self) -> AppResult<()> {
        let (left, total) = self.left_to_judge()?;
        lock(&self.retriage).progress = (total - left, total);
        Ok(())
    }

    fn judge_page(&self, engine: &SharedEngine, page: &TriagePage) -> AppResult<Vec<Triaged>> {
        let mut judged = Vec::with_capacity(page.messages.len());
        for message in &page.messages {
            let context = inbox_sync::stored_context(&self.vault, message.thread, message.sent_at)?;
            judged.push(inbox_sync::triage_message(engine, &message.text, message.attachments, &context));
        }
        Ok(judged)
    }
}
