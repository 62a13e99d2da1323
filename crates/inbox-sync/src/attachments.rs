//! Attachments, fetched when somebody asks for one, and kept in the vault from then on.

use chrono::{DateTime, Utc};
use inbox_domain::{Attachment, MessageId};
use inbox_portal::{Portal, PortalError, inline_attachment};
use inbox_vault::{AttachmentBody, Vault, VaultError};

use crate::error::SyncError;

/// Bytes that an attachment may have.
pub const ATTACHMENT_LIMIT: u64 = 20 * 1024 * 1024;

/// The bytes of an attachment that the vault has: fetched before, or in the message itself. `None` when they are still to be
/// fetched. The look at them is put on record.
///
/// # Errors
/// The vault's; [`PortalError::InvalidAnswer`] for bytes in the message that are not base64.
pub fn stored_attachment(
    vault: &Vault,
    message: MessageId,
    attachment: &Attachment,
    now: DateTime<Utc>,
) -> Result<Option<AttachmentBody>, SyncError> {
    if let Some(body) = vault.view_attachment(message, &attachment.id, now)? {
        return Ok(Some(body));
    }
    if !attachment.reference.is_empty() {
        return Ok(None);
    }
    let bytes = inline_attachment(&vault.message_raw(message)?, &attachment.id)?;
    let bytes = bytes.ok_or(VaultError::NoSuch("attachment"))?;
    vault.note_attachment_view(message, &attachment.id, now)?;
    Ok(Some(judged(bytes)))
}

/// Fetches the bytes of an attachment, keeps them in the vault, and puts the look at them on record.
///
/// # Errors
/// [`PortalError::TooLarge`], also where the portal says so before; [`PortalError::LinkRefused`] for bytes on another host;
/// any other of the portal's and the vault's.
pub async fn fetch_attachment(
    vault: &Vault,
    portal: &Portal,
    message: MessageId,
    attachment: &Attachment,
    now: DateTime<Utc>,
) -> Result<AttachmentBody, SyncError> {
    if attachment.size.is_some_and(|size| size > ATTACHMENT_LIMIT) {
        return Err(PortalError::TooLarge.into());
    }
    let bytes = portal.fetch_attachment(&attachment.id, &attachment.reference).await?;
    let body = judged(bytes);
    vault.store_attachment(message, &attachment.id, &body, now)?;
    vault.note_attachment_view(message, &attachment.id, now)?;
    Ok(body)
}

fn judged(bytes: Vec<u8>) -> AttachmentBody {
    AttachmentBody { content_type: media_type(&bytes).to_owned(), bytes }
}

/// The media type by the bytes themselves: what a portal claims decides nothing about how they are shown.
pub fn media_type(bytes: &[u8]) -> &'static str {
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    match bytes {
        _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => "image/png",
        _ if bytes.starts_with(b"\xff\xd8\xff") => "image/jpeg",
        _ if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => "image/gif",
        _ if webp => "image/webp",
        _ if bytes.starts_with(b"%PDF-") => "application/pdf",
        _ if is_text(bytes) => "text/plain",
        _ => "application/octet-stream",
    }
}

fn is_text(bytes: &[u8]) -> bool {
    let text = std::str::from_utf8(bytes);
    text.is_ok_and(|text| !text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')))
}

#[cfg(test)]
mod tests {
    use super::media_type;

    #[test]
    fn a_media_type_is_judged_by_the_bytes() {
        for (bytes, expected) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"GIF89a..", "image/gif"),
            (b"RIFF....WEBPVP8 ", "image/webp"),
            (b"RIFF\x00\x00\x00\x00WAVEfmt ", "application/octet-stream"),
            (b"%PDF-1.7", "application/pdf"),
            ("Gr\u{fc}\u{df}e\r\n".as_bytes(), "text/plain"),
            (b"<svg onload='x'>", "text/plain"),
            (b"<!doctype html><script>", "text/plain"),
            (b"", "text/plain"),
            (b"\x00\x01", "application/octet-stream"),
            (b"\xff\xfe", "application/octet-stream"),
        ] {
            assert_eq!(media_type(bytes), expected, "{bytes:?}");
        }
    }
}
