//! The rules of the availability file for one date: what closes it, which blocks start on it, why an instant is not open.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike, Weekday};

use super::file::{Absence, HoursException, HoursFile, HoursVersion, WallTime, WeeklyBlock};
use super::{AfterHoursReason, holidays};

/// Night begins, in minutes from midnight (CLI.md: 22:00 to 06:00).
const NIGHT_FROM: u16 = 22 * 60;
/// Night ends.
const NIGHT_TO: u16 = 6 * 60;
/// Minutes of a day on the wall.
pub(super) const DAY_MINUTES: u16 = 24 * 60;

/// A block on the minutes of the date on which it starts; the end may lie on the next date.
pub(super) type Minutes = (u16, u16);

/// What closes a whole date.
#[derive(Debug, Clone, Copy)]
pub(super) enum Closed<'a> {
    /// The clinician is away.
    Absence(&'a Absence),
    /// An exception closes it.
    Exception(&'a HoursException),
    /// A public holiday.
    Holiday,
}

/// A block from its start to its end, the end on the next day when it is not after the start.
pub(super) fn minutes(start: WallTime, end: WallTime) -> Minutes {
    let end = if end <= start { end.minutes() + DAY_MINUTES } else { end.minutes() };
    (start.minutes(), end)
}

/// What closes `date`: an absence beats an exception beats a holiday.
pub(super) fn closed(file: &HoursFile, date: NaiveDate) -> Option<Closed<'_>> {
    if let Some(absence) = file.absences.iter().find(|absence| absence.from <= date && date <= absence.to) {
        return Some(Closed::Absence(absence));
    }
    match exception(file, date) {
        Some(exception) if exception.closed => Some(Closed::Exception(exception)),
        Some(_) => None,
        None => holidays::is_holiday(&file.holidays, date).then_some(Closed::Holiday),
    }
}

/// The open blocks that start on `date`. A closed date starts none.
pub(super) fn opening(file: &HoursFile, date: NaiveDate) -> Vec<Minutes> {
    let blocks = match exception(file, date).and_then(|exception| exception.open.as_ref()) {
        Some(open) => open.iter().map(|block| minutes(block.start, block.end)).collect(),
        None => week(file, date, |version| &version.weekly),
    };
    // Asked last: most dates have no block, and holidays are computed.
    if blocks.is_empty() || closed(file, date).is_some() { Vec::new() } else { blocks }
}

/// Why the local instant `at`, which is not open, is not; with the cover's name during an absence.
pub(super) fn reason(file: &HoursFile, at: NaiveDateTime) -> (AfterHoursReason, Option<&str>) {
    let date = at.date();
    match closed(file, date) {
        Some(Closed::Absence(absence)) => {
            return (AfterHoursReason::Absence, absence.cover.as_ref().map(|cover| cover.name.as_str()));
        }
        Some(Closed::Exception(exception)) => return (closing_word(exception), None),
        Some(Closed::Holiday) => return (AfterHoursReason::Holiday, None),
        None => {}
    }
    let minute = u16::try_from(at.num_seconds_from_midnight() / 60).unwrap_or(0);
    let reason = if holds(date, minute, |day| on_call(file, day)) {
        AfterHoursReason::OnCall
    } else if holds(date, minute, |day| cut_by_exception(file, day)) {
        AfterHoursReason::EarlyClose
    } else if !(NIGHT_TO..NIGHT_FROM).contains(&minute) {
        AfterHoursReason::Night
    } else {
        AfterHoursReason::Outside
    };
    (reason, None)
}

/// The exception of `date`. `AvailabilityHours` keeps them sorted, a date at most once.
fn exception(file: &HoursFile, date: NaiveDate) -> Option<&HoursException> {
    let index = file.exceptions.binary_search_by_key(&date, |exception| exception.date).ok()?;
    file.exceptions.get(index)
}

/// The word for a date that an exception closes: its own reason where that is one of ours, else a holiday.
fn closing_word(exception: &HoursException) -> AfterHoursReason {
    match exception.reason.as_deref() {
        Some("absence") => AfterHoursReason::Absence,
        Some("early-close") => AfterHoursReason::EarlyClose,
        Some("on-call") => AfterHoursReason::OnCall,
        Some("outside") => AfterHoursReason::Outside,
        _ => AfterHoursReason::Holiday,
    }
}

/// Whether a block of `blocks` holds `minute` of `date`, the tail of the day before included.
fn holds(date: NaiveDate, minute: u16, blocks: impl Fn(NaiveDate) -> Vec<Minutes>) -> bool {
    let within = |at: u16, (start, end): &Minutes| *start <= at && at < *end;
    blocks(date).iter().any(|block| within(minute, block))
        || date
            .pred_opt()
            .is_some_and(|day| blocks(day).iter().any(|block| within(minute + DAY_MINUTES, block)))
}

/// On-call blocks that start on `date`. A closed date starts none.
fn on_call(file: &HoursFile, date: NaiveDate) -> Vec<Minutes> {
    let blocks = week(file, date, |version| &version.on_call);
    if blocks.is_empty() || closed(file, date).is_some() { Vec::new() } else { blocks }
}

/// The part of the week's blocks of `date` that an exception with `open` has taken away, from its first opening on.
fn cut_by_exception(file: &HoursFile, date: NaiveDate) -> Vec<Minutes> {
    let Some(open) = exception(file, date).and_then(|exception| exception.open.as_ref()) else {
        return Vec::new();
    };
    if closed(file, date).is_some() {
        return Vec::new();
    }
    let first = open.iter().map(|block| block.start.minutes()).min().unwrap_or(0);
    let week = week(file, date, |version| &version.weekly);
    week.into_iter().map(|(start, end)| (start.max(first), end)).filter(|(start, end)| start < end).collect()
}

/// The blocks of the version in force on `date` for its weekday.
fn week(file: &HoursFile, date: NaiveDate, blocks: fn(&HoursVersion) -> &Vec<WeeklyBlock>) -> Vec<Minutes> {
    let weekday: Weekday = date.weekday();
    let after = file.versions.partition_point(|version| version.from <= date);
    let Some(version) = after.checked_sub(1).and_then(|index| file.versions.get(index)) else {
        return Vec::new();
    };
    blocks(version)
        .iter()
        .filter(|block| block.day == weekday)
        .map(|block| minutes(block.start, block.end))
        .collect()
}
