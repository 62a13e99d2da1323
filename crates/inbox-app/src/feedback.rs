//! What clinicians say of rules, for those who write them: counted per rule, exported without names, texts and ids.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Utc};
use inbox_domain::{Category, MessageId};
use inbox_vault::{MissedReport, Patient};

use crate::{
    error::{AppResult, invalid, parse},
    record::{FeedbackRecord, MissedRecord, RuleFeedbackRecord},
    session::Session,
};

/// Characters of the wording of a report.
const LONGEST_WORDING: usize = 500;

/// Stands in an export for a name of the patient.
const MASK: &str = "[…]";

impl Session {
    /// "A rule missed this": one report a message and category, with the clinician's own wording or none.
    ///
    /// # Errors
    /// `invalid_argument` for a wording that is too long, `no_such_message`; the vault's.
    pub fn report_missed(&self, message: &str, category: Category, wording: &str) -> AppResult<()> {
        let wording = wording.trim();
        if wording.chars().count() > LONGEST_WORDING {
            return Err(invalid("wording"));
        }
        let message: MessageId = parse(message, "message")?;
        let thread = self.vault.report_missed(message, category, wording, self.now())?;
        self.changed(thread);
        Ok(())
    }

    /// Takes such a report back.
    ///
    /// # Errors
    /// `no_such_report`; the vault's.
    pub fn withdraw_missed(&self, message: &str, category: Category) -> AppResult<()> {
        let thread = self.vault.withdraw_missed(parse(message, "message")?, category, self.now())?;
        self.changed(thread);
        Ok(())
    }

    /// All that was said of rules in this vault. It holds no name, no text of a message and no id of a patient.
    ///
    /// # Errors
    /// The vault's.
    pub fn feedback(&self) -> AppResult<FeedbackRecord> {
        let found = self.lexicon_in_force();
        let counts = self.vault.rule_counts()?;
        let rules: BTreeMap<_, _> =
            found.engine.rules().map(|rule| (rule.id, (rule.category, rule.tier))).collect();
        let rules = counts.into_iter().map(|count| {
            let known = rules.get(count.rule.as_str());
            RuleFeedbackRecord {
                category: known.map(|(category, _)| *category),
                tier: known.map(|(_, tier)| *tier),
                rule: count.rule,
                raised: count.raised,
                wrong: count.wrong,
            }
        });
        let rules = rules.collect();
        let mut missed = Vec::new();
        for report in self.vault.missed()? {
            missed.push(self.missed_record(report)?);
        }
        // The order of the vault would tell which reports are about one message.
        missed.sort();
        Ok(FeedbackRecord {
            engine: found.engine.fingerprint().to_owned(),
            lexicon_version: found.version,
            rules,
            missed,
        })
    }

    /// The same as text, for the window.
    ///
    /// # Errors
    /// The vault's.
    pub fn export_feedback(&self) -> AppResult<String> {
        Ok(serde_json::to_string_pretty(&self.feedback()?).unwrap_or_default())
    }

    fn missed_record(&self, report: MissedReport) -> AppResult<MissedRecord> {
        let patient = report.patient.map(|id| self.vault.patient(id)).transpose()?;
        let mut names = Vec::new();
        if let Some(patient) = &patient {
            names.extend([patient.family.clone(), patient.given.clone()]);
            names.extend(patient.contacts.iter().map(|contact| contact.name.clone()));
            names.extend(self.vault.proxies(patient.id)?.into_iter().map(|proxy| proxy.name));
        }
        Ok(MissedRecord {
            week: week(report.at),
            category: report.category,
            language: language(patient.as_ref()),
            wording: masked(&report.wording, &names),
        })
    }
}

/// The ISO week in which it was said: no day, and nothing about when the message was written.
fn week(at: DateTime<Utc>) -> String {
    let week = at.iso_week();
    format!("{}-W{:02}", week.year(), week.week())
}

/// `en` or `de` where the patient speaks it first; a rarer language could name her.
fn language(patient: Option<&Patient>) -> String {
    let first = patient.and_then(|patient| patient.languages.first()).map(|tag| tag.to_lowercase());
    match first.as_deref().map(|tag| tag.split('-').next().unwrap_or_default()) {
        Some("en") => "en",
        Some("de") => "de",
        Some(_) => "other",
        None => "unknown",
    }
    .to_owned()
}

/// The wording with every name of the patient's circle masked: the hint says to write none, and somebody will.
fn masked(wording: &str, names: &[String]) -> String {
    let is_letter = |c: char| c.is_alphanumeric();
    let parts: Vec<String> = names
        .iter()
        .flat_map(|name| name.split(|c| !is_letter(c)))
        .filter(|part| part.chars().count() > 1)
        .map(str::to_lowercase)
        .collect();
    let mut out = String::with_capacity(wording.len());
    let mut rest = wording;
    while let Some(first) = rest.chars().next() {
        let same_kind = |c: char| is_letter(c) == is_letter(first);
        let end = rest.find(|c| !same_kind(c)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        out.push_str(if parts.contains(&piece.to_lowercase()) { MASK } else { piece });
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_as_whole_words_in_any_case() {
        let names = ["Berger".to_owned(), "Jonas Emil".to_owned(), "A. Li".to_owned()];
        assert_eq!(masked("JONAS wrote it, Emil's idea", &names), "[…] wrote it, […]'s idea");
        assert_eq!(masked("Bergers and alibi; Li", &names), "Bergers and alibi; […]");
        assert_eq!(masked("", &names), "");
    }

    #[test]
    fn a_week_is_the_iso_week() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        assert_eq!(week(at("2026-11-23T08:00:00Z")), "2026-W48");
        assert_eq!(week(at("2027-01-01T08:00:00Z")), "2026-W53");
    }
}
