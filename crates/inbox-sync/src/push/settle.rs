//! What a lost answer left open (I6): the portal is asked by our identifier. Found, it was sent; twice not found, at
//! least 10 s apart and the first time after the request's own limit, it was not and waits again.

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::{ClientIdentifier, OutboxEntry, PortalId};

use crate::bugs::{Bug, seeded};
use crate::error::SyncError;
use crate::pull::UNCLEAR;
use crate::run::Run;

/// Between two lookups that find nothing.
const LOOKUP_GAP: TimeDelta = TimeDelta::seconds(10);
/// The portal cannot be asked whether it has an entry.
const NO_LOOKUP: &str = "no_lookup";
/// Lookups that must find nothing before an entry is sent again.
const LOOKUPS: u32 = 2;

/// What one look at an unknown entry says.
enum Looked {
    /// It is sent, or waits again.
    Settled,
    /// Nobody can tell: the clinician decides.
    Untold,
    /// The next look that counts is at this instant.
    Again(DateTime<Utc>),
}

impl Run<'_> {
    /// Settles every unknown entry as far as the waits of this sync allow; `true` when one moved. All wait together, so
    /// that ten lost answers take no longer than one.
    pub(super) async fn settle_unknown(&mut self) -> Result<bool, SyncError> {
        let mut moved = false;
        let mut open = self.ctx.vault.unknown()?;
        while !open.is_empty() {
            let (mut still, mut next) = (Vec::new(), None::<DateTime<Utc>>);
            for mut entry in open {
                match self.look(&mut entry).await? {
                    Looked::Settled => moved = true,
                    Looked::Untold => {}
                    Looked::Again(at) => {
                        next = Some(next.map_or(at, |next| next.min(at)));
                        still.push(entry);
                    }
                }
            }
            open = still;
            let Some(next) = next else { break };
            let left = (next - self.ctx.clock.now()).to_std().unwrap_or_default();
            if !self.wait(left).await {
                break;
            }
        }
        Ok(moved)
    }

    /// Looks once; what finds nothing counts only when its time has come.
    async fn look(&mut self, entry: &mut OutboxEntry) -> Result<Looked, SyncError> {
        if seeded(Bug::BlindRetry) {
            self.ctx.vault.requeue(entry.id, self.ctx.clock.now())?;
            return Ok(Looked::Settled);
        }
        if self.settle_if_found(entry).await? {
            return Ok(Looked::Settled);
        }
        if !self.ctx.portal.capabilities().searches("Communication", "identifier") {
            // Nobody can tell: the clinician decides.
            if entry.error.as_deref() != Some(UNCLEAR) {
                self.ctx.vault.note_unknown(entry.id, NO_LOOKUP, self.ctx.clock.now())?;
            }
            return Ok(Looked::Untold);
        }
        // Its request may still be under way, also when the process that made it is gone. A clock that was set back meanwhile
        // must not make it wait for ever.
        let now = self.ctx.clock.now();
        let began = entry.attempted_at.unwrap_or(now).min(now);
        let counts_from = match entry.last_lookup_at.filter(|_| entry.lookups > 0) {
            Some(last) => last.min(now) + LOOKUP_GAP,
            None => began + TimeDelta::from_std(self.ctx.portal.limits().create).unwrap_or(LOOKUP_GAP),
        };
        if now < counts_from {
            // An attempt whose beginning is not known begins with the first look at it.
            entry.attempted_at = Some(began);
            entry.last_lookup_at = entry.last_lookup_at.map(|last| last.min(now));
            return Ok(Looked::Again(counts_from));
        }
        (entry.lookups, entry.last_lookup_at) = (self.ctx.vault.record_lookup(entry.id, now)?, Some(now));
        if entry.lookups < LOOKUPS {
            return Ok(Looked::Again(now + LOOKUP_GAP));
        }
        self.ctx.vault.requeue(entry.id, now)?;
        Ok(Looked::Settled)
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
