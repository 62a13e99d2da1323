//! Puts what was saved of a damaged database into another one, whether that is new or comes from a backup. What both have is
//! matched by what the portal or this program calls it, never by row ids.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::Saved;
use super::salvage::{Cell, Salvage, Table};
use crate::act::Act;
use crate::keys::rekey::AUDIT_KEY;
use crate::{Result, facts};

/// A saved row by its columns.
struct Row<'t> {
    columns: &'t [String],
    cells: &'t [Cell],
}

impl Row<'_> {
    fn cell(&self, name: &str) -> Cell {
        let at = self.columns.iter().position(|column| column == name);
        at.and_then(|at| self.cells.get(at)).cloned().unwrap_or(Cell::Null)
    }

    fn integer(&self, name: &str) -> Option<i64> {
        match self.cell(name) {
            Cell::Integer(number) => Some(number),
            _ => None,
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.cell(name) {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Inserts the row with some columns replaced and some left out; `false` when there is one like it, or it does not fit.
    fn insert(
        &self,
        db: &Connection,
        table: &str,
        replaced: &[(&str, Value)],
        left_out: &[&str],
    ) -> Result<bool> {
        let known = columns(db, table)?;
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (name, cell) in self.columns.iter().zip(self.cells) {
            if !known.contains(name) || left_out.contains(&name.as_str()) {
                continue;
            }
            let given = replaced.iter().find(|(column, _)| column == name).map(|(_, value)| value.clone());
            names.push(name.as_str());
            values.push(given.unwrap_or_else(|| cell.clone().into()));
        }
        let places = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT OR IGNORE INTO {table} ({}) VALUES ({places})", names.join(", "));
        match db.execute(&sql, params_from_iter(values)) {
            Ok(count) => Ok(count > 0),
            // A row whose value was spoilt fits no more: it is lost, the others are not.
            Err(rusqlite::Error::SqliteFailure(failure, _))
                if failure.code == rusqlite::ErrorCode::ConstraintViolation
                    || failure.code == rusqlite::ErrorCode::TypeMismatch =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

fn columns(db: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = db.prepare_cached("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

fn rows(table: &Table) -> impl Iterator<Item = Row<'_>> {
    table.rows.iter().map(|cells| Row { columns: &table.columns, cells })
}

/// Pours everything but the audit chain. Answers how much of what matters is there now that was not before.
pub(crate) fn pour(act: &Act<'_>, salvage: &Salvage) -> Result<Saved> {
    let db = act.db;
    for name in ["setting", "availability_hours", "lexicon_version", "tombstone"] {
        let left_out: &[&str] = if name == "availability_hours" { &["id"] } else { &[] };
        for row in rows(&salvage.table(name)) {
            // The key of the audit chain belongs to the chain that it is under.
            if row.text("key").as_deref() != Some(AUDIT_KEY) {
                row.insert(db, name, &[], left_out)?;
            }
        }
    }
    let patients = patients(db, salvage)?;
    let mut threads = Threads { known: threads(db, salvage, &patients)? };
    let mut saved = Saved {
        outbox: outbox(db, salvage, &mut threads)?,
        drafts: drafts(db, salvage, &mut threads)?,
        ..Saved::default()
    };
    saved.cases = cases(db, salvage, &mut threads, &patients)?;
    for thread in threads.known.values() {
        facts::recompute(db, *thread)?;
    }
    Ok(saved)
}

/// The key under which the saved audit chain is, where it is not the data key's own.
pub(crate) fn pour_audit_key(db: &Connection, salvage: &Salvage) -> Result<()> {
    for row in rows(&salvage.table("setting")) {
        if row.text("key").as_deref() == Some(AUDIT_KEY) {
            row.insert(db, "setting", &[], &[])?;
        }
    }
    Ok(())
}

/// Rows of the audit chain into an empty one, as they were.
pub(crate) fn pour_audit(db: &Connection, salvage: &Salvage) -> Result<u64> {
    let mut count = 0;
    for row in rows(&salvage.table("audit")) {
        count += u64::from(row.insert(db, "audit", &[], &[])?);
    }
    Ok(count)
}

fn patients(db: &Connection, salvage: &Salvage) -> Result<HashMap<i64, i64>> {
    let mut map = HashMap::new();
    for row in rows(&salvage.table("patient")) {
        let (Some(old), Some(portal_id)) = (row.integer("id"), row.text("portal_id")) else { continue };
        // Without a version the portal's is taken again.
        row.insert(db, "patient", &[("version", Value::Text(String::new()))], &["id"])?;
        let new: Option<i64> = db
            .prepare_cached("SELECT id FROM patient WHERE portal_id = ?1")?
            .query_row([portal_id], |row| row.get(0))
            .optional()?;
        map.extend(new.map(|new| (old, new)));
    }
    Ok(map)
}

fn threads(db: &Connection, salvage: &Salvage, patients: &HashMap<i64, i64>) -> Result<HashMap<i64, i64>> {
    let mut map = HashMap::new();
    for row in rows(&salvage.table("thread")) {
        let (Some(old), Some(key)) = (row.integer("id"), row.text("key")) else { continue };
        let patient = row.integer("patient_id").and_then(|old| patients.get(&old).copied());
        let found = |db: &Connection| -> Result<Option<i64>> {
            Ok(db
                .prepare_cached(
                    "SELECT id FROM thread WHERE key = ?1 OR portal_id = ?2 ORDER BY key = ?1 DESC",
                )?
                .query_row(params![key, row.text("portal_id")], |row| row.get(0))
                .optional()?)
        };
        let new = match found(db)? {
            Some(new) => Some(new),
            None => {
                // Its header is asked for again; what this vault alone knows of it stays.
                db.execute(
                    "INSERT OR IGNORE INTO thread (key, portal_id, topic, patient_id, recipients, portal_status, status,
                       snoozed_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        key,
                        row.text("portal_id"),
                        row.text("topic").unwrap_or_default(),
                        patient,
                        row.text("recipients").unwrap_or_else(|| "[]".to_owned()),
                        row.text("portal_status").unwrap_or_else(|| "open".to_owned()),
                        row.text("status").unwrap_or_else(|| "open".to_owned()),
                        row.integer("snoozed_until"),
                    ],
                )?;
                found(db)?
            }
        };
        if let Some(new) = new
            && row.integer("sensitive") == Some(1)
        {
            // Nothing that was hidden from other eyes is shown because of damage.
            db.prepare_cached("UPDATE thread SET sensitive = 1 WHERE id = ?1")?.execute([new])?;
        }
        map.extend(new.map(|new| (old, new)));
    }
    Ok(map)
}

/// Threads by their old ids. What belongs to one that could not be read gets a nameless one, so that it is not lost.
struct Threads {
    known: HashMap<i64, i64>,
}

impl Threads {
    fn of(&mut self, db: &Connection, old: i64) -> Result<i64> {
        if let Some(new) = self.known.get(&old) {
            return Ok(*new);
        }
        db.execute("INSERT INTO thread (key) VALUES (?1)", [format!("local:saved-{old}")])?;
        let new = db.last_insert_rowid();
        self.known.insert(old, new);
        Ok(new)
    }
}

fn outbox(db: &Connection, salvage: &Salvage, threads: &mut Threads) -> Result<u64> {
    let mut count = 0;
    for row in rows(&salvage.table("outbox_entry")) {
        let (Some(thread), Some(identifier)) = (row.integer("thread_id"), row.text("client_identifier"))
        else {
            continue;
        };
        let thread = threads.of(db, thread)?;
        // The messages have other ids now, so none counts as seen: one that comes stops what it should stop.
        let replaced = [
            ("thread_id", Value::Integer(thread)),
            ("message_id", Value::Null),
            ("seen_message", Value::Integer(0)),
        ];
        let inserted = row.insert(db, "outbox_entry", &replaced, &["id"])?;
        if !inserted && row.text("state").as_deref() == Some("sent") {
            db.execute(
                "UPDATE outbox_entry SET state = 'sent', error = NULL, sent_at = ?2, portal_id = ?3
                 WHERE client_identifier = ?1 AND state <> 'sent'",
                params![identifier, row.integer("sent_at"), row.text("portal_id")],
            )?;
        }
        count += u64::from(inserted);
    }
    Ok(count)
}

fn drafts(db: &Connection, salvage: &Salvage, threads: &mut Threads) -> Result<u64> {
    let mut count = 0;
    for row in rows(&salvage.table("draft")) {
        let (Some(thread), Some(text)) = (row.integer("thread_id"), row.text("text")) else { continue };
        let thread = threads.of(db, thread)?;
        let changed = db.execute(
            "INSERT INTO draft (thread_id, text, saved_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (thread_id) DO UPDATE SET text = excluded.text, saved_at = excluded.saved_at
             WHERE excluded.saved_at > draft.saved_at",
            params![thread, text, row.integer("saved_at").unwrap_or_default()],
        )?;
        count += u64::from(changed > 0);
    }
    Ok(count)
}

fn cases(
    db: &Connection,
    salvage: &Salvage,
    threads: &mut Threads,
    patients: &HashMap<i64, i64>,
) -> Result<u64> {
    let mut map = HashMap::new();
    let mut count = 0;
    for row in rows(&salvage.table("vault_case")) {
        let (Some(old), Some(thread), Some(opened)) =
            (row.integer("id"), row.integer("thread_id"), row.integer("opened_at"))
        else {
            continue;
        };
        let thread = threads.of(db, thread)?;
        let there: Option<i64> = db
            .prepare_cached("SELECT id FROM vault_case WHERE thread_id = ?1 AND opened_at = ?2")?
            .query_row([thread, opened], |row| row.get(0))
            .optional()?;
        if let Some(there) = there {
            // The saved one is the later state of the same case.
            db.execute("DELETE FROM vault_case WHERE id = ?1", [there])?;
        }
        let patient = row.integer("patient_id").and_then(|old| patients.get(&old).copied());
        let replaced = [
            ("thread_id", Value::Integer(thread)),
            ("patient_id", patient.map_or(Value::Null, Value::Integer)),
        ];
        if row.insert(db, "vault_case", &replaced, &["id"])? {
            map.insert(old, db.last_insert_rowid());
            count += 1;
        }
    }
    for table in ["case_step", "case_attempt"] {
        for row in rows(&salvage.table(table)) {
            let Some(case) = row.integer("case_id").and_then(|old| map.get(&old).copied()) else { continue };
            row.insert(db, table, &[("case_id", Value::Integer(case))], &["id"])?;
        }
    }
    Ok(count)
}
