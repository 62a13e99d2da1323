//! What clinicians say of rules, for those who write them: counted per rule, exported without texts of messages and ids. Names that the vault
//! knows are masked in the wordings; what else somebody wrote there is for the reader to see before it is passed on.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Utc};
use inbox_domain::{Category, MessageId};
use inbox_vault::{MissedReport, Patient};
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use crate::{
    dto::FeedbackExport,
    error::{AppResult, invalid, parse},
    record::{FeedbackRecord, MissedRecord, RuleFeedbackRecord},
    sensitive::SensitiveThreads,
    session::Session,
};

/// Characters of the wording of a report.
const LONGEST_WORDING: usize = 500;

/// Stands in an export for a name.
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

    /// All that was said of rules in this vault. It holds no text of a message and no id of a patient. In wordings the names
    /// that the vault knows of the patient, her circle and the clinicians are masked; other names are not: it is to be
    /// read before it is passed on. A wording about a message of a sensitive thread is left out unless `choice` includes it;
    /// that the rule missed something is counted in any case.
    ///
    /// # Errors
    /// The vault's.
    pub fn feedback(&self, choice: SensitiveThreads) -> AppResult<FeedbackRecord> {
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
        let clinicians: Vec<_> = self.vault.practitioners()?.into_iter().map(|found| found.name).collect();
        let mut left_out = 0;
        for mut report in self.vault.missed()? {
            if choice != SensitiveThreads::Include && report.sensitive && !report.wording.is_empty() {
                report.wording.clear();
                left_out += 1;
            }
            missed.push(self.missed_record(report, &clinicians)?);
        }
        // The order of the vault would tell which reports are about one message.
        missed.sort();
        Ok(FeedbackRecord {
            engine: found.engine.fingerprint().to_owned(),
            lexicon_version: found.version,
            rules,
            missed,
            sensitive_left_out: left_out,
        })
    }

    /// The same as text, for the window.
    ///
    /// # Errors
    /// The vault's.
    pub fn export_feedback(&self, include_sensitive: bool) -> AppResult<FeedbackExport> {
        let choice = if include_sensitive { SensitiveThreads::Include } else { SensitiveThreads::LeaveOut };
        let record = self.feedback(choice)?;
        Ok(FeedbackExport {
            text: serde_json::to_string_pretty(&record).unwrap_or_default(),
            sensitive_left_out: record.sensitive_left_out,
        })
    }

    fn missed_record(&self, report: MissedReport, clinicians: &[String]) -> AppResult<MissedRecord> {
        let patient = report.patient.map(|id| self.vault.patient(id)).transpose()?;
        let mut names = clinicians.to_vec();
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

/// The wording with what begins with a name of `names` masked: the hint says to write none, and somebody will. A part of
/// a name with fewer than four letters begins too many other words and is masked where it is the whole word.
fn masked(wording: &str, names: &[String]) -> String {
    let parts = names.iter().flat_map(|name| name.split(|c| !is_letter(c)));
    let parts: Vec<_> =
        parts.filter(|part| part.chars().count() > 1).map(|part| (long(part), spellings(part))).collect();
    let is_name = |word: &str| {
        let word = spellings(word);
        parts.iter().any(|(long, part)| {
            let same =
                |(word, part): (&String, &String)| word == part || (*long && word.starts_with(part.as_str()));
            word.iter().zip(part).any(same)
        })
    };
    let mut out = String::with_capacity(wording.len());
    let mut rest = wording;
    while let Some(first) = rest.chars().next() {
        let same_kind = |c: char| is_letter(c) == is_letter(first);
        let end = rest.find(|c| !same_kind(c)).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        out.push_str(if is_letter(first) && is_name(piece) { MASK } else { piece });
        rest = after;
    }
    out
}

/// Letters, digits and the marks that follow a letter.
fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

fn long(part: &str) -> bool {
    part.chars().filter(|c| c.is_alphanumeric()).count() >= 4
}

/// A word without case and marks, with umlauts as people write who have none: as two letters, and as one.
fn spellings(word: &str) -> [String; 2] {
    let composed: String = word.nfc().flat_map(char::to_lowercase).collect();
    let two = composed.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    [two, composed].map(|word| word.replace('ß', "ss").nfd().filter(|c| !is_combining_mark(*c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_masked_in_any_case_and_the_longer_ones_with_any_ending() {
        let names = ["Berger".to_owned(), "Jonas Emil".to_owned(), "A. Li".to_owned()];
        assert_eq!(masked("JONAS wrote it, Emil's idea", &names), "[…] wrote it, […]'s idea");
        assert_eq!(masked("Bergers and alibi; Li", &names), "[…] and alibi; […]");
        assert_eq!(masked("", &names), "");
    }

    #[test]
    fn a_name_is_known_in_every_spelling_of_its_umlauts() {
        let names = ["Müller".to_owned(), "Groß".to_owned(), "Chloé".to_owned(), "Jae".to_owned()];
        for text in ["Mueller", "MULLER", "Müllers", "Mu\u{308}ller", "Gross", "GROSS'", "Chloe", "jae"] {
            assert!(masked(text, &names).starts_with(MASK), "{text}");
        }
        assert_eq!(masked("Muell, groß, Chlor, jaeh", &names), "Muell, […], Chlor, jaeh");
        assert_eq!(masked("Schön, Müll", &["Schoen".to_owned()]), "[…], Müll");
    }

    #[test]
    fn a_week_is_the_iso_week() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        assert_eq!(week(at("2026-11-23T08:00:00Z")), "2026-W48");
        assert_eq!(week(at("2027-01-01T08:00:00Z")), "2026-W53");
    }
}
