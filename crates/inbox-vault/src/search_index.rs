//! Indexing anew what an earlier version of the index holds, the newest messages first, a page at a time.

use rusqlite::{Connection, params};

use crate::act::Act;
use crate::{Result, search_text, search_words};

/// Messages that are still indexed as earlier versions did.
pub(crate) fn left(db: &Connection) -> Result<u64> {
    let left: Option<i64> = first_left(db)?;
    let Some(left) = left else { return Ok(0) };
    let count: i64 = db
        .prepare_cached("SELECT count(*) FROM message WHERE id <= ?1")?
        .query_row([left], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

fn first_left(db: &Connection) -> Result<Option<i64>> {
    Ok(db.prepare_cached("SELECT search_left FROM upkeep WHERE id = 1")?.query_row([], |row| row.get(0))?)
}

/// Indexes up to `limit` messages anew; `false` when none is left.
pub(crate) fn index_page(act: &Act<'_>, limit: u32) -> Result<bool> {
    let Some(first) = first_left(act.db)? else { return Ok(false) };
    let mut statement = act.db.prepare_cached(
        "SELECT m.id, m.search_id, b.text FROM message m JOIN message_body b ON b.message_id = m.id
         WHERE m.id <= ?1 AND m.delivered <> 'draft' ORDER BY m.id DESC LIMIT ?2",
    )?;
    let mut rows = statement.query(params![first, limit])?;
    let mut last = None;
    let mut pages = Vec::new();
    while let Some(row) = rows.next()? {
        last = Some(row.get::<_, i64>(0)?);
        pages.push((row.get::<_, i64>(1)?, search_text::indexed(&row.get::<_, String>(2)?)));
    }
    pages.sort_unstable_by_key(|(row, _)| *row);
    for (row, text) in &pages {
        act.db.prepare_cached("DELETE FROM message_search WHERE rowid = ?1")?.execute([row])?;
        act.db
            .prepare_cached("INSERT INTO message_search (rowid, text, folded) VALUES (?1, ?2, ?3)")?
            .execute(params![row, text.text, text.folded])?;
        search_words::learn(act.db, text.compounds.iter())?;
    }
    let next = last.map(|last| last - 1);
    act.db.prepare_cached("UPDATE upkeep SET search_left = ?1 WHERE id = 1")?.execute([next])?;
    Ok(next.is_some())
}
