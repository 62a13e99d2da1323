//! Dates and times of a calendar file, as they stand on the clinic's wall.

use chrono::{
    DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta, TimeZone as _, Utc,
};
use chrono_tz::Tz;
use icalendar::rrule;

use super::super::file::HoursProblem;
use super::lines::{Component, Line};

/// Onsets of a zone's offset that are followed.
const ONSETS: u16 = 1_000;

/// A date, or a time on the wall of the zone that the property names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Moment {
    /// A whole day.
    Day(NaiveDate),
    /// An instant, on a wall.
    Time(NaiveDateTime),
}

impl Moment {
    /// On the wall; a day begins at midnight.
    pub(super) fn wall(self) -> NaiveDateTime {
        match self {
            Self::Day(date) => date.and_time(NaiveTime::MIN),
            Self::Time(time) => time,
        }
    }
}

/// Whose wall a time stands on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wall<'a> {
    /// Nobody's: the clinic's is meant.
    Floating,
    Utc,
    Named(Tz),
    /// A zone that the file itself defines.
    Defined(&'a DefinedZone),
}

impl Wall<'_> {
    /// The time on the clinic's wall.
    pub(super) fn in_clinic(self, at: Moment, clinic: Tz) -> Moment {
        let Moment::Time(wall) = at else { return at };
        let utc = match self {
            Self::Floating => return at,
            Self::Utc => wall.and_utc(),
            Self::Named(zone) => instant(zone, wall),
            Self::Defined(zone) => (wall - TimeDelta::seconds(zone.offset(wall))).and_utc(),
        };
        Moment::Time(utc.with_timezone(&clinic).naive_local())
    }

    /// A time in UTC on this wall.
    pub(super) fn on_wall(self, utc: NaiveDateTime) -> NaiveDateTime {
        match self {
            Self::Floating | Self::Utc => utc,
            Self::Named(zone) => zone.from_utc_datetime(&utc).naive_local(),
            // Up to the hour of a change, which no repetition ends within.
            Self::Defined(zone) => utc + TimeDelta::seconds(zone.offset(utc)),
        }
    }
}

/// A wall time as an instant: the first of two, and where it is skipped what the clock would show without the change.
fn instant(zone: Tz, wall: NaiveDateTime) -> DateTime<Utc> {
    let found = zone.from_local_datetime(&wall).earliest();
    let found = found.map(|found| found.to_utc());
    found.unwrap_or_else(|| {
        let before = zone.offset_from_utc_datetime(&(wall - Days::new(1))).fix();
        (wall - TimeDelta::seconds(i64::from(before.local_minus_utc()))).and_utc()
    })
}

/// A `VTIMEZONE`.
#[derive(Debug, Clone)]
pub(super) struct DefinedZone {
    id: String,
    named: Option<Tz>,
    /// From when on which offset in seconds holds, on the wall, ascending.
    onsets: Vec<(NaiveDateTime, i64)>,
}

impl DefinedZone {
    /// Reads one, up to `until`.
    pub(super) fn read(part: &Component, until: NaiveDate) -> Result<Self, HoursProblem> {
        let id = part.line("TZID").map(|line| line.value.clone()).unwrap_or_default();
        let located = part.line("X-LIC-LOCATION").and_then(|line| line.value.parse().ok());
        let mut onsets = Vec::new();
        for observance in &part.parts {
            let Some(offset) = observance.line("TZOFFSETTO") else { continue };
            let seconds = offset_seconds(&offset.value)
                .ok_or_else(|| offset.problem("this is not an offset such as +0100"))?;
            let Some(start) = observance.line("DTSTART") else { continue };
            let first =
                wall_time(&start.value).ok_or_else(|| start.problem("this is not a date and time"))?;
            onsets.push((first, seconds));
            if let Some(rule) = observance.line("RRULE") {
                let rule = super::repeat::Rule::read(rule, Wall::Utc)?;
                onsets.extend(rule.times(first, first, until, ONSETS).into_iter().map(|at| (at, seconds)));
            }
        }
        onsets.sort_unstable();
        Ok(Self { named: located.or_else(|| named(&id)), id, onsets })
    }

    fn offset(&self, wall: NaiveDateTime) -> i64 {
        let next = self.onsets.partition_point(|(from, _)| *from <= wall);
        let held = next.checked_sub(1).and_then(|index| self.onsets.get(index)).or(self.onsets.first());
        held.map_or(0, |(_, offset)| *offset)
    }
}

/// The zone of a name of IANA, also where a program put its own words before it.
fn named(id: &str) -> Option<Tz> {
    let parts: Vec<&str> = id.split('/').filter(|part| !part.is_empty()).collect();
    (0..parts.len()).find_map(|first| parts[first..].join("/").parse().ok())
}

/// The wall of a property's time.
///
/// # Errors
/// A zone that neither the file nor IANA knows.
pub(super) fn wall_of<'a>(line: &Line, zones: &'a [DefinedZone]) -> Result<Wall<'a>, HoursProblem> {
    if line.value.ends_with(['Z', 'z']) {
        return Ok(Wall::Utc);
    }
    let Some(id) = line.param("TZID") else { return Ok(Wall::Floating) };
    if let Some(zone) = named(id) {
        return Ok(Wall::Named(zone));
    }
    match zones.iter().find(|zone| zone.id == id) {
        Some(DefinedZone { named: Some(zone), .. }) => Ok(Wall::Named(*zone)),
        Some(zone) if !zone.onsets.is_empty() => Ok(Wall::Defined(zone)),
        _ => Err(line.problem(format!("the time zone {id:?} is not known, and the file does not define it"))),
    }
}

/// The moments of a property, several where it is a list.
///
/// # Errors
/// What is no date and no time.
pub(super) fn moments(line: &Line) -> Result<Vec<Moment>, HoursProblem> {
    let read = |text: &str| {
        let text = text.trim();
        let day = || date(text).map(Moment::Day);
        wall_time(text).map(Moment::Time).or_else(day).ok_or_else(|| {
            line.problem(format!("{text:?} is not a date such as 20261224 or a time such as 20261224T080000"))
        })
    };
    line.value.split(',').map(read).collect()
}

fn date(text: &str) -> Option<NaiveDate> {
    (text.len() == 8).then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}

/// `20261224T080000`, with or without `Z`.
pub(super) fn wall_time(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text.trim_end_matches(['Z', 'z']), "%Y%m%dT%H%M%S").ok()
}

/// `+0100`, `-033000`.
fn offset_seconds(text: &str) -> Option<i64> {
    let (sign, digits) = match text.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let part = |from: usize| digits.get(from..from + 2).and_then(|two| two.parse::<i64>().ok());
    let seconds = if digits.len() == 6 { part(4)? } else { 0 };
    ([4, 6].contains(&digits.len())).then_some(sign * (part(0)? * 3600 + part(2)? * 60 + seconds))
}

/// `P1D`, `PT1H30M`, `P2W`; none for what is no duration, or a negative one.
pub(super) fn duration(text: &str) -> Option<TimeDelta> {
    let mut rest = text.trim().trim_start_matches('+').strip_prefix('P')?;
    let (mut seconds, mut in_time) = (0_i64, false);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            (in_time, rest) = (true, time);
            continue;
        }
        let end = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let count: i64 = rest.get(..end)?.parse().ok()?;
        let unit = match (rest.as_bytes().get(end)?, in_time) {
            (b'W', false) => 7 * 86_400,
            (b'D', false) => 86_400,
            (b'H', true) => 3_600,
            (b'M', true) => 60,
            (b'S', true) => 1,
            _ => return None,
        };
        seconds += count.checked_mul(unit)?;
        rest = rest.get(end + 1..)?;
    }
    TimeDelta::try_seconds(seconds)
}

/// A wall time in the form that the rules of repetition are counted in.
pub(super) fn counted(wall: NaiveDateTime) -> DateTime<rrule::Tz> {
    rrule::Tz::UTC.from_utc_datetime(&wall)
}
