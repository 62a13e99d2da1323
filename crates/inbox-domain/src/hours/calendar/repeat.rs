//! Repetitions (`RRULE`), counted on the wall and never beyond a last day.

use chrono::{Days, NaiveDate, NaiveDateTime};
use icalendar::rrule::{RRule, RRuleSet, Unvalidated};

use super::super::file::HoursProblem;
use super::lines::Line;
use super::moment::{Wall, counted, wall_time};

/// A rule that repeats by day, week, month or year.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    rule: RRule<Unvalidated>,
    /// It has neither a count nor an end.
    pub(super) endless: bool,
}

impl Rule {
    /// Reads the rule of a line of something whose times stand on `wall`. Its end is included.
    ///
    /// # Errors
    /// What is no rule, and one that repeats within a day.
    pub(super) fn read(line: &Line, wall: Wall<'_>) -> Result<Self, HoursProblem> {
        let mut parts = Vec::new();
        let mut endless = true;
        for part in line.value.split(';').filter(|part| !part.trim().is_empty()) {
            let (name, value) =
                part.split_once('=').ok_or_else(|| line.problem("this is not a repetition"))?;
            let (name, mut value) = (name.trim().to_ascii_uppercase(), value.trim().to_ascii_uppercase());
            let within_a_day = matches!(name.as_str(), "BYHOUR" | "BYMINUTE" | "BYSECOND")
                || (name == "FREQ" && !["DAILY", "WEEKLY", "MONTHLY", "YEARLY"].contains(&value.as_str()));
            if within_a_day {
                return Err(
                    line.problem("it repeats within a day; days, weeks, months and years are understood")
                );
            }
            if name == "UNTIL" {
                let day = || NaiveDate::parse_from_str(&value, "%Y%m%d").ok()?.and_hms_opt(23, 59, 59);
                let time = wall_time(&value)
                    .map(|time| if value.ends_with('Z') { wall.on_wall(time) } else { time });
                let end = time.or_else(day);
                let end =
                    end.ok_or_else(|| line.problem(format!("{value:?} is not the end of a repetition")))?;
                value = end.format("%Y%m%dT%H%M%SZ").to_string();
            }
            endless = endless && name != "UNTIL" && name != "COUNT";
            parts.push(format!("{name}={value}"));
        }
        let rule = parts.join(";").parse().map_err(|_| line.problem("this is not a repetition"))?;
        Ok(Self { rule, endless })
    }

    /// The times of the rule from `after` to the end of `until`, at most `limit`. None for a rule that does not fit its
    /// start.
    pub(super) fn times(
        &self,
        start: NaiveDateTime,
        after: NaiveDateTime,
        until: NaiveDate,
        limit: u16,
    ) -> Vec<NaiveDateTime> {
        let Ok(rule) = self.rule.clone().validate(counted(start)) else { return Vec::new() };
        let end =
            until.checked_add_days(Days::new(1)).unwrap_or(until).and_hms_opt(0, 0, 0).unwrap_or_default();
        let set = RRuleSet::new(counted(start)).rrule(rule).after(counted(after)).before(counted(end));
        set.all(limit).dates.into_iter().map(|at| at.naive_utc()).filter(|at| at.date() <= until).collect()
    }
}
