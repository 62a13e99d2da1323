//! Acts of the clinician: each writes its audit row in its own transaction.

use chrono::{DateTime, Utc};
use inbox_domain::{AttemptOutcome, CaseId, FlagId, StepState, ThreadId, ThreadStatus};

use super::Vault;
use crate::cases::{Attempt, Step};
use crate::{Result, StoredCase, acts, cases};

impl Vault {
    /// Marks all messages of the thread read; answers how many were not.
    pub fn mark_read(&self, thread: ThreadId, now: DateTime<Utc>) -> Result<u32> {
        self.act(|act| acts::mark_read(act, thread, None, now))
    }

    /// The same for what the vault held at `up_to`: a message that came, or got another text, after its thread was shown
    /// has been read by nobody. `up_to` is the `now` at which the thread was loaded, on this workstation's clock.
    pub fn mark_read_until(&self, thread: ThreadId, up_to: DateTime<Utc>, now: DateTime<Utc>) -> Result<u32> {
        self.act(|act| acts::mark_read(act, thread, Some(up_to), now))
    }

    /// Saves the draft of a thread; an empty text removes it.
    pub fn save_draft(&self, thread: ThreadId, text: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| acts::save_draft(act, thread, text, now))
    }

    /// Hides the thread until then; `None` shows it again. A new message of the patient shows it again too.
    pub fn snooze(&self, thread: ThreadId, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| acts::snooze(act, thread, until, now))
    }

    /// Opens or closes the thread here. A new message of the patient opens it again.
    pub fn set_thread_status(
        &self,
        thread: ThreadId,
        status: ThreadStatus,
        now: DateTime<Utc>,
    ) -> Result<()> {
        self.act(|act| acts::set_status(act, thread, status, now))
    }

    /// Marks the thread as not for other eyes, or takes the mark away; answers whether that changed anything. What does not
    /// change leaves no audit row. It says nothing to the portal, and changes no view and no count.
    pub fn set_sensitive(&self, thread: ThreadId, sensitive: bool, now: DateTime<Utc>) -> Result<bool> {
        self.act(|act| acts::set_sensitive(act, thread, sensitive, now))
    }

    /// "This rule is wrong here", or takes it back.
    pub fn dismiss_flag(&self, flag: FlagId, dismissed: bool, now: DateTime<Utc>) -> Result<ThreadId> {
        self.act(|act| acts::dismiss_flag(act, flag, dismissed, now))
    }

    /// Stops the clock of a case.
    pub fn case_acknowledge(&self, case: CaseId, by: &str, now: DateTime<Utc>) -> Result<StoredCase> {
        self.act(|act| cases::acknowledge(act, case, by, now))
    }

    /// Logs a contact attempt; it acknowledges the case.
    pub fn case_log_attempt(
        &self,
        case: CaseId,
        outcome: AttemptOutcome,
        number: &str,
        next: Option<DateTime<Utc>>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<StoredCase> {
        self.act(|act| cases::log_attempt(act, case, Attempt { outcome, number, next, by }, now))
    }

    /// Sets step `n` (1 to 12); `Skipped` needs a reason.
    pub fn case_set_step(
        &self,
        case: CaseId,
        n: u8,
        state: StepState,
        reason: Option<&str>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<StoredCase> {
        self.act(|act| cases::set_step(act, case, Step { n, state, reason, by }, now))
    }

    /// Closes a case with an outcome. A false alarm gives every open step that reason; else each step must be done or
    /// have one.
    pub fn case_close(
        &self,
        case: CaseId,
        outcome: &str,
        false_alarm: bool,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<StoredCase> {
        self.act(|act| cases::close(act, case, outcome, false_alarm, by, now))
    }

    /// Sets a setting. The audit row names the key, never the value.
    pub fn set_setting(&self, key: &str, value: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| acts::set_setting(act, key, Some(value), now))
    }

    /// Removes a setting.
    pub fn remove_setting(&self, key: &str, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| acts::set_setting(act, key, None, now))
    }
}
