//! Handing a thread over: the colleague becomes a recipient of its header, so that her vault brings it. Where the portal
//! does not allow that the act is refused, and the app says to hand over by phone.

use inbox_domain::{Batch, PortalAct, PortalId};
use inbox_portal::PortalError;
use inbox_portal::mapping::{Mapped, header_recipients, map_communication, with_recipient};

use super::{Told, refused};
use crate::error::SyncError;
use crate::run::Run;

/// Times that a header may have changed between reading and writing.
const ROUNDS: u32 = 5;

impl Run<'_> {
    pub(super) async fn tell_handover(&mut self, act: &PortalAct) -> Result<Told, SyncError> {
        let (Some(header), Some(colleague)) = (&act.header, &act.colleague) else {
            return Ok(Told::Refused("no_header"));
        };
        if !self.offers("Communication", "update") {
            return Ok(Told::Refused("not_offered"));
        }
        for _ in 0..ROUNDS {
            match self.add_recipient(header, colleague).await {
                // Another change came between: it stays, and ours is made to what it left.
                Err(SyncError::Portal(PortalError::PreconditionFailed)) => {}
                Err(SyncError::Portal(error)) => return refused(error),
                other => return other,
            }
        }
        Err(PortalError::PreconditionFailed.into())
    }

    async fn add_recipient(&mut self, header: &PortalId, colleague: &str) -> Result<Told, SyncError> {
        let ctx = self.ctx;
        let raw = self.patiently(async || ctx.portal.read("Communication", header).await).await?;
        let version = self.store_header(&raw)?.ok_or(PortalError::InvalidAnswer)?;
        if self.names(&raw, colleague) {
            return Ok(Told::Done);
        }
        if !super::names_version(&version) {
            return Ok(Told::Refused("no_versions"));
        }
        let Some(body) = with_recipient(&raw, colleague) else {
            return Ok(Told::Refused("invalid_resource"));
        };
        let written = ctx.portal.update("Communication", header, &body, &version).await?;
        self.note_date(written.date);
        let now = match written.raw {
            Some(raw) => raw,
            None => self.patiently(async || ctx.portal.read("Communication", header).await).await?,
        };
        self.store_header(&now)?;
        // Said to be done is not done: what the portal keeps decides who can read.
        Ok(if self.names(&now, colleague) { Told::Done } else { Told::Refused("not_kept") })
    }

    fn names(&self, header: &str, colleague: &str) -> bool {
        header_recipients(self.ctx.portal.base().as_str(), header).iter().any(|name| name == colleague)
    }

    /// Stores a header as it is now; answers its version.
    fn store_header(&mut self, raw: &str) -> Result<Option<String>, SyncError> {
        let Ok(Mapped::Thread(header)) = map_communication(raw, &self.map_context(None)) else {
            return Ok(None);
        };
        let version = header.thread.version.clone();
        self.apply(&Batch { threads: vec![header.thread], ..Batch::default() })?;
        Ok(Some(version))
    }
}
