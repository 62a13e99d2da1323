//! Hours as `PractitionerRole.availableTime`, `notAvailable` and `availabilityExceptions` (FHIR R4).
//!
//! The resource knows weeks and closed days. A block over midnight is written as two, since a time ends at 23:59:59;
//! days with other blocks, a later version and the zone have no field and are said in words; on call is not published.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Days, NaiveDate, Weekday};
use inbox_domain::AvailabilityHours;
use inbox_domain::hours::{ClosedFor, WallTime, WeeklyBlock};
use serde_json::{Map, Value, json};

/// The three fields that are ours; all others of a role are kept as they are.
pub const HOURS_FIELDS: [&str; 3] = ["availableTime", "notAvailable", "availabilityExceptions"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// The end of a day in `availableEndTime`.
const DAY_END: &str = "23:59:59";

/// What of the hours has no field of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotExpressed {
    /// Blocks over midnight are written as two.
    pub overnight: bool,
    /// On-call blocks are not published.
    pub on_call: bool,
    /// Days with other blocks than the week's are said in words.
    pub changed_days: bool,
    /// A later version is said in words.
    pub later_version: bool,
}

/// The fields of a role, and what they could not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleHours {
    /// The fields that hold something.
    pub fields: Map<String, Value>,
    /// What has no field.
    pub not_expressed: NotExpressed,
}

/// The words around dates and times, for patients.
#[derive(Debug, Clone, Copy)]
struct Words {
    date: &'static str,
    closed: &'static str,
    away: &'static str,
    cover: &'static str,
    open: &'static str,
    not_open: &'static str,
    later: &'static str,
    zone: &'static str,
}

const ENGLISH: Words = Words {
    date: "%-d %B %Y",
    closed: "Closed",
    away: "Away",
    cover: "Cover",
    open: "open",
    not_open: "closed",
    later: "Other hours from",
    zone: "Times are those of",
};
const GERMAN: Words = Words {
    date: "%d.%m.%Y",
    closed: "Geschlossen",
    away: "Abwesend",
    cover: "Vertretung",
    open: "geöffnet",
    not_open: "geschlossen",
    later: "Andere Zeiten ab",
    zone: "Die Zeiten gelten in",
};

/// The hours as they are published on `today`: the week in force, closed days from the month's beginning to the end of
/// the next year. `language` is a tag; German is written in German, everything else in English.
pub fn role_hours(hours: &AvailabilityHours, today: NaiveDate, language: &str) -> RoleHours {
    let words = if language.starts_with("de") { GERMAN } else { ENGLISH };
    let from = today.with_day(1).unwrap_or(today);
    let until = NaiveDate::from_ymd_opt(today.year() + 1, 12, 31).unwrap_or(today);
    let weekly = hours.weekly_on(today);
    let mut fields = Map::new();
    let mut put = |name: &str, list: Vec<Value>| {
        // A list without elements is not allowed.
        if !list.is_empty() {
            fields.insert(name.to_owned(), Value::Array(list));
        }
    };
    put("availableTime", available_time(&weekly));
    put("notAvailable", not_available(hours, from, until, words));
    let mut text = Vec::new();
    let changed: Vec<String> = hours.changed_days(today, until).map(|day| changed_day(day, words)).collect();
    let later = hours.file().versions.iter().map(|version| version.from).find(|first| *first > today);
    let not_expressed = NotExpressed {
        overnight: weekly.iter().any(|block| block.end <= block.start && block.end != WallTime::MIDNIGHT),
        on_call: hours.version_on(today).is_some_and(|version| !version.on_call.is_empty()),
        changed_days: !changed.is_empty(),
        later_version: later.is_some(),
    };
    text.extend(changed);
    text.extend(later.map(|first| format!("{} {}", words.later, first.format(words.date))));
    text.push(format!("{} {}", words.zone, hours.zone()));
    fields.insert("availabilityExceptions".to_owned(), Value::String(format!("{}.", text.join(". "))));
    RoleHours { fields, not_expressed }
}

/// A role with other hours; `None` when it cannot be read.
pub fn with_hours(raw: &str, fields: &Map<String, Value>) -> Option<Value> {
    let mut role: Value = serde_json::from_str(raw).ok()?;
    let object = role.as_object_mut()?;
    for name in HOURS_FIELDS {
        object.remove(name);
    }
    object.extend(fields.clone());
    Some(role)
}

/// The hours that a role holds now; empty when it cannot be read.
pub fn hours_fields(raw: &str) -> Map<String, Value> {
    let role: Value = serde_json::from_str(raw).unwrap_or_default();
    let field =
        |name: &str| Some((name.to_owned(), role.get(name).filter(|value| !value.is_null())?.clone()));
    HOURS_FIELDS.into_iter().filter_map(field).collect()
}

/// Days that a portal calls closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedClosed {
    /// First and last day, as far as the portal says them as dates.
    pub from: Option<NaiveDate>,
    /// Last day, included.
    pub to: Option<NaiveDate>,
    /// Its words.
    pub description: String,
}

/// A role's hours in our words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedHours {
    /// Weekly blocks; two that meet at midnight are one.
    pub weekly: Vec<WeeklyBlock>,
    /// Closed days.
    pub closed: Vec<PublishedClosed>,
    /// Exceptions in words.
    pub exceptions: String,
    /// Entries of `availableTime` without days or times that can be read.
    pub unreadable: u32,
}

/// Reads what `fields` say.
pub fn read_hours(fields: &Map<String, Value>) -> PublishedHours {
    let list = |name: &str| fields.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut read = PublishedHours::default();
    let mut blocks = Vec::new();
    for entry in list("availableTime") {
        match entry_blocks(&entry) {
            Some(found) => blocks.extend(found),
            None => read.unreadable += 1,
        }
    }
    read.weekly = joined(blocks);
    read.closed = list("notAvailable").iter().map(closed).collect();
    read.exceptions =
        fields.get("availabilityExceptions").and_then(Value::as_str).unwrap_or_default().to_owned();
    read
}

fn available_time(weekly: &[WeeklyBlock]) -> Vec<Value> {
    let mut by_times: BTreeMap<(String, String), Vec<Weekday>> = BTreeMap::new();
    let mut add = |day: Weekday, start: WallTime, end: Option<WallTime>| {
        let end = end.map_or(DAY_END.to_owned(), |end| format!("{end}:00"));
        by_times.entry((format!("{start}:00"), end)).or_default().push(day);
    };
    for block in weekly {
        if block.end > block.start {
            add(block.day, block.start, Some(block.end));
            continue;
        }
        add(block.day, block.start, None);
        if block.end > WallTime::MIDNIGHT {
            add(block.day.succ(), WallTime::MIDNIGHT, Some(block.end));
        }
    }
    let entry = |((start, end), mut days): ((String, String), Vec<Weekday>)| {
        days.sort_by_key(Weekday::num_days_from_monday);
        let days: Vec<&str> = days.iter().map(|day| DAYS[day.num_days_from_monday() as usize]).collect();
        if start == "00:00:00" && end == DAY_END {
            // Times beside `allDay` are ignored by those who read it.
            return json!({"daysOfWeek": days, "allDay": true});
        }
        json!({"daysOfWeek": days, "availableStartTime": start, "availableEndTime": end})
    };
    by_times.into_iter().map(entry).collect()
}

fn not_available(hours: &AvailabilityHours, from: NaiveDate, until: NaiveDate, words: Words) -> Vec<Value> {
    let entry = |days: inbox_domain::hours::ClosedDays<'_>| {
        let description = match days.closed_for {
            ClosedFor::Closed => words.closed.to_owned(),
            ClosedFor::Absence(absence) => match &absence.cover {
                None => words.away.to_owned(),
                Some(cover) => {
                    let phone = cover.phone.as_ref().map(|phone| format!(", {phone}")).unwrap_or_default();
                    format!("{}. {}: {}{phone}", words.away, words.cover, cover.name)
                }
            },
        };
        json!({"description": description,
            "during": {"start": days.from.to_string(), "end": days.to.to_string()}})
    };
    hours.closed_days(from, until).into_iter().map(entry).collect()
}

fn changed_day(day: &inbox_domain::hours::HoursException, words: Words) -> String {
    let date = day.date.format(words.date);
    let open = day.open.as_deref().unwrap_or_default();
    if open.is_empty() {
        return format!("{date} {}", words.not_open);
    }
    let times: Vec<String> =
        open.iter().map(|block| format!("{}\u{2013}{}", block.start, block.end)).collect();
    format!("{date} {} {}", words.open, times.join(", "))
}

fn entry_blocks(entry: &Value) -> Option<Vec<WeeklyBlock>> {
    let days = entry.get("daysOfWeek")?.as_array()?;
    let (start, end) = if entry.get("allDay").and_then(Value::as_bool) == Some(true) {
        (WallTime::MIDNIGHT, WallTime::MIDNIGHT)
    } else {
        let time = |name: &str| wall(entry.get(name)?.as_str()?);
        (time("availableStartTime")?, time("availableEndTime")?)
    };
    if start == end && start != WallTime::MIDNIGHT {
        return None;
    }
    let day = |word: &Value| {
        let index = DAYS.iter().position(|known| Some(*known) == word.as_str())?;
        Weekday::try_from(u8::try_from(index).ok()?).ok()
    };
    days.iter().map(|word| Some(WeeklyBlock { day: day(word)?, start, end })).collect()
}

/// `08:00:00`; the last minute of a day is its end.
fn wall(text: &str) -> Option<WallTime> {
    let time = text.get(..5)?.parse().ok()?;
    Some(if time == WallTime::new(23, 59)? { WallTime::MIDNIGHT } else { time })
}

/// Blocks that meet at midnight as one, in order; the same block twice is one.
fn joined(mut blocks: Vec<WeeklyBlock>) -> Vec<WeeklyBlock> {
    let whole = |block: &WeeklyBlock| block.start == WallTime::MIDNIGHT && block.end == WallTime::MIDNIGHT;
    let order = |block: &WeeklyBlock| (block.day.num_days_from_monday(), block.start);
    blocks.sort_by_key(order);
    blocks.dedup();
    let tails: Vec<WeeklyBlock> =
        blocks.iter().filter(|block| block.start == WallTime::MIDNIGHT && !whole(block)).copied().collect();
    for tail in tails {
        let evening = blocks
            .iter_mut()
            .find(|block| block.day == tail.day.pred() && block.end == WallTime::MIDNIGHT && !whole(block));
        // A tail that ends after the evening begins would be more than a day.
        if let Some(evening) = evening.filter(|evening| tail.end <= evening.start) {
            evening.end = tail.end;
            blocks.retain(|block| *block != tail);
        }
    }
    blocks
}

fn closed(entry: &Value) -> PublishedClosed {
    // A period ends with its last day; a time of its last day is within it too.
    let day = |name: &str| {
        let text = entry.pointer(&format!("/during/{name}"))?.as_str()?;
        text.get(..10)?.parse::<NaiveDate>().ok()
    };
    PublishedClosed {
        from: day("start"),
        to: day("end"),
        description: entry.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
    }
}

/// The days of a closed stretch that both ends name, at most a year.
pub fn closed_dates(closed: &PublishedClosed) -> Vec<NaiveDate> {
    let (Some(from), Some(to)) = (closed.from, closed.to) else { return Vec::new() };
    let last = from.checked_add_days(Days::new(366)).map_or(to, |limit| to.min(limit));
    from.iter_days().take_while(|date| *date <= last).collect()
}

#[cfg(test)]
mod tests;
