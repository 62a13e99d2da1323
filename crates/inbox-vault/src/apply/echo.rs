//! The portal's copy of a message after its read mark is our own echo: recognised, it is no change of the message.

use inbox_domain::PortalMessage;
use rusqlite::params;

use super::Run;
use super::messages::{Stored, delivered_word};
use crate::Result;
use crate::column::{count, json, word};
use crate::portal_acts::{MarkedMessage, adopt};

impl Run<'_> {
    /// Whether this version differs from the stored one by nothing but `received`, while a read mark is under way. Then it
    /// is taken over without being counted, and without anything that a changed message sets off.
    pub(super) fn take_echo(&self, old: &Stored, message: &PortalMessage) -> Result<bool> {
        let Some(received) = message.received else { return Ok(false) };
        let echo: bool = self
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM message m
                   JOIN portal_act a ON a.message_id = m.id AND a.kind = 'read' AND a.attempts > 0
                 WHERE m.id = ?1 AND m.received IS NULL AND m.delivered = ?2 AND m.sent IS ?3 AND m.topic = ?4
                   AND m.recipients = ?5 AND m.in_response_to IS ?6 AND m.attachments = ?7 AND m.sender_id IS ?8
                   AND m.sender_role = ?9)",
            )?
            .query_row(
                params![
                    old.id,
                    delivered_word(message.delivered),
                    message.sent,
                    message.topic,
                    json(&message.recipients)?,
                    message.in_response_to.as_ref().map(|id| &id.0),
                    count(message.attachments.len()),
                    message.sender.id.as_ref().map(|id| &id.0),
                    word(message.sender.role),
                ],
                |row| row.get(0),
            )?;
        if !echo || old.text != message.text {
            return Ok(false);
        }
        let marked = MarkedMessage {
            version: &message.version,
            last_updated: message.last_updated,
            received,
            raw: Some(&message.raw),
        };
        adopt(self.db, old.id, &marked)?;
        Ok(true)
    }
}
