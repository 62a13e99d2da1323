//! What stands against sending a text (CLINICAL.md, "Responses"). The codes are those of `SendCheck` in the view models.

use std::collections::HashSet;

use chrono::NaiveDate;

use crate::lines::CrisisLines;
use crate::model::Response;
use crate::parse::slot_names;

/// A person's name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PersonName {
    /// Family name, or empty.
    pub family: String,
    /// Given names, or empty.
    pub given: String,
}

/// What a check needs beside the text.
#[derive(Debug, Clone)]
pub struct TextCheck<'a> {
    /// The directory of crisis lines.
    pub lines: &'a CrisisLines,
    /// The day in the clinic's zone.
    pub today: NaiveDate,
    /// The response that the text came from.
    pub response: Option<&'a Response>,
    /// Content without a signature may be used (sample clinic); it is then a warning.
    pub demo: bool,
    /// Country of the patient's address, as given.
    pub country: Option<&'a str>,
    /// Names that belong in this thread: the patient, her contacts and proxies, the clinicians, the cover.
    pub known: &'a [PersonName],
    /// All other patients.
    pub others: &'a [PersonName],
}

/// Code of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextProblemCode {
    /// Nothing is written.
    EmptyText,
    /// A slot is not filled; parameter `slot`.
    EmptySlot,
    /// The name of another patient; parameter `name`.
    OtherPatientName,
    /// A crisis line was verified too long ago; parameters `line`, `number`, `verified_on`.
    ExpiredLine,
    /// A number that does not help in the patient's country (`number`), or the one that is missing (`missing`);
    /// parameter `country`.
    WrongCountry,
    /// No clinical lead has signed the response, or its review is overdue (`review_by`); parameter `response`.
    Unsigned,
}

impl TextProblemCode {
    /// The word of the view models.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyText => "empty_text",
            Self::EmptySlot => "empty_slot",
            Self::OtherPatientName => "other_patient_name",
            Self::ExpiredLine => "expired_line",
            Self::WrongCountry => "wrong_country",
            Self::Unsigned => "unsigned",
        }
    }
}

/// Something that stands against sending.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextProblem {
    /// Code.
    pub code: TextProblemCode,
    /// Blocks sending; else a warning.
    pub blocks: bool,
    /// Values for the sentence that says it.
    pub params: Vec<(String, String)>,
}

/// Every reason not to send `text`, in the order in which a person would mend them.
pub fn check_text(text: &str, check: &TextCheck<'_>) -> Vec<TextProblem> {
    if text.trim().is_empty() {
        return vec![problem(TextProblemCode::EmptyText, &[])];
    }
    let mut problems: Vec<TextProblem> = open_slots(text)
        .into_iter()
        .map(|slot| problem(TextProblemCode::EmptySlot, &[("slot", &slot)]))
        .collect();
    problems.extend(
        other_names(text, check)
            .into_iter()
            .map(|name| problem(TextProblemCode::OtherPatientName, &[("name", &name)])),
    );
    problems.extend(line_problems(text, check));
    problems.extend(signature(check));
    problems
}

fn problem(code: TextProblemCode, params: &[(&str, &str)]) -> TextProblem {
    let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    TextProblem { code, blocks: true, params }
}

/// Slots left open, each once. Braces around more than a line are a person's own.
fn open_slots(text: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    for name in slot_names(text).filter(|name| name.len() <= 60 && !name.contains('\n')) {
        if !open.iter().any(|known| known == name) {
            open.push(name.to_owned());
        }
    }
    open
}

fn line_problems(text: &str, check: &TextCheck<'_>) -> Vec<TextProblem> {
    let mut problems: Vec<TextProblem> = Vec::new();
    let mentioned = check.lines.mentioned(text);
    let country = check.country.unwrap_or_default();
    for line in &mentioned {
        let works = check.lines.works_in(line, country);
        // A number shared by countries is judged by the entry of the patient's country.
        let own = crate::lines::country_code(country) == Some(line.country.as_str());
        if own && line.expired(check.today) {
            let verified_on = line.verified_on.to_string();
            let params =
                [("line", line.name.as_str()), ("number", line.contact()), ("verified_on", &verified_on)];
            problems.push(problem(TextProblemCode::ExpiredLine, &params));
        } else if !works {
            let wrong =
                problem(TextProblemCode::WrongCountry, &[("country", country), ("number", line.contact())]);
            if !problems.contains(&wrong) {
                problems.push(wrong);
            }
        }
    }
    if check.response.is_some_and(|response| response.crisis)
        && let Some(emergency) = check.lines.emergency(country)
        && !mentioned.iter().any(|line| line.emergency && check.lines.works_in(line, country))
    {
        let params = [("country", country), ("missing", emergency.number.as_str())];
        problems.push(problem(TextProblemCode::WrongCountry, &params));
    }
    problems
}

fn signature(check: &TextCheck<'_>) -> Option<TextProblem> {
    let response = check.response?;
    let reference = response.reference();
    let review_by = response.review_by.to_string();
    let mut params = vec![("response", reference.as_str())];
    if response.review_by < check.today {
        params.push(("review_by", &review_by));
    } else if response.signed {
        return None;
    }
    Some(TextProblem { blocks: !check.demo, ..problem(TextProblemCode::Unsigned, &params) })
}

/// Words that stand before a name when somebody is addressed or spoken of.
const TITLES: [&str; 22] = [
    "frau",
    "herr",
    "herrn",
    "liebe",
    "lieber",
    "hallo",
    "dear",
    "ms",
    "mrs",
    "mr",
    "miss",
    "mx",
    "hello",
    "hi",
    "dr",
    "tag",
    "morgen",
    "abend",
    "familie",
    "patientin",
    "patient",
    "geehrte",
];

/// Names of other patients in the text: given and family name side by side, or one of them after a title. A family name
/// alone is not enough, for "Klein", "Long" and "May" are words.
fn other_names(text: &str, check: &TextCheck<'_>) -> Vec<String> {
    let words: Vec<&str> = text
        .split(|letter: char| !(letter.is_alphanumeric() || letter == '-' || letter == '\''))
        .filter(|word| !word.is_empty())
        .collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let present: HashSet<&str> = lower.iter().map(String::as_str).collect();
    let may_be_named = |name: &str| parts(name).first().is_some_and(|part| present.contains(part.as_str()));
    let mut found: Vec<String> = Vec::new();
    // Most names share no word with the text; the rest are looked at closely.
    for other in check.others.iter().filter(|other| may_be_named(&other.family) || may_be_named(&other.given))
    {
        if named(&words, &lower, other, check.known) {
            let name = format!("{} {}", other.given, other.family).trim().to_owned();
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

fn named(words: &[&str], lower: &[String], other: &PersonName, known: &[PersonName]) -> bool {
    let family = parts(&other.family);
    let given: Vec<String> = parts(&other.given).into_iter().take(1).collect();
    let is_known = |own: fn(&PersonName) -> &String, name: &[String]| {
        known.iter().any(|person| parts(own(person)).iter().any(|part| name.first() == Some(part)))
    };
    let family_known = is_known(|person| &person.family, &family);
    let given_known = is_known(|person| &person.given, &given);
    if family_known && given_known {
        return false;
    }
    let starts = |at: usize, name: &[String]| {
        !name.is_empty()
            && lower[at..].starts_with(name)
            && words[at].chars().next().is_some_and(|letter| letter.is_uppercase() || !letter.is_lowercase())
    };
    (0..words.len()).any(|at| {
        let titled = at > 0 && TITLES.contains(&lower[at - 1].as_str());
        let side_by_side = (starts(at, &given)
            && starts_at(at + given.len(), words.len(), |at| starts(at, &family)))
            || (starts(at, &family) && starts_at(at + family.len(), words.len(), |at| starts(at, &given)));
        side_by_side
            || (titled && ((!family_known && starts(at, &family)) || (!given_known && starts(at, &given))))
    })
}

fn starts_at(at: usize, len: usize, starts: impl Fn(usize) -> bool) -> bool {
    at < len && starts(at)
}

/// The parts of a name, in lower case.
fn parts(name: &str) -> Vec<String> {
    name.to_lowercase().split_whitespace().map(str::to_owned).collect()
}
