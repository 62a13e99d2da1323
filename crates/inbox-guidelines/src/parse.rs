//! From TOML to the words of the content. Every error names file, line and what was expected.

use chrono::NaiveDate;
use inbox_domain::{Category, MessageFunction};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use toml::value::Datetime;

use crate::model::{Language, Response, Series, SlotKind};
use crate::report::{CheckProblem, ProblemCode};

/// Groups in the order of the composer.
pub(crate) const GROUPS: [&str; 7] =
    ["acute", "concern", "automatic", "frame", "caring", "follow-up", "everyday"];

/// Words that make people doubt that their emergency is one, and contracts against suicide (CLINICAL.md, principle 4).
const FORBIDDEN: [&str; 14] = [
    "true emergency",
    "real emergency",
    "genuine emergency",
    "actual emergency",
    "echter notfall",
    "echten notfall",
    "echte notfälle",
    "wirklicher notfall",
    "wirklichen notfall",
    "tatsächlichen notfall",
    "promise me",
    "promise not to",
    "versprechen sie mir",
    "versprich mir",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseFile {
    id: String,
    version: u32,
    language: Language,
    group: String,
    title: String,
    #[serde(default)]
    functions: Vec<MessageFunction>,
    #[serde(default)]
    categories: Vec<Category>,
    #[serde(default)]
    phrases: Vec<String>,
    #[serde(default)]
    crisis: bool,
    #[serde(default)]
    automatic: bool,
    #[serde(default)]
    receive_only: bool,
    #[serde(default)]
    guidance: String,
    slots: Vec<SlotKind>,
    source: String,
    reviewed_on: Datetime,
    review_by: Datetime,
    signed: bool,
    text: String,
    text_informal: Option<String>,
    series: Option<Series>,
}

/// A file of the content: where it is, relative to the folder of the content, and what it holds.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// Reads TOML into a shape.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, CheckProblem> {
        toml::from_str(self.text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start);
            let line = self.text.get(..offset).map_or(1, |before| before.matches('\n').count() + 1);
            CheckProblem::new(self.path, line, ProblemCode::Invalid, error.message())
        })
    }

    /// A problem at the line of a key.
    pub(crate) fn problem(&self, key: &str, code: ProblemCode, message: impl Into<String>) -> CheckProblem {
        let is_key = |line: &str| {
            line.trim_start().strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('='))
        };
        let line = self.text.lines().position(is_key).map_or(1, |index| index + 1);
        CheckProblem::new(self.path, line, code, message)
    }

    fn invalid(&self, key: &str, message: impl Into<String>) -> CheckProblem {
        self.problem(key, ProblemCode::Invalid, message)
    }

    /// A date written as one.
    pub(crate) fn date(&self, key: &str, value: Datetime) -> Result<NaiveDate, CheckProblem> {
        let date = value.date.filter(|_| value.time.is_none());
        date.and_then(|date| NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into()))
            .ok_or_else(|| self.invalid(key, format!("{key} is a date such as 2026-11-23")))
    }
}

/// Reads one response and checks all that can be seen in the file alone.
pub(crate) fn response(source: &Source<'_>) -> Result<Response, Vec<CheckProblem>> {
    let file: ResponseFile = source.read().map_err(|problem| vec![problem])?;
    let reviewed_on = source.date("reviewed_on", file.reviewed_on).map_err(|problem| vec![problem])?;
    let review_by = source.date("review_by", file.review_by).map_err(|problem| vec![problem])?;
    let mut problems = meta_problems(source, &file);
    if review_by <= reviewed_on {
        problems.push(source.invalid("review_by", "review_by is later than reviewed_on"));
    }
    problems.extend(text_problems(source, &file, "text", &file.text));
    if let Some(text) = &file.text_informal {
        problems.extend(text_problems(source, &file, "text_informal", text));
    }
    let response = into_response(file, reviewed_on, review_by);
    problems.extend(paragraph_problems(source, &response));
    if problems.is_empty() { Ok(response) } else { Err(problems) }
}

/// A paragraph is left out when an optional slot is empty; nothing that the text needs may go with it.
fn paragraph_problems(source: &Source<'_>, response: &Response) -> Vec<CheckProblem> {
    let texts = [("text", Some(&response.text)), ("text_informal", response.text_informal.as_ref())];
    let mut problems = Vec::new();
    for (key, paragraph) in texts
        .iter()
        .flat_map(|(key, text)| text.iter().flat_map(|text| text.split("\n\n")).map(move |p| (key, p)))
    {
        let kinds: Vec<SlotKind> = slot_names(paragraph).filter_map(SlotKind::from_name).collect();
        if let Some(optional) = kinds.iter().find(|kind| !response.requires(**kind))
            && kinds.iter().any(|kind| response.requires(*kind))
        {
            let message = format!(
                "{{{}}} may be left out and is expected in a paragraph without other slots",
                optional.name()
            );
            problems.push(source.invalid(key, message));
        }
    }
    problems
}

fn into_response(file: ResponseFile, reviewed_on: NaiveDate, review_by: NaiveDate) -> Response {
    Response {
        id: file.id,
        version: file.version,
        language: file.language,
        group: file.group,
        title: file.title,
        functions: file.functions,
        categories: file.categories,
        phrases: file.phrases,
        crisis: file.crisis,
        automatic: file.automatic,
        receive_only: file.receive_only,
        guidance: file.guidance.trim().to_owned(),
        slots: file.slots,
        text: file.text.trim().to_owned(),
        text_informal: file.text_informal.map(|text| text.trim().to_owned()),
        series: file.series,
        source: file.source,
        reviewed_on,
        review_by,
        signed: file.signed,
    }
}

fn meta_problems(source: &Source<'_>, file: &ResponseFile) -> Vec<CheckProblem> {
    let mut problems = Vec::new();
    let mut expect = |holds: bool, key: &str, message: String| {
        if !holds {
            problems.push(source.invalid(key, message));
        }
    };
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    expect(!file.id.is_empty() && file.id.chars().all(plain), "id", "an id holds a-z, 0-9 and - only".into());
    let name = source.path.rsplit('/').next().unwrap_or_default();
    expect(name == format!("{}.toml", file.id), "id", format!("the file is named {}.toml", file.id));
    let folder = source.path.rsplit('/').nth(1).unwrap_or_default();
    let tag = file.language.tag();
    expect(folder == tag, "language", format!("a text in {tag} lies in the folder {tag}"));
    expect(file.version > 0, "version", "a version counts from 1".into());
    let groups = GROUPS.join(", ");
    expect(GROUPS.contains(&file.group.as_str()), "group", format!("a group is one of {groups}"));
    expect(!file.title.trim().is_empty(), "title", "a title is expected".into());
    expect(!file.source.trim().is_empty(), "source", "a source is expected".into());
    let unique = file.slots.iter().enumerate().all(|(index, slot)| !file.slots[..index].contains(slot));
    expect(unique, "slots", "each slot is listed once".into());
    problems
}

fn text_problems(source: &Source<'_>, file: &ResponseFile, key: &str, text: &str) -> Vec<CheckProblem> {
    let mut problems = Vec::new();
    let mut used = Vec::new();
    for name in slot_names(text) {
        match SlotKind::from_name(name) {
            Some(kind) if !used.contains(&kind) => used.push(kind),
            Some(_) => {}
            None => {
                let known = SlotKind::ALL.map(SlotKind::name).join(", ");
                let message = format!("{{{name}}} is not a slot; expected is one of {known}");
                problems.push(source.invalid(key, message));
            }
        }
    }
    if used != file.slots {
        let found = used.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
        problems.push(source.invalid("slots", format!("slots are listed as in {key}: {found}")));
    }
    let needed = [SlotKind::Route1, SlotKind::Route2, SlotKind::EmergencyNumber];
    for missing in needed.iter().filter(|kind| file.crisis && !used.contains(kind)) {
        let message = format!(
            "a crisis text holds two routes and the emergency number; {{{}}} is expected",
            missing.name()
        );
        problems.push(source.invalid(key, message));
    }
    let lower = text.to_lowercase();
    for phrase in FORBIDDEN.iter().filter(|phrase| lower.contains(*phrase)) {
        problems.push(source.invalid(key, format!("\"{phrase}\" must not be said to a patient")));
    }
    if text.trim().is_empty() {
        problems.push(source.invalid(key, "a text is expected"));
    }
    problems
}

/// The words between braces, in order.
pub(crate) fn slot_names(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}
