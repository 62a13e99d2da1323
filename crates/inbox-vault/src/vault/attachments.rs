//! The bytes of attachments.

use chrono::{DateTime, Utc};
use inbox_domain::{Attachment, MessageId};

use super::Vault;
use crate::{AttachmentBody, Result, attachments};

impl Vault {
    /// The attachments of a message, in the order in which the message lists them.
    pub fn attachments(&self, message: MessageId) -> Result<Vec<Attachment>> {
        self.read(|db| attachments::list(db, message))
    }

    /// The kept bytes of the attachment with this key, if they were fetched. The look at them is on record in the audit
    /// chain.
    pub fn view_attachment(
        &self,
        message: MessageId,
        key: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<AttachmentBody>> {
        self.act(|act| attachments::view(act, message, key, now))
    }

    /// Puts a look at bytes that stand in the message itself on record.
    pub fn note_attachment_view(&self, message: MessageId, key: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| attachments::note_view(act, message, key, now))
    }

    /// Keeps fetched bytes. They leave the vault with their message.
    pub fn store_attachment(
        &self,
        message: MessageId,
        key: &str,
        body: &AttachmentBody,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.act(|act| attachments::store(act, message, key, body, now))
    }
}
