//! Dates laid out as open instants: every open span of a stretch of years, in UTC seconds, found by binary search.
//!
//! The rules speak of wall time, so the open spans are first built on the wall and then cut by the stretches in which the
//! zone's offset does not change. A skipped hour thereby vanishes and a repeated hour appears twice, as CLI.md says.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

use super::LOOK_AHEAD_DAYS;
use super::file::HoursFile;
use super::plan;

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;
/// The year from which it reaches at the latest.
const USUAL_START: i32 = 2000;
/// The year up to which the usual timeline reaches at least. Later instants get a timeline of their own.
const USUAL_END: i32 = 2050;

/// The open spans of a stretch of time.
#[derive(Debug, Clone)]
pub(super) struct Timeline {
    /// First and last second that it can answer for, 366 days of looking ahead included.
    from: i64,
    to: i64,
    /// Start in UTC seconds and the offset in seconds that holds from there on, ascending.
    offsets: Vec<(i64, i64)>,
    /// Open from, open until (not included), in UTC seconds, ascending, not touching.
    open: Vec<(i64, i64)>,
}

impl Timeline {
    /// From before the first version (where nothing is open) to some time after the last date of the file.
    pub(super) fn usual(file: &HoursFile, zone: Tz) -> Self {
        let first = file.versions.first().map_or(NaiveDate::MIN, |version| version.from);
        let exceptions = file.exceptions.iter().map(|exception| exception.date);
        let first = exceptions.clone().chain([first]).min().unwrap_or(first);
        let first = first.clamp(year(1970), year(USUAL_START));
        let dates = file.versions.iter().map(|version| version.from).chain(exceptions);
        let last = dates.max().unwrap_or(first).clamp(first, year(USUAL_END * 2 - 1970));
        let last = (last + Days::new(3 * 366)).max(year(USUAL_END));
        Self::between(file, zone, first - Days::new(3), last)
    }

    /// For `second` and the 366 days after it.
    pub(super) fn around(file: &HoursFile, zone: Tz, second: i64) -> Self {
        let date = DateTime::from_timestamp(second, 0).map_or(year(USUAL_END), |at| at.date_naive());
        let first = date.checked_sub_days(Days::new(3)).unwrap_or(date);
        let last = date.checked_add_days(Days::new(LOOK_AHEAD_DAYS.unsigned_abs() + 3)).unwrap_or(date);
        Self::between(file, zone, first, last)
    }

    fn between(file: &HoursFile, zone: Tz, first: NaiveDate, last: NaiveDate) -> Self {
        let (start, end) = (midnight(first), midnight(last));
        let offsets = offsets(zone, start - DAY, end + DAY);
        let wall = wall_spans(file, first, last);
        let open = to_utc(&wall, &offsets, end + DAY);
        Self { from: start + DAY, to: end - DAY, offsets, open }
    }

    /// Whether it can answer for `second` and 366 days after it.
    pub(super) fn reaches(&self, second: i64) -> bool {
        self.from <= second && second <= self.to - (LOOK_AHEAD_DAYS + 1) * DAY
    }

    /// The span at or after `second`: its index in `open`.
    fn index(&self, second: i64) -> usize {
        self.open.partition_point(|(_, end)| *end <= second)
    }

    /// Whether `second` is open.
    pub(super) fn is_open(&self, second: i64) -> bool {
        self.open.get(self.index(second)).is_some_and(|(start, _)| *start <= second)
    }

    /// The first open second at or after `second`.
    pub(super) fn next_open(&self, second: i64) -> Option<i64> {
        self.open.get(self.index(second)).map(|(start, _)| (*start).max(second))
    }

    /// The end of the open span that holds `second`; none when it lasts beyond what the timeline knows.
    pub(super) fn closes(&self, second: i64) -> Option<i64> {
        self.open.get(self.index(second)).map(|(_, end)| *end).filter(|end| *end < self.to)
    }

    /// The end of the last open span before `second`; none when it is open then.
    pub(super) fn closed_since(&self, second: i64) -> Option<i64> {
        let before = self.index(second).checked_sub(1).filter(|_| !self.is_open(second))?;
        self.open.get(before).map(|(_, end)| *end)
    }

    /// Open seconds from `from` up to `to`.
    pub(super) fn open_seconds(&self, from: i64, to: i64) -> i64 {
        let spans = self.open.iter().skip(self.index(from)).take_while(|(start, _)| *start < to);
        spans.map(|(start, end)| (*end).min(to) - (*start).max(from)).sum()
    }

    /// The time on the wall at `second`.
    pub(super) fn local(&self, second: i64) -> NaiveDateTime {
        let next = self.offsets.partition_point(|(start, _)| *start <= second);
        let offset = self.offsets.get(next.saturating_sub(1)).map_or(0, |(_, offset)| *offset);
        DateTime::from_timestamp(second + offset, 0).unwrap_or_default().naive_utc()
    }
}

/// Open spans in seconds on the wall from `first` to `last`, ascending and merged.
fn wall_spans(file: &HoursFile, first: NaiveDate, last: NaiveDate) -> Vec<(i64, i64)> {
    let mut spans = Vec::new();
    for date in first.iter_days().take_while(|date| *date <= last) {
        let begin = midnight(date);
        for (start, end) in plan::opening(file, date) {
            let runs_over = end > plan::DAY_MINUTES;
            let cut = runs_over && date.succ_opt().is_none_or(|next| plan::closed(file, next).is_some());
            let end = if cut { plan::DAY_MINUTES } else { end };
            spans.push((begin + i64::from(start) * 60, begin + i64::from(end) * 60));
        }
    }
    merged(spans)
}

/// `wall` in UTC: each span cut by the stretches of one offset.
fn to_utc(wall: &[(i64, i64)], offsets: &[(i64, i64)], end: i64) -> Vec<(i64, i64)> {
    let mut spans = Vec::new();
    for (index, (from, offset)) in offsets.iter().enumerate() {
        let until = offsets.get(index + 1).map_or(end, |(next, _)| *next);
        let first = wall.partition_point(|(_, close)| close - offset <= *from);
        let inside = wall.iter().skip(first).take_while(|(open, _)| open - offset < until);
        spans.extend(inside.map(|(open, close)| ((open - offset).max(*from), (close - offset).min(until))));
    }
    merged(spans)
}

/// Ascending, overlapping and touching spans joined, empty ones dropped.
fn merged(mut spans: Vec<(i64, i64)>) -> Vec<(i64, i64)> {
    spans.retain(|(start, end)| start < end);
    spans.sort_unstable();
    spans.dedup_by(|next, kept| {
        let joins = next.0 <= kept.1;
        if joins {
            kept.1 = kept.1.max(next.1);
        }
        joins
    });
    spans
}

/// Every change of the zone's offset between two UTC seconds. Days are compared, so a zone that changes and changes back
/// within a day would be missed; none has done so.
fn offsets(zone: Tz, from: i64, to: i64) -> Vec<(i64, i64)> {
    let mut list = vec![(from, offset(zone, from))];
    let mut day = from;
    let mut before = offset(zone, from);
    while day < to {
        let next = day + DAY;
        let after = offset(zone, next);
        if after != before {
            list.push((change(zone, day, next), after));
        }
        (day, before) = (next, after);
    }
    list
}

/// The second at which the offset changes, between `low` and `high`, whose offsets differ.
fn change(zone: Tz, mut low: i64, mut high: i64) -> i64 {
    let before = offset(zone, low);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if offset(zone, middle) == before { low = middle } else { high = middle }
    }
    high
}

/// Seconds east of UTC at a UTC second.
fn offset(zone: Tz, second: i64) -> i64 {
    let at = DateTime::from_timestamp(second, 0).unwrap_or_default().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc())
}

/// Midnight at the start of `date`, in seconds, as if the wall were UTC.
fn midnight(date: NaiveDate) -> i64 {
    date.and_time(NaiveTime::MIN).and_utc().timestamp()
}

/// 1 January.
fn year(year: i32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, 1, 1)
        .unwrap_or_else(|| NaiveDate::default().with_day(1).unwrap_or_default())
}
