//! The events of a calendar file with their repetitions, on the clinic's wall.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use chrono_tz::Tz;

use super::super::file::HoursProblem;
use super::lines::{Component, Line};
use super::moment::{DefinedZone, Moment, duration, moments, wall_of};
use super::repeat::Rule;
use super::{CalendarSkipped, OCCURRENCES};

/// One occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Occurrence {
    pub(super) title: String,
    /// Whole days rather than hours.
    pub(super) all_day: bool,
    /// On the clinic's wall; of whole days their midnights, the end not included.
    pub(super) start: NaiveDateTime,
    pub(super) end: NaiveDateTime,
}

/// The days that are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) from: NaiveDate,
    pub(super) until: NaiveDate,
    pub(super) clinic: Tz,
}

/// What a file's events amount to.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) occurrences: Vec<Occurrence>,
    pub(super) skipped: CalendarSkipped,
    /// Titles of what repeats for ever.
    pub(super) endless: Vec<String>,
}

/// An event as the file has it.
struct Event<'a> {
    part: &'a Component,
    uid: Option<&'a str>,
    /// Which occurrence of its series it stands for.
    replaces: Option<Moment>,
    sequence: i64,
}

/// All occurrences within the window.
pub(super) fn occurrences(
    parts: &[&Component],
    zones: &[DefinedZone],
    window: Window,
) -> Result<Found, Vec<HoursProblem>> {
    let (mut found, mut problems) = (Found::default(), Vec::new());
    let mut events: BTreeMap<(String, Option<Moment>), Event<'_>> = BTreeMap::new();
    for (index, part) in parts.iter().enumerate() {
        let event = match read(part, zones, window.clinic) {
            Ok(event) => event,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        // An event without an identifier is like no other.
        let uid = event.uid.map_or_else(|| format!("\u{0}{index}"), str::to_owned);
        let key = (uid, event.replaces);
        match events.get(&key) {
            Some(known) if known.sequence > event.sequence => found.skipped.duplicates += 1,
            Some(_) => {
                found.skipped.duplicates += 1;
                events.insert(key, event);
            }
            None => drop(events.insert(key, event)),
        }
    }
    let replaced: BTreeSet<(String, Moment)> =
        events.keys().filter_map(|(uid, at)| Some((uid.clone(), (*at)?))).collect();
    let mut order: Vec<_> = events.iter().collect();
    order.sort_by_key(|(_, event)| event.part.number);
    for ((uid, _), event) in order {
        let gone = |at: Moment| event.replaces.is_none() && replaced.contains(&(uid.clone(), at));
        if let Err(problem) = take(event, gone, zones, window, &mut found) {
            problems.push(problem);
        }
        if found.occurrences.len() > OCCURRENCES {
            let message =
                format!("with this event there are more than {OCCURRENCES} entries; nothing is taken");
            problems.push(super::lines::problem(event.part.number, message));
            break;
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

fn read<'a>(part: &'a Component, zones: &[DefinedZone], clinic: Tz) -> Result<Event<'a>, HoursProblem> {
    let replaces = match part.line("RECURRENCE-ID") {
        Some(line) => Some(wall_of(line, zones)?.in_clinic(first(line)?, clinic)),
        None => None,
    };
    let uid = part.line("UID").map(|line| line.value.as_str()).filter(|uid| !uid.is_empty());
    let sequence = part.line("SEQUENCE").and_then(|line| line.value.trim().parse().ok()).unwrap_or(0);
    Ok(Event { part, uid, replaces, sequence })
}

fn take(
    event: &Event<'_>,
    gone: impl Fn(Moment) -> bool,
    zones: &[DefinedZone],
    window: Window,
    found: &mut Found,
) -> Result<(), HoursProblem> {
    let part = event.part;
    let value = |name: &str| part.line(name).map(|line| line.value.trim().to_ascii_uppercase());
    let start = part.line("DTSTART").ok_or_else(|| {
        super::lines::problem(part.number, "this event has no DTSTART, so nobody knows when it is")
    })?;
    let (begin, wall) = (first(start)?, wall_of(start, zones)?);
    let all_day = matches!(begin, Moment::Day(_));
    let length = length(part, begin, zones, window.clinic)?;
    if value("STATUS").as_deref() == Some("CANCELLED") {
        found.skipped.cancelled += 1;
        return Ok(());
    }
    // Lists of holidays call their days free: nobody is kept from a meeting by them.
    if !all_day && value("TRANSP").as_deref() == Some("TRANSPARENT") {
        found.skipped.free += 1;
        return Ok(());
    }
    let title = title(part);
    let mut times = vec![begin.wall()];
    if let Some(line) = part.line("RRULE") {
        let rule = Rule::read(line, wall)?;
        let after = window.from.and_hms_opt(0, 0, 0).unwrap_or_default() - length - TimeDelta::days(2);
        let limit = u16::try_from(OCCURRENCES + 1).unwrap_or(u16::MAX);
        times.extend(rule.times(begin.wall(), after.max(begin.wall()), window.until, limit));
        if rule.endless {
            found.endless.push(title.clone());
        }
    }
    for line in part.all("RDATE") {
        times.extend(moments(line)?.into_iter().map(Moment::wall));
    }
    let mut without = BTreeSet::new();
    for line in part.all("EXDATE") {
        let wall = wall_of(line, zones)?;
        without.extend(moments(line)?.into_iter().map(|at| wall.in_clinic(at, window.clinic).wall()));
    }
    times.sort_unstable();
    times.dedup();
    let single = times.len() == 1;
    let mut inside = 0_u32;
    for time in times {
        let at = if all_day { Moment::Day(time.date()) } else { Moment::Time(time) };
        let at = wall.in_clinic(at, window.clinic);
        if without.contains(&at.wall()) || gone(at) {
            continue;
        }
        let (start, end) = (at.wall(), at.wall() + length);
        if start.date() > window.until || end <= window.from.and_hms_opt(0, 0, 0).unwrap_or_default() {
            continue;
        }
        inside += 1;
        found.occurrences.push(Occurrence { title: title.clone(), all_day, start, end });
    }
    if single && inside == 0 {
        found.skipped.outside += 1;
    }
    Ok(())
}

/// How long an event lasts; whole days at least one.
fn length(
    part: &Component,
    begin: Moment,
    zones: &[DefinedZone],
    clinic: Tz,
) -> Result<TimeDelta, HoursProblem> {
    let day = matches!(begin, Moment::Day(_));
    let least = if day { TimeDelta::days(1) } else { TimeDelta::zero() };
    if let Some(line) = part.line("DTEND") {
        let end = first(line)?;
        if matches!(end, Moment::Day(_)) != day {
            return Err(line.problem("it begins on a day and ends at a time, or the other way round"));
        }
        let start = part
            .line("DTSTART")
            .map_or(Ok(begin), |line| Ok(wall_of(line, zones)?.in_clinic(begin, clinic)))?;
        let end = wall_of(line, zones)?.in_clinic(end, clinic);
        let length = end.wall() - start.wall();
        if length < TimeDelta::zero() {
            return Err(line.problem("it ends before it begins"));
        }
        return Ok(length.max(least));
    }
    if let Some(line) = part.line("DURATION") {
        let length =
            duration(&line.value).ok_or_else(|| line.problem("this is not a duration such as PT1H"))?;
        return Ok(length.max(least));
    }
    Ok(least)
}

fn first(line: &Line) -> Result<Moment, HoursProblem> {
    moments(line)?.into_iter().next().ok_or_else(|| line.problem("a date or a time is expected"))
}

/// What an event is called, in one line of at most 80 characters.
fn title(part: &Component) -> String {
    let words = part.line("SUMMARY").map(|line| line.value.split_whitespace().collect::<Vec<_>>().join(" "));
    words.unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(80).collect()
}

/// The last day that an occurrence of whole days holds.
pub(super) fn last_day(occurrence: &Occurrence) -> NaiveDate {
    let end = occurrence.end.date();
    if occurrence.end > occurrence.start && occurrence.end.time() == chrono::NaiveTime::MIN {
        end.checked_sub_days(Days::new(1)).unwrap_or(end)
    } else {
        end
    }
}
