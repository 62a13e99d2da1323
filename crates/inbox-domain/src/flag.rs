//! What triage says about a message.

use serde::{Deserialize, Serialize};
use specta::Type;

/// How soon a clinician has to act on a message. The order is the order of urgency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// No flag counts. Never means safe.
    #[default]
    None,
    /// A warning sign.
    Watch,
    /// Contact today.
    Urgent,
    /// Danger to life now.
    Emergency,
}

impl Tier {
    /// The tier one step less urgent; [`Tier::None`] stays.
    pub fn lowered(self) -> Self {
        match self {
            Self::Emergency => Self::Urgent,
            Self::Urgent => Self::Watch,
            Self::Watch | Self::None => Self::None,
        }
    }

    /// Whether a flag of this tier is work that opens a case.
    pub fn opens_case(self) -> bool {
        self >= Self::Urgent
    }

    /// The word used in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Watch => "watch",
            Self::Urgent => "urgent",
            Self::Emergency => "emergency",
        }
    }

    /// The number stored in SQL, so that `ORDER BY tier DESC` puts the most urgent first.
    pub fn rank(self) -> i64 {
        self as i64
    }

    /// The tier of a stored number; an unknown number is read as the most urgent.
    pub fn from_rank(rank: i64) -> Self {
        match rank {
            0 => Self::None,
            1 => Self::Watch,
            2 => Self::Urgent,
            _ => Self::Emergency,
        }
    }
}

/// The 22 kinds of concern (CLINICAL.md, "Categories").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the clinical terms themselves")]
pub enum Category {
    IdeationPassive,
    IdeationActive,
    Intent,
    Plan,
    Means,
    Preparation,
    Attempt,
    SelfHarm,
    HarmToOthers,
    AbuseViolence,
    ChildSafety,
    ElderSafety,
    Psychosis,
    Mania,
    Overdose,
    AdverseReaction,
    Withdrawal,
    EatingDisorder,
    Postpartum,
    Hopelessness,
    ThirdPartyRisk,
    SubstanceRisk,
}

/// A context that changed how a phrase was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ContextMark {
    /// An explicit, current denial.
    Negated,
    /// A denial that does not convince.
    NegationDoubtful,
    /// Resolved and long ago.
    History,
    /// Past, but not clearly resolved.
    HistoryDoubtful,
    /// About somebody other than the writer.
    ThirdPerson,
    /// Quoted clinic, leaflet or questionnaire text.
    Quoted,
    /// A condition or a worry, not a statement.
    Hypothetical,
    /// Figure of speech or another object.
    Idiom,
    /// A later clause in the present outweighs an earlier denial.
    LaterContradiction,
    /// Raised by combination with another element.
    Combined,
    /// Read together with the message it answers.
    ThreadContext,
    /// All other words of the message speak for an everyday one.
    Everyday,
    /// The clinic's switch keeps this rule at watch.
    WatchOnly,
}

/// A concern raised on a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// Id of the rule, stable across versions of the lexicon, for example `en.ideation.want-to-die`.
    pub rule: String,
    /// Kind of concern.
    pub category: Category,
    /// Tier after context.
    pub tier: Tier,
    /// First character, in Unicode scalar values of the text as given.
    pub start: usize,
    /// One past the last character, in Unicode scalar values.
    pub end: usize,
    /// The words themselves: `text[start..end]`.
    pub text: String,
    /// Contexts that changed the tier, in the order in which they were applied.
    pub context: Vec<ContextMark>,
    /// Whether context lowered the tier.
    pub demoted: bool,
    /// Further spans (start, end) that the rule needed, for frames whose elements stand apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<(usize, usize)>,
}

/// Whether triage could judge a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Checked {
    /// All of it, in a language that the lexicon covers.
    Full,
    /// Some of it.
    Partial,
    /// None of it.
    None,
}

/// Why a message was not fully checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NotCheckedReason {
    /// A language that no lexicon covers.
    Language,
    /// An attachment that triage does not read.
    Attachment,
    /// The resource could not be read.
    Quarantined,
    /// Only the beginning was judged.
    TextCut,
    /// The message has no text.
    Empty,
}

/// What a message is for: the four functions of the study (JMIR Form Res 2025;9:e63713).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum MessageFunction {
    /// Reports on symptoms, treatment and homework.
    ReportingFeedback,
    /// Thanks, greeting, relationship.
    Interpersonal,
    /// Writing to order one's own thoughts.
    Intrapersonal,
    /// Appointments, refills, forms.
    Organisational,
}

/// The whole judgement of triage on one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triaged {
    /// Highest tier of the flags after context.
    pub tier: Tier,
    /// All flags, demoted ones too, ordered by start.
    pub flags: Vec<Flag>,
    /// Functions, likeliest first; never empty for a text with words.
    pub functions: Vec<MessageFunction>,
    /// Whether the text could be judged.
    pub checked: Checked,
    /// Why not, when it could not.
    pub not_checked: Vec<NotCheckedReason>,
}
