//! Public holidays against calendars as published.

use super::{date, holidays};

#[track_caller]
fn year(code: &str, year: i32, days: &[&str]) {
    let expected: Vec<_> = days.iter().map(|day| date(&format!("{year}-{day}"))).collect();
    assert_eq!(holidays::in_year(code, year), expected, "{code} {year}");
}

#[test]
fn germany() {
    let common = ["01-01", "04-03", "04-06", "05-01", "05-14", "05-25", "10-03", "12-25", "12-26"];
    year("DE", 2026, &common);
    let with = |more: &[&'static str]| {
        let mut days: Vec<&str> = common.iter().chain(more).copied().collect();
        days.sort_unstable();
        days
    };
    let states: [(&str, &[&str]); 16] = [
        ("BW", &["01-06", "06-04", "11-01"]),
        ("BY", &["01-06", "06-04", "11-01"]),
        ("BE", &["03-08"]),
        ("BB", &["04-05", "05-24", "10-31"]),
        ("HB", &["10-31"]),
        ("HH", &["10-31"]),
        ("HE", &["06-04"]),
        ("MV", &["03-08", "10-31"]),
        ("NI", &["10-31"]),
        ("NW", &["06-04", "11-01"]),
        ("RP", &["06-04", "11-01"]),
        ("SL", &["06-04", "08-15", "11-01"]),
        ("SN", &["10-31", "11-18"]),
        ("ST", &["01-06", "10-31"]),
        ("SH", &["10-31"]),
        ("TH", &["09-20", "10-31"]),
    ];
    for (state, more) in states {
        year(&format!("DE-{state}"), 2026, &with(more));
    }
}

#[test]
fn germany_over_the_years() {
    let holds = |code: &str, day: &str| holidays::is_holiday(&[code.to_owned()], date(day));
    assert!(holds("DE-NW", "2017-10-31") && !holds("DE-NW", "2018-10-31"));
    assert!(!holds("DE-HH", "2016-10-31") && holds("DE-HH", "2018-10-31"));
    assert!(holds("DE-BE", "2025-05-08") && !holds("DE-BE", "2026-05-08"));
    assert!(!holds("DE-MV", "2022-03-08") && holds("DE-MV", "2023-03-08"));
    for day in ["2022-11-16", "2023-11-22", "2024-11-20", "2025-11-19"] {
        assert!(holds("DE-SN", day), "{day}");
    }
}

#[test]
fn austria_and_switzerland() {
    let austria = [
        "01-01", "01-06", "04-06", "05-01", "05-14", "05-25", "06-04", "08-15", "10-26", "11-01", "12-08",
        "12-25", "12-26",
    ];
    year("AT", 2026, &austria);
    year("CH", 2026, &["01-01", "04-03", "04-06", "05-14", "05-25", "08-01", "12-25", "12-26"]);
}

#[test]
fn united_states_with_observed_days() {
    // 4 July 2026 is a Saturday, observed on Friday the 3rd.
    let days = [
        "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12", "11-11", "11-26",
        "12-25",
    ];
    year("US", 2026, &days);
    let holds = |day: &str| holidays::is_holiday(&["US".to_owned()], date(day));
    assert!(holds("2021-12-31"), "New Year's Day 2022 is a Saturday");
    assert!(holds("2023-01-02"), "New Year's Day 2023 is a Sunday");
    assert!(!holds("2020-06-19") && holds("2021-06-18"));
}

#[test]
fn england_with_substitutes() {
    // 26 December 2026 is a Saturday, its substitute Monday the 28th.
    let days = ["01-01", "04-03", "04-06", "05-04", "05-25", "08-31", "12-25", "12-26", "12-28"];
    year("UK", 2026, &days);
    year("GB-ENG", 2026, &days);
    let days = [
        "01-01", "01-03", "04-15", "04-18", "05-02", "06-02", "06-03", "08-29", "09-19", "12-25", "12-26",
        "12-27",
    ];
    year("UK", 2022, &days);
    let days = ["01-01", "04-10", "04-13", "05-08", "05-25", "08-31", "12-25", "12-26", "12-28"];
    year("UK", 2020, &days);
    let days = ["01-01", "04-02", "04-05", "05-03", "05-31", "08-30", "12-25", "12-26", "12-27", "12-28"];
    year("UK", 2021, &days);
}

#[test]
fn only_known_lists() {
    assert!(
        holidays::CODES
            .iter()
            .all(|code| holidays::is_known(code) && !holidays::in_year(code, 2026).is_empty())
    );
    assert!(!holidays::is_known("DE-XX") && holidays::in_year("FR", 2026).is_empty());
}

#[test]
fn scotland_and_northern_ireland() {
    year(
        "GB-SCT",
        2026,
        &["01-01", "01-02", "04-03", "05-04", "05-25", "08-03", "11-30", "12-25", "12-26", "12-28"],
    );
    year(
        "GB-SCT",
        2023,
        &["01-01", "01-02", "01-03", "04-07", "05-01", "05-08", "05-29", "08-07", "11-30", "12-25", "12-26"],
    );
    let scottish = |day: &str| holidays::is_holiday(&["GB-SCT".to_owned()], date(day));
    for day in ["2021-01-04", "2022-01-03", "2022-01-04", "2024-12-02", "2025-12-01"] {
        assert!(scottish(day), "{day} is a substitute");
    }
    assert!(!scottish("2026-04-06") && !scottish("2026-08-31"));
    let northern = |day: &str| holidays::is_holiday(&["GB-NIR".to_owned()], date(day));
    for day in ["2026-03-17", "2024-03-18", "2026-07-13", "2025-07-14", "2026-04-06", "2026-08-31"] {
        assert!(northern(day), "{day}");
    }
    assert!(!northern("2026-03-18") && !northern("2025-11-30"));
}
