//! Read marks: `received` on the message where she alone has received it, else a Task. The time is the one at which the
//! mark leaves: when she read at night is nobody's affair.

use chrono::{DateTime, Utc};
use inbox_domain::{MessageId, PortalAct, PortalId, SenderRole};
use inbox_portal::mapping::{
    Mapped, RECEIPT_SYSTEM, map_communication, receipt_identifier, receipt_payload, received_patch,
    with_received,
};
use inbox_portal::{Page, PortalError, Written};
use inbox_vault::{MarkedMessage, StoredMessage};
use serde_json::json;

use super::{Told, names_version, refused};
use crate::error::SyncError;
use crate::pull::read_entry;
use crate::run::Run;
use crate::settings;

/// Times that a message may have changed between reading and marking.
const ROUNDS: u32 = 3;

impl Run<'_> {
    pub(super) async fn tell_read(&mut self, act: &PortalAct) -> Result<Told, SyncError> {
        let Some(id) = act.message else { return Ok(Told::Done) };
        for _ in 0..ROUNDS {
            let message = self.ctx.vault.message(id)?;
            // A text that came since has been read by nobody.
            if !message.read || message.withdrawn_at.is_some() || message.received.is_some() {
                return Ok(Told::Done);
            }
            let others = other_recipients(&message);
            if !others.iter().any(|name| self.me.is_own(name)) {
                return Ok(Told::Done);
            }
            let marked = if others == [self.me.practitioner.as_str()] {
                self.mark_received(&message).await
            } else {
                self.create_receipt(&message).await
            };
            match marked {
                Ok(told) => return Ok(told),
                Err(SyncError::Portal(PortalError::PreconditionFailed)) => {
                    self.fetch_again(&message.portal_id).await?;
                }
                Err(SyncError::Portal(error)) => return refused(error),
                Err(other) => return Err(other),
            }
        }
        Err(PortalError::PreconditionFailed.into())
    }

    async fn mark_received(&mut self, message: &StoredMessage) -> Result<Told, SyncError> {
        let ctx = self.ctx;
        // There `received` is the portal's own, and what messages are searched by.
        if ctx.portal.capabilities().restricted_messages() {
            return Ok(Told::Done);
        }
        if !names_version(&message.version) {
            return Ok(Told::Refused("no_versions"));
        }
        let at = self.server_now();
        let (id, version) = (&message.portal_id, message.version.as_str());
        let written = if self.patch_checks_version(message).await? {
            ctx.portal.patch("Communication", id, &received_patch(at), version).await?
        } else if self.offers("Communication", "update") {
            let raw = ctx.vault.message_raw(message.id)?;
            let Some(body) = with_received(&raw, at) else { return Ok(Told::Done) };
            ctx.portal.update("Communication", id, &body, version).await?
        } else {
            return Ok(Told::Refused("not_offered"));
        };
        self.note_date(written.date);
        let raw = match written.raw {
            Some(raw) => raw,
            None => ctx.portal.read("Communication", id).await?,
        };
        self.adopt(message.id, &raw, at)?;
        Ok(Told::Done)
    }

    /// The new version is ours: stored, it is not taken for a change when it comes with the next poll.
    fn adopt(&self, message: MessageId, raw: &str, at: DateTime<Utc>) -> Result<(), SyncError> {
        let context = self.map_context(None);
        let Ok(Mapped::Message(now)) = map_communication(raw, &context) else { return Ok(()) };
        let marked = MarkedMessage {
            version: &now.message.version,
            last_updated: now.message.last_updated,
            received: now.message.received.unwrap_or(at),
            raw: Some(raw),
        };
        Ok(self.ctx.vault.adopt_read_mark(message, &marked)?)
    }

    async fn create_receipt(&mut self, message: &StoredMessage) -> Result<Told, SyncError> {
        let capabilities = self.ctx.portal.capabilities();
        if !self.offers("Task", "create") || !capabilities.searches("Task", "identifier") {
            return Ok(Told::Refused("not_offered"));
        }
        let reader = self.me.practitioner.clone();
        let patient = self.ctx.vault.thread(message.thread)?.patient.map(|patient| patient.portal_id);
        let body = receipt_payload(&message.portal_id, patient.as_ref(), &reader, self.server_now());
        let identifier = format!("{RECEIPT_SYSTEM}|{}", receipt_identifier(&message.portal_id, &reader));
        self.ctx.portal.create_once("Task", &body, &identifier).await?;
        Ok(Told::Done)
    }

    /// The message as it is now, with all that a changed message sets off.
    async fn fetch_again(&mut self, id: &PortalId) -> Result<(), SyncError> {
        let Some(raw) = self.read("Communication", id).await? else { return Ok(()) };
        let entries = vec![read_entry(id, raw)];
        self.take_page(&Page { entries, next: None, total: None, date: None }, false, None).await
    }

    /// Whether PATCH may be used: only where the server is known to refuse a stale version. Tried out once, with a patch that
    /// fails by itself, so that nothing changes whatever the server does.
    async fn patch_checks_version(&mut self, message: &StoredMessage) -> Result<bool, SyncError> {
        let ctx = self.ctx;
        let capabilities = ctx.portal.capabilities();
        if !capabilities.patches("Communication") {
            return Ok(false);
        }
        if let Some(known) = capabilities.learnt.patch_checks_version {
            return Ok(known);
        }
        let fails = json!([{"op": "test", "path": "/resourceType", "value": "nothing"}]);
        let stale = ctx.portal.patch("Communication", &message.portal_id, &fails, "0").await;
        let current = ctx.portal.patch("Communication", &message.portal_id, &fails, &message.version).await;
        let answers = [&stale, &current];
        let undecided = |answer: &&&Result<Written, PortalError>| {
            answer.as_ref().is_err_and(|error| !error.is_definite_refusal())
        };
        if let Some(Err(error)) = answers.iter().find(undecided) {
            return Err(error.clone().into());
        }
        // Refused as stale, and not only because the patch fails.
        let checks = stale == Err(PortalError::PreconditionFailed) && current != stale;
        ctx.portal.learn(|learnt| learnt.patch_checks_version = Some(checks));
        settings::keep(ctx.vault, settings::CAPABILITIES, &*ctx.portal.capabilities(), ctx.clock.now())?;
        Ok(checks)
    }
}

/// Who has received a message beside its writer.
fn other_recipients(message: &StoredMessage) -> Vec<&str> {
    let kind = match message.sender.role {
        SenderRole::Patient => "Patient",
        SenderRole::Proxy => "RelatedPerson",
        SenderRole::Clinician => "Practitioner",
        SenderRole::Other => "",
    };
    let writer = message.sender.id.as_ref().map(|id| format!("{kind}/{id}"));
    let named = message.recipients.iter().filter(|name| Some(*name) != writer.as_ref());
    named.map(String::as_str).collect()
}
