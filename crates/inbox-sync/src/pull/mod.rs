//! From the portal into the vault: first fill, what is new, reconcile.

mod first_fill;
mod gather;
mod history;
mod incremental;
mod own;
mod page;
mod reconcile;

pub(crate) use own::UNCLEAR;
pub(crate) use page::read_entry;

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::{PortalId, SyncCursor};

use crate::context::Mode;
use crate::error::SyncError;
use crate::run::Run;

pub(crate) use gather::Gathering;

/// `complete_until` stays this far behind the server's `Date`.
pub(crate) const MARGIN: TimeDelta = TimeDelta::seconds(30);
/// Overlap of every poll: `_lastUpdated` is set before the commit on real servers (I3).
pub(crate) const OVERLAP: TimeDelta = TimeDelta::minutes(5);
/// Overlap of a sweep.
pub(crate) const SWEEP_OVERLAP: TimeDelta = TimeDelta::minutes(60);
/// A sweep is due after this time.
pub(crate) const SWEEP_EVERY: TimeDelta = TimeDelta::minutes(15);
/// A reconcile is due after this time.
pub(crate) const RECONCILE_EVERY: TimeDelta = TimeDelta::hours(6);
/// Resources asked for in one page.
pub(crate) const PAGE_SIZE: u32 = 500;

impl Run<'_> {
    /// Brings the vault up to date.
    pub(crate) async fn pull(&mut self, mode: Mode) -> Result<(), SyncError> {
        if !self.ctx.vault.cursor()?.first_fill_done {
            self.first_fill().await?;
        }
        self.incremental().await?;
        if mode == Mode::Full {
            self.reconcile().await?;
        }
        Ok(())
    }

    /// Whether the last reconcile, or the first fill where there was none, is too long ago. By the server's clock, which
    /// the pull before it has heard.
    pub(crate) fn reconcile_is_due(&self) -> Result<bool, SyncError> {
        let cursor = self.ctx.vault.cursor()?;
        let old = |last| self.server_now() - last >= RECONCILE_EVERY;
        Ok(cursor.first_fill_done && cursor.last_reconcile.is_none_or(old))
    }

    /// Headers of stored threads that name the clinician, those with the newest messages first; at most `limit`.
    pub(crate) fn own_headers(&self, limit: Option<usize>) -> Result<Vec<PortalId>, SyncError> {
        let mine = |recipients: &[String]| self.me.is_named(None, recipients);
        Ok(self.ctx.vault.headers_read_by(mine, limit.unwrap_or(usize::MAX))?)
    }
}

/// The cursor with a later `complete_until`; it never moves back and never passes `date` minus the margin (I2).
pub(crate) fn advanced(cursor: &SyncCursor, date: Option<DateTime<Utc>>) -> SyncCursor {
    let mut next = cursor.clone();
    next.complete_until = cursor.complete_until.max(date.map(|date| date - MARGIN));
    next
}
