//! Runs a sync on an open vault.

use inbox_domain::{CaseId, OutboxId, ThreadId};

use crate::{dto::AppError, session::Session};

/// What a sync changed here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Changes {
    pub(crate) threads: Vec<ThreadId>,
    pub(crate) cases: Vec<(CaseId, ThreadId)>,
    pub(crate) held: Vec<OutboxId>,
}

impl Session {
    pub(crate) async fn sync_in_background(&self) -> (Changes, Option<AppError>) {
        (Changes::default(), None)
    }
    pub(crate) fn freeze_and_queue(
        &self,
        draft: inbox_domain::OutboxDraft,
        _me: &str,
    ) -> crate::AppResult<inbox_domain::OutboxEntry> {
        Ok(self.vault.enqueue(&draft, &inbox_domain::ClientIdentifier::random(), "{}", self.now())?)
    }
}
