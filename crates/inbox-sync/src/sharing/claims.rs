//! Who has which thread: the Tasks of the clinic's shared work.
//!
//! A poll that finds nothing new must stay at three requests. So in polls the search for Tasks takes the place of the one
//! for what she sent herself: that one finds only what she wrote elsewhere in threads that do not name her, and the next
//! sweep brings it. A sweep looks for Tasks too where somebody has ever claimed a thread.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use inbox_domain::{Batch, ClaimState, PortalClaim, PortalId, counting_claim, format_instant};
use inbox_portal::mapping::{SHARED_WORK, TASK_CODE_SYSTEM, changed_claim, map_claim};
use inbox_portal::{Page, PortalError};
use serde::{Deserialize, Serialize};

use super::names_version;
use crate::error::SyncError;
use crate::run::Run;
use crate::settings;
use crate::streams::THREADS_PER_REQUEST;

const PAGE_SIZE: &str = "200";

/// What sync knows of the clinic's shared work; kept in the vault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedWork {
    /// Every claim was listed once, and no later search failed: the next one may begin at the cursor.
    pub complete: bool,
    /// Somebody has claimed a thread: sweeps look for claims too.
    pub in_use: bool,
    /// The portal does not show Tasks; the code of its refusal. A full sync asks again.
    pub refused: Option<String>,
}

impl Run<'_> {
    pub(crate) fn shared_work(&self) -> Result<SharedWork, SyncError> {
        Ok(settings::load(self.ctx.vault, settings::SHARED_WORK)?.unwrap_or_default())
    }

    fn keep_shared_work(&self, state: &SharedWork) -> Result<(), SyncError> {
        settings::keep(self.ctx.vault, settings::SHARED_WORK, state, self.ctx.clock.now())
    }

    /// Whether this poll's search for claims takes the place of the one for what she sent.
    pub(crate) fn polls_claims(&self) -> Result<bool, SyncError> {
        let capabilities = self.ctx.portal.capabilities();
        Ok(capabilities.has("Task") && self.shared_work()?.refused.is_none())
    }

    /// Brings the claims up to date; with `all` every one is listed, and what is not listed is gone.
    pub(crate) async fn pull_claims(&mut self, all: bool) -> Result<(), SyncError> {
        let mut state = self.shared_work()?;
        let new_threads = std::mem::take(&mut self.new_histories);
        let due = all || !self.swept || state.in_use || !state.complete || !new_threads.is_empty();
        let shut = state.refused.is_some() && !all;
        let capabilities = self.ctx.portal.capabilities();
        if !due || shut || !capabilities.has("Task") {
            return Ok(());
        }
        let narrow = !all && state.complete && capabilities.searches("Task", "_lastUpdated");
        let since = self.polled_since.filter(|_| narrow);
        match self.fetch_claims(since, &new_threads).await {
            Ok(()) => (state.complete, state.refused) = (true, None),
            Err(SyncError::Portal(error)) if error.is_definite_refusal() => {
                state.refused = Some(error.code().to_owned());
            }
            Err(error) => {
                // What this search would have brought may be older than the next one's beginning.
                state.complete = false;
                self.keep_shared_work(&state)?;
                return Err(error);
            }
        }
        state.in_use = state.in_use || !self.ctx.vault.claim_versions()?.is_empty();
        self.keep_shared_work(&state)
    }

    async fn fetch_claims(
        &mut self,
        since: Option<DateTime<Utc>>,
        new_threads: &[PortalId],
    ) -> Result<(), SyncError> {
        let code = ("code", format!("{TASK_CODE_SYSTEM}|{SHARED_WORK}"));
        let mut params = vec![code.clone(), ("_sort", "_lastUpdated".to_owned())];
        params.extend(since.map(|since| ("_lastUpdated", format!("ge{}", format_instant(since)))));
        let mut listed = BTreeSet::new();
        self.follow_claims(params, &mut listed).await?;
        if since.is_none() {
            let stored = self.ctx.vault.claim_versions()?;
            let gone: Vec<PortalId> = stored.into_keys().filter(|id| !listed.contains(id)).collect();
            return self.store_claims(&[], &gone).await;
        }
        if !self.ctx.portal.capabilities().searches("Task", "focus") {
            return Ok(());
        }
        for chunk in new_threads.chunks(THREADS_PER_REQUEST) {
            let focus: Vec<String> = chunk.iter().map(|id| format!("Communication/{id}")).collect();
            self.follow_claims(vec![code.clone(), ("focus", focus.join(","))], &mut listed).await?;
        }
        Ok(())
    }

    async fn follow_claims(
        &mut self,
        mut params: Vec<(&'static str, String)>,
        listed: &mut BTreeSet<PortalId>,
    ) -> Result<(), SyncError> {
        params.push(("_count", PAGE_SIZE.to_owned()));
        let mut page = self.search("Task", &params).await?;
        loop {
            self.check_cancel()?;
            listed.extend(page.entries.iter().map(|entry| PortalId(entry.id.clone())));
            self.take_claims(&page).await?;
            match page.next.take() {
                Some(next) => page = self.page("Task", &next).await?,
                None => return Ok(()),
            }
        }
    }

    /// Stores the claims of a page whose threads are hers.
    async fn take_claims(&mut self, page: &Page) -> Result<(), SyncError> {
        let stored = self.ctx.vault.claim_versions()?;
        let mut claims = Vec::new();
        for claim in self.read_claims(page) {
            let known = stored.get(&claim.portal_id) == Some(&claim.version);
            if !known && self.ctx.vault.thread_by_portal_id(&claim.header)?.is_some() {
                claims.push(claim);
            }
        }
        self.store_claims(&claims, &[]).await
    }

    pub(super) fn read_claims(&self, page: &Page) -> Vec<PortalClaim> {
        let context = self.map_context(page.date);
        let tasks = page.entries.iter().filter(|entry| entry.is_match && entry.readable);
        tasks.filter_map(|entry| map_claim(&entry.raw, &context).ok().flatten()).collect()
    }

    /// Stores claims with the names of who holds them, and tells which threads and cases they change.
    pub(super) async fn store_claims(
        &mut self,
        claims: &[PortalClaim],
        gone: &[PortalId],
    ) -> Result<(), SyncError> {
        if claims.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let owners: BTreeSet<String> = claims.iter().filter_map(|claim| claim.owner.clone()).collect();
        let practitioners = self.meet_practitioners(&owners).await?;
        if !practitioners.is_empty() {
            self.apply(&Batch { practitioners, ..Batch::default() })?;
        }
        let now = self.ctx.clock.now();
        let applied = self.ctx.vault.apply_claims(claims, gone, &self.me.practitioner, now)?;
        self.note_applied(&applied);
        self.give_up_duplicates(claims).await
    }

    /// Where a server let two claims of one thread through, the one that does not count is given back by its own holder:
    /// else it would count as soon as the other is released.
    async fn give_up_duplicates(&mut self, claims: &[PortalClaim]) -> Result<(), SyncError> {
        let me = self.me.practitioner.clone();
        let mut by_header: HashMap<PortalId, Vec<PortalClaim>> = HashMap::new();
        for claim in claims {
            if !by_header.contains_key(&claim.header) {
                by_header.insert(claim.header.clone(), self.ctx.vault.claims(&claim.header)?);
            }
        }
        for claims in by_header.into_values().filter(|claims| claims.len() > 1) {
            let counting = counting_claim(&claims).map(|claim| claim.portal_id.clone());
            let extra = claims
                .iter()
                .filter(|claim| claim.is_held_by(&me) && Some(&claim.portal_id) != counting.as_ref());
            for claim in extra.filter(|claim| names_version(&claim.version)) {
                let Some(body) = changed_claim(&claim.raw, &me, ClaimState::Free, self.server_now()) else {
                    continue;
                };
                let freed = self.ctx.portal.update("Task", &claim.portal_id, &body, &claim.version).await;
                match freed {
                    // Seen with the next search.
                    Ok(_) | Err(PortalError::PreconditionFailed) => {}
                    Err(error) if error.is_definite_refusal() => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}
