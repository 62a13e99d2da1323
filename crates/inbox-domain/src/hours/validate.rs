//! What a well-formed availability file may still have wrong.

use std::collections::BTreeMap;

use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;

use super::file::{Absence, HoursException, HoursFile, HoursProblem, WallTime, WeeklyBlock};
use super::{holidays, plan};

/// Minutes of a week.
const WEEK: u32 = 7 * 24 * 60;

/// The zone of a valid file, or everything that is wrong.
pub(super) fn validate(file: &HoursFile) -> Result<Tz, Vec<HoursProblem>> {
    let mut problems = Vec::new();
    let zone: Option<Tz> = file.zone.parse().ok();
    if zone.is_none() {
        let message = format!("{:?} is not a time zone; a name such as Europe/Berlin is expected", file.zone);
        problems.push(HoursProblem::new("zone", message).coded("unknown_zone").with("zone", &file.zone));
    }
    versions(file, &mut problems);
    exceptions(&file.exceptions, &mut problems);
    absences(file, &mut problems);
    for (index, code) in file.holidays.iter().enumerate() {
        if !holidays::is_known(code) {
            let message =
                format!("{code:?} is not a list of holidays; known are {}", holidays::CODES.join(", "));
            let problem = HoursProblem::new(format!("holidays[{index}]"), message);
            problems.push(problem.coded("unknown_holidays").with("code", code));
        }
    }
    match zone {
        Some(zone) if problems.is_empty() => Ok(zone),
        _ => Err(problems),
    }
}

fn versions(file: &HoursFile, problems: &mut Vec<HoursProblem>) {
    if file.versions.is_empty() {
        problems.push(HoursProblem::new("versions", "at least one version is needed").coded("no_version"));
    }
    let dates = file.versions.iter().map(|version| version.from);
    for (index, first, date) in repeated(dates) {
        let message = format!("begins on {date} like versions[{first}]");
        let problem = HoursProblem::new(format!("versions[{index}].from"), message);
        problems.push(problem.coded("same_from").with("date", date));
    }
    for (index, version) in file.versions.iter().enumerate() {
        weekly(&format!("versions[{index}].weekly"), &version.weekly, problems);
        weekly(&format!("versions[{index}].on_call"), &version.on_call, problems);
    }
}

/// Blocks of a week: none empty, none overlapping another, the turn from Sunday to Monday included.
fn weekly(path: &str, blocks: &[WeeklyBlock], problems: &mut Vec<HoursProblem>) {
    for (index, block) in blocks.iter().enumerate() {
        empty(&format!("{path}[{index}]"), block.start, block.end, problems);
    }
    for (index, block) in blocks.iter().enumerate() {
        let other =
            blocks.iter().take(index).position(|earlier| overlap(week_minutes(earlier), week_minutes(block)));
        if let Some(other) = other {
            let earlier = blocks[other];
            let message = format!(
                "{} {} to {} overlaps {path}[{other}] ({} {} to {})",
                block.day, block.start, block.end, earlier.day, earlier.start, earlier.end
            );
            let problem = HoursProblem::new(format!("{path}[{index}]"), message).coded("overlap");
            let problem =
                problem.with("day", word(block.day)).with("start", block.start).with("end", block.end);
            let problem = problem.with("other_day", word(earlier.day));
            problems.push(problem.with("other_start", earlier.start).with("other_end", earlier.end));
        }
    }
}

/// The file's word for a day.
fn word(day: Weekday) -> String {
    day.to_string().to_lowercase()
}

fn week_minutes(block: &WeeklyBlock) -> (u32, u32) {
    let (start, end) = plan::minutes(block.start, block.end);
    let day = block.day.num_days_from_monday() * 24 * 60;
    (day + u32::from(start), day + u32::from(end))
}

/// Whether two stretches of the week meet; either may run over its end.
fn overlap(one: (u32, u32), two: (u32, u32)) -> bool {
    [0, WEEK].iter().any(|shift| {
        let meets = |a: (u32, u32), b: (u32, u32)| a.0 < b.1 + shift && b.0 + shift < a.1;
        meets(one, two) || meets(two, one)
    })
}

/// A block that ends when it starts holds nothing, except from midnight to midnight, which is the whole day.
fn empty(path: &str, start: WallTime, end: WallTime, problems: &mut Vec<HoursProblem>) {
    if start == end && start != WallTime::MIDNIGHT {
        let message =
            format!("{start} to {end} ends when it begins; the whole day is written 00:00 to 00:00");
        problems.push(HoursProblem::new(path, message).coded("empty_block").with("start", start));
    }
}

fn exceptions(exceptions: &[HoursException], problems: &mut Vec<HoursProblem>) {
    for (index, first, date) in repeated(exceptions.iter().map(|exception| exception.date)) {
        let message = format!("{date} already has exceptions[{first}]");
        let problem = HoursProblem::new(format!("exceptions[{index}].date"), message);
        problems.push(problem.coded("same_exception").with("date", date));
    }
    for (index, exception) in exceptions.iter().enumerate() {
        let path = format!("exceptions[{index}]");
        match (exception.closed, &exception.open) {
            (true, Some(_)) => problems.push(HoursProblem::new(path, "is closed and open at once")),
            (false, None) => {
                problems.push(HoursProblem::new(path, "says neither closed nor which blocks are open"));
            }
            (_, open) => open_blocks(&path, open.as_deref().unwrap_or_default(), problems),
        }
    }
}

fn open_blocks(path: &str, blocks: &[super::file::OpenBlock], problems: &mut Vec<HoursProblem>) {
    for (index, block) in blocks.iter().enumerate() {
        empty(&format!("{path}.open[{index}]"), block.start, block.end, problems);
        let stretch = plan::minutes(block.start, block.end);
        let meets = |other: (u16, u16)| other.0 < stretch.1 && stretch.0 < other.1;
        let other =
            blocks.iter().take(index).position(|earlier| meets(plan::minutes(earlier.start, earlier.end)));
        if let Some(other) = other {
            let message = format!("{} to {} overlaps {path}.open[{other}]", block.start, block.end);
            let problem = HoursProblem::new(format!("{path}.open[{index}]"), message).coded("overlap_open");
            problems.push(problem.with("start", block.start).with("end", block.end));
        }
    }
}

fn absences(file: &HoursFile, problems: &mut Vec<HoursProblem>) {
    for (index, absence) in file.absences.iter().enumerate() {
        let path = format!("absences[{index}]");
        if absence.from > absence.to {
            let message = format!("begins on {} and ends before that, on {}", absence.from, absence.to);
            let problem = HoursProblem::new(path.clone(), message).coded("absence_backwards");
            problems.push(problem.with("from", absence.from).with("to", absence.to));
        }
        cover(&path, absence, file.practitioner.as_deref(), problems);
    }
}

/// A cover needs a name and is somebody else. Whether the cover is absent too is in the cover's own hours:
/// `AvailabilityHours::absent_covers`.
fn cover(path: &str, absence: &Absence, own: Option<&str>, problems: &mut Vec<HoursProblem>) {
    let Some(cover) = &absence.cover else { return };
    if cover.name.trim().is_empty() {
        problems.push(
            HoursProblem::new(format!("{path}.cover.name"), "the cover has no name").coded("cover_unnamed"),
        );
    }
    if own.is_some() && cover.practitioner.as_deref() == own {
        let message = "the cover is the clinician herself, who is absent";
        problems.push(HoursProblem::new(format!("{path}.cover"), message).coded("cover_self"));
    }
}

/// Index, index of the first and date of every date that comes again.
fn repeated(dates: impl Iterator<Item = NaiveDate>) -> Vec<(usize, usize, NaiveDate)> {
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    for (index, date) in dates.enumerate() {
        let first = *seen.entry(date).or_insert(index);
        if first != index {
            found.push((index, first, date));
        }
    }
    found
}
