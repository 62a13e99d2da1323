//! The state of one sync: counters, the server's clock, the waits that are left.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::{ApplyReport, Batch, Covering, PortalId, ThreadId};
use inbox_portal::{MapContext, Me, Page, PortalError, TrafficCount};
use url::Url;

use crate::context::SyncContext;
use crate::error::SyncError;
use crate::judge::Judging;
use crate::lock::SyncLock;
use crate::patience::{Waits, patiently};
use crate::people::People;
use crate::pull::Gathering;
use crate::report::SyncReport;

/// One sync.
pub(crate) struct Run<'a> {
    pub(crate) ctx: &'a SyncContext<'a>,
    pub(crate) me: Me,
    pub(crate) report: SyncReport,
    pub(crate) people: People,
    /// What left the vault by retention and is not fetched again.
    pub(crate) tombstones: HashSet<PortalId>,
    /// The server's clock minus this workstation's, from the last answer with a `Date`.
    offset: Option<TimeDelta>,
    /// Headers asked for in this sync; those not shown to her are not asked for again.
    pub(crate) asked_headers: HashSet<PortalId>,
    /// Colleagues for whom the clinician covers now.
    pub(crate) covers: Vec<Covering>,
    /// Threads whose histories were fetched in this sync: their claims may be older than what a poll asks for.
    pub(crate) new_histories: Vec<PortalId>,
    /// Where this sync's searches for what is new began, in the server's clock.
    pub(crate) polled_since: Option<DateTime<Utc>>,
    /// This sync was a sweep.
    pub(crate) swept: bool,
    /// The server's clock when the last listing of ids began.
    pub(crate) listing_started: Option<DateTime<Utc>>,
    seen: HashSet<(String, String)>,
    waits: Arc<Waits>,
    /// Held by a write that may outlast this sync, too.
    pub(crate) lock: Arc<SyncLock>,
    /// What judges messages, on whatever thread.
    pub(crate) judging: Arc<Judging>,
    /// Pages of a first fill on their way into the vault.
    pub(crate) gathering: Gathering,
    changed: HashSet<ThreadId>,
    started: DateTime<Utc>,
    traffic: TrafficCount,
}

impl<'a> Run<'a> {
    pub(crate) fn new(ctx: &'a SyncContext<'a>, lock: SyncLock) -> Result<Self, SyncError> {
        let tombstones = ctx.vault.tombstones()?.into_iter().collect();
        Ok(Self {
            ctx,
            me: Me::default(),
            report: SyncReport::default(),
            people: People::default(),
            tombstones,
            offset: None,
            asked_headers: HashSet::new(),
            covers: Vec::new(),
            new_histories: Vec::new(),
            polled_since: None,
            swept: false,
            listing_started: None,
            seen: HashSet::new(),
            waits: Arc::default(),
            lock: Arc::new(lock),
            judging: Arc::new(Judging { engine: ctx.engine.clone(), hours: ctx.hours.clone() }),
            gathering: Gathering::default(),
            changed: HashSet::new(),
            started: ctx.clock.now(),
            traffic: ctx.portal.traffic(),
        })
    }

    /// Stops between two steps when the caller asked for it.
    pub(crate) fn check_cancel(&self) -> Result<(), SyncError> {
        if self.ctx.cancel.is_cancelled() { Err(SyncError::Cancelled) } else { Ok(()) }
    }

    /// The server's present time as far as it is known: for `sent` and marks, never for the cursor.
    pub(crate) fn server_now(&self) -> DateTime<Utc> {
        self.ctx.clock.now() + self.offset.unwrap_or_default()
    }

    pub(crate) fn map_context(&self, date: Option<DateTime<Utc>>) -> MapContext {
        self.ctx.portal.map_context(date.unwrap_or_else(|| self.server_now()))
    }

    /// `Date` has whole seconds: within that both clocks agree, and a finer difference would be invented.
    pub(crate) fn note_date(&mut self, date: Option<DateTime<Utc>>) {
        let Some(date) = date else { return };
        let difference = date - self.ctx.clock.now();
        let agree = difference >= TimeDelta::seconds(-3) && difference <= TimeDelta::seconds(2);
        self.offset = Some(if agree { TimeDelta::zero() } else { difference });
    }

    /// Counts matches, each once.
    pub(crate) fn count_fetched(&mut self, page: &Page) {
        for entry in page.entries.iter().filter(|entry| entry.is_match) {
            if entry.id.is_empty() || self.seen.insert((entry.id.clone(), entry.version.clone())) {
                self.report.fetched += 1;
            }
        }
    }

    /// Applies a batch and counts what it changed.
    pub(crate) fn apply(&mut self, batch: &Batch) -> Result<ApplyReport, SyncError> {
        let applied = self.ctx.vault.apply(batch, self.ctx.clock.now())?;
        self.note_applied(&applied);
        Ok(applied)
    }

    /// Counts what a batch changed.
    pub(crate) fn note_applied(&mut self, applied: &ApplyReport) {
        self.report.new += applied.new;
        self.report.updated += applied.updated;
        self.report.withdrawn += applied.withdrawn;
        self.report.quarantined += applied.quarantined;
        applied.threads.iter().for_each(|thread| self.note_changed(*thread));
        self.report.cases.extend(applied.cases.iter().copied());
        self.report.held.extend(applied.held.iter().copied());
    }

    /// Notes a thread that is to be shown anew.
    pub(crate) fn note_changed(&mut self, thread: ThreadId) {
        if self.changed.insert(thread) {
            self.report.threads.push(thread);
        }
    }

    pub(crate) async fn search(&mut self, kind: &str, params: &[(&str, String)]) -> Result<Page, SyncError> {
        let ctx = self.ctx;
        let page = self.patiently(async || ctx.portal.search(kind, params).await).await?;
        self.note_date(page.date);
        Ok(page)
    }

    pub(crate) async fn page(&mut self, kind: &str, url: &Url) -> Result<Page, SyncError> {
        let ctx = self.ctx;
        let page = self.patiently(async || ctx.portal.page(kind, url.clone()).await).await?;
        self.note_date(page.date);
        Ok(page)
    }

    /// A page that is fetched while the one before it is taken: it borrows nothing of this run.
    pub(crate) fn page_ahead(&self, url: Url) -> impl Future<Output = Result<Page, SyncError>> + use<'a> {
        let (ctx, waits) = (self.ctx, Arc::clone(&self.waits));
        async move { patiently(ctx, &waits, async || ctx.portal.page("Communication", url.clone()).await).await }
    }

    /// Reads one resource; `None` when the portal does not have it or does not show it.
    pub(crate) async fn read(&mut self, kind: &str, id: &PortalId) -> Result<Option<String>, SyncError> {
        let ctx = self.ctx;
        match self.patiently(async || ctx.portal.read(kind, id).await).await {
            Ok(text) => Ok(Some(text)),
            Err(SyncError::Portal(PortalError::NotFound | PortalError::Gone | PortalError::Forbidden)) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Repeats a read while the server asks to wait and the waits of this sync allow it.
    pub(crate) async fn patiently<T>(
        &mut self,
        request: impl AsyncFnMut() -> Result<T, PortalError>,
    ) -> Result<T, SyncError> {
        patiently(self.ctx, &self.waits, request).await
    }

    /// Waits; `false` when this sync has no such wait left.
    pub(crate) async fn wait(&mut self, time: Duration) -> bool {
        self.waits.wait(self.ctx, time).await
    }

    /// Closes the counters.
    pub(crate) fn finish(mut self) -> SyncReport {
        let traffic = self.ctx.portal.traffic();
        self.report.requests = traffic.requests - self.traffic.requests;
        self.report.bytes = traffic.bytes - self.traffic.bytes;
        let took = self.ctx.clock.now() - self.started;
        self.report.duration_ms = took.num_milliseconds().try_into().unwrap_or_default();
        self.report
    }
}
