//! `anteroom-cli triage --evaluate`: how the engine does on labelled messages, with the misses.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::BufRead;

use inbox_domain::Tier;
use serde::Serialize;

use crate::engine::{Engine, TriageInput};
use crate::ndjson::{InputLine, NdjsonError, read_lines};

/// A proportion with its count and its 95% Wilson score interval (Wilson 1927).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Rate {
    /// Successes.
    pub hits: usize,
    /// Cases.
    pub n: usize,
    /// `hits / n`; 0 when `n` is 0.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

impl Rate {
    /// The rate of `hits` among `n`.
    pub fn of(hits: usize, n: usize) -> Self {
        if n == 0 {
            return Self::default();
        }
        let (count, p, z) = (n as f64, hits as f64 / n as f64, 1.959_964_f64);
        let denominator = 1.0 + z * z / count;
        let centre = (p + z * z / (2.0 * count)) / denominator;
        let half = z / denominator * (p * (1.0 - p) / count + z * z / (4.0 * count * count)).sqrt();
        Self { hits, n, value: p, low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
    }
}

/// A message judged otherwise than labelled. Holds no text, so that a report can be passed on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Miss {
    /// Id of the input line.
    pub id: String,
    /// Label in the input.
    pub label: Tier,
    /// Tier of the engine.
    pub tier: Tier,
    /// Phenomenon named in the input.
    pub phenomenon: String,
    /// Rules of the flags that counted.
    pub rules: Vec<String>,
}

/// The result of an evaluation.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Evaluation {
    /// Labelled messages.
    pub n: usize,
    /// Labelled watch or above, and flagged at all.
    pub sensitivity: Rate,
    /// Labelled none, and not flagged.
    pub specificity: Rate,
    /// Labelled urgent or emergency, and judged urgent or emergency.
    pub acute_recall: Rate,
    /// Tier equal to the label.
    pub exact_tier: Rate,
    /// Rows: label none, watch, urgent, emergency; columns: tier in the same order.
    pub confusion: [[usize; 4]; 4],
    /// Exact tier by phenomenon.
    pub by_phenomenon: BTreeMap<String, Rate>,
    /// Expected category found among the flags that count.
    pub by_category: BTreeMap<String, Rate>,
    /// Confusion by expected category: a message counts in each of its categories.
    pub categories: BTreeMap<String, Confusion>,
    /// Confusion by phenomenon.
    pub phenomena: BTreeMap<String, Confusion>,
    /// Everything judged otherwise than labelled, false alarms and missed concern first.
    pub misses: Vec<Miss>,
}

/// How the messages of one kind were judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Confusion {
    /// Messages.
    pub n: usize,
    /// Labelled none, watch, urgent, emergency (rows) and judged so (columns).
    pub tiers: [[usize; 4]; 4],
    /// Of those expected in this category: flagged in it, and flagged in others only. Empty for phenomena.
    pub flagged_as: BTreeMap<String, usize>,
    /// Flags of this category on messages labelled none. 0 for phenomena.
    pub false_alarms: usize,
}

#[derive(Default)]
struct Tally {
    confusion: [[usize; 4]; 4],
    phenomena: BTreeMap<String, (usize, usize)>,
    categories: BTreeMap<String, (usize, usize)>,
    of_category: BTreeMap<String, Confusion>,
    of_phenomenon: BTreeMap<String, Confusion>,
    misses: Vec<Miss>,
}

impl Tally {
    fn count(&mut self, input: InputLine, label: Tier, engine: &Engine) {
        let judged =
            engine.triage(&TriageInput { text: &input.text, lang: input.lang.as_deref(), context: &[] });
        self.confusion[label as usize][judged.tier as usize] += 1;
        let phenomenon = input.phenomenon.unwrap_or_default();
        let entry = self.phenomena.entry(phenomenon.clone()).or_default();
        entry.1 += 1;
        entry.0 += usize::from(judged.tier == label);
        let row = self.of_phenomenon.entry(phenomenon.clone()).or_default();
        row.n += 1;
        row.tiers[label as usize][judged.tier as usize] += 1;
        let counted = || judged.flags.iter().filter(|flag| flag.tier > Tier::None);
        let flagged: BTreeSet<String> = counted().map(|flag| category_word(flag.category)).collect();
        if label == Tier::None {
            for category in &flagged {
                self.of_category.entry(category.clone()).or_default().false_alarms += 1;
            }
        }
        for expected in input.expected_categories {
            let found = flagged.contains(&expected);
            let row = self.of_category.entry(expected.clone()).or_default();
            row.n += 1;
            row.tiers[label as usize][judged.tier as usize] += 1;
            let seen_as = if found { [expected.clone()].into() } else { flagged.clone() };
            seen_as.into_iter().for_each(|category| *row.flagged_as.entry(category).or_default() += 1);
            let entry = self.categories.entry(expected).or_default();
            entry.1 += 1;
            entry.0 += usize::from(found);
        }
        if judged.tier != label {
            let rules = counted().map(|flag| flag.rule.clone()).collect();
            self.misses.push(Miss { id: input.id, label, tier: judged.tier, phenomenon, rules });
        }
    }

    fn finish(mut self) -> Evaluation {
        let c = &self.confusion;
        let rows = |from: usize| c[from..].iter().flatten().sum::<usize>();
        let n = rows(0);
        let none_row = c[0].iter().sum::<usize>();
        let flagged = c[1..].iter().map(|row| row[1..].iter().sum::<usize>()).sum();
        let acute = c[2..].iter().map(|row| row[2] + row[3]).sum();
        let exact = (0..4).map(|tier| c[tier][tier]).sum();
        self.misses.sort_by_key(|miss| (miss.label != Tier::None && miss.tier != Tier::None, miss.label));
        let rates = |map: BTreeMap<String, (usize, usize)>| {
            map.into_iter().map(|(name, (hits, n))| (name, Rate::of(hits, n))).collect()
        };
        Evaluation {
            n,
            sensitivity: Rate::of(flagged, n - none_row),
            specificity: Rate::of(c[0][0], none_row),
            acute_recall: Rate::of(acute, rows(2)),
            exact_tier: Rate::of(exact, n),
            confusion: self.confusion,
            by_phenomenon: rates(self.phenomena),
            by_category: rates(self.categories),
            categories: self.of_category,
            phenomena: self.of_phenomenon,
            misses: self.misses,
        }
    }
}

fn category_word(category: inbox_domain::Category) -> String {
    serde_json::to_value(category)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Evaluates every line that has a `label`; other lines are skipped.
///
/// # Errors
/// The first line that could not be read, or what went wrong with reading.
pub fn run(reader: impl BufRead, engine: &Engine) -> Result<Evaluation, NdjsonError> {
    let mut tally = Tally::default();
    read_lines(reader, |line, input| {
        let input = input.map_err(|what| NdjsonError::Line { line, what, more: 0 })?;
        if let Some(label) = input.label {
            tally.count(input, label, engine);
        }
        Ok(())
    })?;
    Ok(tally.finish())
}

impl Evaluation {
    /// The evaluation as a table for people.
    pub fn to_table(&self) -> String {
        let mut out = format!("{} labelled messages (95% Wilson intervals)\n", self.n);
        let line = |name: &str, r: &Rate| {
            format!("{name:<38} {:.3}  [{:.3}, {:.3}]  {}/{}\n", r.value, r.low, r.high, r.hits, r.n)
        };
        out += &line("sensitivity (any flag)", &self.sensitivity);
        out += &line("specificity (no flag)", &self.specificity);
        out += &line("acute recall (at urgent or above)", &self.acute_recall);
        out += &line("exact tier", &self.exact_tier);
        out += "\nlabel \\ tier     none    watch   urgent  emergency\n";
        for (row, name) in self.confusion.iter().zip(["none", "watch", "urgent", "emergency"]) {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{name:<12} {:>8} {:>8} {:>8} {:>10}", row[0], row[1], row[2], row[3]);
        }
        out += "\nexpected category among the flags\n";
        self.by_category.iter().for_each(|(name, rate)| out += &line(name, rate));
        out +=
            &confusion_table("by category: label > tier, and what else it was taken for", &self.categories);
        out += &confusion_table("by phenomenon: label > tier", &self.phenomena);
        out += "\nmisses\n";
        for miss in &self.misses {
            let (label, tier) = (miss.label.as_str(), miss.tier.as_str());
            let rules = miss.rules.join(" ");
            let _ = writeln!(out, "{:<28} {label:<9} -> {tier:<9} {:<28} {rules}", miss.id, miss.phenomenon);
        }
        out
    }
}

/// One line a kind: `urgent>watch 3` for each label and tier that occurs, then the other categories it was taken for.
fn confusion_table(title: &str, kinds: &BTreeMap<String, Confusion>) -> String {
    const TIERS: [&str; 4] = ["none", "watch", "urgent", "emergency"];
    let mut out = format!("\n{title}\n");
    for (name, kind) in kinds {
        // Writing to a string cannot fail.
        let _ = write!(out, "{name:<38} n {:<4}", kind.n);
        for (label, row) in TIERS.iter().zip(kind.tiers) {
            for (tier, count) in TIERS.iter().zip(row).filter(|(_, count)| *count > 0) {
                let _ = write!(out, " {label}>{tier} {count}");
            }
        }
        if kind.false_alarms > 0 {
            let _ = write!(out, " | false alarms {}", kind.false_alarms);
        }
        let others: Vec<String> = kind
            .flagged_as
            .iter()
            .filter(|(other, _)| *other != name)
            .map(|(other, n)| format!("{other} {n}"))
            .collect();
        if !others.is_empty() {
            let _ = write!(out, " | taken for {}", others.join(", "));
        }
        out.push('\n');
    }
    out
}
