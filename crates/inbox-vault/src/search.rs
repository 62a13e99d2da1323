//! Searching messages, newest first by the order of the index itself: no ranking, since a common word would have to score
//! every message, and a clinician looks for what was written last.

use inbox_domain::{MessageId, ThreadId};
use rusqlite::{Connection, params};

use crate::column::instant;
use crate::search_text::Query;
use crate::{Hit, Result};

/// The query; `?1` words, `?2` limit.
pub(crate) const SEARCH: &str = "SELECT m.id, m.thread_id, m.sent_at, b.text, coalesce(p.family, ''),
      coalesce(p.given, '')
    FROM (SELECT rowid AS search_id FROM message_search WHERE message_search MATCH ?1 ORDER BY rowid DESC LIMIT ?2) hit
    CROSS JOIN message m ON m.search_id = hit.search_id
    JOIN message_body b ON b.message_id = m.id
    JOIN thread t ON t.id = m.thread_id
    LEFT JOIN patient p ON p.id = t.patient_id";

/// Messages that hold all words of `typed`, newest first.
pub(crate) fn search(db: &Connection, typed: &str, limit: u32) -> Result<Vec<Hit>> {
    let Some(query) = Query::parse(typed) else { return Ok(Vec::new()) };
    let mut statement = db.prepare_cached(SEARCH)?;
    let mut rows = statement.query(params![query.fts(), limit])?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        let (family, given): (String, String) = (row.get(4)?, row.get(5)?);
        hits.push(Hit {
            message: MessageId(row.get(0)?),
            thread: ThreadId(row.get(1)?),
            patient: name(&family, &given),
            sent_at: instant(row.get(2)?),
            snippet: query.snippet(row.get_ref(3)?.as_str().unwrap_or_default()),
        });
    }
    Ok(hits)
}

/// `FAMILY, Given`, as clinical systems write it.
fn name(family: &str, given: &str) -> String {
    match (family, given) {
        ("", given) => given.to_owned(),
        (family, "") => family.to_uppercase(),
        (family, given) => format!("{}, {given}", family.to_uppercase()),
    }
}
