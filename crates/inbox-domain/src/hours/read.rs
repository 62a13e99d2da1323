//! From JSON to the words of the file, collecting everything that is wrong with its shape, each with its path.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::file::{
    Absence, Cover, HoursException, HoursFile, HoursProblem, HoursVersion, OpenBlock, WallTime, WeeklyBlock,
    day,
};
use super::validate::validate;

/// Reads an availability file and checks it as far as its shape allows.
pub(super) fn read(json: &str) -> Result<HoursFile, Vec<HoursProblem>> {
    let value: Value = serde_json::from_str(json).map_err(|error| {
        let place = format!("line {} column {}", error.line(), error.column());
        vec![HoursProblem::new("", format!("this is not JSON ({place})"))]
    })?;
    let mut reader = Reader::default();
    let Value::Object(root) = &value else {
        return Err(vec![HoursProblem::new("", "an object with zone and versions is expected")]);
    };
    let file = reader.file(root);
    if reader.problems.is_empty() {
        return Ok(file);
    }
    // The shape is broken somewhere: say what else is wrong in the lists that could be read.
    let rest = validate(&file).err().unwrap_or_default();
    let told = |path: &str| reader.problems.iter().any(|problem| problem.path.starts_with(path));
    let rest: Vec<_> = rest.into_iter().filter(|problem| !told(&problem.path)).collect();
    Err(reader.problems.into_iter().chain(rest).collect())
}

#[derive(Default)]
struct Reader {
    problems: Vec<HoursProblem>,
}

impl Reader {
    fn file(&mut self, root: &Map<String, Value>) -> HoursFile {
        HoursFile {
            zone: self.text(root, "", "zone", true).unwrap_or_default(),
            practitioner: self.text(root, "", "practitioner", false),
            versions: self.list(root, "", "versions", true, Self::version),
            exceptions: self.list(root, "", "exceptions", false, Self::exception),
            absences: self.list(root, "", "absences", false, Self::absence),
            holidays: self.list(root, "", "holidays", false, |reader, path, value| {
                let code = value.as_str().map(str::to_owned);
                reader.known(path, code, "a list of holidays is named by a text such as \"DE-BB\"")
            }),
        }
    }

    fn version(&mut self, path: &str, value: &Value) -> Option<HoursVersion> {
        let object = self.object(path, value)?;
        let from = self.date(object, path, "from");
        let weekly = self.list(object, path, "weekly", true, Self::weekly);
        let on_call = self.list(object, path, "on_call", false, Self::weekly);
        Some(HoursVersion { from: from?, weekly, on_call })
    }

    fn weekly(&mut self, path: &str, value: &Value) -> Option<WeeklyBlock> {
        let object = self.object(path, value)?;
        let word = self.text(object, path, "day", true);
        let day = word.and_then(|word| {
            let message =
                format!("{word:?} is not a day; one of mon, tue, wed, thu, fri, sat, sun is expected");
            self.known(&join(path, "day"), day::parse(&word), &message)
        });
        let (start, end) = (self.time(object, path, "start"), self.time(object, path, "end"));
        Some(WeeklyBlock { day: day?, start: start?, end: end? })
    }

    fn exception(&mut self, path: &str, value: &Value) -> Option<HoursException> {
        let object = self.object(path, value)?;
        let date = self.date(object, path, "date");
        let closed = match object.get("closed") {
            None | Some(Value::Null) => Some(false),
            Some(value) => self.known(&join(path, "closed"), value.as_bool(), "closed is true or false"),
        };
        let has_open = object.get("open").is_some_and(|open| !open.is_null());
        let open = has_open.then(|| self.list(object, path, "open", true, Self::open));
        let reason = self.text(object, path, "reason", false);
        Some(HoursException { date: date?, closed: closed?, open, reason })
    }

    fn open(&mut self, path: &str, value: &Value) -> Option<OpenBlock> {
        let object = self.object(path, value)?;
        let (start, end) = (self.time(object, path, "start"), self.time(object, path, "end"));
        Some(OpenBlock { start: start?, end: end? })
    }

    fn absence(&mut self, path: &str, value: &Value) -> Option<Absence> {
        let object = self.object(path, value)?;
        let (from, to) = (self.date(object, path, "from"), self.date(object, path, "to"));
        let cover = match object.get("cover") {
            None | Some(Value::Null) => None,
            Some(value) => self.cover(&join(path, "cover"), value),
        };
        Some(Absence { from: from?, to: to?, cover })
    }

    fn cover(&mut self, path: &str, value: &Value) -> Option<Cover> {
        if let Value::String(name) = value {
            return Some(Cover { name: name.clone(), practitioner: None, phone: None });
        }
        let object = self.object(path, value)?;
        let name = self.text(object, path, "name", true)?;
        let practitioner = self.text(object, path, "practitioner", false);
        Some(Cover { name, practitioner, phone: self.text(object, path, "phone", false) })
    }

    /// The elements of a list. A list with a broken element is left out as a whole, so that indexes stay true.
    fn list<T>(
        &mut self,
        object: &Map<String, Value>,
        path: &str,
        name: &str,
        required: bool,
        mut element: impl FnMut(&mut Self, &str, &Value) -> Option<T>,
    ) -> Vec<T> {
        let path = join(path, name);
        let Some(value) = self.member(object, &path, name, required) else { return Vec::new() };
        let Some(values) = self.known(&path, value.as_array(), "a list is expected") else {
            return Vec::new();
        };
        let read: Vec<Option<T>> = values
            .iter()
            .enumerate()
            .map(|(index, value)| element(self, &format!("{path}[{index}]"), value))
            .collect();
        read.into_iter().collect::<Option<Vec<T>>>().unwrap_or_default()
    }

    fn object<'a>(&mut self, path: &str, value: &'a Value) -> Option<&'a Map<String, Value>> {
        self.known(path, value.as_object(), "an object is expected")
    }

    fn text(
        &mut self,
        object: &Map<String, Value>,
        path: &str,
        name: &str,
        required: bool,
    ) -> Option<String> {
        let path = join(path, name);
        let value = self.member(object, &path, name, required)?;
        self.known(&path, value.as_str().map(str::to_owned), "a text is expected")
    }

    fn date(&mut self, object: &Map<String, Value>, path: &str, name: &str) -> Option<NaiveDate> {
        let text = self.text(object, path, name, true)?;
        let date = (text.len() == 10).then(|| text.parse().ok()).flatten();
        let message = format!("{text:?} is not a date; write it as 2026-12-24");
        self.word(&join(path, name), date, &message, "not_a_date", text)
    }

    fn time(&mut self, object: &Map<String, Value>, path: &str, name: &str) -> Option<WallTime> {
        let text = self.text(object, path, name, true)?;
        let message = format!("{text:?} is not a time; write it as 08:30, from 00:00 to 23:59");
        self.word(&join(path, name), text.parse().ok(), &message, "not_a_time", text)
    }

    /// `value` read from `text`, or a problem with a word for translation.
    fn word<T>(
        &mut self,
        path: &str,
        value: Option<T>,
        message: &str,
        code: &'static str,
        text: String,
    ) -> Option<T> {
        if value.is_none() {
            self.problems.push(HoursProblem::new(path, message).coded(code).with("text", text));
        }
        value
    }

    fn member<'a>(
        &mut self,
        object: &'a Map<String, Value>,
        path: &str,
        name: &str,
        required: bool,
    ) -> Option<&'a Value> {
        let value = object.get(name).filter(|value| !value.is_null());
        if value.is_none() && required {
            self.problems.push(HoursProblem::new(path, format!("{name} is missing")));
        }
        value
    }

    /// `value`, or a problem at `path`.
    fn known<T>(&mut self, path: &str, value: Option<T>, message: &str) -> Option<T> {
        if value.is_none() {
            self.problems.push(HoursProblem::new(path, message));
        }
        value
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
