//! The weights of one language, read from their data file.

use inbox_domain::{Category, Tier};
use serde::{Deserialize, Serialize};

use super::features::key_of;
use crate::lexicon::LexiconError;
use crate::lexicon::table::Table;

/// What a word or pair adds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Weight {
    /// To being of concern at all.
    pub(crate) concern: f32,
    /// To being urgent or an emergency.
    pub(crate) acute: f32,
    /// The concern that it speaks for, if it speaks for one.
    pub(crate) category: Option<Category>,
}

/// Features up to which a message is short, and from which on it is not; between them the thresholds change evenly.
const SHORT: f32 = 46.0;
const LONGER: f32 = 76.0;

/// Share of the weight that has to speak for a category.
const CLEAR: f32 = 0.35;

/// The weights of one language.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Model {
    weights: Table<Weight>,
    /// Sum, divided by the root of the number of features, above which a message is flagged.
    concern_above: f32,
    /// The same for urgent.
    acute_above: f32,
    /// The same two for short messages: of a single concern in a few words there is less to add up.
    concern_above_short: f32,
    acute_above_short: f32,
    /// Shorter messages count as if they had so many features.
    pub(crate) least_features: u32,
}

impl Model {
    /// Reads a data file: `key = value` lines, an empty line, then `word<TAB>concern<TAB>acute<TAB>category` lines.
    ///
    /// # Errors
    /// File, line and what was expected there.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, LexiconError> {
        let mut model = Self::default();
        let mut weights = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let fail = |expected: &str| LexiconError {
                file: file.to_owned(),
                line: number + 1,
                expected: expected.into(),
            };
            if line.is_empty() || line.starts_with('#') && !line.contains('\t') {
                continue;
            }
            if let Some((key, value)) = line.split_once(" = ") {
                model.set(key, value).ok_or_else(|| {
                    fail("expected concern_above, acute_above, both with _short, or least_features")
                })?;
                continue;
            }
            let columns: Vec<&str> = line.split('\t').collect();
            let weight =
                read_weight(&columns).ok_or_else(|| fail("expected word, two numbers and a category"))?;
            weights.push((key_of(columns[0]), weight));
        }
        model.weights = Table::new(weights.into_iter());
        Ok(model)
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "concern_above" => self.concern_above = value.parse().ok()?,
            "acute_above" => self.acute_above = value.parse().ok()?,
            "concern_above_short" => self.concern_above_short = value.parse().ok()?,
            "acute_above_short" => self.acute_above_short = value.parse().ok()?,
            "least_features" => self.least_features = value.parse().ok()?,
            _ => return None,
        }
        Some(())
    }

    pub(crate) fn weight(&self, key: u64) -> Option<Weight> {
        self.weights.get(key)
    }

    /// The tier of a message with these sums of so many features.
    pub(crate) fn tier(&self, concern: f32, acute: f32, count: u32) -> Option<Tier> {
        let long = ((count as f32 - SHORT) / (LONGER - SHORT)).clamp(0.0, 1.0);
        let between = |short: f32, above: f32| short + (above - short) * long;
        let concern_above = between(self.concern_above_short, self.concern_above);
        let acute_above = between(self.acute_above_short, self.acute_above);
        match (concern > concern_above, concern > concern_above && acute > acute_above) {
            (_, true) => Some(Tier::Urgent),
            (true, false) => Some(Tier::Watch),
            _ => None,
        }
    }

    /// The category for which most weight speaks; hopelessness, the most general, where none speaks clearly.
    pub(crate) fn category(&self, weights: impl Iterator<Item = Weight>) -> Category {
        let mut sums: Vec<(Category, f32)> = Vec::new();
        for (category, concern) in weights.filter_map(|weight| Some((weight.category?, weight.concern))) {
            match sums.iter_mut().find(|(known, _)| *known == category) {
                Some((_, sum)) => *sum += concern,
                None => sums.push((category, concern)),
            }
        }
        let all: f32 = sums.iter().map(|(_, sum)| sum).sum();
        let most = sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        let clear = most.filter(|(_, sum)| *sum >= CLEAR * all);
        clear.map_or(Category::Hopelessness, |(category, _)| category)
    }
}

fn read_weight(columns: &[&str]) -> Option<Weight> {
    let [_, concern, acute, category] = columns else { return None };
    let category = match *category {
        "-" => None,
        word => Some(serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()?),
    };
    Some(Weight { concern: concern.parse().ok()?, acute: acute.parse().ok()?, category })
}
