//! What the kinds of index cost: the same texts into SQLCipher, batches of 1,000, the index alone.

use std::collections::HashSet;
use std::error::Error;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::texts::Texts;
use crate::{BATCH, load};

const WORDS: &str = "CREATE VIRTUAL TABLE s USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2')";
const LETTERS: &str = "CREATE VIRTUAL TABLE s USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'trigram remove_diacritics 1')";
const PARTS: &str = "CREATE TABLE w (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
    CREATE VIRTUAL TABLE p USING fts5 (word, content = 'w', content_rowid = 'id', tokenize = 'trigram')";

/// Prints insert time, size and the time of finding a part, for each kind.
pub(crate) fn compare(count: usize) -> Result<(), Box<dyn Error>> {
    println!("kinds of index, {count} messages, load {:.2}", load());
    println!("{:<34} {:>10} {:>9} {:>12} {:>8}", "kind", "insert s", "MB", "\"zettel\" ms", "found");
    for (name, schema, parts) in [
        ("words", WORDS.to_owned(), false),
        ("words and parts of compounds", format!("{WORDS}; {PARTS}"), true),
        ("three letters over all texts", LETTERS.to_owned(), false),
    ] {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("index.db");
        let db = Connection::open(&file)?;
        db.execute_batch(&format!(
            "PRAGMA key = \"x'{}'\"; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; {schema}",
            "11".repeat(32)
        ))?;
        let mut texts = Texts::new();
        let took = insert(&db, &mut texts, count, parts)?;
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
        let bytes = std::fs::metadata(&file)?.len();
        let (time, found) = ask(&db, parts)?;
        println!(
            "{name:<34} {:>10.2} {:>9.1} {:>12.2} {found:>8}",
            took.as_secs_f64(),
            bytes as f64 / 1e6,
            time.as_secs_f64() * 1e3
        );
        println!(
            "{{\"bench\":\"search-kinds\",\"kind\":\"{name}\",\"messages\":{count},\"insert_s\":{:.3},\"bytes\":{bytes},\"part_ms\":{:.3},\
             \"found\":{found}}}",
            took.as_secs_f64(),
            time.as_secs_f64() * 1e3
        );
    }
    Ok(())
}

fn insert(db: &Connection, texts: &mut Texts, count: usize, parts: bool) -> Result<Duration, Box<dyn Error>> {
    let mut took = Duration::ZERO;
    for first in (0..count).step_by(BATCH) {
        let batch: Vec<String> = (first..count.min(first + BATCH)).map(|n| texts.next(n)).collect();
        let start = Instant::now();
        let transaction = db.unchecked_transaction()?;
        let mut seen = HashSet::new();
        for (n, text) in batch.iter().enumerate() {
            transaction
                .prepare_cached("INSERT INTO s (rowid, text) VALUES (?1, ?2)")?
                .execute((i64::try_from(first + n)?, text))?;
            if parts {
                seen.extend(
                    text.split(|c: char| !c.is_alphabetic())
                        .filter(|word| word.len() > 7)
                        .map(str::to_lowercase),
                );
            }
        }
        for word in &seen {
            if transaction.prepare_cached("INSERT OR IGNORE INTO w (word) VALUES (?1)")?.execute([word])? > 0
            {
                transaction
                    .prepare_cached("INSERT INTO p (rowid, word) VALUES (?1, ?2)")?
                    .execute((transaction.last_insert_rowid(), word))?;
            }
        }
        transaction.commit()?;
        took += start.elapsed();
    }
    Ok(took)
}

/// The newest 50 with "zettel" in a word; the shortest of ten, and how many.
fn ask(db: &Connection, parts: bool) -> Result<(Duration, usize), Box<dyn Error>> {
    let mut best = (Duration::MAX, 0);
    for _ in 0..10 {
        let start = Instant::now();
        let mut query = "\"zettel\"".to_owned();
        if parts {
            let mut statement = db.prepare_cached(
                "SELECT w.word FROM p JOIN w ON w.id = p.rowid WHERE p MATCH '\"zettel\"' LIMIT 200",
            )?;
            for word in statement.query_map([], |row| row.get::<_, String>(0))? {
                query.push_str(&format!(" OR \"{}\"", word?));
            }
        }
        let mut statement =
            db.prepare_cached("SELECT rowid FROM s WHERE s MATCH ?1 ORDER BY rowid DESC LIMIT 50")?;
        let found = statement.query_map([query], |row| row.get::<_, i64>(0))?.count();
        best = best.min((start.elapsed(), found));
    }
    Ok(best)
}
