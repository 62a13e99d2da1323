//! What is new: a keyset on `_lastUpdated` with overlap, in each search (I3). The cursor moves once, after the last
//! search has ended, to the server's clock at the beginning.

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::Batch;
use inbox_portal::{Page, PortalError};

use super::{OVERLAP, PAGE_SIZE, SWEEP_EVERY, SWEEP_OVERLAP, advanced};
use crate::bugs::{Bug, seeded};
use crate::error::SyncError;
use crate::run::Run;
use crate::streams::{
    Stream, THREADS_PER_REQUEST, is_restricted, main_streams, patient_streams, thread_streams,
};

/// New starts of one search after an expired link.
const RESTARTS: u32 = 3;

impl Run<'_> {
    pub(super) async fn incremental(&mut self) -> Result<(), SyncError> {
        let capabilities = self.ctx.portal.capabilities();
        if !capabilities.searches("Communication", "_lastUpdated") && !is_restricted(&capabilities) {
            return self.compare_ids().await;
        }
        let cursor = self.ctx.vault.cursor()?;
        // Only whether a sweep is due is judged by this workstation's clock; what it covers is not.
        let sweep = cursor.last_sweep.is_none_or(|last| self.ctx.clock.now() - last >= SWEEP_EVERY);
        let mut overlap = if sweep { SWEEP_OVERLAP } else { OVERLAP };
        if seeded(Bug::NoOverlap) {
            overlap = TimeDelta::zero();
        }
        let since = cursor.complete_until.map(|until| until - overlap);
        let headers = self.own_headers(if sweep { None } else { Some(THREADS_PER_REQUEST) })?;
        (self.polled_since, self.swept) = (since, sweep);
        let mut streams = main_streams(&capabilities, &self.me);
        if !sweep && self.polls_claims()? {
            streams.retain(|stream| !stream.is_sent());
        }
        streams.extend(thread_streams(&capabilities, &headers));
        streams.extend(patient_streams(&capabilities, &self.patients_written_to(sweep)?));
        let mut started: Option<DateTime<Utc>> = None;
        if seeded(Bug::CursorBeforeRows) {
            let date = self.search("Patient", &[("_count", "1".to_owned())]).await?.date;
            let early = advanced(&cursor, date);
            self.apply(&Batch { cursor: Some(early), ..Batch::default() })?;
        }
        for stream in &streams {
            let date = self.follow(stream, since, false).await?;
            started = started.or(date);
        }
        self.follow_covers(since).await?;
        self.fetch_histories().await?;
        let mut next = advanced(&cursor, started);
        if sweep {
            next.last_sweep = next.last_sweep.max(started);
        }
        self.apply(&Batch { cursor: Some(next), ..Batch::default() })?;
        Ok(())
    }

    /// Follows one search to its end; answers the server's clock at its beginning.
    pub(crate) async fn follow(
        &mut self,
        stream: &Stream,
        since: Option<DateTime<Utc>>,
        backlog: bool,
    ) -> Result<Option<DateTime<Utc>>, SyncError> {
        let (mut since, mut size, mut restarts) = (since, PAGE_SIZE, 0);
        // What a poll would bring is new also where a history brings it: only what is older is the past and holds no reply.
        let fresh_from = self.ctx.vault.cursor()?.complete_until.map(|until| until - OVERLAP);
        let mut asked = self.first_page(stream, since, &mut size).await;
        let mut started = None;
        loop {
            let mut page = match asked {
                // Not even one resource fits: the rest is taken by ids.
                Err(SyncError::Portal(PortalError::TooLarge)) if size == 1 => {
                    let date = self.take_by_ids(&stream.since(since), backlog).await?;
                    return Ok(started.or(date));
                }
                other => other?,
            };
            started = started.or(page.date);
            since = newest(&page).max(since);
            let next = page.next.take();
            if backlog && let Some(from) = fresh_from {
                let fresh = split_fresh(&mut page, from);
                if !fresh.entries.is_empty() {
                    self.take_page(&fresh, false, None).await?;
                }
            }
            self.take_page(&page, backlog, None).await?;
            let Some(next) = next else { return Ok(started) };
            asked = match self.page("Communication", &next).await {
                Err(SyncError::Portal(PortalError::TooLarge)) if size > 1 => {
                    size = (size / 5).max(1);
                    self.first_page(stream, since, &mut size).await
                }
                Err(SyncError::Portal(error)) if restarts < RESTARTS && needs_restart(&error) => {
                    restarts += 1;
                    self.first_page(stream, since, &mut size).await
                }
                other => other,
            };
        }
    }

    async fn first_page(
        &mut self,
        stream: &Stream,
        since: Option<DateTime<Utc>>,
        size: &mut u32,
    ) -> Result<Page, SyncError> {
        loop {
            let mut params = stream.since(since);
            params.push(("_sort", "_lastUpdated".to_owned()));
            params.push(("_count", size.to_string()));
            params.push(("_include", "Communication:subject".to_owned()));
            match self.search("Communication", &params).await {
                Err(SyncError::Portal(PortalError::TooLarge)) if *size > 1 => *size = (*size / 5).max(1),
                other => return other,
            }
        }
    }

    /// A server that cannot search by `_lastUpdated` is asked for all ids and versions.
    async fn compare_ids(&mut self) -> Result<(), SyncError> {
        let cursor = self.ctx.vault.cursor()?;
        let listed = self.list_ids(true).await?;
        self.fetch_holes(&listed, false).await?;
        let date = self.listing_started.take();
        self.swept = true;
        self.follow_covers(None).await?;
        self.fetch_histories().await?;
        self.apply(&Batch { cursor: Some(advanced(&cursor, date)), ..Batch::default() })?;
        Ok(())
    }
}

fn needs_restart(error: &PortalError) -> bool {
    matches!(error, PortalError::Gone | PortalError::NotFound)
}

/// The newest `meta.lastUpdated` of a page: where a new start begins (`ge`, since servers show whole seconds and
/// compare finer).
fn newest(page: &Page) -> Option<DateTime<Utc>> {
    // Only asked for when there is a further page; a page that ends the search needs no restart.
    page.next.as_ref()?;
    page.entries.iter().filter(|entry| entry.is_match).filter_map(last_updated).max()
}

/// `meta.lastUpdated` of an entry.
fn last_updated(entry: &inbox_portal::PageEntry) -> Option<DateTime<Utc>> {
    #[derive(serde::Deserialize)]
    struct Head {
        meta: Option<Meta>,
    }
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Meta {
        last_updated: Option<DateTime<Utc>>,
    }
    serde_json::from_str::<Head>(&entry.raw).ok()?.meta?.last_updated
}

/// Takes out of a page what changed since `from`, with the people that came with it.
fn split_fresh(page: &mut Page, from: DateTime<Utc>) -> Page {
    let is_fresh =
        |entry: &inbox_portal::PageEntry| entry.is_match && last_updated(entry).is_some_and(|at| at >= from);
    if !page.entries.iter().any(is_fresh) {
        return Page { entries: Vec::new(), next: None, total: None, date: page.date };
    }
    let entries = page.entries.iter().filter(|entry| !entry.is_match || is_fresh(entry)).cloned().collect();
    page.entries.retain(|entry| !is_fresh(entry));
    Page { entries, next: None, total: None, date: page.date }
}
