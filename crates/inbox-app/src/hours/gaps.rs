//! Stretches in which nobody is there: not open, not on call, nobody named as cover.

use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use inbox_domain::{AfterHoursReason, AvailabilityHours, format_instant};

use crate::dto::HoursGap;

/// How far is looked ahead.
const AHEAD: TimeDelta = TimeDelta::days(60);
/// Blocks begin and end on quarters of an hour, or are told to the next one.
const STEP: TimeDelta = TimeDelta::minutes(15);
/// A closed stretch that is longer is a gap: an ordinary weekend is shorter.
const LONG: TimeDelta = TimeDelta::hours(72);

/// The gaps of the next 60 days, ascending: closed for more than three days, or away with nobody named.
pub(super) fn gaps(hours: &AvailabilityHours, now: DateTime<Utc>) -> Vec<HoursGap> {
    let start = quarter(now);
    let end = start + AHEAD;
    let mut found = Vec::new();
    let (mut since, mut absence): (Option<DateTime<Utc>>, bool) = (None, false);
    let mut at = start;
    while at <= end {
        let verdict = hours.classify(at);
        let away = verdict.reason == AfterHoursReason::Absence;
        let covered = !verdict.after_hours
            || verdict.reason == AfterHoursReason::OnCall
            || (away && verdict.cover.is_some());
        if covered {
            found.extend(gap(since.take(), Some(at), absence));
            absence = false;
        } else {
            since.get_or_insert(at);
            absence |= away;
        }
        at += STEP;
    }
    found.extend(since.and_then(|from| gap(Some(from), None, absence)));
    found
}

fn gap(from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>, absence: bool) -> Option<HoursGap> {
    let from = from?;
    let long = to.is_none_or(|to| to - from > LONG);
    (absence || long).then(|| HoursGap { from: format_instant(from), to: to.map(format_instant), absence })
}

fn quarter(at: DateTime<Utc>) -> DateTime<Utc> {
    let past = TimeDelta::minutes(i64::from(at.minute() % 15)) + TimeDelta::seconds(i64::from(at.second()));
    at - past - TimeDelta::nanoseconds(i64::from(at.nanosecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn hours(rest: &str) -> AvailabilityHours {
        let days = ["mon", "tue", "wed", "thu", "fri"];
        let week: Vec<_> =
            days.map(|day| format!(r#"{{"day":"{day}","start":"08:00","end":"17:00"}}"#)).to_vec();
        let json = format!(
            r#"{{"zone":"Europe/Berlin","versions":[{{"from":"2026-01-01","weekly":[{}]}}]{rest}}}"#,
            week.join(",")
        );
        AvailabilityHours::from_json(&json).unwrap()
    }

    #[test]
    fn an_ordinary_week_has_none_and_a_long_closure_is_one() {
        let now = at("2026-11-02T09:00:00Z");
        assert_eq!(gaps(&hours(""), now), []);
        let closed =
            r#","exceptions":[{"date":"2026-11-09","closed":true},{"date":"2026-11-10","closed":true}]"#;
        let found = gaps(&hours(closed), now);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].from, "2026-11-06T16:00:00.000Z");
        assert_eq!(found[0].to.as_deref(), Some("2026-11-11T07:00:00.000Z"));
        assert!(!found[0].absence);
    }

    #[test]
    fn an_absence_is_one_only_while_nobody_is_named() {
        let now = at("2026-11-02T09:00:00Z");
        let away = r#","absences":[{"from":"2026-11-04","to":"2026-11-04""#;
        assert!(gaps(&hours(&format!("{away}}}]")), now)[0].absence);
        let covered = gaps(&hours(&format!(r#"{away},"cover":{{"name":"Dr. Brandt"}}}}]"#)), now);
        assert_eq!(covered, []);
    }
}
