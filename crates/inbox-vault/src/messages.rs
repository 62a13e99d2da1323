//! Reading messages with their flags and attachments, and what sync asks about them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use inbox_domain::{
    Attachment, ClientIdentifier, Flag, FlagId, MessageId, OutboxId, PortalId, Sender, ThreadId, Tier,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::column::{from_count, from_json, from_word, from_word_opt, instant, instant_opt, millis};
use crate::{RecentText, Result, StoredFlag, StoredMessage, VaultError};

/// `m` the message, `b` its body. A sender whom the message does not name is named by her own record.
const SELECT: &str = "SELECT m.id, m.thread_id, m.portal_id, m.version, m.sender_role, m.sender_id,
      CASE m.sender_name WHEN '' THEN coalesce(CASE m.sender_role
        WHEN 'clinician' THEN (SELECT name FROM practitioner WHERE portal_id = m.sender_id)
        WHEN 'proxy' THEN (SELECT name FROM proxy WHERE portal_id = m.sender_id)
        WHEN 'patient' THEN (SELECT trim(given || ' ' || family) FROM patient WHERE portal_id = m.sender_id)
        END, '') ELSE m.sender_name END,
      m.recipients, m.sent, m.sent_precision, m.sent_at, m.received, m.stored_at, m.marks, b.text, m.withdrawn_at,
      m.read_at IS NOT NULL OR m.settled = 1, m.tier, m.checked, m.not_checked, m.functions, m.after_hours,
      m.hours_reason, m.next_open, m.client_identifier,
      (SELECT e.id FROM outbox_entry e WHERE e.message_id = m.id), m.delivered = 'withdrawn'
    FROM message m JOIN message_body b ON b.message_id = m.id";

/// The query of [`of_thread`], for the test of its plan.
pub(crate) const OF_THREAD: &str =
    "WHERE m.thread_id = ?1 AND m.delivered <> 'draft' ORDER BY m.sent_at, m.id";

#[cfg(test)]
pub(crate) fn of_thread_sql() -> String {
    format!("{SELECT} {OF_THREAD}")
}

fn read(db: &Connection, row: &Row<'_>) -> Result<StoredMessage> {
    let id: i64 = row.get(0)?;
    let text = |at: usize| row.get::<_, Option<String>>(at);
    let list = |at: usize| row.get::<_, String>(at);
    let after_hours: bool = row.get(21)?;
    let withdrawn: bool = row.get(26)?;
    let stored_at = instant(row.get(12)?);
    Ok(StoredMessage {
        id: MessageId(id),
        thread: ThreadId(row.get(1)?),
        portal_id: PortalId(row.get(2)?),
        version: row.get(3)?,
        sender: Sender {
            role: from_word(&row.get::<_, String>(4)?, "role")?,
            id: text(5)?.map(PortalId),
            name: row.get(6)?,
        },
        recipients: from_json(&list(7)?, "recipients")?,
        sent: row.get(8)?,
        sent_precision: from_word(&row.get::<_, String>(9)?, "precision")?,
        sent_at: instant(row.get(10)?),
        received: instant_opt(row.get(11)?),
        stored_at,
        marks: from_json(&list(13)?, "mark")?,
        text: row.get(14)?,
        withdrawn_at: withdrawn.then_some(instant_opt(row.get(15)?).unwrap_or(stored_at)),
        read: row.get(16)?,
        tier: Tier::from_rank(row.get(17)?),
        checked: from_word(&row.get::<_, String>(18)?, "check")?,
        not_checked: from_json(&list(19)?, "reason")?,
        functions: from_json(&list(20)?, "function")?,
        after_hours: from_word_opt(text(22)?.filter(|_| after_hours).as_deref(), "reason")?,
        next_open: instant_opt(row.get(23)?),
        client_identifier: text(24)?.map(ClientIdentifier),
        outbox: row.get::<_, Option<i64>>(25)?.map(OutboxId),
        flags: flags(db, id)?,
        attachments: attachments(db, id)?,
    })
}

/// Messages of a thread in order of time.
pub(crate) fn of_thread(db: &Connection, thread: ThreadId) -> Result<Vec<StoredMessage>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} {OF_THREAD}"))?;
    let mut rows = statement.query([thread.0])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.push(read(db, row)?);
    }
    Ok(messages)
}

/// One message.
pub(crate) fn load(db: &Connection, id: MessageId) -> Result<StoredMessage> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE m.id = ?1 AND m.delivered <> 'draft'"))?;
    let mut rows = statement.query([id.0])?;
    let row = rows.next()?.ok_or(VaultError::NoSuch("message"))?;
    read(db, row)
}

/// The message with this id on the portal.
pub(crate) fn by_portal_id(db: &Connection, id: &PortalId) -> Result<Option<MessageId>> {
    Ok(db
        .prepare_cached("SELECT id FROM message WHERE portal_id = ?1 AND delivered <> 'draft'")?
        .query_row([&id.0], |row| row.get(0).map(MessageId))
        .optional()?)
}

/// The message with this id on the portal, a portal draft too.
pub(crate) fn stored_by_portal_id(db: &Connection, id: &PortalId) -> Result<Option<StoredMessage>> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE m.portal_id = ?1"))?;
    let mut rows = statement.query([&id.0])?;
    rows.next()?.map(|row| read(db, row)).transpose()
}

/// The resource of a message as received.
pub(crate) fn raw(db: &Connection, id: MessageId) -> Result<String> {
    db.prepare_cached("SELECT raw FROM message_body WHERE message_id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?
        .ok_or(VaultError::NoSuch("message"))
}

/// Columns of a flag, `f`.
pub(crate) const FLAG: &str =
    "f.id, f.rule, f.category, f.tier, f.start_at, f.end_at, f.text, f.context, f.demoted,
    f.also, f.dismissed_at, f.closed_at IS NOT NULL";

/// A flag from [`FLAG`].
pub(crate) fn read_flag(row: &Row<'_>) -> Result<StoredFlag> {
    Ok(StoredFlag {
        id: FlagId(row.get(0)?),
        flag: Flag {
            rule: row.get(1)?,
            category: from_word(&row.get::<_, String>(2)?, "category")?,
            tier: Tier::from_rank(row.get(3)?),
            start: from_count(row.get(4)?),
            end: from_count(row.get(5)?),
            text: row.get(6)?,
            context: from_json(&row.get::<_, String>(7)?, "context")?,
            demoted: row.get(8)?,
            also: from_json(&row.get::<_, String>(9)?, "span")?,
        },
        dismissed_at: instant_opt(row.get(10)?),
        settled: row.get(11)?,
    })
}

fn flags(db: &Connection, message: i64) -> Result<Vec<StoredFlag>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {FLAG} FROM flag f WHERE f.message_id = ?1 AND f.superseded_at IS NULL ORDER BY f.start_at, f.id"
    ))?;
    let mut rows = statement.query([message])?;
    let mut flags = Vec::new();
    while let Some(row) = rows.next()? {
        flags.push(read_flag(row)?);
    }
    Ok(flags)
}

pub(crate) fn attachments(db: &Connection, message: i64) -> Result<Vec<Attachment>> {
    let mut statement = db.prepare_cached(
        "SELECT portal_key, title, content_type, size, reference FROM attachment WHERE message_id = ?1 ORDER BY n",
    )?;
    let rows = statement.query_map([message], |row| {
        Ok(Attachment {
            id: row.get(0)?,
            title: row.get(1)?,
            content_type: row.get(2)?,
            size: row.get::<_, Option<i64>>(3)?.and_then(|size| u64::try_from(size).ok()),
            reference: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Up to `n` texts of the thread, oldest first.
pub(crate) fn recent_texts(
    db: &Connection,
    thread: ThreadId,
    before: Option<DateTime<Utc>>,
    n: u32,
) -> Result<Vec<RecentText>> {
    let mut statement = db.prepare_cached(
        "SELECT m.inbound, m.sent_at, b.text FROM message m JOIN message_body b ON b.message_id = m.id
         WHERE m.thread_id = ?1 AND m.delivered = 'delivered' AND m.sent_at < ?2
         ORDER BY m.sent_at DESC, m.id DESC LIMIT ?3",
    )?;
    let before = before.map_or(i64::MAX, millis);
    let rows = statement.query_map(params![thread.0, before, n], |row| {
        Ok(RecentText { from_patient_side: row.get(0)?, sent_at: instant(row.get(1)?), text: row.get(2)? })
    })?;
    let mut texts: Vec<_> = rows.collect::<rusqlite::Result<_>>()?;
    texts.reverse();
    Ok(texts)
}

/// Versions of those of `ids` that are stored, as messages or as thread headers.
pub(crate) fn known_versions(db: &Connection, ids: &[PortalId]) -> Result<HashMap<PortalId, String>> {
    let mut statement = db.prepare_cached(
        "SELECT version FROM message WHERE portal_id = ?1
         UNION ALL SELECT version FROM thread WHERE portal_id = ?1 AND header_known = 1 LIMIT 1",
    )?;
    let mut versions = HashMap::with_capacity(ids.len());
    for id in ids {
        if let Some(version) = statement.query_row([&id.0], |row| row.get(0)).optional()? {
            versions.insert(id.clone(), version);
        }
    }
    Ok(versions)
}

/// Portal ids of all messages that are not withdrawn.
pub(crate) fn portal_ids(db: &Connection) -> Result<Vec<PortalId>> {
    ids(db, "SELECT portal_id FROM message WHERE delivered <> 'withdrawn' ORDER BY id")
}

/// Portal ids of all messages and headers.
pub(crate) fn stored_ids(db: &Connection) -> Result<Vec<PortalId>> {
    ids(
        db,
        "SELECT portal_id FROM message UNION ALL SELECT portal_id FROM thread WHERE portal_id IS NOT NULL",
    )
}

/// Portal ids of what left the vault.
pub(crate) fn tombstones(db: &Connection) -> Result<Vec<PortalId>> {
    ids(db, "SELECT portal_id FROM tombstone ORDER BY portal_id")
}

fn ids(db: &Connection, sql: &str) -> Result<Vec<PortalId>> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_map([], |row| row.get(0).map(PortalId))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
