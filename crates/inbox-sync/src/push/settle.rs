//! What a lost answer left open (I6): the portal is asked by our identifier. Found, it was sent; twice not found, at
//! least 10 s apart and the first time after the request's own limit, it was not and waits again.

use std::time::Duration;

use chrono::TimeDelta;
use inbox_domain::{ClientIdentifier, OutboxEntry, PortalId};

use crate::error::SyncError;
use crate::pull::UNCLEAR;
use crate::run::Run;

/// Between two lookups that find nothing.
const LOOKUP_GAP: TimeDelta = TimeDelta::seconds(10);
/// The portal cannot be asked whether it has an entry.
const NO_LOOKUP: &str = "no_lookup";
/// Lookups that must find nothing before an entry is sent again.
const LOOKUPS: u32 = 2;

impl Run<'_> {
    /// Settles every unknown entry as far as the waits of this sync allow; `true` when one moved.
    pub(super) async fn settle_unknown(&mut self) -> Result<bool, SyncError> {
        let mut moved = false;
        for entry in self.ctx.vault.unknown()? {
            moved |= self.settle(entry).await?;
        }
        Ok(moved)
    }

    async fn settle(&mut self, mut entry: OutboxEntry) -> Result<bool, SyncError> {
        // Its request may still be under way, also when the process that made it is gone. A clock that was set back meanwhile
        // must not make it wait for ever.
        let now = self.ctx.clock.now();
        let began = entry.attempted_at.unwrap_or(now).min(now);
        if self.settle_if_found(&entry).await? {
            return Ok(true);
        }
        if !self.ctx.portal.capabilities().searches("Communication", "identifier") {
            // Nobody can tell: the clinician decides.
            if entry.error.as_deref() != Some(UNCLEAR) {
                self.ctx.vault.note_unknown(entry.id, NO_LOOKUP, self.ctx.clock.now())?;
            }
            return Ok(false);
        }
        while entry.lookups < LOOKUPS {
            let counts_from = match entry.last_lookup_at.filter(|_| entry.lookups > 0) {
                Some(last) => last + LOOKUP_GAP,
                None => began + TimeDelta::from_std(self.ctx.portal.limits().create).unwrap_or(LOOKUP_GAP),
            };
            let left = (counts_from - self.ctx.clock.now()).to_std().unwrap_or(Duration::ZERO);
            if !left.is_zero() && !self.wait(left).await {
                return Ok(false);
            }
            if self.settle_if_found(&entry).await? {
                return Ok(true);
            }
            let now = self.ctx.clock.now();
            (entry.lookups, entry.last_lookup_at) = (self.ctx.vault.record_lookup(entry.id, now)?, Some(now));
        }
        self.ctx.vault.requeue(entry.id, self.ctx.clock.now())?;
        Ok(true)
    }

    /// Looks an entry up; marks it sent when it is there.
    pub(super) async fn settle_if_found(&mut self, entry: &OutboxEntry) -> Result<bool, SyncError> {
        let Some(Some(id)) = self.lookup(&entry.client_identifier).await? else { return Ok(false) };
        self.ctx.vault.mark_sent(entry.id, Some(&id), self.ctx.clock.now())?;
        Ok(true)
    }

    /// The id behind our identifier: `None` when the portal cannot be asked, `Some(None)` when it has none. An answer
    /// that ignores the parameter is filtered.
    pub(super) async fn lookup(
        &mut self,
        identifier: &ClientIdentifier,
    ) -> Result<Option<Option<PortalId>>, SyncError> {
        let ctx = self.ctx;
        let Some(mut page) = self.patiently(async || ctx.portal.find_by_identifier(identifier).await).await?
        else {
            return Ok(None);
        };
        self.note_date(page.date);
        loop {
            let ours = |raw: &str| {
                let value: serde_json::Value = serde_json::from_str(raw).unwrap_or_default();
                let list =
                    value.get("identifier").and_then(|list| list.as_array()).cloned().unwrap_or_default();
                list.iter().any(|item| {
                    item["system"] == ClientIdentifier::SYSTEM && item["value"] == identifier.0.as_str()
                })
            };
            let found = page.entries.iter().filter(|entry| entry.is_match && ours(&entry.raw));
            // Several copies, from a race on the server: the oldest name is as good as any, and stable.
            if let Some(id) = found.map(|entry| entry.id.clone()).filter(|id| !id.is_empty()).min() {
                return Ok(Some(Some(PortalId(id))));
            }
            match page.next.take() {
                Some(next) => page = self.page("Communication", &next).await?,
                None => return Ok(Some(None)),
            }
        }
    }
}
