//! A calendar file (RFC 5545) as components with their properties, each with the line on which it begins.
//!
//! The file is unfolded and its components are matched here, so that every problem names a line of the file as it is; a
//! single content line is read by the `icalendar` crate.

use icalendar::parser::Property;

use super::super::file::HoursProblem;

/// A property of a component.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Line of the file on which it begins, from 1.
    pub(super) number: usize,
    /// Name in upper case.
    pub(super) name: String,
    params: Vec<(String, String)>,
    /// Value, unescaped where it is a text.
    pub(super) value: String,
}

impl Line {
    /// A parameter's value.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A problem on this line.
    pub(super) fn problem(&self, message: impl Into<String>) -> HoursProblem {
        problem(self.number, message)
    }
}

/// A component with what stands directly in it.
#[derive(Debug, Clone)]
pub(super) struct Component {
    /// `VEVENT`, `VTIMEZONE` ...
    pub(super) name: String,
    /// Line of its `BEGIN`.
    pub(super) number: usize,
    /// Its properties.
    pub(super) lines: Vec<Line>,
    /// Components inside it.
    pub(super) parts: Vec<Component>,
}

impl Component {
    /// The first property of a name.
    pub(super) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }

    /// All properties of a name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Line> + 'a {
        self.lines.iter().filter(move |line| line.name == name)
    }
}

pub(super) fn problem(line: usize, message: impl Into<String>) -> HoursProblem {
    HoursProblem::new(format!("line {line}"), message)
}

/// The components of all calendars in a file.
///
/// # Errors
/// Every line that cannot be read, and the first place where components do not match.
pub(super) fn read(text: &str) -> Result<Vec<Component>, Vec<HoursProblem>> {
    let mut problems = Vec::new();
    let mut open: Vec<Component> = Vec::new();
    let mut calendars = Vec::new();
    for (number, text) in unfolded(text) {
        let Some(line) = content_line(number, &text) else {
            problems.push(problem(number, "this is not a line of a calendar: a name, a colon and a value"));
            continue;
        };
        match line.name.as_str() {
            "BEGIN" => {
                let name = line.value.to_ascii_uppercase();
                if open.is_empty() && name != "VCALENDAR" {
                    return Err(vec![line.problem("a calendar file begins with BEGIN:VCALENDAR")]);
                }
                open.push(Component { name, number, lines: Vec::new(), parts: Vec::new() });
            }
            "END" => {
                let ended = open.pop().filter(|ended| ended.name.eq_ignore_ascii_case(&line.value));
                let Some(ended) = ended else {
                    return Err(vec![line.problem(format!("{} ends and had not begun", line.value))]);
                };
                match open.last_mut() {
                    Some(outer) => outer.parts.push(ended),
                    None => calendars.push(ended),
                }
            }
            _ => match open.last_mut() {
                Some(component) => component.lines.push(line),
                None => return Err(vec![line.problem("a calendar file begins with BEGIN:VCALENDAR")]),
            },
        }
    }
    if let Some(left) = open.pop() {
        problems.push(problem(left.number, format!("{} begins here and does not end", left.name)));
    } else if calendars.is_empty() && problems.is_empty() {
        problems.push(problem(1, "a calendar file begins with BEGIN:VCALENDAR"));
    }
    if problems.is_empty() {
        Ok(calendars.into_iter().flat_map(|calendar| calendar.parts).collect())
    } else {
        Err(problems)
    }
}

/// Content lines with the number of their first line: a line that begins with a blank goes on with the one before.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (index, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => lines.push((index + 1, line.to_owned())),
        }
    }
    lines
}

fn content_line(number: usize, text: &str) -> Option<Line> {
    if let Some((name @ ("BEGIN" | "END"), value)) =
        text.split_once(':').map(|(name, value)| (upper(name), value)).as_ref().map(|(n, v)| (n.as_str(), *v))
    {
        let value = value.trim().to_owned();
        return Some(Line { number, name: name.to_owned(), params: Vec::new(), value });
    }
    let read = Property::try_from(text).ok()?;
    let name = upper(read.name.as_str());
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return None;
    }
    let params = read.params.iter().filter_map(|param| {
        let value = param.val.as_ref()?.as_str().trim_matches('"').to_owned();
        Some((param.key.as_str().to_owned(), value))
    });
    Some(Line { number, name, params: params.collect(), value: read.val.as_str().to_owned() })
}

fn upper(name: &str) -> String {
    name.trim().to_ascii_uppercase()
}
