//! The clinic's own words, what is said of rules, and what is to be judged again.

use chrono::{DateTime, Utc};
use inbox_domain::{Category, MessageId, PatientId, ThreadId};

/// A version of the clinic's own words and switches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LexiconVersion {
    /// 1 for the first one saved.
    pub version: u32,
    /// When it was saved.
    pub saved_at: DateTime<Utc>,
    /// JSON as it was saved.
    pub lexicon: String,
}

/// What a rule raised in this vault and what clinicians said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// Id of the rule.
    pub rule: String,
    /// Flags in force that count after context, and those dismissed.
    pub raised: u32,
    /// Of these: "this rule is wrong here" was said.
    pub wrong: u32,
}

/// "A rule missed this."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedReport {
    /// The message.
    pub message: MessageId,
    /// The kind of concern that should have been flagged.
    pub category: Category,
    /// The clinician's own words, or empty.
    pub wording: String,
    /// When it was said.
    pub at: DateTime<Utc>,
    /// The message's patient, if known.
    pub patient: Option<PatientId>,
    /// The message's thread is marked sensitive.
    pub sensitive: bool,
}

/// How far the messages of the patient's side are judged, and under which engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriageState {
    /// Fingerprint of the engine; empty before the first one.
    pub engine: String,
    /// Messages up to here are judged under it.
    pub judged_to: MessageId,
    /// All are.
    pub complete: bool,
}

/// A stored message of the patient's side that is to be judged again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToJudge {
    /// Id.
    pub id: MessageId,
    /// `meta.versionId` as read: the judgement holds for this version only.
    pub version: String,
    /// Thread.
    pub thread: ThreadId,
    /// The instant used for order.
    pub sent_at: DateTime<Utc>,
    /// The whole text.
    pub text: String,
    /// It has attachments.
    pub attachments: bool,
}

/// The next messages to judge again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriagePage {
    /// The state in which the page was read.
    pub state: TriageState,
    /// In order of id; empty when nothing is left.
    pub messages: Vec<ToJudge>,
}
