//! A clinic's own words and switches, as a vault keeps them: plain phrases instead of the pattern language, and rules that
//! raise nothing above watch. What a clinical lead has signed stays: a switch can never go below it.

use std::collections::BTreeSet;

use inbox_domain::{Category, Tier};
use serde::{Deserialize, Serialize};

use crate::engine::{ClinicFile, Engine};
use crate::lexicon::pattern::fold_words;

/// Entries and phrases of one clinic; more is a mistake, and every message pays for them.
const MOST_ENTRIES: usize = 200;
const MOST_PHRASES: usize = 40;
/// Characters of a phrase or a reason.
const LONGEST: usize = 200;
/// Words of a phrase.
const MOST_WORDS: usize = 12;

/// Language of a clinic's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "lowercase")]
pub enum ClinicLanguage {
    /// English messages.
    En,
    /// German messages.
    De,
    /// Any message.
    Both,
}

/// Phrases that a clinic wants flagged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields)]
pub struct ClinicWords {
    /// Id within the clinic's words: letters, digits and hyphens. The rule is called `clinic.{id}`.
    pub id: String,
    /// Messages in which to look.
    pub language: ClinicLanguage,
    /// Kind of concern.
    pub category: Category,
    /// `watch`, `urgent` or `emergency`.
    pub tier: Tier,
    /// Words in a row; a `*` at the end of a word stands for any ending. Case and umlauts do not matter.
    pub phrases: Vec<String>,
    /// Why the clinic looks for them; shown beside the flag.
    pub reason: String,
}

/// A clinic's own words and switches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(deny_unknown_fields, default)]
pub struct ClinicLexicon {
    /// Phrases to flag.
    pub words: Vec<ClinicWords>,
    /// Ids of rules that raise nothing above watch.
    pub watch_only: Vec<String>,
}

/// What is wrong with a [`ClinicLexicon`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum ClinicProblemKind {
    /// More entries or phrases than are allowed.
    TooMany,
    /// An id with other characters than letters, digits and hyphens, or without any.
    Id,
    /// The same id twice.
    DuplicateId,
    /// Tier none: nothing would be flagged.
    Tier,
    /// No phrase.
    NoPhrase,
    /// A phrase without a word, or longer than allowed.
    Phrase,
    /// A phrase of nothing but everyday words, which would flag most messages.
    OnlyCommonWords,
    /// No reason, or a longer one than allowed.
    Reason,
    /// A switch for a rule that does not exist.
    UnknownRule,
    /// A switch for a rule that a clinical lead has signed.
    SignedRule,
}

/// A problem and its place, for example `words[2].phrases[0]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, specta::Type)]
pub struct ClinicProblem {
    /// Place in the JSON.
    pub path: String,
    /// What is wrong there.
    pub problem: ClinicProblemKind,
}

/// A rule as a clinician can read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInfo<'a> {
    /// Id of the rule.
    pub id: &'a str,
    /// Kind of concern.
    pub category: Category,
    /// Tier without context.
    pub tier: Tier,
    /// Why it exists, in English.
    pub reason_en: &'a str,
    /// Why it exists, in German.
    pub reason_de: &'a str,
    /// Where the clinical fact comes from.
    pub source: &'a str,
    /// Texts that it flags.
    pub positive: &'a [String],
    /// Texts that it does not flag.
    pub negative: &'a [String],
    /// Whether a switch keeps it at watch.
    pub watch_only: bool,
}

#[derive(Serialize)]
struct RuleFile {
    rule: Vec<RuleOut>,
    watch_only: Vec<String>,
}

#[derive(Serialize)]
struct RuleOut {
    id: String,
    category: Category,
    tier: Tier,
    reason: ReasonOut,
    source: &'static str,
    #[serde(rename = "match")]
    phrases: Vec<String>,
}

#[derive(Serialize)]
struct ReasonOut {
    en: String,
    de: String,
}

impl ClinicLexicon {
    /// Everything that is wrong with it; `signed` are the rules that a clinical lead has signed. Empty when it can be used.
    pub fn problems(&self, signed: &BTreeSet<String>) -> Vec<ClinicProblem> {
        let mut found = Vec::new();
        let mut say = |path: String, problem| found.push(ClinicProblem { path, problem });
        let rules: BTreeSet<&str> = Engine::builtin().rule_ids().collect();
        if self.words.len() > MOST_ENTRIES {
            say("words".into(), ClinicProblemKind::TooMany);
        }
        if self.watch_only.len() > rules.len() + MOST_ENTRIES {
            say("watch_only".into(), ClinicProblemKind::TooMany);
        }
        if !found.is_empty() {
            return found;
        }
        let mut say = |path: String, problem| found.push(ClinicProblem { path, problem });
        let mut ids = BTreeSet::new();
        for (at, words) in self.words.iter().enumerate() {
            let id_fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
            if words.id.is_empty() || words.id.len() > LONGEST || !words.id.chars().all(id_fits) {
                say(format!("words[{at}].id"), ClinicProblemKind::Id);
            } else if !ids.insert(&words.id) {
                say(format!("words[{at}].id"), ClinicProblemKind::DuplicateId);
            }
            if words.tier == Tier::None {
                say(format!("words[{at}].tier"), ClinicProblemKind::Tier);
            }
            if words.reason.trim().is_empty() || words.reason.chars().count() > LONGEST {
                say(format!("words[{at}].reason"), ClinicProblemKind::Reason);
            }
            match words.phrases.len() {
                0 => say(format!("words[{at}].phrases"), ClinicProblemKind::NoPhrase),
                n if n > MOST_PHRASES => say(format!("words[{at}].phrases"), ClinicProblemKind::TooMany),
                _ => {}
            }
            for (number, phrase) in words.phrases.iter().enumerate() {
                if let Some(problem) = phrase_problem(phrase) {
                    say(format!("words[{at}].phrases[{number}]"), problem);
                }
            }
        }
        let own_ids: BTreeSet<&str> = ids.into_iter().map(String::as_str).collect();
        for (at, rule) in self.watch_only.iter().enumerate() {
            let own = rule.strip_prefix("clinic.").is_some_and(|id| own_ids.contains(id));
            if !own && !rules.contains(rule.as_str()) {
                say(format!("watch_only[{at}]"), ClinicProblemKind::UnknownRule);
            } else if signed.contains(rule) {
                say(format!("watch_only[{at}]"), ClinicProblemKind::SignedRule);
            }
        }
        found
    }

    fn file(&self, language: ClinicLanguage) -> ClinicFile {
        let rules = self.words.iter().filter(|words| words.language == language).map(|words| RuleOut {
            id: format!("clinic.{}", words.id),
            category: words.category,
            tier: words.tier,
            reason: ReasonOut { en: words.reason.clone(), de: words.reason.clone() },
            source: "the clinic's own words",
            phrases: words.phrases.iter().map(|phrase| as_pattern(phrase)).collect(),
        });
        let watch_only = if language == ClinicLanguage::Both { self.watch_only.clone() } else { Vec::new() };
        let file = RuleFile { rule: rules.collect(), watch_only };
        let folder = match language {
            ClinicLanguage::En => "en",
            ClinicLanguage::De => "de",
            ClinicLanguage::Both => "shared",
        };
        // Strings, enums and lists always have a TOML form.
        let text = toml::to_string(&file).unwrap_or_default();
        ClinicFile { folder: folder.to_owned(), name: format!("clinic/{folder}.toml"), text }
    }
}

impl Engine {
    /// The built-in lexicon with a clinic's words and switches on top.
    ///
    /// # Errors
    /// All problems of `clinic`; `signed` are the rules that a clinical lead has signed.
    pub fn with_clinic(
        clinic: &ClinicLexicon,
        signed: &BTreeSet<String>,
    ) -> Result<Engine, Vec<ClinicProblem>> {
        let problems = clinic.problems(signed);
        if !problems.is_empty() {
            return Err(problems);
        }
        let files = [ClinicLanguage::En, ClinicLanguage::De, ClinicLanguage::Both];
        Engine::with_clinic_lexicon(&files.map(|language| clinic.file(language)))
            .map_err(|_| vec![ClinicProblem { path: "words".into(), problem: ClinicProblemKind::Phrase }])
    }
}

/// Words of a phrase, each with whether any ending is meant.
fn words_of(phrase: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    for raw in phrase.split_whitespace() {
        let any_ending = raw.ends_with('*');
        let folded = fold_words(&raw.replace('*', ""));
        let last = folded.len().saturating_sub(1);
        words.extend(folded.into_iter().enumerate().map(|(at, word)| (word, any_ending && at == last)));
    }
    words
}

fn phrase_problem(phrase: &str) -> Option<ClinicProblemKind> {
    let words = words_of(phrase);
    let sound = |(word, any_ending): &(String, bool)| {
        word.bytes().all(|byte| byte.is_ascii_alphanumeric()) && (!any_ending || word.len() >= 4)
    };
    if words.is_empty()
        || words.len() > MOST_WORDS
        || phrase.chars().count() > LONGEST
        || !words.iter().all(sound)
    {
        return Some(ClinicProblemKind::Phrase);
    }
    let telling = |(word, any_ending): &(String, bool)| {
        *any_ending || (word.len() >= 3 && !Engine::builtin().is_function_word(word))
    };
    (!words.iter().any(telling)).then_some(ClinicProblemKind::OnlyCommonWords)
}

fn as_pattern(phrase: &str) -> String {
    let star = |(word, any_ending): (String, bool)| if any_ending { word + "*" } else { word };
    words_of(phrase).into_iter().map(star).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
