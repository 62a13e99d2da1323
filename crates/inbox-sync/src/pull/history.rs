//! What was written in a thread before its header named the clinician. Those messages are older than any cursor and may
//! not name her themselves, so no search by time finds them.

use inbox_domain::{PortalId, PortalThread, ThreadKey};

use crate::error::SyncError;
use crate::run::Run;
use crate::settings;
use crate::streams::part_of;

impl Run<'_> {
    /// Notes headers that name her now and did not before. Kept in the vault until their messages are there: the header
    /// itself is stored then, and would not be noticed again.
    pub(super) fn note_histories(&mut self, threads: &[PortalThread]) -> Result<(), SyncError> {
        let mut waiting = self.histories()?;
        let before = waiting.len();
        for thread in threads.iter().filter(|thread| self.me.is_named(None, &thread.recipients)) {
            let known = self.known_thread(&ThreadKey::Header(thread.portal_id.clone()))?;
            if !known.is_some_and(|known| known.names_me) && !waiting.contains(&thread.portal_id) {
                waiting.push(thread.portal_id.clone());
            }
        }
        if waiting.len() == before { Ok(()) } else { self.keep_histories(&waiting) }
    }

    /// Fetches the noted histories. They are the past: they hold no reply, and open cases by the backlog rule.
    pub(super) async fn fetch_histories(&mut self) -> Result<(), SyncError> {
        let waiting = self.histories()?;
        if waiting.is_empty() {
            return Ok(());
        }
        if self.ctx.portal.capabilities().searches("Communication", "part-of") {
            for stream in part_of(&waiting) {
                self.follow(&stream, None, true).await?;
            }
        } else {
            let listed = self.list_ids(true).await?;
            self.fetch_holes(&listed, true).await?;
        }
        self.new_histories.extend(waiting);
        self.keep_histories(&[])
    }

    /// Notes further headers.
    pub(crate) fn add_histories(&self, headers: &[PortalId]) -> Result<(), SyncError> {
        let mut waiting = self.histories()?;
        waiting.extend(headers.iter().filter(|id| !waiting.contains(id)).cloned().collect::<Vec<_>>());
        self.keep_histories(&waiting)
    }

    fn histories(&self) -> Result<Vec<PortalId>, SyncError> {
        Ok(settings::load(self.ctx.vault, settings::HISTORIES)?.unwrap_or_default())
    }

    fn keep_histories(&self, waiting: &[PortalId]) -> Result<(), SyncError> {
        settings::keep(self.ctx.vault, settings::HISTORIES, &waiting, self.ctx.clock.now())
    }
}
