//! The data file: thresholds, then a word or pair a line, in order of the alphabet.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::{Example, LEAST_FEATURES, Learned};

/// Weights below this round to nothing.
const SMALL: f32 = 0.1;

/// The text of `evidence.tsv`.
pub(crate) fn write(learned: &Learned, examples: &[Example], names: &[String]) -> String {
    let mut out = String::from(
        "# Written by `cargo run --release -p inbox-triage --example learn`; see docs/adr/0006-evidence-beside-rules.md.\n\
         # A word or pair of words (cut to six letters), a beginning (`word*`) or an end (`*word`), what it adds to concern and to urgency, the concern it speaks for.\n",
    );
    let of_table = |[concern, acute]: [f64; 2]| {
        [concern - f64::from(learned.concern.bias), acute - f64::from(learned.acute.bias)]
    };
    let (above, short) = (of_table(learned.above), of_table(learned.above_short));
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "concern_above = {:.3}\nacute_above = {:.3}\nconcern_above_short = {:.3}\nacute_above_short = {:.3}\n\
         least_features = {LEAST_FEATURES}\n",
        above[0], above[1], short[0], short[1]
    );
    let categories = categories(examples, names.len());
    for (at, name) in names.iter().enumerate() {
        let (concern, acute) = (learned.concern.of[at], learned.acute.of[at]);
        if concern.abs() < SMALL && acute.abs() < SMALL {
            continue;
        }
        let category = categories[at].as_deref().filter(|_| concern > 0.0).unwrap_or("-");
        let _ = writeln!(out, "{name}\t{concern:.2}\t{acute:.2}\t{category}");
    }
    out
}

/// For each feature the category in whose messages it stands most beyond expectation.
fn categories(examples: &[Example], features: usize) -> Vec<Option<String>> {
    let mut of_feature: Vec<BTreeMap<&str, f32>> = vec![BTreeMap::new(); features];
    let mut all: BTreeMap<&str, f32> = BTreeMap::new();
    let mut positives = 0.0;
    for example in examples {
        let Some(category) = example.category.as_deref() else { continue };
        positives += 1.0;
        *all.entry(category).or_default() += 1.0;
        let mut once = example.features.clone();
        once.sort_unstable();
        once.dedup();
        once.into_iter()
            .for_each(|feature| *of_feature[feature as usize].entry(category).or_default() += 1.0);
    }
    let choose = |counts: BTreeMap<&str, f32>| {
        let n: f32 = counts.values().sum();
        let beyond = counts.into_iter().map(|(category, count)| {
            let expected = n * all[category] / positives;
            (category, (count - expected) / (expected + 0.5).sqrt())
        });
        beyond.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(a.0))).map(|(category, _)| category.to_owned())
    };
    of_feature.into_iter().map(choose).collect()
}
