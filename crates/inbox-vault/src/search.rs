//! Searching messages, newest first by the order of the index itself: no ranking, since a common word would have to score
//! every message, and a clinician looks for what was written last.

use inbox_domain::search::{FlagFilter, From, SearchRequest};
use inbox_domain::{MessageId, ThreadId};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::column::{instant, json, word};
use crate::retention::SEARCH_BITS;
use crate::search_text::{Query, reduced};
use crate::{Hit, Result, people, search_text, search_words};

/// What is shown of a hit; `hit` names the rows, newest first.
macro_rules! shown {
    ($hits:expr) => {
        format!(
            "SELECT m.id, m.thread_id, m.sent_at, b.text, coalesce(p.family, ''), coalesce(p.given, ''),
               t.sensitive
             FROM ({}) hit
             CROSS JOIN message m ON m.search_id = hit.search_id
             JOIN message_body b ON b.message_id = m.id
             JOIN thread t ON t.id = m.thread_id
             LEFT JOIN patient p ON p.id = t.patient_id",
            $hits
        )
    };
}

/// The query and what is bound to it.
pub(crate) struct Sql {
    pub(crate) text: String,
    pub(crate) values: Vec<Value>,
}

/// The query for a request whose words were read; `None` when it asks for nothing.
pub(crate) fn sql(
    db: &Connection,
    request: &SearchRequest,
    query: Option<&Query>,
    limit: u32,
) -> Result<Option<Sql>> {
    if query.is_none() && (request.is_empty() || !request.words.trim().is_empty()) {
        return Ok(None);
    }
    let row = if query.is_some() { "s.rowid" } else { "m.search_id" };
    let mut values = Vec::new();
    let mut conditions = Vec::new();
    if let Some(query) = query {
        values.push(Value::Text(query.fts()));
        conditions.push("message_search MATCH ?".to_owned());
    }
    for (instant, order) in [(request.before, "<"), (request.after, ">=")] {
        if let Some(instant) = instant {
            values.push(Value::Integer(instant.timestamp().saturating_mul(SEARCH_BITS)));
            conditions.push(format!("{row} {order} ?"));
        }
    }
    let own = filters(db, request, &mut values)?;
    let of_message = own.len();
    conditions.extend(own);
    let from = match (query.is_some(), of_message) {
        (true, 0) => "message_search s",
        (true, _) => "message_search s CROSS JOIN message m ON m.search_id = s.rowid",
        (false, _) => {
            conditions.push("m.delivered <> 'draft'".to_owned());
            "message m"
        }
    };
    values.push(Value::Integer(limit.into()));
    let hits = format!(
        "SELECT {row} AS search_id FROM {from} WHERE {} ORDER BY {row} DESC LIMIT ?",
        conditions.join(" AND ")
    );
    Ok(Some(Sql { text: shown!(hits), values }))
}

/// What a request asks of the message itself.
fn filters(db: &Connection, request: &SearchRequest, values: &mut Vec<Value>) -> Result<Vec<String>> {
    let mut conditions = Vec::new();
    if !request.patient.is_empty() {
        values.push(Value::Text(json(&patients(db, &request.patient)?)?));
        conditions.push("m.patient_id IN (SELECT value FROM json_each(?))".to_owned());
    }
    match &request.from {
        Some(From::Role(role)) => {
            values.push(Value::Text(word(*role)));
            conditions.push("m.sender_role = ?".to_owned());
        }
        Some(From::Name(name)) => {
            values.push(Value::Text(json(&senders(db, name)?)?));
            conditions.push("m.sender_name IN (SELECT value FROM json_each(?))".to_owned());
        }
        None => {}
    }
    match request.flag {
        Some(FlagFilter::Any) => conditions.push("m.tier > 0".to_owned()),
        Some(FlagFilter::Tier(tier)) => {
            values.push(Value::Integer(tier.rank()));
            conditions.push("m.tier = ?".to_owned());
        }
        Some(FlagFilter::Category(category)) => {
            values.push(Value::Text(word(category)));
            conditions.push(
                "EXISTS (SELECT 1 FROM flag f WHERE f.message_id = m.id AND f.category = ? AND f.tier > 0
                   AND f.dismissed_at IS NULL AND f.superseded_at IS NULL)"
                    .to_owned(),
            );
        }
        None => {}
    }
    if let Some(after_hours) = request.after_hours {
        values.push(Value::Integer(after_hours.into()));
        conditions.push("m.inbound = 1 AND m.after_hours = ?".to_owned());
    }
    if request.has_attachment {
        conditions.push("m.attachments > 0".to_owned());
    }
    if request.unread {
        conditions.push(crate::facts::unread!().to_owned());
    }
    Ok(conditions)
}

/// Patients in whose names each of these words begins a word.
fn patients(db: &Connection, words: &[String]) -> Result<Vec<i64>> {
    let found = people::patients(db)?.into_iter().filter(|patient| {
        holds(&format!("{} {}", patient.given, patient.family), words.iter().map(String::as_str))
    });
    Ok(found.map(|patient| patient.id.0).collect())
}

/// Names of senders in which each word of `name` begins a word.
fn senders(db: &Connection, name: &str) -> Result<Vec<String>> {
    let names = db
        .prepare_cached("SELECT DISTINCT sender_name FROM message")?
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(names.into_iter().filter(|full| holds(full, name.split_whitespace())).collect())
}

fn holds<'a>(name: &str, mut words: impl Iterator<Item = &'a str>) -> bool {
    let parts: Vec<_> = name.split([' ', '-', ',']).map(reduced).collect();
    words.all(|word| parts.iter().any(|part| part.starts_with(&reduced(word))))
}

/// The words of a request, with the compounds that hold them; `None` when it has none.
fn words(db: &Connection, request: &SearchRequest) -> Result<Option<Query>> {
    let mut query = Query::parse(&request.words);
    if let Some(query) = &mut query {
        query.find_compounds(|part| search_words::holding(db, part))?;
    }
    Ok(query)
}

/// Messages that hold all words of the request and meet its other conditions, newest first.
pub(crate) fn search(db: &Connection, request: &SearchRequest, limit: u32) -> Result<Vec<Hit>> {
    let query = words(db, request)?;
    let Some(sql) = sql(db, request, query.as_ref(), limit)? else { return Ok(Vec::new()) };
    let mut statement = db.prepare_cached(&sql.text)?;
    let mut rows = statement.query(params_from_iter(sql.values))?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        let (family, given): (String, String) = (row.get(4)?, row.get(5)?);
        let text = row.get_ref(3)?.as_str().unwrap_or_default();
        hits.push(Hit {
            message: MessageId(row.get(0)?),
            thread: ThreadId(row.get(1)?),
            patient: name(&family, &given),
            sent_at: instant(row.get(2)?),
            snippet: query.as_ref().map_or_else(|| search_text::beginning(text), |query| query.snippet(text)),
            sensitive: row.get(6)?,
        });
    }
    Ok(hits)
}

/// How long the index takes for a request, without anything that is shown of the hits.
#[cfg(feature = "rig")]
pub(crate) fn time_bare(db: &Connection, request: &SearchRequest, limit: u32) -> Result<std::time::Duration> {
    let query = words(db, request)?;
    let Some(sql) = sql(db, request, query.as_ref(), limit)? else { return Ok(std::time::Duration::ZERO) };
    let mut statement = db.prepare_cached(&sql.text)?;
    let start = std::time::Instant::now();
    let mut rows = statement.query(params_from_iter(sql.values))?;
    while rows.next()?.is_some() {}
    Ok(start.elapsed())
}

/// `FAMILY, Given`, as clinical systems write it.
fn name(family: &str, given: &str) -> String {
    match (family, given) {
        ("", given) => given.to_owned(),
        (family, "") => family.to_uppercase(),
        (family, given) => format!("{}, {given}", family.to_uppercase()),
    }
}
