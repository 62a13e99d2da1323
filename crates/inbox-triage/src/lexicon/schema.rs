//! The schema of a lexicon file (TOML). Unknown keys are errors: a misspelt key would silently weaken a rule.

use inbox_domain::{Category, Tier};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::LexiconError;

/// One file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LexiconFile {
    #[serde(default)]
    pub(crate) concept: Vec<Concept>,
    #[serde(default)]
    pub(crate) rule: Vec<Rule>,
    #[serde(default)]
    pub(crate) cues: Cues,
    #[serde(default)]
    pub(crate) words: Words,
    /// A clinic's switch: these rules raise nothing above watch.
    #[serde(default)]
    pub(crate) watch_only: Vec<Spanned<String>>,
}

/// A set of ways to say one thing; used in patterns as `{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Concept {
    pub(crate) id: Spanned<String>,
    pub(crate) forms: Vec<Spanned<String>>,
    /// Long words of this concept are also found with one wrong letter.
    #[serde(default)]
    pub(crate) fuzzy: bool,
}

/// The reason in both languages of the app.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Reason {
    pub(crate) en: String,
    pub(crate) de: String,
}

/// Where the elements of a frame may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Within {
    /// Anywhere in the message.
    #[default]
    Message,
    /// In one sentence.
    Sentence,
    /// At most two sentences apart.
    Near,
}

/// How the third person changes a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Third {
    /// Becomes a third-party risk of the same tier.
    #[default]
    Moves,
    /// Stays as it is.
    Keeps,
}

/// A rule: phrases (`match`) or elements (`frame`) that mean a concern.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    pub(crate) id: Spanned<String>,
    pub(crate) category: Category,
    pub(crate) tier: Tier,
    pub(crate) reason: Reason,
    pub(crate) source: String,
    #[serde(default, rename = "match")]
    pub(crate) phrases: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) frame: Vec<Vec<Spanned<String>>>,
    /// Elements needed; all when absent.
    #[serde(default)]
    pub(crate) need: Option<usize>,
    #[serde(default)]
    pub(crate) within: Within,
    /// Makes the phrase an idiom when found in the same sentence.
    #[serde(default)]
    pub(crate) unless: Vec<Spanned<String>>,
    /// The same, anywhere in the message.
    #[serde(default)]
    pub(crate) unless_message: Vec<Spanned<String>>,
    /// Fires only beside another counting flag of one of these categories.
    #[serde(default)]
    pub(crate) with: Vec<Category>,
    /// Fires only when the clinician's last message holds one of these.
    #[serde(default)]
    pub(crate) after: Vec<Spanned<String>>,
    /// Whether a denial takes it back.
    #[serde(default = "yes")]
    pub(crate) negation: bool,
    /// Whether the past takes it back.
    #[serde(default = "yes")]
    pub(crate) history: bool,
    /// Whether a condition or a question takes it back.
    #[serde(default)]
    pub(crate) hypothetical: bool,
    /// Whether laughter takes it back.
    #[serde(default)]
    pub(crate) laughter: bool,
    #[serde(default)]
    pub(crate) third: Third,
    /// The rule of this language's evidence (`evidence.tsv`): raised by many words together, without phrases of its own.
    #[serde(default)]
    pub(crate) evidence: bool,
    /// The rule of a thread in which one message of concern follows another (`escalation.rs`).
    #[serde(default)]
    pub(crate) escalation: bool,
    #[serde(default)]
    pub(crate) positive: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) negative: Vec<Spanned<String>>,
}

fn yes() -> bool {
    true
}

/// Context cues: patterns by kind.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cues {
    pub(crate) negation: Vec<Spanned<String>>,
    pub(crate) negation_phrase: Vec<Spanned<String>>,
    /// Words that deny the whole clause behind them: "it's not that ...", "es ist nicht so, dass ...".
    pub(crate) denied_claim: Vec<Spanned<String>>,
    /// Words that deny the phrase right before them: "... has not crossed my mind", "... ist nicht mehr da".
    pub(crate) denied_behind: Vec<Spanned<String>>,
    /// Words that deny the phrase right behind them, also over a comma: "hatte nie vor, ...".
    pub(crate) denied_next: Vec<Spanned<String>>,
    pub(crate) pseudo_negation: Vec<Spanned<String>>,
    pub(crate) doubtful_negation: Vec<Spanned<String>>,
    pub(crate) contrast: Vec<Spanned<String>>,
    pub(crate) alternative: Vec<Spanned<String>>,
    pub(crate) subject: Vec<Spanned<String>>,
    pub(crate) opener: Vec<Spanned<String>>,
    pub(crate) history: Vec<Spanned<String>>,
    pub(crate) remote: Vec<Spanned<String>>,
    pub(crate) resolved: Vec<Spanned<String>>,
    pub(crate) rearm: Vec<Spanned<String>>,
    pub(crate) quote_source: Vec<Spanned<String>>,
    pub(crate) hypothetical: Vec<Spanned<String>>,
    pub(crate) laughter: Vec<Spanned<String>>,
    pub(crate) first_person: Vec<Spanned<String>>,
    pub(crate) relative: Vec<Spanned<String>>,
    pub(crate) professional: Vec<Spanned<String>>,
}

/// Word lists that are not patterns.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Words {
    /// Function words that show the language.
    pub(crate) language: Vec<String>,
    /// Function words of languages that no lexicon covers.
    pub(crate) other_language: Vec<String>,
    /// Words met in many messages. They change no judgement; patterns are looked for by their rarer words.
    pub(crate) common: Vec<String>,
    /// Cue words of the four functions.
    pub(crate) reporting_feedback: Vec<String>,
    pub(crate) interpersonal: Vec<String>,
    pub(crate) intrapersonal: Vec<String>,
    pub(crate) organisational: Vec<String>,
}

/// Parses one file.
pub(crate) fn parse(file: &str, text: &str) -> Result<LexiconFile, LexiconError> {
    toml::from_str(text).map_err(|error| LexiconError {
        file: file.to_owned(),
        line: error.span().map_or(0, |span| line_of(text, span.start)),
        expected: error.message().to_owned(),
    })
}

/// Line of a byte offset, from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}
