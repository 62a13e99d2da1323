//! Moments in words, in the clinic's zone. The date is always named: a text is read later than it is written.

use chrono::{DateTime, Datelike, Timelike, Utc};
use chrono_tz::Tz;

use crate::model::Language;

const DAYS_EN: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const DAYS_DE: [&str; 7] = ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// "on Monday, 23 November, at 08:05" or "am Montag, 23. November, um 08:05 Uhr"; with the zone's city when asked.
pub fn moment(at: DateTime<Utc>, zone: Tz, language: Language, with_zone: bool) -> String {
    let at = at.with_timezone(&zone);
    let (day, month) = (at.weekday().num_days_from_monday() as usize, at.month0() as usize);
    let (date, hour, minute) = (at.day(), at.hour(), at.minute());
    let city = zone.name().rsplit('/').next().unwrap_or_default().replace('_', " ");
    match language {
        Language::En => {
            let zone = if with_zone { format!(" ({city} time)") } else { String::new() };
            format!("on {}, {date} {}, at {hour:02}:{minute:02}{zone}", DAYS_EN[day], MONTHS_EN[month])
        }
        Language::De => {
            let zone = if with_zone { format!(" (Ortszeit {city})") } else { String::new() };
            format!("am {}, {date}. {}, um {hour:02}:{minute:02} Uhr{zone}", DAYS_DE[day], MONTHS_DE[month])
        }
    }
}
