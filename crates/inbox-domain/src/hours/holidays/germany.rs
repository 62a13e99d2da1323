//! Germany: the days that hold everywhere and those of the sixteen states, from the states' laws on public holidays.

use chrono::{Datelike, NaiveDate, Weekday};

use super::after_easter;

/// The nine days that hold in every state, and Reformation Day in 2017.
pub(super) fn everywhere(date: NaiveDate) -> bool {
    let fixed = [(1, 1), (5, 1), (12, 25), (12, 26)].contains(&(date.month(), date.day()));
    let unity = (date.month(), date.day()) == (10, 3) && date.year() >= 1990;
    let anniversary = (date.year(), date.month(), date.day()) == (2017, 10, 31);
    fixed || unity || anniversary || [-2, 1, 39, 50].contains(&after_easter(date))
}

/// The further days of a state, by its two letters.
pub(super) fn state(state: &str, date: NaiveDate) -> bool {
    let year = date.year();
    match (date.month(), date.day()) {
        (1, 6) => matches!(state, "BW" | "BY" | "ST"),
        (3, 8) => (state == "BE" && year >= 2019) || (state == "MV" && year >= 2023),
        (5, 8) if state == "BE" && matches!(year, 2020 | 2025) => true,
        (6, 17) if state == "BE" && year == 2028 => true,
        (8, 15) => state == "SL",
        (9, 20) => state == "TH" && year >= 2019,
        (10, 31) => reformation(state, year),
        (11, 1) => matches!(state, "BW" | "BY" | "NW" | "RP" | "SL"),
        (11, 16..=22) => state == "SN" && date.weekday() == Weekday::Wed,
        _ => movable(state, date),
    }
}

fn reformation(state: &str, year: i32) -> bool {
    match state {
        "BB" | "MV" | "SN" | "ST" | "TH" => true,
        "HB" | "HH" | "NI" | "SH" => year >= 2018,
        _ => false,
    }
}

fn movable(state: &str, date: NaiveDate) -> bool {
    match after_easter(date) {
        0 | 49 => state == "BB",
        60 => matches!(state, "BW" | "BY" | "HE" | "NW" | "RP" | "SL"),
        _ => false,
    }
}
