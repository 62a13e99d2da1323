//! What `vault verify` checks: the mac of every page, the structure, references, the search index, the audit chain.

use rusqlite::Connection;

use crate::audit::AuditKey;
use crate::{AnchorState, Result, Verification, migrate, upkeep};

/// Checks the whole database; `structure` is the pragma that checks its tables and, in depth, whether each index fits. Reads everything; a tenth of a second for 100,000 messages and more on a cold disk.
pub(crate) fn verify(
    db: &Connection,
    audit: &AuditKey,
    anchor: AnchorState,
    structure: &str,
) -> Result<Verification> {
    let mut problems = Vec::new();
    let pages = count_rows(db, "PRAGMA cipher_integrity_check")?;
    if pages > 0 {
        problems.push(format!("cipher_integrity:{pages}"));
    }
    let structure: String = db.query_row(structure, [], |row| row.get(0))?;
    if structure != "ok" {
        // Its words name tables and may hold values: only that it failed goes on.
        problems.push("integrity".into());
    }
    let dangling = count_rows(db, "PRAGMA foreign_key_check")?;
    if dangling > 0 {
        problems.push(format!("foreign_keys:{dangling}"));
    }
    check_search(db, &mut problems)?;
    let (audit_rows, broken) = audit.check(db)?;
    if let Some(row) = broken {
        problems.push(format!("audit_chain:{row}"));
    }
    // What was noticed at an opening counts until somebody has read it: the anchor is at the new head since.
    let notice = upkeep::load(db)?.notice;
    let against = anchor.is_alarm().then(|| anchor.code().to_owned()).or(notice);
    if let Some(code) = &against {
        problems.push(format!("audit_anchor:{code}"));
    }
    let messages: i64 =
        db.query_row("SELECT count(*) FROM message WHERE delivered <> 'draft'", [], |row| row.get(0))?;
    Ok(Verification {
        ok: problems.is_empty(),
        schema: migrate::version(db)?,
        cipher: db.query_row("PRAGMA cipher_version", [], |row| row.get(0))?,
        messages: u64::try_from(messages).unwrap_or_default(),
        audit_rows,
        audit_ok: broken.is_none() && against.is_none(),
        anchor,
        problems,
    })
}

fn count_rows(db: &Connection, sql: &str) -> Result<usize> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut count = 0;
    while rows.next()?.is_some() {
        count += 1;
    }
    Ok(count)
}

/// FTS5's own check, and that the index has a row for each message and none else. The index is contentless, so its words
/// cannot be compared with the texts row by row.
fn check_search(db: &Connection, problems: &mut Vec<String>) -> Result<()> {
    let rows_differ: i64 = db.query_row(
        "SELECT count(*) FROM (
           SELECT search_id FROM message WHERE delivered <> 'draft' AND search_id NOT IN
             (SELECT id FROM message_search_docsize)
           UNION ALL SELECT id FROM message_search_docsize WHERE id NOT IN
             (SELECT search_id FROM message WHERE delivered <> 'draft'))",
        [],
        |row| row.get(0),
    )?;
    if rows_differ > 0 {
        problems.push(format!("search_index:{rows_differ}"));
    }
    Ok(())
}
