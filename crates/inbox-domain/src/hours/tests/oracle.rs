//! The spans against an oracle that knows nothing of spans: it asks the zone for the wall time of one minute after the
//! other and applies CLI.md's sentences to it.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

use super::super::file::{
    Absence, HoursException, HoursFile, HoursVersion, OpenBlock, WallTime, WeeklyBlock,
};
use super::super::{AvailabilityHours, holidays};

const ZONES: [&str; 24] = [
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Santiago",
    "America/Havana",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Tehran",
    "Asia/Beirut",
    "Asia/Tokyo",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Antarctica/Troll",
    "UTC",
];

/// Minutes that the oracle walks; the openings beyond are not compared.
const WALK: i64 = 6 * 24 * 60;

fn block_holds(start: WallTime, end: WallTime, minute: u32, days_ago: u32) -> bool {
    let (start, mut end) = (u32::from(start.minutes()), u32::from(end.minutes()));
    if end <= start {
        end += 1440;
    }
    let minute = minute + days_ago * 1440;
    start <= minute && minute < end
}

fn closed(file: &HoursFile, date: NaiveDate) -> bool {
    if file.absences.iter().any(|absence| (absence.from..=absence.to).contains(&date)) {
        return true;
    }
    match file.exceptions.iter().find(|exception| exception.date == date) {
        Some(exception) => exception.closed,
        None => holidays::is_holiday(&file.holidays, date),
    }
}

fn open(file: &HoursFile, zone: Tz, at: DateTime<Utc>) -> bool {
    let wall = at.with_timezone(&zone);
    let (today, minute) = (wall.date_naive(), wall.hour() * 60 + wall.minute());
    if closed(file, today) {
        return false;
    }
    [(0, today), (1, today.pred_opt().unwrap())].into_iter().any(|(days_ago, date)| {
        if closed(file, date) {
            return false;
        }
        if let Some(exception) = file.exceptions.iter().find(|exception| exception.date == date) {
            let blocks = exception.open.as_deref().unwrap_or_default();
            return blocks.iter().any(|block| block_holds(block.start, block.end, minute, days_ago));
        }
        let version =
            file.versions.iter().filter(|version| version.from <= date).max_by_key(|version| version.from);
        version.is_some_and(|version| {
            let blocks = version.weekly.iter().filter(|block| block.day == date.weekday());
            blocks.into_iter().any(|block| block_holds(block.start, block.end, minute, days_ago))
        })
    })
}

fn time() -> impl Strategy<Value = WallTime> {
    // Half of the times lie where the clocks change.
    prop_oneof![(0u16..24, 0u16..60), (0u16..4, (0u16..4).prop_map(|quarter| quarter * 15))]
        .prop_map(|(hour, minute)| WallTime::new(hour, minute).unwrap())
}

fn weekly() -> impl Strategy<Value = Vec<WeeklyBlock>> {
    let block = (0u8..7, time(), time()).prop_map(|(day, start, end)| WeeklyBlock {
        day: day.try_into().unwrap(),
        start,
        end,
    });
    proptest::collection::vec(block, 0..6)
}

prop_compose! {
    fn file()(
        zone in proptest::sample::select(ZONES.to_vec()),
        year in 2020i32..2030, day in 0i64..330,
        weeks in proptest::collection::vec((0i64..20, weekly()), 1..3),
        exceptions in proptest::collection::vec((0i64..20, proptest::option::of((time(), time()))), 0..3),
        absence in proptest::option::of((0i64..20, 0i64..3)),
        holidays in any::<bool>(),
        at in 0i64..(12 * 24 * 60),
    ) -> (HoursFile, DateTime<Utc>) {
        let base = NaiveDate::from_ymd_opt(year, 1, 1).unwrap() + TimeDelta::days(day);
        let date = |days: i64| base + TimeDelta::days(days);
        let versions = weeks.into_iter()
            .map(|(days, weekly)| HoursVersion { from: date(days - 8), weekly, on_call: Vec::new() }).collect();
        let exceptions = exceptions.into_iter().map(|(days, open)| HoursException {
            date: date(days),
            closed: open.is_none(),
            open: open.map(|(start, end)| vec![OpenBlock { start, end }]),
            reason: None,
        }).collect();
        let absences = absence.into_iter()
            .map(|(days, length)| Absence { from: date(days), to: date(days + length), cover: None }).collect();
        let holidays = if holidays { vec!["DE-BB".to_owned()] } else { Vec::new() };
        let file = HoursFile { zone: zone.to_owned(), practitioner: None, versions, exceptions, absences, holidays };
        (file, base.and_hms_opt(0, 0, 0).unwrap().and_utc() + TimeDelta::minutes(at))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, max_global_rejects: 20_000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn spans_agree_with_the_oracle((file, at) in file()) {
        let Ok(hours) = AvailabilityHours::from_file(file) else { return Err(TestCaseError::reject("not valid")) };
        let (file, zone) = (hours.file().clone(), hours.tz());
        let verdict = hours.classify(at);
        prop_assert_eq!(!verdict.after_hours, open(&file, zone, at));
        let walk = |want: bool| (0..WALK).map(|minute| at + TimeDelta::minutes(minute)).find(|at| open(&file, zone, *at) == want);
        let limit = at + TimeDelta::minutes(WALK);
        prop_assert_eq!(verdict.next_open.filter(|next| *next < limit), walk(true));
        let change = walk(verdict.after_hours);
        prop_assert_eq!(hours.duty(at).until.filter(|until| *until < limit), change);
    }
}
