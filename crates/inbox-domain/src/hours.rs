//! When the clinician is there (AvailabilityHours), in the clinic's time zone.
//!
//! The rules are those of the availability file in CLI.md; docs/adr/0003 says what holds where the file's description is
//! silent. `file` has the words of the file, `read` turns JSON into them and says what is wrong, `plan` applies the rules
//! to one date, `spans` lays the dates out as open instants, `holidays` computes public holidays.

use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use specta::Type;

pub mod calendar;
mod days;
mod file;
pub mod holidays;
mod line;
mod plan;
mod read;
mod spans;
#[cfg(test)]
mod tests;
mod validate;

pub use calendar::{CalendarEffect, CalendarEntry, CalendarImport, CalendarSkipped, CalendarUse};
pub use days::{ClosedDays, ClosedFor};
pub use file::{
    Absence, Cover, HoursException, HoursFile, HoursProblem, HoursVersion, OpenBlock, WallTime, WeeklyBlock,
};
pub use line::{BadLine, classify_line};
use spans::Timeline;

/// How far `next_open` looks ahead, in days (CLI.md).
pub const LOOK_AHEAD_DAYS: i64 = 366;

/// Why an instant counts as open or as after hours (CLI.md, `hours classify`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are CLI.md's words")]
pub enum AfterHoursReason {
    Open,
    Outside,
    Night,
    Holiday,
    Absence,
    EarlyClose,
    OnCall,
    Unknown,
}

/// What the hours in force say about an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursVerdict {
    /// The instant lies outside the hours in force.
    pub after_hours: bool,
    /// Why.
    pub reason: AfterHoursReason,
    /// The first open instant at or after it, within 366 days.
    pub next_open: Option<DateTime<Utc>>,
    /// Who covers, during an absence.
    pub cover: Option<String>,
}

impl HoursVerdict {
    /// The verdict on a message whose instant is missing or cannot be read: nothing is claimed.
    pub fn unknown() -> Self {
        Self { after_hours: false, reason: AfterHoursReason::Unknown, next_open: None, cover: None }
    }
}

/// Whether the clinician is on duty at an instant, and until when that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyState {
    /// The instant is open.
    pub on_duty: bool,
    /// Why, when it is not.
    pub reason: AfterHoursReason,
    /// The first later instant at which `on_duty` is different, within 366 days.
    pub until: Option<DateTime<Utc>>,
}

/// The clinician's availability: weekly blocks, zone, exceptions, absences, versioned by effective date.
///
/// A value of this type is valid: zone and holiday lists are known, no two blocks overlap.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "HoursFile", into = "HoursFile")]
pub struct AvailabilityHours {
    file: HoursFile,
    zone: Tz,
    /// Open instants, laid out on first use; a function of `file`.
    timeline: OnceLock<Timeline>,
    /// Nobody has set them: they stand in for hours that are not known.
    guess: bool,
}

impl PartialEq for AvailabilityHours {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file
    }
}

impl Eq for AvailabilityHours {}

impl From<AvailabilityHours> for HoursFile {
    fn from(hours: AvailabilityHours) -> Self {
        hours.file
    }
}

impl TryFrom<HoursFile> for AvailabilityHours {
    type Error = HoursProblem;

    fn try_from(file: HoursFile) -> Result<Self, HoursProblem> {
        Self::from_file(file).map_err(|mut problems| problems.swap_remove(0))
    }
}

impl AvailabilityHours {
    /// Reads an availability file (CLI.md). Fields that are not known are ignored.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its path, never an empty list.
    pub fn from_json(json: &str) -> Result<Self, Vec<HoursProblem>> {
        Self::from_file(read::read(json)?)
    }

    /// Takes the parts of an availability file, as an editor holds them.
    ///
    /// # Errors
    /// Everything that is wrong with them, each with its path, never an empty list.
    pub fn from_file(mut file: HoursFile) -> Result<Self, Vec<HoursProblem>> {
        let zone = validate::validate(&file)?;
        file.versions.sort_by_key(|version| version.from);
        file.exceptions.sort_by_key(|exception| exception.date);
        Ok(Self { file, zone, timeline: OnceLock::new(), guess: false })
    }

    /// The availability file, as `from_json` reads it.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&self.file).unwrap_or_default()
    }

    /// Monday to Friday, 08:00 to 17:00, from 2020 on: what holds until the clinician has set her hours. A zone that is
    /// not known becomes UTC.
    pub fn default_for(zone: &str) -> Self {
        let zone: Tz = zone.parse().unwrap_or(Tz::UTC);
        let file = HoursFile::office_week(zone.name());
        Self { file, zone, timeline: OnceLock::new(), guess: false }
    }

    /// These hours as a stand-in for hours that are not known: nothing may be shown to others because of them.
    #[must_use]
    pub fn as_guess(self) -> Self {
        Self { guess: true, ..self }
    }

    /// Whether they stand in for hours that are not known.
    pub fn is_guess(&self) -> bool {
        self.guess
    }

    /// IANA name of the clinic's zone.
    pub fn zone(&self) -> &str {
        self.zone.name()
    }

    /// The clinic's zone.
    pub fn tz(&self) -> Tz {
        self.zone
    }

    /// The parts of the file.
    pub fn file(&self) -> &HoursFile {
        &self.file
    }

    /// What the hours in force at `at` say about it.
    pub fn classify(&self, at: DateTime<Utc>) -> HoursVerdict {
        let second = at.timestamp();
        self.with_timeline(second, |timeline| {
            if timeline.is_open(second) {
                let next_open = Some(at);
                return HoursVerdict {
                    after_hours: false,
                    reason: AfterHoursReason::Open,
                    next_open,
                    cover: None,
                };
            }
            let (reason, cover) = plan::reason(&self.file, timeline.local(second));
            let next_open = timeline.next_open(second).and_then(|opening| within_reach(at, opening));
            HoursVerdict { after_hours: true, reason, next_open, cover: cover.map(str::to_owned) }
        })
    }

    /// Whether the clinician is on duty at `now`, and when that changes.
    pub fn duty(&self, now: DateTime<Utc>) -> DutyState {
        let verdict = self.classify(now);
        let until = if verdict.after_hours { verdict.next_open } else { self.closes(now) };
        DutyState { on_duty: !verdict.after_hours, reason: verdict.reason, until }
    }

    /// Open time from `from` to `to`; zero when `to` is not later. For reply targets in working hours.
    pub fn working_time_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        let (from, to) = (from.timestamp(), to.timestamp());
        let mut total = 0;
        let mut at = from;
        while at < to {
            let step = to.min(at + LOOK_AHEAD_DAYS * spans::DAY);
            total += self.with_timeline(at, |timeline| timeline.open_seconds(at, step));
            at = step;
        }
        TimeDelta::seconds(total)
    }

    /// Absences whose cover is away on one of the same days, as far as the cover's own hours are known. `hours_of` finds
    /// them by the cover's `Practitioner/ID`.
    pub fn absent_covers<'a>(&self, hours_of: impl Fn(&str) -> Option<&'a Self>) -> Vec<HoursProblem> {
        let mut problems = Vec::new();
        for (index, absence) in self.file.absences.iter().enumerate() {
            let Some(cover) = &absence.cover else { continue };
            let Some(theirs) = cover.practitioner.as_deref().and_then(&hours_of) else { continue };
            let meets = |other: &Absence| other.from <= absence.to && absence.from <= other.to;
            if let Some(other) = theirs.file.absences.iter().find(|other| meets(other)) {
                let message = format!("{} is absent too, from {} to {}", cover.name, other.from, other.to);
                let problem = HoursProblem::new(format!("absences[{index}].cover"), message);
                let problem = problem.coded("cover_absent_too").with("name", &cover.name);
                problems.push(problem.with("from", other.from).with("to", other.to));
            }
        }
        problems
    }

    /// Since when it has been closed at `now`: the end of the last open span before. None while it is open, and before
    /// anything was open.
    pub fn closed_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let second = now.timestamp();
        let closed = |timeline: &Timeline| timeline.closed_since(second);
        DateTime::from_timestamp(self.with_timeline(second, closed)?, 0)
    }

    /// The end of the open span that holds `now`.
    fn closes(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let second = now.timestamp();
        self.with_timeline(second, |timeline| timeline.closes(second)).and_then(|end| within_reach(now, end))
    }

    /// Hands `read` a timeline that reaches from `second` at least 366 days ahead: the one laid out for the years of the
    /// file, or for instants far outside them one of their own.
    fn with_timeline<R>(&self, second: i64, read: impl FnOnce(&Timeline) -> R) -> R {
        let usual = self.timeline.get_or_init(|| Timeline::usual(&self.file, self.zone));
        if usual.reaches(second) {
            read(usual)
        } else {
            read(&Timeline::around(&self.file, self.zone, second))
        }
    }
}

/// `second` as an instant, when it is at most 366 days after `at`.
fn within_reach(at: DateTime<Utc>, second: i64) -> Option<DateTime<Utc>> {
    let instant = DateTime::from_timestamp(second, 0)?;
    (instant - at <= TimeDelta::days(LOOK_AHEAD_DAYS)).then_some(instant)
}
