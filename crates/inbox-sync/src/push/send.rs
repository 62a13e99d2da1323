//! One attempt to send one entry.

use inbox_domain::{ClientIdentifier, OutboxEntry, PortalId};
use inbox_portal::mapping::with_sent;
use inbox_portal::{Created, PortalError};
use serde_json::{Value, json};

use crate::bugs::{Bug, seeded};
use crate::error::SyncError;
use crate::run::Run;

impl Run<'_> {
    /// Sends an entry; `false` when it did not move (claimed, undone or held meanwhile).
    pub(super) async fn send(&mut self, entry: &OutboxEntry) -> Result<bool, SyncError> {
        if !self.ctx.vault.mark_sending(entry.id, self.ctx.clock.now())? {
            return Ok(false);
        }
        // A repeated attempt asks first, whatever ended the one before.
        if entry.attempts > 0 && !seeded(Bug::BlindRetry) {
            match self.settle_if_found(entry).await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) => {
                    self.ctx.vault.mark_not_sent(entry.id, error.code(), self.ctx.clock.now())?;
                    return Err(error);
                }
            }
        }
        let outcome = self.deliver(entry).await;
        self.note_outcome(entry, outcome).await
    }

    /// Creates the thread's header where it is missing, then the message.
    async fn deliver(&mut self, entry: &OutboxEntry) -> Result<Created, SyncError> {
        let payload: Value =
            serde_json::from_str(&entry.payload).map_err(|_| PortalError::Rejected { status: 400 })?;
        let (header, mut message) = match payload.get("header") {
            Some(header) => (Some(header.clone()), payload.get("message").cloned().unwrap_or_default()),
            None => (None, payload),
        };
        let mut thread = entry.thread_portal_id.clone();
        if let (None, Some(header)) = (&thread, header) {
            thread = Some(self.create_header(entry, &header).await?);
        }
        if let (None, Some(thread)) = (message.get("partOf"), &thread) {
            message["partOf"] = json!([{"reference": format!("Communication/{thread}")}]);
        }
        let body = with_sent(message, self.server_now()).to_string();
        self.ctx.vault.begin_attempt(entry.id, self.ctx.clock.now())?;
        let created = self.ctx.portal.create_communication(&body, &entry.client_identifier).await?;
        self.note_date(created.date);
        Ok(created)
    }

    /// The header is found by its own identifier before it is created: its answer may have been lost before.
    async fn create_header(&mut self, entry: &OutboxEntry, header: &Value) -> Result<PortalId, SyncError> {
        let identifier = header_identifier(header).ok_or(PortalError::Rejected { status: 400 })?;
        let found = if entry.attempts > 0 { self.lookup(&identifier).await?.flatten() } else { None };
        let id = match found {
            Some(id) => id,
            None => {
                self.ctx.vault.begin_attempt(entry.id, self.ctx.clock.now())?;
                let created = self.ctx.portal.create_communication(&header.to_string(), &identifier).await?;
                match created.id {
                    Some(id) => id,
                    None => self.lookup(&identifier).await?.flatten().ok_or(PortalError::InvalidAnswer)?,
                }
            }
        };
        self.ctx.vault.bind_thread(entry.thread, &id)?;
        Ok(id)
    }

    /// Writes the outcome down. Errors that concern the whole portal end the push.
    async fn note_outcome(
        &mut self,
        entry: &OutboxEntry,
        outcome: Result<Created, SyncError>,
    ) -> Result<bool, SyncError> {
        let (vault, now) = (self.ctx.vault, self.ctx.clock.now());
        let error = match outcome {
            Ok(created) => {
                vault.mark_sent(entry.id, created.id.as_ref(), now)?;
                return Ok(true);
            }
            Err(SyncError::Portal(error)) => error,
            Err(other) => {
                vault.mark_unknown(entry.id, other.code(), now)?;
                return Err(other);
            }
        };
        // 412 on a conditional create means that several match: they are there, a lookup finds them.
        if error.leaves_outcome_open() || error == PortalError::PreconditionFailed {
            vault.mark_unknown(entry.id, error.code(), now)?;
            return Ok(true);
        }
        if error.is_definite_refusal() {
            vault.mark_failed(entry.id, error.code(), now)?;
            return Ok(true);
        }
        vault.mark_not_sent(entry.id, error.code(), now)?;
        if let PortalError::RateLimited { retry_after } = &error {
            let asked = retry_after.unwrap_or(std::time::Duration::from_secs(2));
            if self.wait(asked.max(std::time::Duration::from_millis(200))).await {
                self.ctx.portal.has_waited();
                return Ok(true);
            }
        }
        Err(error.into())
    }
}

/// Our identifier in a frozen header.
pub(super) fn header_identifier(header: &Value) -> Option<ClientIdentifier> {
    let value = header.pointer("/identifier/0/value")?.as_str()?;
    Some(ClientIdentifier(value.to_owned()))
}
