//! Pages of a first fill on their way into the vault: while one batch is written, the next pages are fetched, read and
//! judged, and wait here to be written together.
//!
//! Batches are written one after the other, each with the bookmark of its last page (I2). When one fails, those after it are
//! dropped with it: their bookmark stands beyond rows that are not there. What the vault cannot know yet of pages that wait
//! is kept here, and only that: ids and versions, threads, and texts for triage.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use inbox_domain::{ApplyReport, Batch, Delivered, Judged, PortalId, ThreadKey};
use inbox_vault::{RecentText, VaultError};
use tokio::task::JoinHandle;

use crate::error::SyncError;
use crate::plan::KnownThread;
use crate::run::Run;

/// Rows that are written together: fewer transactions write the same pages of the database less often.
const ROWS: usize = 2_000;
/// Batches after which a thread that nothing was added to is left to the vault.
const KEPT: u64 = 8;

/// What was said in a thread, as far as it is kept here.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// In the order in which it came.
    pub(crate) texts: Vec<RecentText>,
    /// The vault has nothing else.
    pub(crate) is_all: bool,
    batch: u64,
}

/// Pages on their way.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    /// Whether pages are gathered at all: in a first fill.
    pub(super) on: bool,
    batch: Batch,
    writing: Option<JoinHandle<Result<ApplyReport, VaultError>>>,
    /// Versions of what waits, and of what is being written.
    versions: [HashMap<PortalId, String>; 2],
    /// Hashes of the ids that the vault holds or that went into a batch: an id that is not here is not stored.
    ids: HashSet<u64>,
    /// The vault had no thread when gathering began: one that is not in `threads` is not stored.
    fresh: bool,
    threads: HashMap<ThreadKey, KnownThread>,
    said: HashMap<ThreadKey, Said>,
    batches: u64,
}

impl Gathering {
    /// What was said in a thread and may not be in the vault yet.
    pub(crate) fn said_in(&self, key: &ThreadKey) -> Option<&Said> {
        self.said.get(key)
    }

    /// Versions of those of `ids` that wait, and those that the vault has to be asked about.
    pub(super) fn versions_of(&self, ids: &[PortalId]) -> (HashMap<PortalId, String>, Vec<PortalId>) {
        let (mut found, mut rest) = (HashMap::new(), Vec::new());
        for id in ids {
            match self.versions.iter().find_map(|versions| versions.get(id)) {
                Some(version) => {
                    found.insert(id.clone(), version.clone());
                }
                None if !self.on || self.ids.contains(&hash(id)) => rest.push(id.clone()),
                None => {}
            }
        }
        (found, rest)
    }

    /// A thread that waits or went into a batch; `Err` when the vault has to be asked.
    pub(super) fn thread(&self, key: &ThreadKey) -> Result<Option<KnownThread>, ()> {
        match self.threads.get(key) {
            Some(known) => Ok(Some(known.clone())),
            None if self.on && self.fresh => Ok(None),
            None => Err(()),
        }
    }

    fn begin(&mut self, stored: &[PortalId], fresh: bool) {
        *self = Self { on: true, fresh, ids: stored.iter().map(hash).collect(), ..Self::default() };
    }

    /// Adds a page; `named` says whether a header names the clinician.
    fn add(
        &mut self,
        page: Batch,
        known: &HashMap<ThreadKey, KnownThread>,
        named: impl Fn(&[String]) -> bool,
    ) {
        for header in &page.threads {
            self.note_id(&header.portal_id, &header.version);
            let key = ThreadKey::Header(header.portal_id.clone());
            let thread = self.threads.entry(key).or_default();
            thread.names_me = named(&header.recipients);
            thread.patient = header.patient.clone().or(thread.patient.take());
        }
        for Judged { message, .. } in &page.messages {
            self.note_id(&message.portal_id, &message.version);
            let is_new = !self.threads.contains_key(&message.thread);
            let thread = self
                .threads
                .entry(message.thread.clone())
                .or_insert_with(|| known.get(&message.thread).cloned().unwrap_or_default());
            thread.patient = thread.patient.take().or_else(|| message.patient.clone());
            let is_all = is_new && self.fresh;
            let said =
                self.said.entry(message.thread.clone()).or_insert_with(|| Said { is_all, ..Said::default() });
            said.batch = self.batches;
            if message.delivered == Delivered::Delivered {
                let from_patient_side = message.sender.role.is_patient_side();
                let text =
                    RecentText { from_patient_side, sent_at: message.sent_at, text: message.text.clone() };
                said.texts.push(text);
            }
        }
        let batch = &mut self.batch;
        batch.patients.extend(page.patients);
        batch.proxies.extend(page.proxies);
        batch.practitioners.extend(page.practitioners);
        batch.threads.extend(page.threads);
        batch.messages.extend(page.messages);
        batch.quarantined.extend(page.quarantined);
        batch.withdrawn.extend(page.withdrawn);
        batch.cursor = page.cursor.or(batch.cursor.take());
        batch.judged_under = page.judged_under.or(batch.judged_under.take());
        batch.backlog = true;
    }

    fn note_id(&mut self, id: &PortalId, version: &str) {
        self.ids.insert(hash(id));
        self.versions[0].insert(id.clone(), version.to_owned());
    }

    /// The vault knows better than what is kept here: threads may have been joined.
    fn forget_threads(&mut self) {
        self.fresh = false;
        self.threads.clear();
        self.said.clear();
    }

    fn rows(&self) -> usize {
        self.batch.messages.len() + self.batch.threads.len() + self.batch.quarantined.len()
    }
}

fn hash(id: &PortalId) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

impl Run<'_> {
    /// From here on pages are gathered, until [`Run::end_gathering`].
    pub(super) fn begin_gathering(&mut self) -> Result<(), SyncError> {
        let stored = self.ctx.vault.stored_ids()?;
        let fresh = stored.is_empty();
        self.gathering.begin(&stored, fresh);
        Ok(())
    }

    /// Writes what waits; from here on pages are stored one by one again.
    pub(super) async fn end_gathering(&mut self) -> Result<(), SyncError> {
        let settled = self.settle_pages().await;
        self.gathering = Gathering::default();
        settled
    }

    /// Adds a page to what waits and writes that when it is enough. `apart`: it is written before anything else is read,
    /// since the vault decides to which thread its messages belong.
    pub(super) async fn gather(
        &mut self,
        page: Batch,
        known: &HashMap<ThreadKey, KnownThread>,
        apart: bool,
    ) -> Result<(), SyncError> {
        let me = &self.me;
        self.gathering.add(page, known, |recipients| me.is_named(None, recipients));
        if apart {
            self.settle_pages().await?;
            self.gathering.forget_threads();
            return Ok(());
        }
        // The first page at once, so that the window has something to show.
        if self.gathering.batches == 0 || self.gathering.rows() >= ROWS {
            self.write().await?;
        }
        Ok(())
    }

    /// Writes what waits and waits for it.
    pub(super) async fn settle_pages(&mut self) -> Result<(), SyncError> {
        self.write().await?;
        self.written().await
    }

    /// Begins to write what waits, after what is being written.
    async fn write(&mut self) -> Result<(), SyncError> {
        self.written().await?;
        let gathering = &mut self.gathering;
        let batch = std::mem::take(&mut gathering.batch);
        if batch.cursor.is_none() && batch.messages.is_empty() && batch.threads.is_empty() {
            return Ok(());
        }
        gathering.versions[1] = std::mem::take(&mut gathering.versions[0]);
        gathering.batches += 1;
        let old = gathering.batches.saturating_sub(KEPT);
        gathering.said.retain(|_, said| said.batch >= old);
        let (vault, now, lock) = (Arc::clone(self.ctx.vault), self.ctx.clock.now(), Arc::clone(&self.lock));
        gathering.writing = Some(tokio::task::spawn_blocking(move || {
            let applied = vault.apply(&batch, now);
            drop(lock);
            applied
        }));
        Ok(())
    }

    /// Waits for what is being written.
    async fn written(&mut self) -> Result<(), SyncError> {
        let Some(writing) = self.gathering.writing.as_mut() else { return Ok(()) };
        let outcome = writing.await;
        self.gathering.writing = None;
        self.gathering.versions[1].clear();
        let applied = outcome.unwrap_or_else(|stopped| std::panic::resume_unwind(stopped.into_panic()));
        match applied {
            Ok(applied) => {
                self.note_applied(&applied);
                Ok(())
            }
            Err(error) => {
                self.gathering.batch = Batch::default();
                Err(error.into())
            }
        }
    }
}
