//! Sensitive threads: marked by their clinician, masked until she asks for one, and shown until she turns to another thread or the
//! vault is locked.
//!
//! The masking is done here and not in the page: what the window has not been given is in no document, no accessibility tree
//! and no memory of the process that draws. Tier, time, unread, what was not checked and the state of a case are given in
//! any case, so that a sensitive thread is noticed as any other. The command line masks nothing: its call is the asking.

use inbox_domain::{MessageId, ThreadId};
use inbox_vault::AuditNote;

use crate::{
    dto::{AppError, SearchHit, ThreadDetail, ThreadRow},
    error::AppResult,
    record::SensitiveRecord,
    session::{Session, lock},
};

/// What becomes of sensitive threads where messages leave the vault as readable files or text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SensitiveThreads {
    /// Nothing leaves while there are some: somebody has to say which of the other two is meant.
    Ask,
    /// They leave with the others.
    Include,
    /// They stay in the vault, and the answer says how many did.
    LeaveOut,
}

impl Session {
    /// Marks a thread sensitive, or takes the mark away. The one that is on the screen stays there until another is opened.
    ///
    /// # Errors
    /// `thread_masked` when the mark is to be taken from a thread that is not shown: that would show its name and first line
    /// in the list; `no_such_thread` and the vault's.
    pub fn set_thread_sensitive(&self, thread: &str, sensitive: bool) -> AppResult<()> {
        let thread = self.thread_id(thread)?;
        if !sensitive {
            self.refuse_masked(thread)?;
        }
        if self.vault.set_sensitive(thread, sensitive, self.now())? {
            *lock(&self.unmasked) = sensitive.then_some(thread);
            self.changed(thread);
        }
        Ok(())
    }

    /// The clinician has asked for a sensitive thread: it is shown from now on. That is recorded before anything is given.
    ///
    /// # Errors
    /// `no_such_thread` and the vault's; then it stays masked.
    pub fn show_sensitive(&self, thread: &str) -> AppResult<()> {
        let thread = self.thread_id(thread)?;
        if !self.is_masked(thread)? {
            return Ok(());
        }
        self.vault.note(&AuditNote::SensitiveShown(thread), self.now())?;
        let before = lock(&self.unmasked).replace(thread);
        before.into_iter().for_each(|before| self.changed(before));
        self.changed(thread);
        Ok(())
    }

    /// The window turns to a thread: one that was shown before is masked again.
    pub(crate) fn turn_to(&self, thread: ThreadId) {
        let before = lock(&self.unmasked).take_if(|shown| *shown != thread);
        before.into_iter().for_each(|before| self.changed(before));
    }

    /// Whether a thread that is marked sensitive is to be masked now.
    pub(crate) fn masks(&self, thread: ThreadId, sensitive: bool) -> bool {
        sensitive && *lock(&self.unmasked) != Some(thread)
    }

    fn is_masked(&self, thread: ThreadId) -> AppResult<bool> {
        Ok(self.masks(thread, self.vault.thread(thread)?.sensitive))
    }

    /// Stops what would give the window something of a masked thread.
    pub(crate) fn refuse_masked(&self, thread: ThreadId) -> AppResult<()> {
        if self.is_masked(thread)? { Err(AppError::new("thread_masked")) } else { Ok(()) }
    }

    /// The same for a message of such a thread.
    pub(crate) fn refuse_masked_message(&self, message: MessageId) -> AppResult<()> {
        self.refuse_masked(self.vault.message(message)?.thread)
    }

    /// Stops what would print a sensitive thread, or write it to a file, unasked.
    pub(crate) fn refuse_sensitive(&self, thread: ThreadId, choice: SensitiveThreads) -> AppResult<()> {
        if choice != SensitiveThreads::Include && self.vault.thread(thread)?.sensitive {
            return Err(sensitive_threads(1));
        }
        Ok(())
    }

    /// The command line marks whatever it names: nothing is on a screen.
    ///
    /// # Errors
    /// `no_such_thread` and the vault's.
    pub fn mark_sensitive(&self, thread: &str, sensitive: bool) -> AppResult<SensitiveRecord> {
        let thread = self.thread_id(thread)?;
        self.vault.set_sensitive(thread, sensitive, self.now())?;
        Ok(SensitiveRecord { thread: thread.to_string(), sensitive })
    }
}

/// So many sensitive threads stand against it, until somebody says what is meant.
pub(crate) fn sensitive_threads(count: usize) -> AppError {
    AppError::new("sensitive_threads").with("count", count)
}

impl ThreadRow {
    /// Without what tells whose thread it is or what it is about.
    pub(crate) fn masked(self) -> Self {
        Self {
            masked: true,
            family: String::new(),
            given: String::new(),
            topic: String::new(),
            preview: String::new(),
            category: None,
            rule: None,
            function: None,
            ..self
        }
    }
}

impl ThreadDetail {
    /// A thread of which the row alone is given, masked.
    pub(crate) fn masked(row: ThreadRow, sharing: crate::dto::SharingView) -> Self {
        Self {
            row: row.masked(),
            patient: None,
            other_readers: Vec::new(),
            inferred: false,
            messages: Vec::new(),
            draft: String::new(),
            case: None,
            sharing,
        }
    }
}

impl SearchHit {
    /// That there is a hit, and when; not whose and not with what words around it.
    pub(crate) fn masked(self) -> Self {
        Self { masked: true, patient: String::new(), snippet: String::new(), ..self }
    }
}
