//! The bytes of attachments: fetched on demand, kept with their message, gone with it.

use chrono::{DateTime, Utc};
use inbox_domain::{Attachment, MessageId};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::act::Act;
use crate::column::millis;
use crate::{AttachmentBody, Result, VaultError, messages};

/// The attachments of a message, in the order in which the message lists them.
pub(crate) fn list(db: &Connection, message: MessageId) -> Result<Vec<Attachment>> {
    messages::raw(db, message)?;
    messages::attachments(db, message.0)
}

/// The kept bytes of an attachment, with the look at them on record.
pub(crate) fn view(
    act: &Act<'_>,
    message: MessageId,
    key: &str,
    now: DateTime<Utc>,
) -> Result<Option<AttachmentBody>> {
    let body = act
        .db
        .prepare_cached(
            "SELECT content_type, bytes FROM attachment_body WHERE message_id = ?1 AND portal_key = ?2",
        )?
        .query_row(params![message.0, key], |row| {
            Ok(AttachmentBody { content_type: row.get(0)?, bytes: row.get(1)? })
        })
        .optional()?;
    if body.is_some() {
        note_view(act, message, key, now)?;
    }
    Ok(body)
}

/// Puts a look at an attachment on record.
pub(crate) fn note_view(act: &Act<'_>, message: MessageId, key: &str, now: DateTime<Utc>) -> Result<()> {
    act.audit("attachment.view", &format!("message:{message} attachment:{key}"), now)
}

/// Keeps the bytes of an attachment that the message still has.
pub(crate) fn store(
    act: &Act<'_>,
    message: MessageId,
    key: &str,
    body: &AttachmentBody,
    now: DateTime<Utc>,
) -> Result<()> {
    let listed: bool = act
        .db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM attachment WHERE message_id = ?1 AND portal_key = ?2)")?
        .query_row(params![message.0, key], |row| row.get(0))?;
    if !listed {
        return Err(VaultError::NoSuch("attachment"));
    }
    act.db
        .prepare_cached(
            "INSERT INTO attachment_body (message_id, portal_key, content_type, bytes, fetched_at)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (message_id, portal_key) DO UPDATE SET
             content_type = excluded.content_type, bytes = excluded.bytes, fetched_at = excluded.fetched_at",
        )?
        .execute(params![message.0, key, body.content_type, body.bytes, millis(now)])?;
    act.audit("attachment.fetch", &format!("message:{message} attachment:{key}"), now)
}

/// After a new version of a message: bytes of what it no longer lists go, and bytes that were known by their position alone.
pub(crate) fn drop_stale(db: &Connection, message: i64) -> Result<()> {
    db.prepare_cached(
        "DELETE FROM attachment_body WHERE message_id = ?1 AND NOT EXISTS (SELECT 1 FROM attachment a
           WHERE a.message_id = ?1 AND a.portal_key = attachment_body.portal_key
             AND (a.reference LIKE 'Binary/%' OR length(a.portal_key) >= 36))",
    )?
    .execute([message])?;
    Ok(())
}

#[cfg(test)]
mod tests;
