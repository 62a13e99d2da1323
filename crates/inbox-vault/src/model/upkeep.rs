//! Rows of the audit chain, what its anchor says, and what the vault knows of its own keeping.

use chrono::{DateTime, Utc};

/// A row of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Number in the chain, from 1.
    pub n: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done, for example `case.close`.
    pub action: String,
    /// On what, for example `case:7`; empty when on nothing in particular.
    pub subject: String,
    /// HMAC-SHA256 over the row and the mac of the row before it; 32 bytes. Who has two exports can tell that a row is
    /// missing or has changed without having the key.
    pub mac: Vec<u8>,
}

/// Which rows of the audit chain are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// At this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Before this instant.
    pub to: Option<DateTime<Utc>>,
    /// An action (`case.close`), a kind of action (`case`), or empty for all.
    pub action: String,
    /// Rows with a smaller number alone: for the next page.
    pub before: Option<i64>,
    /// At most so many.
    pub limit: u32,
}

impl Default for AuditQuery {
    fn default() -> Self {
        Self { from: None, to: None, action: String::new(), before: None, limit: 100 }
    }
}

/// What is recorded of something that changes no row but must stand in the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditNote {
    /// A thread was shown.
    ThreadViewed(inbox_domain::ThreadId),
    /// A sensitive thread was asked for and shown.
    SensitiveShown(inbox_domain::ThreadId),
    /// A search with so many hits; its words are not recorded.
    Searched(usize),
    /// A thread was printed.
    ThreadPrinted(inbox_domain::ThreadId),
    /// Messages left the vault as readable files: so many threads.
    Exported(usize),
    /// So many rows of this chain were exported.
    AuditExported(usize),
    /// The watch while locked ended: so many messages that could not wait.
    Watched(usize),
}

impl AuditNote {
    /// Action and subject as stored.
    pub(crate) fn words(&self) -> (&'static str, String) {
        match self {
            Self::ThreadViewed(thread) => ("thread.view", format!("thread:{thread}")),
            Self::SensitiveShown(thread) => ("thread.show_sensitive", format!("thread:{thread}")),
            Self::Searched(hits) => ("search", format!("hits:{hits}")),
            Self::ThreadPrinted(thread) => ("thread.print", format!("thread:{thread}")),
            Self::Exported(threads) => ("export.threads", format!("threads:{threads}")),
            Self::AuditExported(rows) => ("export.audit", format!("rows:{rows}")),
            Self::Watched(messages) => ("watch.end", format!("messages:{messages}")),
        }
    }
}

/// What the anchor of the audit chain says of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnchorState {
    /// The anchored row stands in the chain as it was.
    Agrees,
    /// This vault is not anchored yet.
    None,
    /// The keyring cannot be asked now.
    Unknown,
    /// The anchor was there and is gone.
    Missing,
    /// What stands there was not written by this vault.
    Forged,
    /// The chain ends before the anchored row, or has another row in its place: this database is older than the anchor, or
    /// rows were cut off.
    RolledBack,
}

impl AnchorState {
    /// A code, as the database and the command line have it.
    pub fn code(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::None => "none",
            Self::Unknown => "unknown",
            Self::Missing => "anchor_missing",
            Self::Forged => "anchor_forged",
            Self::RolledBack => "rolled_back",
        }
    }

    /// Whether somebody has to be told.
    pub fn is_alarm(self) -> bool {
        matches!(self, Self::Missing | Self::Forged | Self::RolledBack)
    }
}

/// What the vault knows of its own keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upkeep {
    /// What the anchor said against this database, by its code, until somebody has read it.
    pub notice: Option<String>,
    /// When it was noticed.
    pub notice_at: Option<DateTime<Utc>>,
    /// A whole check is wanted: the last shutdown was not clean.
    pub check_due: bool,
    /// When the last whole check ended.
    pub checked_at: Option<DateTime<Utc>>,
    /// Codes of what it found.
    pub problems: Vec<String>,
    /// The sign-in stood in an older copy: its refresh token may have been spent since.
    pub sign_in_spent: bool,
}
