//! The first fill: everything, by `sent`, in pages, resumable after each.
//!
//! By `sent` and not by `_lastUpdated`, since a message that changes during the crawl moves in the latter order and is
//! skipped by servers that page by offset (measured: 3 of 45, and none by `sent`).

use std::pin::pin;

use chrono::{DateTime, Utc};
use inbox_domain::{PortalId, SyncCursor};
use inbox_portal::{Page, PortalError};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{PAGE_SIZE, advanced};
use crate::context::Progress;
use crate::error::SyncError;
use crate::run::Run;
use crate::streams::{Stream, main_streams};

/// Where an interrupted first fill goes on; the vault keeps it as `SyncCursor::first_fill`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Bookmark {
    /// Which search.
    stream: usize,
    /// The next page; `None` at the beginning of a search.
    next: Option<Url>,
    /// The last `sent` seen, for a new start when the link has expired.
    last_sent: Option<String>,
    /// Messages received.
    done: u64,
    /// About how many there are, in the searches begun.
    total: Option<u64>,
    /// The server's clock at the beginning: what changed later comes with the first incremental sync.
    started: Option<DateTime<Utc>>,
    /// A link had expired: messages without `sent` may have been passed over, so ids are compared at the end.
    restarted: bool,
    /// Resources asked for in a page, less after one that was too large.
    size: u32,
}

impl Run<'_> {
    pub(super) async fn first_fill(&mut self) -> Result<(), SyncError> {
        let cursor = self.ctx.vault.cursor()?;
        let kept = cursor.first_fill.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let mut mark: Bookmark = kept.unwrap_or(Bookmark { size: PAGE_SIZE, ..Bookmark::default() });
        let streams = main_streams(&self.ctx.portal.capabilities(), &self.me);
        self.begin_gathering()?;
        let filled = self.fill(&streams, &mut mark).await;
        // What came until then is stored, whatever stopped it.
        let stored = self.end_gathering().await;
        filled.and(stored)?;
        let scope = if mark.restarted { None } else { Some(0) };
        self.fill_holes(scope, true).await?;
        let mut done = advanced(&self.ctx.vault.cursor()?, mark.started);
        (done.first_fill, done.first_fill_done) = (None, true);
        done.last_sweep = done.last_sweep.max(mark.started);
        // It has seen every id: the next reconcile counts from here.
        done.last_reconcile = done.last_reconcile.max(mark.started);
        self.apply(&inbox_domain::Batch { cursor: Some(done), ..inbox_domain::Batch::default() })?;
        Ok(())
    }

    /// Page after page, the next one fetched while one is taken.
    async fn fill(&mut self, streams: &[Stream], mark: &mut Bookmark) -> Result<(), SyncError> {
        let mut fetched = None;
        while let Some(stream) = streams.get(mark.stream) {
            let page = self.first_fill_page(stream, mark, fetched.take()).await?;
            let ahead = page.next.clone().map(|next| self.page_ahead(next));
            fetched = beside(ahead, self.take_first_fill_page(&page, mark)).await?;
        }
        Ok(())
    }

    /// The page at the bookmark, which may be `fetched` already. An expired link is replaced by a search from the last `sent` on; a page that is too
    /// large by a smaller one.
    async fn first_fill_page(
        &mut self,
        stream: &Stream,
        mark: &mut Bookmark,
        mut fetched: Option<Result<Page, SyncError>>,
    ) -> Result<Page, SyncError> {
        loop {
            let asked = match (fetched.take(), &mark.next) {
                (Some(page), _) => page,
                (None, Some(next)) => self.page("Communication", &next.clone()).await,
                (None, None) => self.search("Communication", &first_fill_params(stream, mark)).await,
            };
            self.note_date(asked.as_ref().ok().and_then(|page| page.date));
            match asked {
                Err(SyncError::Portal(error)) if mark.next.is_some() && is_expired(&error) => {
                    (mark.next, mark.restarted) = (None, true);
                }
                Err(SyncError::Portal(PortalError::TooLarge)) if mark.size > 1 => {
                    (mark.next, mark.restarted, mark.size) = (None, true, (mark.size / 5).max(1));
                }
                Err(SyncError::Portal(PortalError::TooLarge)) => {
                    // It compares with what is stored.
                    self.end_gathering().await?;
                    let date = self.take_by_ids(&stream.0, true).await?;
                    self.begin_gathering()?;
                    mark.next = None;
                    return Ok(Page { entries: Vec::new(), next: None, total: None, date });
                }
                other => return other,
            }
        }
    }

    async fn take_first_fill_page(&mut self, page: &Page, mark: &mut Bookmark) -> Result<(), SyncError> {
        if mark.started.is_none() {
            mark.started = page.date;
        }
        if mark.next.is_none() && mark.last_sent.is_none() {
            mark.total = page.total.map(|total| total + mark.total.unwrap_or_default()).or(mark.total);
        }
        mark.done += page.entries.iter().filter(|entry| entry.is_match).count() as u64;
        mark.last_sent = last_sent(page).or(mark.last_sent.take());
        mark.next = page.next.clone();
        if mark.next.is_none() {
            (mark.stream, mark.last_sent) = (mark.stream + 1, None);
        }
        // The request for the page ahead is handed over to the connection before this page takes the processor.
        tokio::task::yield_now().await;
        let cursor = SyncCursor { first_fill: serde_json::to_string(mark).ok(), ..self.ctx.vault.cursor()? };
        self.take_page(page, true, Some(cursor)).await?;
        (self.ctx.progress)(Progress { done: mark.done, total: mark.total });
        Ok(())
    }

    /// Compares ids and fetches what is missing: in the threads of the clinician, and with `None` in all searches.
    async fn fill_holes(&mut self, main: Option<usize>, backlog: bool) -> Result<(), SyncError> {
        let listed = self.list_ids(main.is_none()).await?;
        self.fetch_holes(&listed, backlog).await
    }

    /// Fetches those of `listed` that the vault has not, or has in another version.
    pub(super) async fn fetch_holes(
        &mut self,
        listed: &[(PortalId, String)],
        backlog: bool,
    ) -> Result<(), SyncError> {
        for chunk in listed.chunks(PAGE_SIZE as usize) {
            let ids: Vec<PortalId> = chunk.iter().map(|(id, _)| id.clone()).collect();
            let stored = self.ctx.vault.known_versions(&ids)?;
            let stale = |(id, version): &&(PortalId, String)| {
                let kept = stored.get(id);
                !self.tombstones.contains(id)
                    && (kept.is_none() || (!version.is_empty() && kept != Some(version)))
            };
            let missing: Vec<PortalId> = chunk.iter().filter(stale).map(|(id, _)| id.clone()).collect();
            if missing.is_empty() {
                continue;
            }
            let entries = self.fetch_communications(&missing).await?;
            let page = Page { entries, next: None, total: None, date: None };
            self.take_page(&page, backlog, None).await?;
        }
        Ok(())
    }
}

/// Does the work while the page ahead is fetched; answers that page. An error of the work gives it up.
async fn beside<T>(
    ahead: Option<impl Future<Output = T>>,
    work: impl Future<Output = Result<(), SyncError>>,
) -> Result<Option<T>, SyncError> {
    let Some(ahead) = ahead else {
        work.await?;
        return Ok(None);
    };
    let (mut ahead, mut work) = (pin!(ahead), pin!(work));
    tokio::select! {
        // The request leaves first.
        biased;
        page = &mut ahead => {
            work.await?;
            Ok(Some(page))
        }
        done = &mut work => {
            done?;
            Ok(Some(ahead.await))
        }
    }
}

fn first_fill_params(stream: &Stream, mark: &Bookmark) -> Vec<(&'static str, String)> {
    let mut params = stream.0.clone();
    // A second start from a known `sent`; the zone of a partial date is the server's affair, so the day before.
    if let Some(from) = mark.last_sent.as_deref().and_then(inbox_portal::mapping::read_date_time) {
        let from = from.at - chrono::TimeDelta::days(1);
        params.push(("sent", format!("ge{}", inbox_domain::format_instant(from))));
    }
    params.push(("_sort", "sent".to_owned()));
    params.push(("_count", mark.size.to_string()));
    params
}

/// The link has expired or its offset is beyond what the server allows.
fn is_expired(error: &PortalError) -> bool {
    matches!(error, PortalError::Gone | PortalError::NotFound | PortalError::Rejected { .. })
}

fn last_sent(page: &Page) -> Option<String> {
    #[derive(Deserialize)]
    struct Sent {
        sent: Option<String>,
    }
    let sent = |entry: &inbox_portal::PageEntry| serde_json::from_str::<Sent>(&entry.raw).ok()?.sent;
    page.entries.iter().rev().filter(|entry| entry.is_match).find_map(sent)
}
