//! What can still be read of a damaged database and is nowhere else: drafts, outbox, cases, settings, the audit chain.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};

use crate::connection::open_as_it_is;
use crate::keys::seal::{self, Key};
use crate::{Result, VaultError};

/// Tables with the columns that order them. A table is read forwards until something cannot be read, then backwards.
const TABLES: [(&str, &str); 13] = [
    ("setting", "key"),
    ("availability_hours", "id"),
    ("lexicon_version", "version"),
    ("tombstone", "portal_id"),
    ("patient", "id"),
    ("thread", "id"),
    ("outbox_entry", "id"),
    ("draft", "thread_id"),
    ("vault_case", "id"),
    ("case_step", "case_id, n"),
    ("case_attempt", "id"),
    ("audit", "n"),
    ("upkeep", "id"),
];

/// A value of a column as it is kept in the meantime.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Real(number) => Self::Real(number),
            Value::Text(text) => Self::Text(text),
            Value::Blob(bytes) => Self::Bytes(bytes),
        }
    }
}

impl From<Cell> for Value {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Integer(number) => Self::Integer(number),
            Cell::Real(number) => Self::Real(number),
            Cell::Text(text) => Self::Text(text),
            Cell::Bytes(bytes) => Self::Blob(bytes),
        }
    }
}

/// The rows of one table that could be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
    /// Every row could be read.
    pub(crate) whole: bool,
}

/// What was saved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Salvage {
    pub(crate) tables: std::collections::BTreeMap<String, Table>,
}

impl Salvage {
    /// Reads what can be read and changes nothing.
    pub(crate) fn read(database: &Path, data_key: &Key) -> Self {
        let mut salvage = Self::default();
        for (name, order) in TABLES {
            salvage.tables.insert(name.to_owned(), read_table(database, data_key, name, order));
        }
        salvage
    }

    /// The rows of a table.
    pub(crate) fn table(&self, name: &str) -> Table {
        self.tables.get(name).cloned().unwrap_or_default()
    }

    /// Tables of which something is missing.
    pub(crate) fn incomplete(&self) -> Vec<String> {
        self.tables.iter().filter(|(_, table)| !table.whole).map(|(name, _)| name.clone()).collect()
    }

    /// Sealed under the data key.
    pub(crate) fn seal(&self, data_key: &Key) -> Result<Vec<u8>> {
        let text =
            zeroize::Zeroizing::new(serde_json::to_vec(self).map_err(|_| VaultError::Stored("salvage"))?);
        seal::seal_bytes(&seal::salvage_key(data_key), &text)
    }

    /// What was sealed, or `None` for anything else.
    pub(crate) fn unseal(data_key: &Key, sealed: &[u8]) -> Option<Self> {
        let text = seal::unseal_bytes(&seal::salvage_key(data_key), sealed)?;
        serde_json::from_slice(&text).ok()
    }
}

fn read_table(database: &Path, data_key: &Key, name: &str, order: &str) -> Table {
    let mut table = Table::default();
    let forwards = scan(database, data_key, &format!("SELECT * FROM {name} ORDER BY {order}"), &mut table);
    table.whole = forwards;
    // A chain with a gap proves nothing: of the audit rows only those from the first on are kept.
    if !forwards && name != "audit" {
        let mut rest = Table::default();
        let backwards: Vec<String> = order.split(", ").map(|column| format!("{column} DESC")).collect();
        let sql = format!("SELECT * FROM {name} ORDER BY {}", backwards.join(", "));
        scan(database, data_key, &sql, &mut rest);
        if table.columns.is_empty() {
            table.columns = rest.columns;
        }
        for row in rest.rows.into_iter().rev() {
            if !table.rows.contains(&row) {
                table.rows.push(row);
            }
        }
    }
    table
}

/// Reads until the end (`true`) or until something cannot be read. A connection that met a page that it could not decrypt reads
/// nothing any more, so each scan has its own.
fn scan(database: &Path, data_key: &Key, sql: &str, table: &mut Table) -> bool {
    let Ok(db) = open_damaged(database, data_key) else { return false };
    let Ok(mut statement) = db.prepare(sql) else { return false };
    table.columns = statement.column_names().map(str::to_owned).collect();
    let count = table.columns.len();
    let Ok(mut rows) = statement.query([]) else { return false };
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => return true,
            Err(_) => return false,
        };
        let cells: rusqlite::Result<Vec<Cell>> =
            (0..count).map(|column| row.get::<_, Value>(column).map(Cell::from)).collect();
        match cells {
            Ok(cells) => table.rows.push(cells),
            Err(_) => return false,
        }
    }
}

/// A connection that leaves the files as they are: no checkpoint, no migration, nothing written.
fn open_damaged(database: &Path, data_key: &Key) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open_as_it_is(database, data_key, flags)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.execute_batch("PRAGMA wal_autocheckpoint = 0; PRAGMA query_only = ON;")?;
    Ok(db)
}
