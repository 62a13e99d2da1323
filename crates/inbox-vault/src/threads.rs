//! Reading threads: lists by view, counts, one thread.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use inbox_domain::{
    CaseId, CaseState, MessageFunction, PortalId, ThreadFacts, ThreadId, ThreadKey, ThreadStatus, Tier, View,
};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::column::{from_json, from_word, from_word_opt, instant, instant_opt, millis, word};
use crate::model::CaseGlance;
use crate::{
    Result, StoredHeader, ThreadClaim, ThreadPage, ThreadSummary, VaultError, ViewCounts, people, view_sql,
};

const COLUMNS: &str = "t.id, t.portal_id, t.topic, t.key, t.recipients, t.status, t.open_tier, t.unread,
    t.unread_unchecked, t.unread_unflagged, t.unread_after_hours, t.last_from_patient, t.answered_here,
    t.outbox_waiting, t.snoozed_until, t.case_state, t.function, t.messages, t.preview, t.preview_from,
    t.last_message_at, t.flagged_at, t.top_category, t.top_rule, t.after_hours_reason, t.not_checked, t.reply_state,
    t.reply_not_before, t.case_id, t.case_deadline, t.attachments, t.claimed_by, t.patient_id,
    t.claimed_at, t.claim_state, t.sensitive";

/// A page of a view.
pub(crate) fn list(
    db: &Connection,
    view: Option<View>,
    function: Option<MessageFunction>,
    offset: u32,
    limit: u32,
    now: DateTime<Utc>,
) -> Result<ThreadPage> {
    let (now, function) = (millis(now), function.map(word));
    let total =
        db.prepare_cached(&view_sql::count(view))?.query_row(params![now, function], |row| row.get(0))?;
    let ids = db
        .prepare_cached(&view_sql::page(view))?
        .query_map(params![now, function, limit, offset], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<i64>>>()?;
    let rows = ids.into_iter().map(|id| load(db, ThreadId(id))).collect::<Result<_>>()?;
    Ok(ThreadPage { rows, total })
}

/// What is stored of the threads that `keys` name.
pub(crate) fn headers(
    db: &Connection,
    keys: &HashSet<ThreadKey>,
) -> Result<HashMap<ThreadKey, StoredHeader>> {
    let mut found = HashMap::new();
    for key in keys {
        let Some(id) = crate::apply::find_thread(db, key)? else { continue };
        let (portal_id, recipients, patient): (_, String, _) = db
            .prepare_cached(
                "SELECT t.portal_id, t.recipients, p.portal_id FROM thread t
                 LEFT JOIN patient p ON p.id = t.patient_id WHERE t.id = ?1",
            )?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let header = StoredHeader {
            id: ThreadId(id),
            portal_id: Option::map(portal_id, PortalId),
            recipients: from_json(&recipients, "recipients")?,
            patient: Option::map(patient, PortalId),
        };
        found.insert(key.clone(), header);
    }
    Ok(found)
}

/// Portal ids of the headers whose readers satisfy `mine`, the newest messages first.
pub(crate) fn headers_read_by(
    db: &Connection,
    mine: impl Fn(&[String]) -> bool,
    limit: usize,
) -> Result<Vec<PortalId>> {
    let mut statement = db.prepare_cached(
        "SELECT portal_id, recipients FROM thread WHERE portal_id IS NOT NULL ORDER BY activity_at DESC, id DESC",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        let recipients: Vec<String> = from_json(&row.get::<_, String>(1)?, "recipients")?;
        if mine(&recipients) {
            found.push(PortalId(row.get(0)?));
        }
    }
    Ok(found)
}

/// One thread.
pub(crate) fn load(db: &Connection, id: ThreadId) -> Result<ThreadSummary> {
    let mut statement = db.prepare_cached(&format!("SELECT {COLUMNS} FROM thread t WHERE t.id = ?1"))?;
    let mut rows = statement.query([id.0])?;
    let row = rows.next()?.ok_or(VaultError::NoSuch("thread"))?;
    summary(db, row)
}

fn summary(db: &Connection, row: &Row<'_>) -> Result<ThreadSummary> {
    let text = |at: usize| row.get::<_, Option<String>>(at);
    let patient: Option<i64> = row.get(32)?;
    let key: String = row.get(3)?;
    let category = from_word_opt(text(22)?.as_deref(), "category")?;
    let reply = from_word_opt(text(26)?.as_deref(), "outbox state")?;
    let reply_not_before = instant_opt(row.get(27)?);
    let case_state: Option<CaseState> = from_word_opt(text(15)?.as_deref(), "case state")?;
    let case_id: Option<i64> = row.get(28)?;
    let deadline = instant_opt(row.get(29)?);
    Ok(ThreadSummary {
        id: ThreadId(row.get(0)?),
        portal_id: text(1)?.map(PortalId),
        topic: row.get(2)?,
        inferred: key.starts_with("inferred:"),
        patient: patient.map(|id| people::patient(db, id)).transpose()?,
        recipients: from_json(&row.get::<_, String>(4)?, "recipients")?,
        facts: facts(row, case_state)?,
        messages: row.get(17)?,
        preview: row.get(18)?,
        preview_from: from_word_opt(text(19)?.as_deref(), "role")?,
        last_message_at: instant_opt(row.get(20)?),
        flagged_at: instant_opt(row.get(21)?),
        top_flag: category.zip(text(23)?),
        after_hours: from_word_opt(text(24)?.as_deref(), "reason")?,
        not_checked: from_json(&row.get::<_, String>(25)?, "reason")?,
        reply: reply.map(|state| (state, reply_not_before)),
        case: case_id.zip(case_state).map(|(id, state)| CaseGlance { id: CaseId(id), state, deadline }),
        attachments: row.get(30)?,
        claim: claim(db, text(31)?, row.get(33)?, text(34)?.as_deref())?,
        sensitive: row.get(35)?,
    })
}

/// Who has or had the thread; nothing while it is free.
fn claim(
    db: &Connection,
    by: Option<String>,
    at: Option<i64>,
    state: Option<&str>,
) -> Result<Option<ThreadClaim>> {
    let (Some(by), Some(at)) = (by, at) else { return Ok(None) };
    let done = match state {
        Some("claimed") => false,
        Some("done") => true,
        _ => return Ok(None),
    };
    let name = people::practitioner_name(db, &by)?;
    Ok(Some(ThreadClaim { by, name, at: instant(at), done }))
}

fn facts(row: &Row<'_>, case: Option<CaseState>) -> Result<ThreadFacts> {
    Ok(ThreadFacts {
        status: from_word::<ThreadStatus>(&row.get::<_, String>(5)?, "status")?,
        open_tier: Tier::from_rank(row.get(6)?),
        unread: row.get(7)?,
        unread_unchecked: row.get(8)?,
        unread_unflagged: row.get(9)?,
        unread_after_hours: row.get(10)?,
        last_from_patient: row.get(11)?,
        answered_here: row.get(12)?,
        outbox_waiting: row.get(13)?,
        snoozed_until: instant_opt(row.get(14)?),
        case,
        function: from_word_opt(row.get::<_, Option<String>>(16)?.as_deref(), "function")?,
    })
}

/// The thread whose header has this id on the portal.
pub(crate) fn by_portal_id(db: &Connection, id: &PortalId) -> Result<Option<ThreadId>> {
    Ok(db
        .prepare_cached("SELECT id FROM thread WHERE portal_id = ?1")?
        .query_row([&id.0], |row| row.get(0).map(ThreadId))
        .optional()?)
}

/// The threads that are marked sensitive.
pub(crate) fn sensitive(db: &Connection) -> Result<HashSet<ThreadId>> {
    let mut statement = db.prepare_cached("SELECT id FROM thread WHERE sensitive = 1")?;
    let ids = statement.query_map([], |row| row.get(0).map(ThreadId))?.collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// The counts beside the views.
pub(crate) fn counts(db: &Connection, now: DateTime<Utc>) -> Result<ViewCounts> {
    let at = millis(now);
    let mut views = Vec::with_capacity(View::ALL.len());
    for view in View::ALL {
        let count = db
            .prepare_cached(&view_sql::count(Some(view)))?
            .query_row(params![at, None::<String>], |row| row.get(0))?;
        views.push((view, count));
    }
    let mut statement = db.prepare_cached(&format!(
        "SELECT function, count(*) FROM thread WHERE {} AND function IS NOT NULL GROUP BY function",
        view_sql::predicate(View::WaitingForMe)
    ))?;
    let mut functions = Vec::new();
    for row in statement.query_map([at], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
        let (function, count) = row?;
        functions.push((from_word(&function, "function")?, count));
    }
    let quarantined =
        db.prepare_cached("SELECT count(*) FROM quarantine")?.query_row([], |row| row.get(0))?;
    let (open_cases, next_deadline) = db
        .prepare_cached("SELECT count(*), min(deadline) FROM vault_case WHERE state <> 'closed'")?
        .query_row([], |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?)))?;
    let (pending, stuck) = db
        .prepare_cached(
            "SELECT count(*), coalesce(sum(state IN ('held', 'unknown', 'failed')), 0) FROM outbox_entry
             WHERE state <> 'sent'",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(ViewCounts {
        views,
        functions,
        quarantined,
        open_cases,
        next_deadline: next_deadline.map(instant),
        pending,
        stuck,
    })
}
