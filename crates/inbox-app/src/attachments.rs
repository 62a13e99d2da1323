//! Looking at an attachment: fetched once, kept in the vault, shown only where its bytes are those of a picture.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use inbox_domain::{Attachment, MessageId};
use inbox_sync::{fetch_attachment, stored_attachment};
use inbox_vault::AttachmentBody;

use crate::{
    dto::{AppError, AttachmentContent},
    error::{AppResult, parse},
    record::SavedAttachment,
    sensitive::SensitiveThreads,
    session::Session,
};

/// What the window draws; anything else it only names.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

impl Session {
    /// An attachment of a message by its place, from 0: fetched where the vault does not have it yet.
    ///
    /// # Errors
    /// `no_such_attachment`; `attachment_elsewhere` for bytes on another host, which are not asked for;
    /// `attachment_too_large`; `attachment_gone`; `not_connected`; the portal's and the vault's by code.
    pub async fn load_attachment(&self, message: &str, n: u32) -> AppResult<AttachmentContent> {
        let message: MessageId = parse(message, "message")?;
        self.refuse_masked_message(message)?;
        let (_, body) = self.attachment_body(message, n).await?;
        let shown = PICTURES.contains(&body.content_type.as_str());
        Ok(AttachmentContent {
            size: u32::try_from(body.bytes.len()).unwrap_or(u32::MAX),
            data: shown.then(|| BASE64_STANDARD.encode(&body.bytes)),
            content_type: body.content_type,
        })
    }

    /// The bytes of an attachment, to be written to a file: `id` is a message's (ours or the portal's) or, where no message
    /// has it, a thread's; `n` counts from 1 in that.
    ///
    /// # Errors
    /// As [`Session::load_attachment`]; `sensitive_threads` for one of a sensitive thread, unless `choice` includes it.
    pub async fn attachment_to_save(
        &self,
        id: &str,
        n: u32,
        choice: SensitiveThreads,
    ) -> AppResult<(SavedAttachment, Vec<u8>)> {
        let (message, at) = self.find_attachment(id, n)?;
        self.refuse_sensitive(self.vault.message(message)?.thread, choice)?;
        let (attachment, body) = self.attachment_body(message, at).await?;
        let saved = SavedAttachment {
            message: message.to_string(),
            n,
            title: attachment.title,
            content_type: body.content_type,
            size: body.bytes.len() as u64,
        };
        Ok((saved, body.bytes))
    }

    async fn attachment_body(&self, message: MessageId, n: u32) -> AppResult<(Attachment, AttachmentBody)> {
        let attachment = self.vault.attachments(message)?.into_iter().nth(n as usize);
        let attachment = attachment.ok_or_else(missing)?;
        let now = self.now();
        if let Some(body) = stored_attachment(&self.vault, message, &attachment, now)? {
            return Ok((attachment, body));
        }
        let portal = self.open_portal()?;
        let fetched = fetch_attachment(&self.vault, &portal, message, &attachment, now).await;
        Ok((attachment, fetched.map_err(|error| of_attachment(error.into()))?))
    }

    fn find_attachment(&self, id: &str, n: u32) -> AppResult<(MessageId, u32)> {
        let mut place = n.checked_sub(1).ok_or_else(missing)?;
        if let Some(message) = self.message_id(id)? {
            return Ok((message, place));
        }
        for message in self.vault.messages(self.thread_id(id)?)? {
            let count = u32::try_from(message.attachments.len()).unwrap_or(u32::MAX);
            if place < count {
                return Ok((message.id, place));
            }
            place -= count;
        }
        Err(missing())
    }

    /// A message by our id or by the portal's.
    fn message_id(&self, id: &str) -> AppResult<Option<MessageId>> {
        if let Some(found) = self.vault.message_by_portal_id(&id.into())? {
            return Ok(Some(found));
        }
        let own = id.parse::<MessageId>().ok();
        Ok(own.filter(|own| self.vault.message(*own).is_ok()))
    }
}

fn missing() -> AppError {
    AppError::new("no_such_attachment")
}

/// The portal's codes in words that fit an attachment.
fn of_attachment(error: AppError) -> AppError {
    match error.code.as_str() {
        "link_refused" | "redirect_refused" => AppError::new("attachment_elsewhere"),
        "answer_too_large" => AppError::new("attachment_too_large"),
        "not_found" | "gone" => AppError::new("attachment_gone"),
        _ => error,
    }
}
