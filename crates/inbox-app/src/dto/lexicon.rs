//! The clinic's own words and switches, the rules, and what is said of them.

use inbox_domain::{Category, Checked, NotCheckedReason, Tier};
use inbox_triage::clinic::{ClinicLexicon, ClinicProblem};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AppError, FlagView, Segment};

/// The clinic's own words and switches as they are in force.
#[derive(Debug, Clone, Serialize, Type)]
pub struct LexiconView {
    /// Newest version; 0 before the first one.
    pub version: u32,
    /// When it was saved.
    pub saved_at: Option<String>,
    /// Its words and switches.
    pub lexicon: ClinicLexicon,
    /// Why what is stored is not, or not wholly, in force.
    pub problem: Option<AppError>,
    /// How far the stored messages are judged by it.
    pub retriage: RetriageView,
}

/// Whether stored messages are being judged again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RetriageState {
    /// All messages are judged by what is in force.
    Complete,
    /// They are being judged.
    Running,
    /// Somebody stopped it; the next opening of the vault goes on by itself.
    Paused,
    /// Some are still judged by what was in force before.
    Waiting,
}

/// How far the stored messages are judged by what is in force.
#[derive(Debug, Clone, Serialize, Type)]
pub struct RetriageView {
    /// State.
    pub state: RetriageState,
    /// Messages judged.
    pub done: u32,
    /// Of how many.
    pub total: u32,
    /// What stopped the last run.
    pub problem: Option<AppError>,
}

/// A rule with its examples and what it did in this vault.
#[derive(Debug, Clone, Serialize, Type)]
pub struct RuleRow {
    /// Id.
    pub id: String,
    /// Kind of concern.
    pub category: Category,
    /// Tier without context.
    pub tier: Tier,
    /// Why it exists, in the app's language.
    pub reason: String,
    /// Where the clinical fact comes from.
    pub source: String,
    /// Texts that it flags.
    pub positive: Vec<String>,
    /// Texts that it does not flag.
    pub negative: Vec<String>,
    /// A switch keeps it at watch.
    pub watch_only: bool,
    /// A clinical lead has signed it: it cannot be switched.
    pub signed: bool,
    /// One of the clinic's own.
    pub own: bool,
    /// Flags raised in this vault.
    pub raised: u32,
    /// Of these: called wrong.
    pub wrong: u32,
}

/// What triage says of a text that is not stored.
#[derive(Debug, Clone, Serialize, Type)]
pub struct TriedText {
    /// Highest tier of the flags after context.
    pub tier: Tier,
    /// The text, cut at flags.
    pub segments: Vec<Segment>,
    /// Flags, lowered ones too.
    pub flags: Vec<FlagView>,
    /// Whether triage could judge it.
    pub checked: Checked,
    /// Why not.
    pub not_checked: Vec<NotCheckedReason>,
    /// What is wrong with the draft; nothing was tried then.
    pub problems: Vec<ClinicProblem>,
}

/// What became of a draft that was to be saved.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SavedLexicon {
    /// It is in force; stored messages are being judged by it.
    Saved {
        /// Its version.
        version: u32,
    },
    /// Nothing was saved.
    Refused {
        /// Everything that is wrong with it.
        problems: Vec<ClinicProblem>,
    },
}

/// "A rule missed this", on a message.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct MissedView {
    /// The kind of concern that should have been flagged.
    pub category: Category,
    /// The clinician's own words, or empty.
    pub wording: String,
}

/// What was said of rules, as it may leave the clinic.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct FeedbackExport {
    /// JSON.
    pub text: String,
    /// Wordings about messages of sensitive threads that were left out.
    pub sensitive_left_out: u32,
}
