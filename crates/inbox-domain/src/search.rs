//! What is typed into the search: words, and operators such as `patient:adler` or `before:2026-11`. Operators have the same
//! names in both languages, with German ones beside them; what is no operator is a word.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeZone as _, Utc};
use chrono_tz::Tz;
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as ValueError, StrDeserializer};

use crate::flag::{Category, Tier};
use crate::message::SenderRole;

/// Who wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// Everybody of that role.
    Role(SenderRole),
    /// Whose name holds these words.
    Name(String),
}

/// Which flags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagFilter {
    /// Any tier.
    Any,
    /// That tier as the message's own.
    Tier(Tier),
    /// A flag of that category which counts.
    Category(Category),
}

/// A search, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// What is looked for in the texts: words, and phrases in quotation marks.
    pub words: String,
    /// All of these stand in the patient's name.
    pub patient: Vec<String>,
    /// Who wrote.
    pub from: Option<From>,
    /// What the message was flagged as.
    pub flag: Option<FlagFilter>,
    /// Written outside the availability hours, or within them.
    pub after_hours: Option<bool>,
    /// Sent before this instant.
    pub before: Option<DateTime<Utc>>,
    /// Sent at this instant or later.
    pub after: Option<DateTime<Utc>>,
    /// Holds an attachment.
    pub has_attachment: bool,
    /// Not read yet.
    pub unread: bool,
}

/// An operator whose value says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchProblem {
    /// Name of the operator as in [`OPERATORS`].
    pub operator: &'static str,
    /// What was given.
    pub value: String,
}

/// The operators, in the order in which they are explained.
pub const OPERATORS: [&str; 8] = ["patient", "from", "flag", "after-hours", "before", "after", "has", "is"];

/// German names beside the operators' own.
const ALIASES: [(&str, &str); 6] = [
    ("von", "from"),
    ("warnung", "flag"),
    ("vor", "before"),
    ("nach", "after"),
    ("hat", "has"),
    ("ist", "is"),
];

impl SearchRequest {
    /// Reads what was typed. Days are days in `zone`, `today` is today there. An operator without a value is not finished
    /// yet and changes nothing.
    ///
    /// # Errors
    /// The first operator whose value says nothing.
    pub fn parse(typed: &str, zone: Tz, today: NaiveDate) -> Result<Self, SearchProblem> {
        let mut request = Self::default();
        for part in parts(typed) {
            let Some((operator, value)) = operator(part) else {
                request.words.push_str(part);
                continue;
            };
            let value = value.trim_matches('"').trim();
            if value.is_empty() {
                continue;
            }
            let understood = match operator {
                "patient" => {
                    request.patient.extend(value.split_whitespace().map(str::to_owned));
                    true
                }
                "from" => {
                    request.from = Some(from(value));
                    true
                }
                "flag" => set(&mut request.flag, flag(value)),
                "after-hours" => set(&mut request.after_hours, yes_or_no(value)),
                "before" => set(&mut request.before, first_instant(value, zone, today)),
                "after" => set(&mut request.after, first_instant(value, zone, today)),
                "has" => {
                    request.has_attachment |=
                        is_one_of(value, &["attachment", "attachments", "anhang", "anhänge"]);
                    request.has_attachment
                }
                _ => {
                    request.unread |= is_one_of(value, &["unread", "ungelesen"]);
                    request.unread
                }
            };
            if !understood {
                return Err(SearchProblem { operator, value: value.to_owned() });
            }
        }
        Ok(request)
    }

    /// Whether nothing at all was asked.
    pub fn is_empty(&self) -> bool {
        let filters = Self { words: String::new(), ..self.clone() };
        self.words.trim().is_empty() && filters == Self::default()
    }
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let understood = value.is_some();
    *place = value;
    understood
}

fn is_one_of(value: &str, names: &[&str]) -> bool {
    let value = value.to_lowercase();
    names.contains(&value.as_str())
}

/// What was typed, cut at white space outside quotation marks; the pieces joined are the whole.
fn parts(typed: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, character) in typed.char_indices() {
        if character == '"' {
            quoted = !quoted;
        } else if character.is_whitespace() && !quoted {
            parts.push(&typed[start..at]);
            start = at;
        }
    }
    parts.push(&typed[start..]);
    parts
}

fn operator(part: &str) -> Option<(&'static str, &str)> {
    let (name, value) = part.trim_start().split_once(':')?;
    let name = name.to_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, name)| *name);
    let known = OPERATORS.into_iter().find(|operator| *operator == name).or(alias)?;
    Some((known, value))
}

fn from(value: &str) -> From {
    let role = match value.to_lowercase().as_str() {
        "patient" | "patients" | "patientin" => SenderRole::Patient,
        "proxy" | "proxies" | "vertretung" => SenderRole::Proxy,
        "clinician" | "me" | "us" | "ich" | "mir" | "uns" => SenderRole::Clinician,
        _ => return From::Name(value.to_owned()),
    };
    From::Role(role)
}

fn flag(value: &str) -> Option<FlagFilter> {
    let value = value.to_lowercase().replace('-', "_");
    Some(match value.as_str() {
        "any" | "yes" | "ja" | "alle" => FlagFilter::Any,
        "emergency" | "notfall" => FlagFilter::Tier(Tier::Emergency),
        "urgent" | "dringend" => FlagFilter::Tier(Tier::Urgent),
        "watch" | "warnzeichen" => FlagFilter::Tier(Tier::Watch),
        other => {
            let name: StrDeserializer<'_, ValueError> = other.into_deserializer();
            FlagFilter::Category(Category::deserialize(name).ok()?)
        }
    })
}

fn yes_or_no(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "yes" | "ja" | "true" => Some(true),
        "no" | "nein" | "false" => Some(false),
        _ => None,
    }
}

/// The first instant of a day, month or year, `today`, `yesterday`, or so many days, weeks or months ago (`7d`, `2w`, `3m`).
fn first_instant(value: &str, zone: Tz, today: NaiveDate) -> Option<DateTime<Utc>> {
    let day = day(&value.to_lowercase(), today)?;
    let midnight = day.and_hms_opt(0, 0, 0)?;
    // A day can begin in a gap of the clock: then at its first hour.
    let first = (0..=3)
        .find_map(|hours| zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(hours))).earliest());
    first.map(|first| first.to_utc())
}

fn day(value: &str, today: NaiveDate) -> Option<NaiveDate> {
    match value {
        "today" | "heute" => return Some(today),
        "yesterday" | "gestern" => return today.checked_sub_days(Days::new(1)),
        _ => {}
    }
    if let Some((count, unit)) = value.char_indices().next_back().map(|(at, unit)| (&value[..at], unit))
        && let Ok(count) = count.parse::<u16>()
    {
        let count = u32::from(count);
        match unit {
            'd' | 't' => return today.checked_sub_days(Days::new(u64::from(count))),
            'w' => return today.checked_sub_days(Days::new(u64::from(count) * 7)),
            'm' => return today.checked_sub_months(Months::new(count)),
            _ => {}
        }
    }
    let dotted: Vec<&str> = value.split('.').collect();
    let numbers: Vec<&str> = match dotted.len() {
        // 24.11.2026 and 24.11. of this year.
        3 => dotted.into_iter().rev().collect(),
        _ => value.split('-').collect(),
    };
    let number = |at: usize| numbers.get(at).map(|text| text.parse::<u32>());
    let (year, month, day) = (numbers.first()?, number(1), number(2));
    let year =
        if year.is_empty() && numbers.len() == 3 { today.year() } else { year.parse::<u16>().ok()?.into() };
    if numbers.len() > 3 || year < 1900 {
        return None;
    }
    NaiveDate::from_ymd_opt(year, month.unwrap_or(Ok(1)).ok()?, day.unwrap_or(Ok(1)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(typed: &str) -> Result<SearchRequest, SearchProblem> {
        SearchRequest::parse(typed, chrono_tz::Europe::Berlin, NaiveDate::from_ymd_opt(2026, 11, 24).unwrap())
    }

    fn before(typed: &str) -> String {
        parsed(&format!("before:{typed}")).unwrap().before.unwrap().to_rfc3339()
    }

    #[test]
    fn words_and_phrases_stay_as_they_were_typed() {
        for typed in
            ["lithium", "\"nicht mehr\" schlafen ", "at 10:30", "http://x", "note: patient", "", "  a  b"]
        {
            assert_eq!(
                parsed(typed).unwrap(),
                SearchRequest { words: typed.into(), ..SearchRequest::default() }
            );
        }
    }

    #[test]
    fn operators_are_read_in_both_languages_and_leave_the_words() {
        let found =
            parsed("patient:\"Anna Ad\" Rezept von:ich flag:emergency after-hours:ja hat:Anhang is:unread")
                .unwrap();
        assert_eq!(found.words.trim(), "Rezept");
        assert_eq!(found.patient, ["Anna", "Ad"]);
        assert_eq!(found.from, Some(From::Role(SenderRole::Clinician)));
        assert_eq!(found.flag, Some(FlagFilter::Tier(Tier::Emergency)));
        assert_eq!((found.after_hours, found.has_attachment, found.unread), (Some(true), true, true));
        assert_eq!(parsed("from:Müller").unwrap().from, Some(From::Name("Müller".into())));
        assert_eq!(parsed("FLAG:self-harm").unwrap().flag, Some(FlagFilter::Category(Category::SelfHarm)));
        assert!(!parsed("is:unread").unwrap().is_empty() && parsed("before: ").unwrap().is_empty());
    }

    #[test]
    fn days_begin_in_the_clinics_zone() {
        assert_eq!(before("2026-11-24"), "2026-11-23T23:00:00+00:00");
        assert_eq!(before("24.11.2026"), before("today"));
        assert_eq!(before("24.11."), before("heute"));
        assert_eq!(before("2026-07"), "2026-06-30T22:00:00+00:00");
        assert_eq!(before("2026"), "2025-12-31T23:00:00+00:00");
        assert_eq!(before("7d"), before("2026-11-17"));
        assert_eq!(before("1m"), before("2026-10-24"));
    }

    #[test]
    fn a_value_that_says_nothing_is_told_with_its_operator() {
        for (typed, operator) in [
            ("before:soon", "before"),
            ("after:2026-13", "after"),
            ("before:31.02.2026", "before"),
            ("vor:99999999999", "before"),
            ("flag:bad", "flag"),
            ("after-hours:maybe", "after-hours"),
            ("has:fever", "has"),
            ("is:odd", "is"),
        ] {
            assert_eq!(parsed(typed).unwrap_err().operator, operator, "{typed}");
        }
    }
}
