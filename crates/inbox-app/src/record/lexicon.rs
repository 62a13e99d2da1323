//! The shapes of `lexicon`.

use inbox_domain::{Category, Tier};
use inbox_triage::clinic::ClinicLexicon;
use serde::Serialize;

use crate::dto::LexiconView;

/// `lexicon show`.
#[derive(Debug, Clone, Serialize)]
pub struct LexiconRecord {
    /// Newest version; 0 before the first one.
    pub version: u32,
    /// When it was saved.
    pub saved_at: Option<String>,
    /// Code of what keeps it, or some of it, out of force.
    pub problem: Option<String>,
    /// All stored messages are judged by it.
    pub judged: bool,
    /// The words and switches in force: what `lexicon set` takes.
    pub lexicon: ClinicLexicon,
}

impl From<LexiconView> for LexiconRecord {
    fn from(view: LexiconView) -> Self {
        Self {
            version: view.version,
            saved_at: view.saved_at,
            problem: view.problem.map(|problem| problem.code),
            judged: view.retriage.done == view.retriage.total,
            lexicon: view.lexicon,
        }
    }
}

/// `lexicon retriage`.
#[derive(Debug, Clone, Serialize)]
pub struct RetriageRecord {
    /// Messages of the patients' side, all judged by what is in force.
    pub messages: u32,
    /// Our ids of the threads that changed.
    pub threads_changed: Vec<String>,
    /// Cases opened, or joined by a new flag.
    pub cases: Vec<String>,
}

/// What was said of a rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleFeedbackRecord {
    /// Id of the rule.
    pub rule: String,
    /// Kind of concern; null for a rule that is no longer there.
    pub category: Option<Category>,
    /// Tier without context; null for a rule that is no longer there.
    pub tier: Option<Tier>,
    /// Flags raised.
    pub raised: u32,
    /// Of these: called wrong.
    pub wrong: u32,
}

/// "A rule missed this", without the message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct MissedRecord {
    /// ISO week in which it was said.
    pub week: String,
    /// Kind of concern.
    pub category: Category,
    /// `en`, `de`, `other` or `unknown`.
    pub language: String,
    /// The clinician's own words, names of the patient's circle masked.
    pub wording: String,
}

/// `lexicon feedback`.
#[derive(Debug, Clone, Serialize)]
pub struct FeedbackRecord {
    /// Fingerprint of the rules in force.
    pub engine: String,
    /// Version of the clinic's own words; 0 when there are none.
    pub lexicon_version: u32,
    /// Rules that raised something, by id.
    pub rules: Vec<RuleFeedbackRecord>,
    /// What rules missed, by week.
    pub missed: Vec<MissedRecord>,
    /// Wordings about messages of sensitive threads that were left out.
    pub sensitive_left_out: u32,
}
