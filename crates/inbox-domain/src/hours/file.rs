//! The words of the availability file (CLI.md) and how they are written as JSON.

use std::fmt;
use std::str::FromStr;

use chrono::{NaiveDate, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something wrong in an availability file, in words, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{path}: {message}")]
pub struct HoursProblem {
    /// Place, for example `versions[0].weekly[2]`; empty for the whole file.
    pub path: String,
    /// What is wrong, as a sentence for people.
    pub message: String,
    /// The same as a word for translation, for example `overlap`; `invalid` for what only a file can have wrong.
    #[serde(skip)]
    pub code: &'static str,
    /// Values for the translated sentence.
    #[serde(skip)]
    pub params: Vec<(&'static str, String)>,
}

impl HoursProblem {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), code: "invalid", params: Vec::new() }
    }

    /// Gives it the word for translation.
    pub(super) fn coded(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    /// Adds a value for the translated sentence.
    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, value.to_string()));
        self
    }
}

/// A time on the wall, in minutes from midnight, written `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime(u16);

impl WallTime {
    /// Midnight, the start of a day.
    pub const MIDNIGHT: Self = Self(0);

    /// `hour`:`minute`, when that is a time.
    pub fn new(hour: u16, minute: u16) -> Option<Self> {
        (hour < 24 && minute < 60).then_some(Self(hour * 60 + minute))
    }

    /// Minutes from midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for WallTime {
    type Err = HoursProblem;

    fn from_str(text: &str) -> Result<Self, HoursProblem> {
        let digits = |part: &str| (part.len() == 2).then(|| part.parse::<u16>().ok()).flatten();
        text.split_once(':')
            .filter(|_| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'))
            .and_then(|(hour, minute)| Self::new(digits(hour)?, digits(minute)?))
            .ok_or_else(|| HoursProblem::new("", format!("{text:?} is not a time from 00:00 to 23:59")))
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A block of a week. It holds its start and not its end; when the end is not after the start it ends on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeeklyBlock {
    /// The day on which it starts.
    #[serde(with = "day")]
    pub day: Weekday,
    /// Start.
    pub start: WallTime,
    /// End.
    pub end: WallTime,
}

/// A block of one date, as an exception opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenBlock {
    /// Start.
    pub start: WallTime,
    /// End.
    pub end: WallTime,
}

/// The week that holds from a date on, until the next version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursVersion {
    /// First day, in the zone.
    pub from: NaiveDate,
    /// Blocks in which the clinician is there.
    pub weekly: Vec<WeeklyBlock>,
    /// Blocks in which she is on call: after hours, but with a reason of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub on_call: Vec<WeeklyBlock>,
}

/// A date that is not like its weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursException {
    /// The date, in the zone.
    pub date: NaiveDate,
    /// The whole date is closed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
    /// What replaces the blocks that start on the date; `None` exactly when it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Vec<OpenBlock>>,
    /// Why, for people; the words of `hours classify` are understood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who answers while the clinician is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cover {
    /// Name, as patients read it.
    pub name: String,
    /// `Practitioner/ID`, when the cover is on the portal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<String>,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Days away, first and last included, in the zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Who covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cover: Option<Cover>,
}

/// An availability file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursFile {
    /// IANA zone of the clinic.
    pub zone: String,
    /// `Practitioner/ID` of the clinician, when the file says whose hours these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub practitioner: Option<String>,
    /// Weeks by their first day.
    pub versions: Vec<HoursVersion>,
    /// Dates that are not like their weekday.
    #[serde(default)]
    pub exceptions: Vec<HoursException>,
    /// Days away.
    #[serde(default)]
    pub absences: Vec<Absence>,
    /// Lists of public holidays, for example `DE-BB` (see `holidays`).
    #[serde(default)]
    pub holidays: Vec<String>,
}

impl HoursFile {
    /// Monday to Friday, 08:00 to 17:00, from 2020 on.
    pub(super) fn office_week(zone: &str) -> Self {
        let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri];
        let weekly =
            days.map(|day| WeeklyBlock { day, start: WallTime(8 * 60), end: WallTime(17 * 60) }).to_vec();
        let from = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap_or_default();
        Self {
            zone: zone.to_owned(),
            practitioner: None,
            versions: vec![HoursVersion { from, weekly, on_call: Vec::new() }],
            exceptions: Vec::new(),
            absences: Vec::new(),
            holidays: Vec::new(),
        }
    }
}

/// The three-letter days of the file.
pub(super) mod day {
    use chrono::Weekday;
    use serde::{Deserialize, Deserializer, Serializer};

    const WORDS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// The day of a word.
    pub(in crate::hours) fn parse(word: &str) -> Option<Weekday> {
        let index = WORDS.iter().position(|known| *known == word)?;
        Weekday::try_from(u8::try_from(index).ok()?).ok()
    }

    pub(super) fn serialize<S: Serializer>(day: &Weekday, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(WORDS[day.num_days_from_monday() as usize])
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Weekday, D::Error> {
        let word = String::deserialize(deserializer)?;
        parse(&word)
            .ok_or_else(|| serde::de::Error::custom("a day is one of mon, tue, wed, thu, fri, sat, sun"))
    }
}
