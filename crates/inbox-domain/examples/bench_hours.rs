//! `cargo xtask bench hours`: 1,000,000 instants of ten years on one core, with exceptions, absences and holidays, beside
//! the limit. The last line is the result as JSON.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::AvailabilityHours;
use serde_json::json;

const INSTANTS: i64 = 1_000_000;
/// Seconds, all instants together and the laying out of the schedule.
const LIMIT: f64 = 1.0;
/// Shortest of so many runs, so that other work on the machine does not decide.
const RUNS: usize = 3;

fn main() {
    let json = schedule();
    let start = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or(DateTime::<Utc>::MIN_UTC);
    let step = TimeDelta::days(3652).num_milliseconds() / INSTANTS;
    let mut shortest = Duration::MAX;
    let mut after_hours = 0_u64;
    for _ in 0..RUNS {
        let Ok(hours) = AvailabilityHours::from_json(&json) else { std::process::exit(1) };
        let began = Instant::now();
        let instants = (0..INSTANTS).map(|n| start + TimeDelta::milliseconds(step * n));
        after_hours = instants.filter(|at| hours.classify(*at).after_hours).count() as u64;
        shortest = shortest.min(began.elapsed());
    }
    let seconds = shortest.as_secs_f64();
    println!("{:<44} {:>9} {:>9}", "", "figure", "limit");
    println!("{:<44} {seconds:>7.3} s {LIMIT:>7.3} s", "1,000,000 instants, laying out included");
    println!(
        "{}",
        json!({"bench": "hours", "instants": INSTANTS, "after_hours": after_hours, "seconds": seconds, "limit": LIMIT,
            "met": seconds <= LIMIT})
    );
    if seconds > LIMIT {
        std::process::exit(1);
    }
}

/// Ten years: a version a year, a night, on call, an exception a month and an absence a quarter.
fn schedule() -> String {
    let weekly = json!([
        {"day": "mon", "start": "08:00", "end": "12:30"}, {"day": "mon", "start": "14:00", "end": "18:00"},
        {"day": "tue", "start": "08:00", "end": "17:00"}, {"day": "wed", "start": "08:00", "end": "17:00"},
        {"day": "thu", "start": "08:00", "end": "12:30"}, {"day": "fri", "start": "20:00", "end": "06:00"}]);
    let on_call = json!([{"day": "sat", "start": "18:00", "end": "22:00"}]);
    let years = 2026..2036;
    let versions: Vec<_> = years
        .clone()
        .map(|year| json!({"from": format!("{year}-01-01"), "weekly": weekly, "on_call": on_call}))
        .collect();
    let months = years.clone().flat_map(|year| (1..=12).map(move |month| (year, month)));
    let exceptions: Vec<_> = months
        .map(|(year, month)| {
            json!({"date": format!("{year}-{month:02}-15"), "open": [{"start": "08:00", "end": "10:00"}]})
        })
        .collect();
    let quarters = years.flat_map(|year| [2, 5, 8, 11].map(move |month| (year, month)));
    let absences: Vec<_> = quarters
        .map(|(year, month)| json!({"from": format!("{year}-{month:02}-03"), "to": format!("{year}-{month:02}-12")}))
        .collect();
    json!({"zone": "Europe/Berlin", "versions": versions, "exceptions": exceptions, "absences": absences,
        "holidays": ["DE-BB"]})
    .to_string()
}
