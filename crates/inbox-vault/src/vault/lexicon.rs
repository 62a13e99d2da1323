//! The clinic's own words, what is said of rules, and judging stored messages again.

use chrono::{DateTime, Utc};
use inbox_domain::{ApplyReport, Category, MessageId, ThreadId, Triaged};

use super::Vault;
use crate::{
    LexiconVersion, MissedReport, Result, RuleCount, TriagePage, TriageState, lexicon, missed, retriage,
};

impl Vault {
    /// The newest version of the clinic's own words and switches; `None` before the first one.
    pub fn lexicon(&self) -> Result<Option<LexiconVersion>> {
        self.read(lexicon::newest)
    }

    /// Saves the version after `base` (0 before the first one) and answers its number. Every version is kept.
    ///
    /// # Errors
    /// [`crate::VaultError::Changed`] when `base` is not the newest one.
    pub fn save_lexicon(&self, base: u32, lexicon: &str, now: DateTime<Utc>) -> Result<u32> {
        self.act(|act| lexicon::save(act, base, lexicon, now))
    }

    /// "A rule missed this": one report a message and category; again, it replaces the wording.
    pub fn report_missed(
        &self,
        message: MessageId,
        category: Category,
        wording: &str,
        now: DateTime<Utc>,
    ) -> Result<ThreadId> {
        self.act(|act| missed::report(act, message, category, wording, now))
    }

    /// Takes such a report back.
    pub fn withdraw_missed(
        &self,
        message: MessageId,
        category: Category,
        now: DateTime<Utc>,
    ) -> Result<ThreadId> {
        self.act(|act| missed::withdraw(act, message, category, now))
    }

    /// All reports that a rule missed a message, oldest first.
    pub fn missed(&self) -> Result<Vec<MissedReport>> {
        self.read(missed::list)
    }

    /// The reports on messages of one thread.
    pub fn thread_missed(&self, thread: ThreadId) -> Result<Vec<MissedReport>> {
        self.read(|db| missed::of_thread(db, thread))
    }

    /// What each rule raised here and how often it was called wrong, by the rule's id; rules without a flag are left out.
    pub fn rule_counts(&self) -> Result<Vec<RuleCount>> {
        self.read(missed::counts)
    }

    /// How far the messages of the patient's side are judged.
    pub fn triage_state(&self) -> Result<TriageState> {
        self.read(retriage::state)
    }

    /// Makes `engine` (a fingerprint) the one under which all messages are to be judged; goes on where it was when it
    /// already is.
    pub fn begin_retriage(&self, engine: &str, now: DateTime<Utc>) -> Result<TriageState> {
        self.act(|act| retriage::begin(act, engine, now))
    }

    /// The next messages to judge again, in order of id.
    pub fn triage_page(&self, limit: u32) -> Result<TriagePage> {
        self.read(|db| retriage::page(db, limit))
    }

    /// How many messages of the patient's side have an id after this one.
    pub fn inbound_after(&self, id: MessageId) -> Result<u32> {
        self.read(|db| retriage::count_after(db, id))
    }

    /// Stores the judgements of a page, in its order, together with how far they reach; an empty page says that all is
    /// judged. Hours stay as they are; what a clinician dismissed, acknowledged or closed stays so; cases open by the
    /// backlog rule. `None`, and nothing is stored, when something else has moved on meanwhile: read the page again.
    pub fn apply_retriage(
        &self,
        page: &TriagePage,
        judged: &[Triaged],
        now: DateTime<Utc>,
    ) -> Result<Option<ApplyReport>> {
        self.act(|act| retriage::apply(act, page, judged, now))
    }
}
