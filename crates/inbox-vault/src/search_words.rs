//! The long words of German texts, by which a compound is found from its parts: "zettel" finds "Einweisungszettel". An index of
//! three letters each over these words alone costs a fraction of one over all texts (docs/adr/0008-search-in-compounds.md).

use rusqlite::Connection;

use crate::Result;

/// Compounds that one word of a query is asked in at most.
const MOST: usize = 200;

/// Keeps words that are not known yet.
pub(crate) fn learn<'a>(db: &Connection, words: impl Iterator<Item = &'a String>) -> Result<()> {
    let mut word_is_new = db.prepare_cached("INSERT OR IGNORE INTO search_word (word) VALUES (?1)")?;
    let mut part = db.prepare_cached("INSERT INTO search_part (rowid, word) VALUES (?1, ?2)")?;
    for word in words {
        if word_is_new.execute([word])? > 0 {
            part.execute((db.last_insert_rowid(), word))?;
        }
    }
    Ok(())
}

/// Known words that hold `part`, a reduced word of letters and digits; the shortest first.
pub(crate) fn holding(db: &Connection, part: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached(
        "SELECT w.word FROM search_part p JOIN search_word w ON w.id = p.rowid
         WHERE search_part MATCH ?1 AND w.word <> ?2 ORDER BY length(w.word), w.id LIMIT ?3",
    )?;
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    let words = statement.query_map((format!("\"{part}\""), part, most), |row| row.get(0))?;
    Ok(words.collect::<rusqlite::Result<_>>()?)
}

/// Forgets the words that stand in no message any more.
pub(crate) fn sweep(db: &Connection) -> Result<()> {
    let gone: Vec<(i64, String)> = db
        .prepare(
            "SELECT id, word FROM search_word
             WHERE word NOT IN (SELECT term FROM message_search_terms)",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, word) in gone {
        db.prepare_cached("INSERT INTO search_part (search_part, rowid, word) VALUES ('delete', ?1, ?2)")?
            .execute((id, &word))?;
        db.prepare_cached("DELETE FROM search_word WHERE id = ?1")?.execute([id])?;
    }
    Ok(())
}
