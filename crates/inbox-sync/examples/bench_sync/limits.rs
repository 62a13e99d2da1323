//! The limits, measured in the same run: downloading and parsing the pages, and inserting their texts into a bare SQLCipher
//! database with an FTS5 table.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use inbox_domain::PortalId;
use inbox_portal::Portal;
use inbox_portal::wire::Communication;
use rusqlite::{Connection, params};
use serde::Deserialize;

/// Messages in one transaction.
const BATCH: usize = 1_000;

#[derive(Deserialize)]
struct Bundle {
    link: Vec<Link>,
    entry: Vec<Entry>,
}

#[derive(Deserialize)]
struct Link {
    url: String,
}

#[derive(Deserialize)]
struct Entry {
    resource: Communication,
}

/// Downloads the pages of both searches one after another and reads each into the wire types. Answers messages, seconds
/// and bytes.
pub(crate) async fn download(portal: &Portal) -> Result<(usize, f64, usize), Box<dyn Error>> {
    let (mut messages, mut bytes) = (0, 0);
    let begin = Instant::now();
    for search in ["recipient", "sender"] {
        let mut next = Some(format!("{search}-0"));
        while let Some(name) = next {
            let page = portal.read("pages", &PortalId(name)).await?;
            bytes += page.len();
            let page: Bundle = serde_json::from_str(&page)?;
            messages += page.entry.iter().filter(|entry| !entry.resource.payload.is_empty()).count();
            next = page.link.first().and_then(|link| Some(link.url.rsplit_once('/')?.1.to_owned()));
        }
    }
    Ok((messages, begin.elapsed().as_secs_f64(), bytes))
}

/// Texts of all messages, with the resource as received where `raw` asks for it; not timed.
pub(crate) async fn texts(portal: &Portal, raw: bool) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut texts = Vec::new();
    for search in ["recipient", "sender"] {
        let mut next = Some(portal.base().join(&format!("pages/{search}-0"))?);
        while let Some(url) = next {
            let page = portal.page("Communication", url).await?;
            for entry in &page.entries {
                let wire: Communication = serde_json::from_str(&entry.raw)?;
                let text = wire.payload.first().and_then(|payload| payload.content_string.clone());
                let kept = if raw { entry.raw.clone() } else { String::new() };
                texts.extend(text.map(|text| (text, kept)));
            }
            next = page.next;
        }
    }
    Ok(texts)
}

/// Inserts texts, and what stands beside them, into a new database with the vault's settings. Answers seconds.
pub(crate) fn insert(dir: &Path, texts: &[(String, String)]) -> Result<f64, Box<dyn Error>> {
    let mut db = Connection::open(dir.join("bare.db"))?;
    db.execute_batch(&format!("PRAGMA key = \"x'{}'\"", "5a".repeat(32)))?;
    db.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -65536;
         PRAGMA mmap_size = 0;
         PRAGMA wal_autocheckpoint = 4000;
         PRAGMA foreign_keys = ON;
         CREATE TABLE body (id INTEGER PRIMARY KEY, text TEXT NOT NULL, raw TEXT NOT NULL) STRICT;
         CREATE VIRTUAL TABLE search USING fts5 (
             text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');",
    )?;
    let begin = Instant::now();
    for (n, batch) in texts.chunks(BATCH).enumerate() {
        let transaction = db.transaction()?;
        for (at, (text, raw)) in batch.iter().enumerate() {
            let id = i64::try_from(n * BATCH + at + 1)?;
            transaction
                .prepare_cached("INSERT INTO body (id, text, raw) VALUES (?1, ?2, ?3)")?
                .execute(params![id, text, raw])?;
            transaction
                .prepare_cached("INSERT INTO search (rowid, text) VALUES (?1, ?2)")?
                .execute(params![id, text])?;
        }
        transaction.commit()?;
    }
    Ok(begin.elapsed().as_secs_f64())
}
