//! The audit chain: what is recorded here, and its view and export.
//!
//! What a person looks at is recorded before she is given it, except where nothing can be written: a full disk must not hide an
//! emergency, and the log of the program says that a row is missing.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use inbox_domain::{ThreadId, format_instant};
use inbox_vault::{AuditNote, AuditQuery};

use crate::{
    dto::{AuditFilter, AuditFormat, AuditRowView},
    error::{AppResult, parse_instant},
    record::AuditLine,
    sensitive::SensitiveThreads,
    session::{Session, lock},
};

/// Rows asked of the vault at a time.
const PAGE: u32 = 1000;
/// Rows of a page in the window.
const SHOWN: u32 = 100;
/// A thread that stays on the screen is read again with each change; after this long it counts as looked at again.
const STILL_LOOKING: Duration = Duration::from_secs(600);
/// Searching begins with each letter that is typed: what follows sooner is the same search.
const STILL_TYPING: Duration = Duration::from_secs(3);

/// What was recorded last, so that one look is one row.
#[derive(Debug, Default)]
pub(crate) struct LastNoted {
    thread: Option<(ThreadId, Instant)>,
    search: Option<Instant>,
}

impl Session {
    /// A thread is shown.
    pub(crate) fn note_view(&self, thread: ThreadId) {
        let again = {
            let mut last = lock(&self.noted);
            let again =
                last.thread.is_some_and(|(before, at)| before == thread && at.elapsed() < STILL_LOOKING);
            if !again {
                last.thread = Some((thread, Instant::now()));
            }
            again
        };
        if !again {
            self.note_or_say(&AuditNote::ThreadViewed(thread));
        }
    }

    /// A search was answered with so many hits.
    pub(crate) fn note_search(&self, hits: usize) {
        let again = {
            let mut last = lock(&self.noted);
            let again = last.search.is_some_and(|at| at.elapsed() < STILL_TYPING);
            if !again {
                last.search = Some(Instant::now());
            }
            again
        };
        if !again {
            self.note_or_say(&AuditNote::Searched(hits));
        }
    }

    fn note_or_say(&self, note: &AuditNote) {
        if self.vault.note(note, self.now()).is_err() {
            tracing::error!(code = "audit_row_missing");
        }
    }

    /// Records that a thread is printed; nothing may be printed that could not be recorded.
    ///
    /// # Errors
    /// `sensitive_threads` for a sensitive thread, unless `choice` includes it; `no_such_thread` and the vault's.
    pub fn note_print(&self, thread: &str, choice: SensitiveThreads) -> AppResult<()> {
        let thread = self.thread_id(thread)?;
        self.refuse_sensitive(thread, choice)?;
        Ok(self.vault.note(&AuditNote::ThreadPrinted(thread), self.now())?)
    }

    /// Rows of the audit chain, newest first.
    ///
    /// # Errors
    /// `invalid_argument` for what is no instant, and the vault's.
    pub fn list_audit(&self, filter: &AuditFilter) -> AppResult<Vec<AuditRowView>> {
        let query = AuditQuery {
            before: filter.before.map(i64::from),
            limit: SHOWN,
            ..query(filter.from.as_deref(), filter.to.as_deref(), &filter.action)?
        };
        let rows = self.vault.audit_rows(&query)?;
        Ok(rows
            .into_iter()
            .map(|row| AuditRowView {
                n: u32::try_from(row.n).unwrap_or(u32::MAX),
                at: format_instant(row.at),
                action: row.action,
                subject: row.subject,
            })
            .collect())
    }

    /// The rows that a filter asks for, oldest first; that they left the vault is recorded too.
    ///
    /// # Errors
    /// As [`Session::list_audit`].
    pub fn audit_lines(
        &self,
        from: Option<&str>,
        to: Option<&str>,
        action: &str,
    ) -> AppResult<Vec<AuditLine>> {
        let mut query = AuditQuery { limit: PAGE, ..query(from, to, action)? };
        let mut lines: Vec<AuditLine> = Vec::new();
        loop {
            let rows = self.vault.audit_rows(&query)?;
            let last = rows.last().map(|row| row.n);
            lines.extend(rows.into_iter().map(AuditLine::from));
            match last {
                Some(n) if n > 1 => query.before = Some(n),
                _ => break,
            }
        }
        self.vault.note(&AuditNote::AuditExported(lines.len()), self.now())?;
        lines.reverse();
        Ok(lines)
    }

    /// The same as one text.
    ///
    /// # Errors
    /// As [`Session::list_audit`].
    pub fn export_audit(&self, filter: &AuditFilter, format: AuditFormat) -> AppResult<String> {
        let lines = self.audit_lines(filter.from.as_deref(), filter.to.as_deref(), &filter.action)?;
        let mut text = String::new();
        if format == AuditFormat::Csv {
            text.push_str("n,at,action,subject,mac\n");
        }
        for line in lines {
            let json = serde_json::to_string(&line).unwrap_or_default();
            match format {
                AuditFormat::Ndjson => text.push_str(&json),
                // Actions and subjects are codes and ids of this program: neither commas nor quotes are in them.
                AuditFormat::Csv => {
                    let at = serde_json::to_value(&line.at).unwrap_or_default();
                    text.push_str(&format!(
                        "{},{},{},{},{}",
                        line.n,
                        at.as_str().unwrap_or_default(),
                        line.action,
                        line.subject,
                        line.mac
                    ));
                }
            }
            text.push('\n');
        }
        Ok(text)
    }
}

fn query(from: Option<&str>, to: Option<&str>, action: &str) -> AppResult<AuditQuery> {
    let instant = |text: Option<&str>, name: &str| -> AppResult<Option<DateTime<Utc>>> {
        text.filter(|text| !text.is_empty()).map(|text| parse_instant(text, name)).transpose()
    };
    Ok(AuditQuery {
        from: instant(from, "from")?,
        to: instant(to, "to")?,
        action: action.trim().to_owned(),
        ..AuditQuery::default()
    })
}
