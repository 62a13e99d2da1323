//! Evidence: many ordinary words that together read like concern, where no rule has the sentence.
//!
//! People in danger describe scenes, and no list of scenes is complete: on messages judged cold, rules alone found two in
//! five understated ones. This layer adds up small weights of words and pairs of words. The weights are data
//! (`assets/lexicon/{en,de}/evidence.tsv`), learned from the labelled messages in `tests/fixtures/triage` by
//! `examples/learn`, and readable: one word or pair a line, what it adds, and the concern it speaks for. The sum never
//! leaves this module: a flag says which words weighed most, not how much (no score; CLINICAL.md, "Principles").
//! docs/adr/0006-evidence-beside-rules.md has the reasons and what was rejected.
//!
//! The same sum speaks the other way: when all words together read everyday, what a frame only *concluded* from its elements
//! (`needs_support`) counts one tier less, never below watch. What a phrase says stands whatever surrounds it.
//!
//! Words are cut to [`STEM`] letters, so that an unseen inflection or compound still counts. Clauses whose phrase a rule
//! has read as denied, past, quoted or an idiom add nothing.

pub(crate) mod features;
pub(crate) mod model;

use inbox_domain::{Category, Tier};
use serde::{Deserialize, Serialize};

use crate::lexicon::vocabulary::fact;
use crate::text::Text;
use features::{Feature, NUMBER, for_each_feature};
use model::{Model, Weight};

/// Spans that an evidence flag marks.
const MOST_MARKS: usize = 5;
/// Features from which on a longer message needs more to be flagged, in proportion.
const LONG: f32 = 280.0;
/// Words, parts and pairs with a weight before a message can read everyday: a short one, or one of names and numbers, says too
/// little.
const ENOUGH_TO_READ_EVERYDAY: u32 = 26;
/// A sum, by length, below this speaks against concern.
const EVERYDAY_BELOW: f32 = -0.5;
/// Share of the strongest contribution below which a word is not marked.
const WORTH_MARKING: f32 = 0.25;

/// What the words of a message add up to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) tier: Tier,
    pub(crate) category: Category,
    /// Language of the weights, as a bit.
    pub(crate) language: u8,
    /// Tokens (from, to) of the words that weighed most, the strongest first. Never empty.
    pub(crate) marks: Vec<(u32, u32)>,
}

/// The weights of both languages.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Evidences {
    pub(crate) english: Option<Model>,
    pub(crate) german: Option<Model>,
}

impl Evidences {
    fn models(&self) -> impl Iterator<Item = (u8, &Model)> {
        let both = [(fact::ENGLISH, &self.english), (fact::GERMAN, &self.german)];
        both.into_iter().filter_map(|(bit, model)| Some((bit, model.as_ref()?)))
    }

    /// Judges the words of a message. `masked` are tokens that add nothing, in order and apart.
    pub(crate) fn judge(&self, text: &Text, masked: &[(u32, u32)]) -> Option<Evidence> {
        let found = self.models().filter_map(|(bit, model)| {
            let sums = sums(text, bit, model, masked)?;
            let tier = model.tier(sums.concern, sums.acute, sums.count)?;
            Some(explain(text, bit, model, masked, tier))
        });
        found.max_by_key(|evidence| evidence.tier)
    }

    /// Whether the words of a message, all together and enough of them, speak against concern in each of its languages.
    pub(crate) fn is_everyday(&self, text: &Text) -> bool {
        let mut read = self.models().filter_map(|(bit, model)| {
            let sums = sums(text, bit, model, &[])?;
            Some(sums.known >= ENOUGH_TO_READ_EVERYDAY && sums.without_numbers < EVERYDAY_BELOW)
        });
        read.next().is_some_and(|first| first && read.all(|other| other))
    }
}

/// What words add up to, by length.
struct Sums {
    concern: f32,
    acute: f32,
    /// Concern, but for numbers: a letterhead is no message.
    without_numbers: f32,
    /// Features.
    count: u32,
    /// Features that have a weight.
    known: u32,
}

/// What the words add up to; `None` without words of the language.
fn sums(text: &Text, language: u8, model: &Model, masked: &[(u32, u32)]) -> Option<Sums> {
    let mut sums = Sums { concern: 0.0, acute: 0.0, without_numbers: 0.0, count: 0, known: 0 };
    for_each_feature(text, language, masked, |feature| {
        sums.count += 1;
        if let Some(weight) = model.weight(feature.key) {
            sums.concern += weight.concern;
            sums.acute += weight.acute;
            sums.known += 1;
            if feature.key != NUMBER {
                sums.without_numbers += weight.concern;
            }
        }
    });
    // By the root, so that a sentence of concern counts in a longer message; beyond that in proportion, or repetition alone
    // would add up.
    let count = sums.count.max(model.least_features) as f32;
    let length = count / count.min(LONG).sqrt();
    sums.concern /= length;
    sums.acute /= length;
    sums.without_numbers /= length;
    (sums.count > 0).then_some(sums)
}

/// The words that weighed most, and the concern that they speak for; only for messages that are flagged.
fn explain(text: &Text, language: u8, model: &Model, masked: &[(u32, u32)], tier: Tier) -> Evidence {
    let mut contributions: Vec<(Feature, Weight)> = Vec::new();
    for_each_feature(text, language, masked, |feature| {
        if let Some(weight) = model.weight(feature.key).filter(|weight| weight.concern > 0.0) {
            contributions.push((feature, weight));
        }
    });
    contributions.sort_by(|a, b| {
        b.1.concern.total_cmp(&a.1.concern).then((a.0.from, a.0.to).cmp(&(b.0.from, b.0.to)))
    });
    let category = model.category(contributions.iter().map(|(_, weight)| *weight));
    let strongest = contributions.first().map_or(0.0, |(_, weight)| weight.concern);
    let mut marks: Vec<(u32, u32)> = Vec::new();
    // A clinician reads words with a meaning first; "not" and "still" are marked only when nothing else is there.
    for telling in [true, false] {
        for (feature, weight) in &contributions {
            let apart = marks.iter().all(|(from, to)| feature.to <= *from || feature.from >= *to);
            let worth = weight.concern >= strongest * WORTH_MARKING && is_telling(text, feature) == telling;
            if apart && worth && marks.len() < if telling { MOST_MARKS } else { 1 } {
                marks.push((feature.from, feature.to));
            }
        }
    }
    if marks.is_empty() {
        marks.push((0, 1));
    }
    Evidence { tier, category, language, marks }
}

/// Whether a feature holds a word that is no function word.
fn is_telling(text: &Text, feature: &Feature) -> bool {
    (feature.from..feature.to).any(|at| text.tokens.list[at as usize].languages == 0)
}

#[cfg(test)]
mod tests;
