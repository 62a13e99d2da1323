//! One write transaction with the audit chain beside it, so that an act and its audit row are committed together.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use crate::Result;
use crate::audit::AuditKey;

/// A write transaction.
pub(crate) struct Act<'a> {
    pub(crate) db: &'a Connection,
    audit: &'a AuditKey,
}

impl<'a> Act<'a> {
    pub(crate) fn new(db: &'a Connection, audit: &'a AuditKey) -> Self {
        Self { db, audit }
    }

    /// Records `action` on `subject` (`kind:id`, never a name or a text).
    pub(crate) fn audit(&self, action: &str, subject: &str, at: DateTime<Utc>) -> Result<()> {
        self.audit.append(self.db, at, action, subject)
    }
}
