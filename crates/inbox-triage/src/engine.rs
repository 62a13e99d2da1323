//! The one entrance: an engine made of lexicons, and its judgement on a text.

use std::sync::OnceLock;

use inbox_domain::{Checked, Tier, Triaged};

/// An earlier message of the same thread, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextMessage {
    /// Whether the patient's side wrote it.
    pub from_patient: bool,
    /// Its text.
    pub text: String,
}

/// What triage is asked about.
#[derive(Debug, Clone, Copy, Default)]
pub struct TriageInput<'a> {
    /// The message as received.
    pub text: &'a str,
    /// Language tag if known (`en`, `de`, `de-AT`); detected when absent.
    pub lang: Option<&'a str>,
    /// The messages before it, oldest first; may be empty.
    pub context: &'a [ContextMessage],
}

/// Why a rule exists, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// Plain-language reason shown beside the flag.
    pub reason: String,
    /// Where the clinical fact comes from.
    pub source: String,
}

/// Compiled lexicons; cheap to share, used from any thread.
#[derive(Debug)]
pub struct Engine {}

impl Engine {
    /// The engine with the lexicons in `assets/lexicon`, compiled once per process.
    pub fn builtin() -> &'static Engine {
        static ENGINE: OnceLock<Engine> = OnceLock::new();
        ENGINE.get_or_init(|| Engine {})
    }

    /// Judges one text. Never panics; the same input gives the same answer.
    pub fn triage(&self, _input: &TriageInput<'_>) -> Triaged {
        Triaged {
            tier: Tier::None,
            flags: Vec::new(),
            functions: Vec::new(),
            checked: Checked::None,
            not_checked: Vec::new(),
        }
    }

    /// The reason and source of a rule in `lang` (`de`, else English); `None` for an unknown rule.
    pub fn explain(&self, _rule_id: &str, _lang: &str) -> Option<RuleText> {
        None
    }
}
