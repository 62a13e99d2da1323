//! Holidays and absences from a calendar file (.ics, RFC 5545).
//!
//! A file is taken whole or not at all, and what it would add is shown before anything is kept. Whole days close a date or
//! say that the clinician is away; an event with hours takes its hours out of the blocks of its date. What repeats for
//! ever is followed up to the last day that is looked at.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate, NaiveTime, Timelike as _};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::file::{Absence, HoursException, HoursFile, HoursProblem, OpenBlock, WallTime};
use super::plan::{self, Closed, DAY_MINUTES, Minutes};
use super::{AvailabilityHours, validate};
use event::{Occurrence, Window, last_day};

mod event;
mod lines;
mod moment;
mod repeat;

/// A longer file is refused, in bytes.
pub const LONGEST_FILE: usize = 2 * 1024 * 1024;
/// A file of more events is refused.
pub const EVENTS: usize = 5_000;
/// More occurrences than this are refused.
pub const OCCURRENCES: usize = 4_000;
/// Years after the present one that are looked at, to their ends.
pub const YEARS_AHEAD: i32 = 2;
/// Problems of one file that are told.
const TOLD: usize = 20;

/// What the whole days of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CalendarUse {
    /// Days on which the clinic is closed.
    Holidays,
    /// Days on which the clinician is away.
    Absences,
}

/// What an entry of a calendar would change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum CalendarEffect {
    /// Closes its dates.
    Closes,
    /// The clinician is away on its dates.
    Away,
    /// Takes its hours out of the blocks of its dates.
    Shortens,
    /// Nothing: closed already, or outside the blocks.
    Nothing,
}

/// An entry of a calendar, as it is shown before it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarEntry {
    /// What the file calls it, at most 80 characters. Nothing of it is kept of absences or of events with hours.
    pub title: String,
    /// First day, in the clinic's zone.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// From when to when, on the clinic's wall, of an event with hours.
    pub hours: Option<(WallTime, WallTime)>,
    /// What it would change.
    pub effect: CalendarEffect,
}

/// What of a file is left out, in events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CalendarSkipped {
    /// Called off.
    pub cancelled: u32,
    /// The same event again; the newest version counts.
    pub duplicates: u32,
    /// Events with hours that keep nobody busy.
    pub free: u32,
    /// Over, or beyond the last day that is looked at.
    pub outside: u32,
}

/// What a calendar file would add.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarImport {
    /// The hours with it.
    pub file: HoursFile,
    /// Its entries, in order of time.
    pub entries: Vec<CalendarEntry>,
    /// What is left out.
    pub skipped: CalendarSkipped,
    /// Titles of what repeats for ever: taken up to `until`.
    pub endless: Vec<String>,
    /// The last day that is looked at.
    pub until: NaiveDate,
}

impl AvailabilityHours {
    /// What the calendar file `text` would add to these hours from `today` on. Nothing is changed.
    ///
    /// # Errors
    /// What is wrong with the file, each with its line, at most twenty; a file that is too long; hours that would not be
    /// valid with it.
    pub fn with_calendar(
        &self,
        text: &str,
        taken_as: CalendarUse,
        today: NaiveDate,
    ) -> Result<CalendarImport, Vec<HoursProblem>> {
        if text.len() > LONGEST_FILE {
            let message = format!(
                "the file has {} bytes; at most {LONGEST_FILE} are read. Export a shorter span of time",
                text.len()
            );
            return Err(vec![HoursProblem::new("", message)]);
        }
        let until = NaiveDate::from_ymd_opt(today.year() + YEARS_AHEAD, 12, 31).unwrap_or(today);
        let window = Window { from: today, until, clinic: self.zone };
        let found = read(text, window).map_err(|mut problems| {
            problems.truncate(TOLD);
            problems
        })?;
        let mut file = self.file.clone();
        let mut occurrences = found.occurrences;
        occurrences.sort_by(|a, b| (a.start, a.end, &a.title).cmp(&(b.start, b.end, &b.title)));
        let mut entries = Vec::new();
        for occurrence in &occurrences {
            let effect = if occurrence.all_day {
                add_days(&mut file, occurrence, taken_as, window)
            } else {
                take_out(&mut file, occurrence)
            };
            file.exceptions.sort_by_key(|exception| exception.date);
            entries.push(entry(occurrence, effect));
        }
        validate::validate(&file)?;
        Ok(CalendarImport { file, entries, skipped: found.skipped, endless: found.endless, until })
    }
}

fn read(text: &str, window: Window) -> Result<event::Found, Vec<HoursProblem>> {
    let parts = lines::read(text)?;
    let named = |name: &'static str| parts.iter().filter(move |part| part.name == name);
    let zones = named("VTIMEZONE").map(|part| moment::DefinedZone::read(part, window.until));
    let zones = zones.collect::<Result<Vec<_>, _>>().map_err(|problem| vec![problem])?;
    let events: Vec<_> = named("VEVENT").collect();
    if let Some(first_too_many) = events.get(EVENTS) {
        let message = format!("the file has {} events; at most {EVENTS} are read", events.len());
        return Err(vec![lines::problem(first_too_many.number, message)]);
    }
    event::occurrences(&events, &zones, window)
}

fn entry(occurrence: &Occurrence, effect: CalendarEffect) -> CalendarEntry {
    let wall =
        |time: NaiveTime| WallTime::new(u16::try_from(time.hour()).ok()?, u16::try_from(time.minute()).ok()?);
    let hours = wall(occurrence.start.time()).zip(wall(occurrence.end.time()));
    CalendarEntry {
        title: occurrence.title.clone(),
        from: occurrence.start.date(),
        to: last_day(occurrence),
        hours: hours.filter(|_| !occurrence.all_day),
        effect,
    }
}

/// Whole days: closed, or away.
fn add_days(
    file: &mut HoursFile,
    occurrence: &Occurrence,
    taken_as: CalendarUse,
    window: Window,
) -> CalendarEffect {
    let from = occurrence.start.date().max(window.from);
    let to = last_day(occurrence).min(window.until);
    if taken_as == CalendarUse::Absences {
        let known = file.absences.iter().any(|absence| absence.from <= from && to <= absence.to);
        if !known {
            file.absences.push(Absence { from, to, cover: None });
        }
        return if known { CalendarEffect::Nothing } else { CalendarEffect::Away };
    }
    let mut effect = CalendarEffect::Nothing;
    for date in from.iter_days().take_while(|date| *date <= to) {
        // What she has entered for a date herself stays, and a holiday by rule needs no second entry.
        let known = file.exceptions.iter().any(|exception| exception.date == date)
            || matches!(plan::closed(file, date), Some(Closed::Holiday));
        if !known {
            let reason = Some(occurrence.title.clone()).filter(|title| !title.is_empty());
            let index = file.exceptions.partition_point(|exception| exception.date < date);
            file.exceptions.insert(index, HoursException { date, closed: true, open: None, reason });
            effect = CalendarEffect::Closes;
        }
    }
    effect
}

/// Takes an event's hours out of the blocks that start on its dates, and out of the tails of the evening before.
fn take_out(file: &mut HoursFile, occurrence: &Occurrence) -> CalendarEffect {
    let first = occurrence.start.date().checked_sub_days(Days::new(1)).unwrap_or_default();
    let mut changed: BTreeMap<NaiveDate, Vec<Minutes>> = BTreeMap::new();
    for date in first.iter_days().take_while(|date| *date <= occurrence.end.date()) {
        let midnight = date.and_time(NaiveTime::MIN);
        let minute =
            |at: chrono::NaiveDateTime| (at - midnight).num_minutes().clamp(0, 2 * i64::from(DAY_MINUTES));
        let to_minute = |at| u16::try_from(minute(at)).unwrap_or(0);
        let (from, to) = (to_minute(occurrence.start), to_minute(occurrence.end));
        let blocks = changed.get(&date).cloned().unwrap_or_else(|| plan::opening(file, date));
        let left: Vec<Minutes> = blocks.iter().flat_map(|block| without(*block, (from, to))).collect();
        if left == blocks {
            continue;
        }
        let (own, next): (Vec<Minutes>, Vec<Minutes>) =
            left.into_iter().partition(|(start, _)| *start < DAY_MINUTES);
        changed.insert(date, own);
        // What is left of a tail after midnight starts on the next date; one that is closed has no tail.
        let tail = date.succ_opt().filter(|after| !next.is_empty() && plan::closed(file, *after).is_none());
        if let Some(after) = tail {
            let blocks = changed.entry(after).or_insert_with(|| plan::opening(file, after));
            blocks.extend(next.into_iter().map(|(start, end)| (start - DAY_MINUTES, end - DAY_MINUTES)));
            blocks.sort_unstable();
        }
    }
    if changed.is_empty() {
        return CalendarEffect::Nothing;
    }
    for (date, blocks) in changed {
        let open = Some(blocks.into_iter().filter_map(open_block).collect());
        match file.exceptions.iter_mut().find(|exception| exception.date == date) {
            Some(exception) => exception.open = open,
            None => {
                let index = file.exceptions.partition_point(|exception| exception.date < date);
                file.exceptions.insert(index, HoursException { date, closed: false, open, reason: None });
            }
        }
    }
    CalendarEffect::Shortens
}

/// What is left of a block without a stretch.
fn without(block: Minutes, (from, to): Minutes) -> Vec<Minutes> {
    if from >= block.1 || to <= block.0 || from >= to {
        return vec![block];
    }
    let pieces = [(block.0, from.clamp(block.0, block.1)), (to.clamp(block.0, block.1), block.1)];
    pieces.into_iter().filter(|(start, end)| start < end).collect()
}

fn open_block((start, end): Minutes) -> Option<OpenBlock> {
    let wall = |minute: u16| WallTime::new(minute % DAY_MINUTES / 60, minute % 60);
    Some(OpenBlock { start: wall(start)?, end: wall(end)? })
}
