//! The facts of a thread, computed anew from its messages, flags, outbox entries and cases in the transaction that changes
//! one of these. Counting up and down instead was rejected: it drifts, and a drift here hides a message.

use std::collections::{BTreeSet, HashSet};

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::Result;
use crate::column::{from_json, json};
use crate::promises::answers;

/// An inbound message that nobody has read; `m` is the message.
macro_rules! unread {
    () => {
        "(m.inbound = 1 AND m.delivered = 'delivered' AND m.read_at IS NULL AND m.settled = 0)"
    };
}

/// When a message was written at the latest; `m` is the message. A date without an hour orders as its beginning, but an
/// answer from earlier on that day answers nothing.
macro_rules! written_by {
    () => {
        "(CASE m.sent_precision WHEN 'instant' THEN m.sent_at ELSE max(m.sent_at, m.last_updated) END)"
    };
}
pub(crate) use {unread, written_by};

#[derive(Default)]
struct Messages {
    shown: i64,
    attachments: i64,
    unread: i64,
    unchecked: i64,
    after_hours: i64,
    /// Any from the patient's side that was written after hours.
    any_after_hours: bool,
    last_at: Option<i64>,
    last_clinician: Option<i64>,
}

#[derive(Default)]
struct Last {
    id: Option<i64>,
    inbound: bool,
    role: Option<String>,
    preview: String,
    inbound_id: Option<i64>,
    function: Option<String>,
    after_hours_reason: Option<String>,
    not_checked: String,
}

#[derive(Default)]
struct Open {
    tier: i64,
    category: Option<String>,
    rule: Option<String>,
    since: Option<i64>,
    unread_messages: HashSet<i64>,
}

#[derive(Default)]
struct Replies {
    waiting: i64,
    answered: bool,
    state: Option<String>,
    not_before: Option<i64>,
}

#[derive(Default)]
struct Newest {
    id: Option<i64>,
    state: Option<String>,
    deadline: Option<i64>,
    open: bool,
    tier: i64,
    opened_at: Option<i64>,
}

/// What there is beside messages at all: a vault that a first fill is filling has none of it, or little.
pub(crate) struct Beside {
    flags: bool,
    outbox: bool,
    drafts: bool,
    cases: bool,
}

impl Beside {
    pub(crate) fn look(db: &Connection) -> Result<Self> {
        let any = |table: &str| -> Result<bool> {
            Ok(db
                .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {table})"))?
                .query_row([], |row| row.get(0))?)
        };
        Ok(Self {
            flags: any("flag")?,
            outbox: any("outbox_entry")?,
            drafts: any("draft")?,
            cases: any("vault_case")?,
        })
    }
}

/// Computes the facts of one thread.
pub(crate) fn recompute(db: &Connection, thread: i64) -> Result<()> {
    recompute_beside(db, thread, &Beside { flags: true, outbox: true, drafts: true, cases: true })
}

/// As [`recompute`], without looking for what is nowhere.
pub(crate) fn recompute_beside(db: &Connection, thread: i64, beside: &Beside) -> Result<()> {
    let messages = messages(db, thread)?;
    let last = last(db, thread, &messages)?;
    let open = if beside.flags { open_flags(db, thread, messages.last_clinician)? } else { Open::default() };
    let replies = if beside.outbox || beside.drafts {
        replies(db, thread, last.inbound_id)?
    } else {
        Replies::default()
    };
    let case = if beside.cases { newest_case(db, thread)? } else { Newest::default() };
    let unflagged = messages.unread - i64::try_from(open.unread_messages.len()).unwrap_or(i64::MAX);
    let case_tier = if case.open { case.tier } else { 0 };
    db.prepare_cached(
        "UPDATE thread SET messages = ?2, open_tier = ?3, unread = ?4, unread_unchecked = ?5, unread_unflagged = ?6,
         unread_after_hours = ?7, last_from_patient = ?8, answered_here = ?9, outbox_waiting = ?10, function = ?11,
         last_message_id = ?12, last_message_at = ?13, preview = ?14, preview_from = ?15, flagged_at = ?16,
         top_category = ?17, top_rule = ?18, after_hours_reason = ?19, not_checked = ?20, reply_state = ?21,
         reply_not_before = ?22, attachments = ?23, case_id = ?24, case_state = ?25, case_deadline = ?26,
         case_open = ?27, attention_tier = max(?3, ?28),
         attention_at = coalesce(?16, ?29, ?13, last_updated), activity_at = coalesce(?13, last_updated)
         WHERE id = ?1",
    )?
    .execute(params![
        thread,
        messages.shown,
        open.tier,
        messages.unread,
        messages.unchecked,
        unflagged,
        messages.after_hours,
        last.inbound,
        replies.answered,
        replies.waiting,
        last.function,
        last.id,
        messages.last_at,
        last.preview,
        last.role,
        open.since,
        open.category,
        open.rule,
        last.after_hours_reason,
        last.not_checked,
        replies.state,
        replies.not_before,
        messages.attachments,
        case.id,
        case.state,
        case.deadline,
        case.open,
        case_tier,
        case.opened_at,
    ])?;
    Ok(())
}

fn messages(db: &Connection, thread: i64) -> Result<Messages> {
    Ok(db
        .prepare_cached(concat!(
            "SELECT count(*), coalesce(sum(m.attachments), 0), coalesce(sum(",
            unread!(),
            "), 0), coalesce(sum(",
            unread!(),
            " AND m.checked <> 'full'), 0), coalesce(sum(",
            unread!(),
            " AND m.after_hours), 0), max(m.sent_at), max(CASE WHEN ",
            answers!("m"),
            " THEN min(m.sent_at, m.last_updated) END),
               coalesce(max(m.after_hours), 0)
             FROM message m WHERE m.thread_id = ?1 AND m.delivered <> 'draft'"
        ))?
        .query_row([thread], |row| {
            Ok(Messages {
                shown: row.get(0)?,
                attachments: row.get(1)?,
                unread: row.get(2)?,
                unchecked: row.get(3)?,
                after_hours: row.get(4)?,
                last_at: row.get(5)?,
                last_clinician: row.get(6)?,
                any_after_hours: row.get(7)?,
            })
        })?)
}

fn last(db: &Connection, thread: i64, messages: &Messages) -> Result<Last> {
    let mut last = Last { not_checked: "[]".into(), ..Last::default() };
    if messages.shown == 0 {
        return Ok(last);
    }
    let newest = db
        // An acknowledgement that the program sent takes no thread out of anybody's sight.
        .prepare_cached(concat!(
            "SELECT m.id, m.inbound, m.sender_role, substr(b.text, 1, 400) FROM message m
             JOIN message_body b ON b.message_id = m.id
             WHERE m.thread_id = ?1 AND m.delivered = 'delivered' AND (m.inbound = 1 OR ",
            answers!("m"),
            ") ORDER BY m.sent_at DESC, m.id DESC LIMIT 1",
        ))?
        .query_row([thread], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?)))
        .optional()?;
    if let Some((id, inbound, role, text)) = newest {
        last.id = Some(id);
        last.inbound = inbound;
        last.role = Some(role);
        last.preview = first_line(&text);
    }
    let inbound = db
        .prepare_cached(
            "SELECT m.id, m.functions ->> '$[0]' FROM message m
             WHERE m.thread_id = ?1 AND m.inbound = 1 AND m.delivered = 'delivered'
             ORDER BY m.sent_at DESC, m.id DESC LIMIT 1",
        )?
        .query_row([thread], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, function)) = inbound {
        last.inbound_id = Some(id);
        last.function = function;
    }
    if messages.any_after_hours {
        last.after_hours_reason = after_hours_reason(db, thread, messages.last_clinician)?;
    }
    if messages.unchecked > 0 {
        last.not_checked = not_checked(db, thread)?;
    }
    Ok(last)
}

/// Why the newest after-hours message that is unread or unanswered was written after hours. Reading takes a thread out of
/// the after-hours view, but its row keeps the sign until somebody answers: that it was written at night goes on to matter.
fn after_hours_reason(db: &Connection, thread: i64, last_clinician: Option<i64>) -> Result<Option<String>> {
    Ok(db
        .prepare_cached(concat!(
            "SELECT m.hours_reason FROM message m
             WHERE m.thread_id = ?1 AND m.after_hours = 1 AND m.inbound = 1 AND m.delivered = 'delivered'
               AND (",
            unread!(),
            " OR (m.settled = 0 AND (?2 IS NULL OR m.sent_at > ?2))) ORDER BY m.sent_at DESC, m.id DESC LIMIT 1"
        ))?
        .query_row(params![thread, last_clinician], |row| row.get(0))
        .optional()?
        .flatten())
}

/// All reasons for which unread messages are not fully checked.
fn not_checked(db: &Connection, thread: i64) -> Result<String> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT DISTINCT m.not_checked FROM message m WHERE m.thread_id = ?1 AND m.checked <> 'full' AND ",
        unread!()
    ))?;
    let mut reasons = BTreeSet::new();
    for list in statement.query_map([thread], |row| row.get::<_, String>(0))? {
        reasons.extend(from_json::<String>(&list?, "reason")?);
    }
    json(&reasons.into_iter().collect::<Vec<_>>())
}

/// The first line that says something, at most 200 characters.
fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().take(200).collect()
}

/// A flag is open while its case is; without a case until its message was read and answered. Tier is after context, so a
/// flag that context lowered to none is not open, and one that it lowered to watch is.
fn open_flags(db: &Connection, thread: i64, last_clinician: Option<i64>) -> Result<Open> {
    let mut statement = db.prepare_cached(concat!(
        "SELECT f.tier, f.category, f.rule, m.sent_at, m.id, ",
        unread!(),
        " FROM flag f JOIN message m ON m.id = f.message_id
          LEFT JOIN case_flag cf ON cf.flag_id = f.id
          WHERE f.thread_id = ?1 AND f.tier > 0 AND f.dismissed_at IS NULL AND f.closed_at IS NULL
            AND f.superseded_at IS NULL AND m.inbound = 1 AND m.delivered <> 'draft'
            AND (cf.case_id IS NOT NULL OR ",
        unread!(),
        " OR (m.settled = 0 AND (?2 IS NULL OR ",
        written_by!(),
        " > ?2))) ORDER BY m.sent_at, f.start_at, f.id"
    ))?;
    let mut rows = statement.query(params![thread, last_clinician])?;
    let mut open = Open::default();
    while let Some(row) = rows.next()? {
        let tier: i64 = row.get(0)?;
        if tier > open.tier {
            open.tier = tier;
            open.category = row.get(1)?;
            open.rule = row.get(2)?;
        }
        if open.since.is_none() {
            open.since = row.get(3)?;
        }
        if row.get(5)? {
            open.unread_messages.insert(row.get(4)?);
        }
    }
    Ok(open)
}

fn replies(db: &Connection, thread: i64, last_inbound: Option<i64>) -> Result<Replies> {
    // Held and failed replies answer nothing: the clinician has to decide, so the thread waits for her.
    let (waiting, answered) = db
        .prepare_cached(
            "SELECT coalesce(sum(state <> 'sent'), 0),
               coalesce(max(state IN ('queued', 'scheduled', 'sending', 'unknown', 'sent') AND seen_message >= ?2
                 AND client_identifier NOT GLOB 'after-hours-*'), 0)
             FROM outbox_entry WHERE thread_id = ?1",
        )?
        .query_row(params![thread, last_inbound.unwrap_or(0)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let newest: Option<(String, Option<i64>)> = db
        .prepare_cached(
            "SELECT state, not_before FROM outbox_entry
             WHERE thread_id = ?1 AND (client_identifier NOT GLOB 'after-hours-*' OR state IN ('failed', 'held'))
             ORDER BY state = 'sent', id DESC LIMIT 1",
        )?
        .query_row([thread], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let draft: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM draft WHERE thread_id = ?1)")?
        .query_row([thread], |row| row.get(0))?;
    let (state, not_before) = match newest {
        Some((state, not_before)) if state != "sent" => (Some(state), not_before),
        _ if draft => (Some("draft".to_owned()), None),
        Some((state, _)) => (Some(state), None),
        None => (None, None),
    };
    Ok(Replies { waiting, answered, state, not_before })
}

fn newest_case(db: &Connection, thread: i64) -> Result<Newest> {
    let newest = db
        .prepare_cached(
            "SELECT id, state, deadline, tier, opened_at FROM vault_case WHERE id IN (
               SELECT id FROM vault_case WHERE thread_id = ?1
               UNION SELECT case_id FROM case_flag WHERE thread_id = ?1)
             ORDER BY state = 'closed', id DESC LIMIT 1",
        )?
        .query_row([thread], |row| {
            let state: String = row.get(1)?;
            Ok(Newest {
                id: row.get(0)?,
                open: state != "closed",
                state: Some(state),
                deadline: row.get(2)?,
                tier: row.get(3)?,
                opened_at: row.get(4)?,
            })
        })
        .optional()?;
    Ok(newest.unwrap_or_default())
}
