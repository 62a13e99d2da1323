//! From the outbox to the portal, each entry exactly once (I5 to I8).
//!
//! Lost answers are settled before anything new leaves. A 503 counts as a lost answer too: a gateway may say so after the
//! server behind it has committed.

mod send;
mod settle;

use inbox_domain::{OutboxEntry, OutboxId, OutboxState};

use crate::error::SyncError;
use crate::run::Run;

/// Which entries may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// All that are due.
    All,
    /// Replies of an open case alone.
    Crisis,
}

impl Run<'_> {
    /// Sends what is due until nothing is, and settles what is unknown.
    pub(crate) async fn push(&mut self, which: Which) -> Result<(), SyncError> {
        self.settle_unknown().await?;
        loop {
            self.check_cancel()?;
            let due = self.ctx.vault.due(self.ctx.clock.now())?;
            let mut moved = false;
            for entry in due.into_iter().filter(|entry| which == Which::All || entry.crisis) {
                moved |= self.send(&entry).await?;
            }
            moved |= self.settle_unknown().await?;
            if !moved {
                return Ok(());
            }
        }
    }

    /// Counts the outbox at the end against what it held at the beginning: a lost answer is also settled by the pull
    /// that brings the portal's copy.
    pub(crate) fn count_outbox(&mut self, before: &[OutboxEntry]) -> Result<(), SyncError> {
        let entries = self.ctx.vault.outbox()?;
        let was = |entry: &OutboxEntry| before.iter().find(|old| old.id == entry.id).map(|old| old.state);
        let became = |state: OutboxState| {
            entries.iter().filter(|entry| entry.state == state && was(entry) != Some(state)).count() as u64
        };
        // Held by a page, by waiting too long, or on its way back into the queue.
        let held: Vec<OutboxId> = entries
            .iter()
            .filter(|entry| entry.state == OutboxState::Held && was(entry) != Some(OutboxState::Held))
            .map(|entry| entry.id)
            .filter(|id| !self.report.held.contains(id))
            .collect();
        self.report.held.extend(held);
        // The page that held a reply may have been followed by the portal's copy of it: then it is sent.
        let still_held =
            |id: &OutboxId| entries.iter().any(|entry| entry.id == *id && entry.state == OutboxState::Held);
        self.report.held.retain(still_held);
        self.report.sent = became(OutboxState::Sent);
        self.report.failed = became(OutboxState::Failed);
        self.report.unknown =
            entries.iter().filter(|entry| entry.state == OutboxState::Unknown).count() as u64;
        self.report.pending = entries.iter().filter(|entry| entry.state.is_pending()).count() as u64;
        self.report.complete_until = self.ctx.vault.cursor()?.complete_until;
        Ok(())
    }
}
