//! The reconcile of ids: what the vault has not is fetched, what the portal no longer has is withdrawn (I4).
//!
//! A message that a listing left out is asked for by its id before it is called withdrawn: a listing that came out short
//! must not withdraw anything.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use inbox_domain::{Batch, PortalId, Quarantined, Withdrawal};
use inbox_portal::{Page, PortalError};

use super::page::read_entry;
use crate::error::SyncError;
use crate::run::Run;
use crate::streams::{main_streams, patient_streams, thread_streams};

const LISTED_PER_PAGE: &str = "1000";
const WITHDRAWALS_PER_BATCH: usize = 200;

impl Run<'_> {
    pub(crate) async fn reconcile(&mut self) -> Result<(), SyncError> {
        let listed = self.list_ids(true).await?;
        let date = self.listing_started.take();
        self.fetch_holes(&listed, false).await?;
        let listed: HashSet<PortalId> = listed.into_iter().map(|(id, _)| id).collect();
        let gone: Vec<PortalId> =
            self.ctx.vault.message_ids()?.into_iter().filter(|id| !listed.contains(id)).collect();
        let gone = self.listed_for_her(gone)?;
        for chunk in gone.chunks(WITHDRAWALS_PER_BATCH) {
            self.withdraw(chunk).await?;
        }
        self.fetch_histories().await?;
        let people = self.refresh_people().await?;
        let mut cursor = self.ctx.vault.cursor()?;
        cursor.last_reconcile = cursor.last_reconcile.max(date);
        self.apply(&Batch {
            patients: people.patients,
            proxies: people.proxies,
            practitioners: people.practitioners,
            cursor: Some(cursor),
            ..Batch::default()
        })?;
        Ok(())
    }

    /// Ids and versions of all Communications in the searches; with `main` also in those that do not depend on threads.
    pub(super) async fn list_ids(&mut self, main: bool) -> Result<Vec<(PortalId, String)>, SyncError> {
        let capabilities = self.ctx.portal.capabilities();
        let mut streams = if main { main_streams(&capabilities, &self.me) } else { Vec::new() };
        streams.extend(thread_streams(&capabilities, &self.own_headers(None)?));
        streams.extend(patient_streams(&capabilities, &self.patients_written_to(true)?));
        self.listing_started = None;
        let mut listed = BTreeMap::new();
        for stream in &streams {
            self.list_stream(&stream.0, &mut listed).await?;
        }
        Ok(listed.into_iter().collect())
    }

    /// Lists one search. A server that gives whole resources here may meet one that is larger than any answer may be:
    /// then one at a time, from both ends, so that only what is too large is passed over.
    async fn list_stream(
        &mut self,
        search: &[(&'static str, String)],
        listed: &mut BTreeMap<PortalId, String>,
    ) -> Result<(), SyncError> {
        for (count, sort) in
            [(LISTED_PER_PAGE, "_lastUpdated"), ("1", "_lastUpdated"), ("1", "-_lastUpdated")]
        {
            match self.list_pages(search, count, sort, listed).await {
                Err(SyncError::Portal(PortalError::TooLarge)) => {}
                other => return other,
            }
        }
        // Its id cannot be known.
        self.quarantine_too_large(&PortalId(String::new()))
    }

    async fn list_pages(
        &mut self,
        search: &[(&'static str, String)],
        count: &str,
        sort: &str,
        listed: &mut BTreeMap<PortalId, String>,
    ) -> Result<(), SyncError> {
        let mut params = search.to_vec();
        params.push(("_elements", "id,meta".to_owned()));
        params.push(("_count", count.to_owned()));
        params.push(("_sort", sort.to_owned()));
        let mut page = self.search("Communication", &params).await?;
        self.listing_started = self.listing_started.or(page.date);
        loop {
            self.check_cancel()?;
            let matches = page.entries.iter().filter(|entry| entry.is_match && !entry.id.is_empty());
            listed.extend(matches.map(|entry| (PortalId(entry.id.clone()), entry.version.clone())));
            match page.next.take() {
                Some(next) => page = self.page("Communication", &next).await?,
                None => return Ok(()),
            }
        }
    }

    /// Takes what a search finds by ids: one resource in it is larger than any answer may be, and a page would end there.
    /// Answers the server's clock at the beginning.
    pub(super) async fn take_by_ids(
        &mut self,
        search: &[(&'static str, String)],
        backlog: bool,
    ) -> Result<Option<DateTime<Utc>>, SyncError> {
        let mut listed = BTreeMap::new();
        self.listing_started = None;
        self.list_stream(search, &mut listed).await?;
        let listed: Vec<(PortalId, String)> = listed.into_iter().collect();
        self.fetch_holes(&listed, backlog).await?;
        Ok(self.listing_started.take())
    }

    /// A row for a resource that is not fetched; nothing of it is known but its id.
    pub(super) fn quarantine_too_large(&mut self, id: &PortalId) -> Result<(), SyncError> {
        let row = Quarantined {
            portal_type: "Communication".to_owned(),
            portal_id: id.0.clone(),
            version: String::new(),
            reason: "too_large".to_owned(),
            thread: None,
            raw: Vec::new(),
        };
        self.apply(&Batch { quarantined: vec![row], ..Batch::default() })?;
        Ok(())
    }

    async fn withdraw(&mut self, ids: &[PortalId]) -> Result<(), SyncError> {
        let (mut withdrawn, mut entries) = (Vec::new(), Vec::new());
        for id in ids {
            self.check_cancel()?;
            let ctx = self.ctx;
            match self.patiently(async || ctx.portal.read("Communication", id).await).await {
                Ok(raw) => entries.push(read_entry(id, raw)),
                Err(SyncError::Portal(PortalError::NotFound | PortalError::Gone)) => {
                    withdrawn.push(Withdrawal { portal_id: id.clone(), at: self.server_now() });
                }
                // Not shown any more is not deleted: the copy stays.
                Err(SyncError::Portal(PortalError::Forbidden | PortalError::TooLarge)) => {}
                Err(error) => return Err(error),
            }
        }
        if !withdrawn.is_empty() {
            self.apply(&Batch { withdrawn, ..Batch::default() })?;
        }
        self.take_page(&Page { entries, next: None, total: None, date: None }, false, None).await
    }
}
