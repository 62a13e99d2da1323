//! The rules of the availability file, each on an example a person can check with a calendar.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{AfterHoursReason, AvailabilityHours, HoursProblem, classify_line, holidays};

mod calendar;
mod dst;
mod oracle;
mod problems;
mod public_holidays;
mod worked_examples;

use AfterHoursReason::{Absence, EarlyClose, Holiday, Night, OnCall, Open, Outside};

/// The example of CLI.md, with the blocks that the tests need.
const EXAMPLE: &str = r#"{"zone":"Europe/Berlin","unheard_of":1,"versions":[
  {"from":"2026-01-01","weekly":[
     {"day":"mon","start":"08:00","end":"12:30"},{"day":"mon","start":"14:00","end":"18:00"},
     {"day":"wed","start":"08:00","end":"17:00"},
     {"day":"thu","start":"08:00","end":"12:30"},
     {"day":"fri","start":"20:00","end":"06:00"}],
   "on_call":[{"day":"sat","start":"18:00","end":"02:00"}]},
  {"from":"2026-12-01","weekly":[
     {"day":"mon","start":"10:00","end":"11:00"},{"day":"wed","start":"08:00","end":"17:00"},
     {"day":"thu","start":"20:00","end":"06:00"}]}],
 "exceptions":[{"date":"2026-12-24","closed":true,"reason":"holiday"},
   {"date":"2026-12-23","open":[{"start":"08:00","end":"10:00"}]},
   {"date":"2026-12-26","open":[{"start":"10:00","end":"11:00"}]}],
 "absences":[{"from":"2026-12-28","to":"2026-12-31","cover":{"name":"Dr. Vesna Ilić","practitioner":"Practitioner/7"}},
   {"from":"2026-10-31","to":"2026-10-31"}],
 "holidays":["DE-BB"]}"#;

pub(super) fn hours(json: &str) -> AvailabilityHours {
    AvailabilityHours::from_json(json).unwrap()
}

pub(super) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// Reason and next opening (in UTC) of an instant of the example.
fn judged(text: &str) -> (AfterHoursReason, Option<String>) {
    let verdict = hours(EXAMPLE).classify(at(text));
    assert_eq!(verdict.after_hours, verdict.reason != Open);
    (verdict.reason, verdict.next_open.map(|next| next.format("%m-%dT%H:%M").to_string()))
}

#[track_caller]
fn judge(text: &str, reason: AfterHoursReason, next_open: &str) {
    assert_eq!(judged(text), (reason, Some(next_open.to_owned())));
}

#[test]
fn a_block_holds_its_start_and_not_its_end() {
    judge("2026-11-23T07:59:59.999+01:00", Outside, "11-23T07:00");
    judge("2026-11-23T08:00:00+01:00", Open, "11-23T07:00");
    judge("2026-11-23T12:29:59+01:00", Open, "11-23T11:29");
    judge("2026-11-23T12:30:00+01:00", Outside, "11-23T13:00");
}

#[test]
fn a_night_message_waits_for_the_morning() {
    judge("2026-11-23T02:14:00+01:00", Night, "11-23T07:00");
    judge("2026-11-23T22:00:00+01:00", Night, "11-25T07:00");
    judge("2026-11-23T21:59:00+01:00", Outside, "11-25T07:00");
    judge("2026-11-24T06:00:00+01:00", Outside, "11-25T07:00");
}

#[test]
fn an_overnight_block_keeps_its_tail() {
    judge("2026-11-27T20:00:00+01:00", Open, "11-27T19:00");
    judge("2026-11-28T05:59:00+01:00", Open, "11-28T04:59");
    judge("2026-11-28T06:00:00+01:00", Outside, "11-30T07:00");
}

#[test]
fn a_closed_day_cuts_the_tail_of_the_day_before() {
    // 2026-10-30 is a Friday, open from 20:00; 2026-10-31 is an absence and, in Brandenburg, Reformation Day.
    judge("2026-10-30T23:59:00+01:00", Open, "10-30T22:59");
    judge("2026-10-31T00:00:00+01:00", Absence, "11-02T07:00");
    assert_eq!(
        hours(EXAMPLE).duty(at("2026-10-30T23:00:00+01:00")).until,
        Some(at("2026-10-31T00:00:00+01:00"))
    );
}

#[test]
fn a_closed_day_starts_nothing() {
    // Thursday 24 December would be open from 20:00 to Friday 06:00; Friday is Christmas anyway.
    judge("2026-12-24T21:00:00+01:00", Holiday, "12-26T09:00");
    judge("2026-12-25T03:00:00+01:00", Holiday, "12-26T09:00");
}

#[test]
fn a_block_belongs_to_the_version_of_the_day_on_which_it_starts() {
    let json = r#"{"zone":"UTC","versions":[
        {"from":"2026-06-02","weekly":[]},
        {"from":"2026-01-01","weekly":[{"day":"mon","start":"20:00","end":"06:00"}]}]}"#;
    // 2026-06-01 is a Monday: its block began under the old version and keeps its tail under the new one.
    let verdict = hours(json).classify(at("2026-06-02T05:00:00Z"));
    assert_eq!(verdict.reason, Open);
    let later = hours(json).classify(at("2026-06-02T06:00:00Z"));
    assert_eq!((later.reason, later.next_open), (Outside, None));
}

#[test]
fn nothing_is_open_before_the_first_version() {
    judge("2025-12-29T09:00:00+01:00", Outside, "01-02T19:00");
    judge("2025-12-29T23:00:00+01:00", Night, "01-02T19:00");
}

#[test]
fn an_exception_beats_a_holiday_and_an_absence_beats_all() {
    judge("2026-12-26T10:30:00+01:00", Open, "12-26T09:30");
    judge("2026-12-25T10:30:00+01:00", Holiday, "12-26T09:00");
    let json = r#"{"zone":"UTC","versions":[{"from":"2026-01-01","weekly":[{"day":"fri","start":"08:00","end":"09:00"}]}],
        "exceptions":[{"date":"2026-05-01","open":[{"start":"08:00","end":"09:00"}]}],
        "absences":[{"from":"2026-05-01","to":"2026-05-01"}],"holidays":["DE"]}"#;
    let verdict = hours(json).classify(at("2026-05-01T08:30:00Z"));
    assert_eq!((verdict.reason, verdict.next_open), (Absence, Some(at("2026-05-08T08:00:00Z"))));
}

#[test]
fn an_early_close_is_named() {
    // 23 December is a Wednesday, usually open from 08:00 to 17:00.
    judge("2026-12-23T09:59:00+01:00", Open, "12-23T08:59");
    judge("2026-12-23T10:00:00+01:00", EarlyClose, "12-26T09:00");
    judge("2026-12-23T17:00:00+01:00", Outside, "12-26T09:00");
    judge("2026-12-23T07:00:00+01:00", Outside, "12-23T07:00");
    judge("2026-12-23T23:00:00+01:00", Night, "12-26T09:00");
}

#[test]
fn a_late_opening_is_not_an_early_close() {
    let json = r#"{"zone":"UTC","versions":[{"from":"2026-01-01","weekly":[{"day":"wed","start":"08:00","end":"17:00"}]}],
        "exceptions":[{"date":"2026-12-23","open":[{"start":"11:00","end":"15:00"}]}]}"#;
    let reason = |text| hours(json).classify(at(text)).reason;
    assert_eq!(reason("2026-12-23T09:00:00Z"), Outside);
    assert_eq!(reason("2026-12-23T12:00:00Z"), Open);
    assert_eq!(reason("2026-12-23T15:00:00Z"), EarlyClose);
}

#[test]
fn on_call_is_after_hours_with_a_reason_of_its_own() {
    judge("2026-11-28T18:00:00+01:00", OnCall, "11-30T07:00");
    judge("2026-11-29T01:59:00+01:00", OnCall, "11-30T07:00");
    judge("2026-11-29T02:00:00+01:00", Night, "11-30T07:00");
}

#[test]
fn an_absence_names_its_cover_and_counts_days_of_the_zone() {
    let cover = |text| hours(EXAMPLE).classify(at(text)).cover;
    assert_eq!(cover("2026-12-28T00:00:00+01:00").as_deref(), Some("Dr. Vesna Ilić"));
    assert_eq!(cover("2026-12-31T23:59:59+01:00").as_deref(), Some("Dr. Vesna Ilić"));
    assert_eq!(cover("2027-01-01T00:00:00+01:00"), None);
    assert_eq!(cover("2026-12-27T23:59:59+01:00"), None);
    judge("2026-12-28T10:30:00+01:00", Absence, "01-04T09:00");
}

#[test]
fn an_opening_more_than_366_days_away_is_none() {
    let json = r#"{"zone":"UTC","versions":[{"from":"2026-01-01","weekly":[]},
        {"from":"2028-01-03","weekly":[{"day":"mon","start":"00:00","end":"00:00"}]}]}"#;
    let next = |text| hours(json).classify(at(text)).next_open;
    assert_eq!(next("2027-01-02T00:00:00Z"), Some(at("2028-01-03T00:00:00Z")));
    assert_eq!(next("2027-01-01T23:59:59Z"), None);
    assert_eq!(hours(json).duty(at("2028-01-03T12:00:00Z")).until, Some(at("2028-01-04T00:00:00Z")));
}

#[test]
fn centuries_away_the_rules_still_hold() {
    assert_eq!(judged("2350-01-01T12:00:00Z").0, Holiday);
    assert_eq!(judged("1890-03-03T12:00:00Z").0, Outside);
    let verdict = hours(EXAMPLE).classify(at("2349-12-29T12:00:00Z"));
    assert_eq!(verdict.next_open, Some(at("2349-12-29T19:00:00Z")), "a Thursday, open from 20:00");
}

#[test]
fn duty_says_when_it_changes() {
    let hours = hours(EXAMPLE);
    let open = hours.duty(at("2026-11-23T12:00:00+01:00"));
    assert_eq!((open.on_duty, open.reason, open.until), (true, Open, Some(at("2026-11-23T12:30:00+01:00"))));
    let closed = hours.duty(at("2026-11-23T13:00:00+01:00"));
    assert_eq!(
        (closed.on_duty, closed.reason, closed.until),
        (false, Outside, Some(at("2026-11-23T14:00:00+01:00")))
    );
}

#[test]
fn working_time_counts_open_time_only() {
    let hours = hours(EXAMPLE);
    let between = |from, to| hours.working_time_between(at(from), at(to));
    assert_eq!(between("2026-11-23T12:00:00+01:00", "2026-11-23T15:00:00+01:00"), TimeDelta::minutes(90));
    assert_eq!(between("2026-11-23T15:00:00+01:00", "2026-11-23T12:00:00+01:00"), TimeDelta::zero());
    // Two years in one piece are the same as day by day.
    let (from, to) = (at("2025-06-01T00:00:00Z"), at("2027-06-01T00:00:00Z"));
    let days = (0..730).map(|day| {
        let start = from + TimeDelta::days(day);
        hours.working_time_between(start, start + TimeDelta::days(1))
    });
    assert_eq!(hours.working_time_between(from, to), days.fold(TimeDelta::zero(), |sum, day| sum + day));
}

#[test]
fn the_file_is_written_as_it_was_read() {
    let read = hours(EXAMPLE);
    assert_eq!(hours(&read.to_json()), read);
    assert!(read.to_json().contains(r#""start": "08:00""#));
    let default = AvailabilityHours::default_for("America/New_York");
    assert_eq!(hours(&default.to_json()), default);
    assert_eq!(default.zone(), "America/New_York");
    assert_eq!(AvailabilityHours::default_for("Moon/Tycho").zone(), "UTC");
    let copy: AvailabilityHours = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(copy, read);
}

#[test]
fn a_line_in_is_a_line_out() {
    let hours = hours(EXAMPLE);
    let line = |text: &str| classify_line(&hours, text).unwrap();
    assert_eq!(
        line(r#"{"id":"m1","sent":"2026-11-23T02:14:00+01:00"}"#),
        r#"{"id":"m1","after_hours":true,"reason":"night","next_open":"2026-11-23T07:00:00.000Z","cover":null}"#
    );
    let unknown = |id: &str| {
        format!(r#"{{"id":{id},"after_hours":false,"reason":"unknown","next_open":null,"cover":null}}"#)
    };
    assert_eq!(line(r#"{"id":"m2"}"#), unknown("\"m2\""));
    assert_eq!(line(r#"{"id":3,"sent":null}"#), unknown("3"));
    assert_eq!(line(r#"{"id":"m4","sent":"2026-11-23"}"#), unknown("\"m4\""));
    assert_eq!(line(r#"{"id":"m5","sent":17}"#), unknown("\"m5\""));
    assert!(line(r#"{"id":"m6","sent":"2026-12-30T12:00:00Z"}"#).ends_with(r#""cover":"Dr. Vesna Ilić"}"#));
    assert!(classify_line(&hours, "not json").is_err());
    assert!(classify_line(&hours, r#"{"sent":"2026-11-23T02:14:00Z"}"#).is_err());
}

/// The best of many short stretches, so that other work on the machine does not decide; a debug build is given thirty
/// times as long.
#[test]
fn a_million_instants_take_less_than_a_second_when_optimised() {
    const STRETCH: i32 = 10_000;
    let hours = hours(EXAMPLE);
    let start = at("2026-01-01T00:00:00Z");
    let step = TimeDelta::minutes(10 * 366 * 24 * 60) / (STRETCH * 20);
    let stretch = |n: i32| {
        let began = std::time::Instant::now();
        let instants = (n * STRETCH..(n + 1) * STRETCH).map(|n| start + step * n);
        let after = instants.filter(|at| hours.classify(*at).after_hours).count();
        assert!(after > STRETCH as usize / 2);
        began.elapsed()
    };
    let best = (0..20).map(stretch).min().unwrap();
    let million = best.as_secs_f64() * 1e6 / f64::from(STRETCH);
    eprintln!("1,000,000 instants: {million:.3} s");
    assert!(million < if cfg!(debug_assertions) { 30.0 } else { 1.0 }, "{million} s");
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn problems(json: &str) -> Vec<HoursProblem> {
    AvailabilityHours::from_json(json).unwrap_err()
}

#[test]
fn easter_is_computed() {
    for (year, day) in
        [(1999, "04-04"), (2000, "04-23"), (2024, "03-31"), (2026, "04-05"), (2038, "04-25"), (2285, "03-22")]
    {
        assert_eq!(holidays::easter(year), date(&format!("{year}-{day}")));
    }
}
