//! The rules as a clinician reads them, and a text tried on them.

use std::collections::HashMap;

use inbox_domain::{Category, Checked, Flag, FlagId, NotCheckedReason, Tier};
use inbox_triage::{
    Engine, TriageInput,
    clinic::{ClinicLexicon, RuleInfo},
};
use inbox_vault::StoredFlag;

use crate::{
    dto::{FlagView, RuleRow, TriedText},
    error::AppResult,
    lexicon::SharedEngine,
    session::Session,
    text,
};

/// Of a longer text the beginning is tried, in bytes.
const LONGEST_TRIED: usize = text::CUT_AT_BYTES;

/// Begins the id of a clinic's own rule.
const OWN: &str = "clinic.";

impl Session {
    /// The rules in force of which id, category or reason hold every word of `query`, those of one category if given.
    ///
    /// # Errors
    /// The vault's.
    pub fn list_rules(&self, query: &str, category: Option<Category>) -> AppResult<Vec<RuleRow>> {
        let counted = self.vault.rule_counts()?.into_iter();
        let counts: HashMap<_, _> = counted.map(|count| (count.rule, (count.raised, count.wrong))).collect();
        let packs = self.packs();
        let signed = &packs.signed;
        let german = self.language().starts_with("de");
        let wanted: Vec<_> = query.split_whitespace().map(str::to_lowercase).collect();
        let engine = self.engine();
        let rules = engine.rules().filter(|rule| category.is_none_or(|category| rule.category == category));
        Ok(rules
            .filter(|rule| holds(rule, &wanted, german))
            .map(|rule| {
                let (raised, wrong) = counts.get(rule.id).copied().unwrap_or_default();
                RuleRow { raised, wrong, signed: signed.contains(rule.id), ..rule_row(&rule, german) }
            })
            .collect())
    }

    /// What triage says of a text, by a draft or by what is in force. Nothing is stored.
    pub fn try_text(&self, text: &str, draft: Option<&ClinicLexicon>) -> TriedText {
        let engine =
            match draft.map_or_else(|| Ok(self.engine()), |draft| SharedEngine::of(draft, &self.packs())) {
                Ok(engine) => engine,
                Err(problems) => return TriedText { problems, ..nothing_tried() },
            };
        let whole = text.len();
        let text = &text[..text.floor_char_boundary(LONGEST_TRIED)];
        let mut triaged = engine.triage(&TriageInput { text, lang: None, context: &[] });
        if text.len() < whole {
            triaged.checked = triaged.checked.max(Checked::Partial);
            if !triaged.not_checked.contains(&NotCheckedReason::TextCut) {
                triaged.not_checked.push(NotCheckedReason::TextCut);
            }
        }
        let language = self.language();
        let views =
            (0..).zip(&triaged.flags).map(|(number, flag)| tried_flag(&engine, number, flag, &language));
        TriedText {
            tier: triaged.tier,
            segments: text::cut_text(text, &triaged.flags, true).segments,
            flags: views.collect(),
            checked: triaged.checked,
            not_checked: triaged.not_checked,
            problems: Vec::new(),
        }
    }
}

/// Whether id, category or reason of a rule hold every word.
fn holds(rule: &RuleInfo<'_>, wanted: &[String], german: bool) -> bool {
    let category = serde_json::to_value(rule.category).ok();
    let category = category.as_ref().and_then(|word| word.as_str()).unwrap_or_default();
    let text = format!("{} {category} {}", rule.id, reason(rule, german)).to_lowercase();
    wanted.iter().all(|word| text.contains(word.as_str()))
}

fn reason<'a>(rule: &RuleInfo<'a>, german: bool) -> &'a str {
    if german { rule.reason_de } else { rule.reason_en }
}

fn rule_row(rule: &RuleInfo<'_>, german: bool) -> RuleRow {
    RuleRow {
        id: rule.id.to_owned(),
        category: rule.category,
        tier: rule.tier,
        reason: reason(rule, german).to_owned(),
        source: rule.source.to_owned(),
        positive: rule.positive.to_vec(),
        negative: rule.negative.to_vec(),
        watch_only: rule.watch_only,
        signed: false,
        own: rule.id.starts_with(OWN),
        raised: 0,
        wrong: 0,
    }
}

/// A flag by its place in the text that was tried: it has no id of the vault.
fn tried_flag(engine: &Engine, number: i64, flag: &Flag, language: &str) -> FlagView {
    let stored =
        StoredFlag { id: FlagId(-1 - number), flag: flag.clone(), dismissed_at: None, settled: false };
    crate::detail::flag_view(engine, stored, language)
}

fn nothing_tried() -> TriedText {
    TriedText {
        tier: Tier::None,
        segments: Vec::new(),
        flags: Vec::new(),
        checked: Checked::None,
        not_checked: Vec::new(),
        problems: Vec::new(),
    }
}
