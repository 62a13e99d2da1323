//! The audit chain, what a whole check found, and copies: backup, restore, export.

use std::path::{Path, PathBuf};

use inbox_vault::{AuditRow, BackupMade, BackupRows, Restored, Verification};
use serde::Serialize;

use super::Instant;

/// `audit` of `vault verify`.
#[derive(Debug, Clone, Serialize)]
pub struct AuditRecord {
    /// Rows of the chain.
    pub rows: u64,
    /// It is whole, and its anchor has nothing against it.
    pub ok: bool,
    /// What its anchor outside the database says: `agrees`, `none`, `unknown` (the keyring does not answer),
    /// `anchor_missing`, `anchor_forged` or `rolled_back`.
    pub anchor: &'static str,
}

/// Answer of `vault verify`.
#[derive(Debug, Clone, Serialize)]
pub struct VerifyRecord {
    /// Nothing is wrong.
    pub ok: bool,
    /// Schema version.
    pub schema: u32,
    /// SQLCipher's version.
    pub cipher: String,
    /// Messages stored.
    pub messages: u64,
    /// The audit chain.
    pub audit: AuditRecord,
    /// What is wrong.
    pub problems: Vec<String>,
}

impl From<Verification> for VerifyRecord {
    fn from(found: Verification) -> Self {
        let anchor = found.anchor.code();
        Self {
            ok: found.ok,
            schema: found.schema,
            cipher: found.cipher,
            messages: found.messages,
            audit: AuditRecord { rows: found.audit_rows, ok: found.audit_ok, anchor },
            problems: found.problems,
        }
    }
}

/// A line of `vault audit`.
#[derive(Debug, Clone, Serialize)]
pub struct AuditLine {
    /// Number in the chain; a number that is left out is a row that is missing, unless the lines were filtered.
    pub n: i64,
    /// When.
    pub at: Instant,
    /// What was done.
    pub action: String,
    /// On what; empty when on nothing in particular.
    pub subject: String,
    /// HMAC-SHA256 over the row and the mac before it, in hexadecimal digits: two exports of one vault agree in it, unless
    /// the row was changed between them.
    pub mac: String,
}

impl From<AuditRow> for AuditLine {
    fn from(row: AuditRow) -> Self {
        let mac = row.mac.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { n: row.n, at: row.at.into(), action: row.action, subject: row.subject, mac }
    }
}

/// Answer of `vault backup`.
#[derive(Debug, Clone, Serialize)]
pub struct BackupRecord {
    /// The file.
    pub backup: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was made.
    pub made_at: Instant,
    /// How many rows of each kind it holds.
    pub rows: BackupRows,
    /// It was opened again after writing, and was whole.
    pub verified: bool,
}

impl BackupRecord {
    pub(crate) fn new(file: &Path, made: &BackupMade) -> Self {
        Self {
            backup: file.to_owned(),
            bytes: made.bytes,
            made_at: made.made_at.into(),
            rows: made.rows,
            verified: true,
        }
    }
}

/// Answer of `vault restore`.
#[derive(Debug, Clone, Serialize)]
pub struct RestoreRecord {
    /// The folder of the vault that was made.
    pub vault: PathBuf,
    /// When its backup was made.
    pub made_at: String,
    /// How many rows of each kind it holds.
    pub rows: BackupRows,
    /// Replies that are looked up on the portal before any of them is sent.
    pub to_look_up: u64,
}

impl RestoreRecord {
    pub(crate) fn new(dir: &Path, restored: Restored) -> Self {
        Self {
            vault: dir.to_owned(),
            made_at: restored.made_at,
            rows: restored.rows,
            to_look_up: restored.to_look_up,
        }
    }
}

/// Answer of `vault export`.
#[derive(Debug, Clone, Serialize)]
pub struct ExportRecord {
    /// The folder.
    pub folder: PathBuf,
    /// Threads.
    pub threads: u64,
    /// Messages.
    pub messages: u64,
    /// Cases.
    pub cases: u64,
    /// Attachments written.
    pub attachments: u64,
    /// Attachments that this vault never fetched: the portal has them.
    pub attachments_not_fetched: u64,
    /// Sensitive threads among the threads.
    pub sensitive: u64,
    /// Sensitive threads that were left out, with their cases.
    pub sensitive_left_out: u64,
}

impl ExportRecord {
    pub(crate) fn empty(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            threads: 0,
            messages: 0,
            cases: 0,
            attachments: 0,
            attachments_not_fetched: 0,
            sensitive: 0,
            sensitive_left_out: 0,
        }
    }
}
