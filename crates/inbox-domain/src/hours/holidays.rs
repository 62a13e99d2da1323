//! Public holidays by rule, movable feasts computed.
//!
//! Lists: `DE` (the nine days that hold everywhere) and its sixteen states `DE-BW` .. `DE-TH`, `AT`, `CH` (the federal day
//! and the days common to most cantons), `US` (5 U.S.C. 6103, federal, with the observed weekday), `UK` (bank holidays of
//! England and Wales; `GB`, `GB-ENG`, `GB-WLS` and `UK-ENG` mean the same), `GB-SCT` and `GB-NIR` (Scotland, Northern
//! Ireland). Days that hold in single municipalities (Assumption in
//! Bavaria, Peace Day in Augsburg, Corpus Christi in parts of Saxony and Thuringia) or single cantons are not included; a
//! clinic enters them as exceptions.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

mod germany;

/// The lists that are known.
pub const CODES: [&str; 27] = [
    "AT", "CH", "DE", "DE-BB", "DE-BE", "DE-BW", "DE-BY", "DE-HB", "DE-HE", "DE-HH", "DE-MV", "DE-NI",
    "DE-NW", "DE-RP", "DE-SH", "DE-SL", "DE-SN", "DE-ST", "DE-TH", "GB", "GB-ENG", "GB-NIR", "GB-SCT",
    "GB-WLS", "UK", "UK-ENG", "US",
];

/// Whether a list of this code is known.
pub fn is_known(code: &str) -> bool {
    CODES.contains(&code)
}

/// Whether `date` is a public holiday in one of the lists. Lists that are not known hold nothing.
pub fn is_holiday(codes: &[String], date: NaiveDate) -> bool {
    codes.iter().any(|code| holds(code, date))
}

/// The public holidays of a list in a year, ascending.
pub fn in_year(code: &str, year: i32) -> Vec<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1);
    let days = first.into_iter().flat_map(|first| first.iter_days()).take_while(|date| date.year() == year);
    days.filter(|date| holds(code, *date)).collect()
}

fn holds(code: &str, date: NaiveDate) -> bool {
    match code {
        "AT" => austria(date),
        "CH" => switzerland(date),
        "US" => united_states(date),
        "GB" | "GB-ENG" | "GB-WLS" | "UK" | "UK-ENG" => england(date),
        "GB-SCT" => scotland(date),
        "GB-NIR" => england(date) || saint_patrick_or_boyne(date),
        "DE" => germany::everywhere(date),
        _ => code
            .strip_prefix("DE-")
            .is_some_and(|state| germany::everywhere(date) || germany::state(state, date)),
    }
}

/// Days after Easter Sunday; negative before it.
fn after_easter(date: NaiveDate) -> i64 {
    (date - easter(date.year())).num_days()
}

/// Easter Sunday of the Gregorian calendar (Gauss, in the form of Meeus, Jones and Butcher).
pub fn easter(year: i32) -> NaiveDate {
    let (a, b, c) = (year.rem_euclid(19), year.div_euclid(100), year.rem_euclid(100));
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15).rem_euclid(30);
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k).rem_euclid(7);
    let m = (a + 11 * h + 19 * l) / 433;
    let n = h + l - 7 * m;
    let month = (n + 90) / 25;
    let day = (n + 33 * month + 19).rem_euclid(32);
    let date = NaiveDate::from_ymd_opt(year, month.unsigned_abs(), day.unsigned_abs());
    date.unwrap_or_default()
}

/// Feiertagsruhegesetz 1957.
fn austria(date: NaiveDate) -> bool {
    let fixed = [(1, 1), (1, 6), (5, 1), (8, 15), (10, 26), (11, 1), (12, 8), (12, 25), (12, 26)];
    fixed.contains(&(date.month(), date.day())) || [1, 39, 50, 60].contains(&after_easter(date))
}

/// The federal day, the three other days that hold in every canton, and four that hold in most.
fn switzerland(date: NaiveDate) -> bool {
    let fixed = [(1, 1), (8, 1), (12, 25), (12, 26)];
    fixed.contains(&(date.month(), date.day())) || [-2, 1, 39, 50].contains(&after_easter(date))
}

/// A holiday on a Saturday is observed on the Friday before, one on a Sunday on the Monday after; the day itself counts too.
fn united_states(date: NaiveDate) -> bool {
    let next = date.weekday() == Weekday::Fri && date.succ_opt().is_some_and(united_states_fixed);
    let before = date.weekday() == Weekday::Mon && date.pred_opt().is_some_and(united_states_fixed);
    if united_states_fixed(date) || next || before {
        return true;
    }
    match (date.month(), date.weekday()) {
        (1 | 2, Weekday::Mon) => nth(date) == 3,
        (5, Weekday::Mon) => last(date),
        (9, Weekday::Mon) => nth(date) == 1,
        (10, Weekday::Mon) => nth(date) == 2,
        (11, Weekday::Thu) => nth(date) == 4,
        _ => false,
    }
}

fn united_states_fixed(date: NaiveDate) -> bool {
    match (date.month(), date.day()) {
        (1, 1) | (7, 4) | (11, 11) | (12, 25) => true,
        (6, 19) => date.year() >= 2021,
        _ => false,
    }
}

/// Banking and Financial Dealings Act 1971 and the proclamations made under it since 1999.
fn england(date: NaiveDate) -> bool {
    let monday = date.weekday() == Weekday::Mon;
    let substitute = monday || date.weekday() == Weekday::Tue;
    match (date.year(), date.month(), date.day()) {
        (1999, 12, 31) | (2002, 6, 3 | 4) | (2011, 4, 29) | (2012, 6, 4 | 5) => true,
        (2020, 5, 8) | (2022, 6, 2 | 3) | (2022, 9, 19) | (2023, 5, 8) => true,
        (2020, 5, day) if day < 8 => false,
        (2002 | 2012 | 2022, 5, day) if day > 7 => false,
        (_, 1, 1) | (_, 12, 25 | 26) => true,
        (_, 1, 2 | 3) => monday,
        (_, 12, 27 | 28) => substitute,
        (_, 5, _) if monday => nth(date) == 1 || last(date),
        (_, 8, _) if monday => last(date),
        _ => [-2, 1].contains(&after_easter(date)),
    }
}

/// As in England but for 2 January, St Andrew's Day (2007 Act of the Scottish Parliament), an earlier summer day and no
/// Easter Monday. Substitutes of the first days of January fall on the next two working days.
fn scotland(date: NaiveDate) -> bool {
    let monday = date.weekday() == Weekday::Mon;
    let substitute = monday || date.weekday() == Weekday::Tue;
    match (date.month(), date.day()) {
        (1, 1 | 2) => true,
        (1, 3 | 4) => substitute,
        (8, day) => monday && day <= 7,
        (11, 30) => date.year() >= 2008,
        (12, 1 | 2) => monday && date.year() >= 2008,
        _ => england(date) && after_easter(date) != 1,
    }
}

/// 17 March and 12 July, observed on the Monday after when they fall on a weekend; the day itself counts too.
fn saint_patrick_or_boyne(date: NaiveDate) -> bool {
    match (date.month(), date.day()) {
        (3, 17) | (7, 12) => true,
        (3, 18 | 19) | (7, 13 | 14) => date.weekday() == Weekday::Mon,
        _ => false,
    }
}

/// Which of its weekday in the month a date is, from 1.
fn nth(date: NaiveDate) -> u32 {
    (date.day() - 1) / 7 + 1
}

/// Whether a date is the last of its weekday in the month.
fn last(date: NaiveDate) -> bool {
    date.checked_add_signed(TimeDelta::days(7)).is_none_or(|next| next.month() != date.month())
}
