//! The audit chain in the window, and what the vault knows of its own keeping.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::AppError;

/// Which rows of the audit chain are asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize, Type)]
pub struct AuditFilter {
    /// At this instant or later (RFC 3339).
    pub from: Option<String>,
    /// Before this instant.
    pub to: Option<String>,
    /// An action, a kind of action (`thread`, `outbox`), or empty for all.
    pub action: String,
    /// Rows with a smaller number alone: for the next page.
    pub before: Option<u32>,
}

/// A row of the audit chain.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AuditRowView {
    /// Number in the chain, from 1.
    pub n: u32,
    /// When.
    pub at: String,
    /// What was done, for example `case.close`.
    pub action: String,
    /// On what, for example `case:7`.
    pub subject: String,
}

/// How the audit chain is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AuditFormat {
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated, with a heading.
    Csv,
}

/// What the vault knows of its own keeping.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct UpkeepView {
    /// What the anchor of the audit chain said against this database, until somebody has read it: `rolled_back`,
    /// `anchor_missing` or `anchor_forged`.
    pub notice: Option<String>,
    /// When it was noticed.
    pub notice_at: Option<String>,
    /// A whole check runs.
    pub checking: bool,
    /// When the last whole check ended.
    pub checked_at: Option<String>,
    /// Codes of what it found; anything here is damage.
    pub problems: Vec<String>,
    /// Scheduled backups.
    pub backup: BackupSettings,
    /// What leaves this workstation.
    pub retention: RetentionView,
}

/// Scheduled backups, once a day.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct BackupSettings {
    /// Where they go; empty where none are made.
    pub folder: String,
    /// How many are kept.
    pub keep: u32,
    /// When the last one was made and verified.
    pub last_at: Option<String>,
    /// What kept the last one from being made.
    pub problem: Option<AppError>,
}

/// Old threads leave this workstation; the portal keeps them.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RetentionView {
    /// After so many days, as the clinic has set it; `null` keeps everything.
    pub days: Option<u32>,
    /// How many messages have left.
    pub left: u32,
    /// When the vault was last gone through.
    pub last_at: Option<String>,
}

/// A vault that goes on after its database was damaged.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RescueView {
    /// Replies saved; each is looked up on the portal before it is sent.
    pub outbox: u32,
    /// Drafts saved.
    pub drafts: u32,
    /// Cases saved.
    pub cases: u32,
    /// Something of what is only here could not be read.
    pub incomplete: bool,
    /// The folder that holds the damaged files as they were; empty where there were none.
    pub aside: String,
}

/// What a restore is asked for.
#[derive(Clone, Deserialize, Type)]
pub struct RestoreRequest {
    /// The backup: an absolute path.
    pub file: String,
    /// The recovery code that the vault had when the backup was made.
    pub recovery_code: String,
    /// The passphrase of the restored vault.
    pub passphrase: String,
    /// The passphrase alone opens it, at least 16 characters: for workstations without a keyring.
    pub no_keyring: bool,
    /// The folder of the damaged vault whose place it takes; `null` makes another vault.
    pub in_place_of: Option<String>,
}

/// A vault that was restored from a backup.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct RestoredView {
    /// Its folder, the argument of unlock.
    pub dir: String,
    /// When the backup was made.
    pub made_at: String,
    /// Messages that it held.
    pub messages: u32,
    /// Replies that are looked up on the portal before any of them is sent.
    pub to_look_up: u32,
    /// What was saved of the damaged vault, where it took the place of one.
    pub saved: Option<RescueView>,
}
