//! What the hours say of whole days, for those who cannot read an availability file: the week of a day, and which days are
//! closed.

use chrono::NaiveDate;

use super::AvailabilityHours;
use super::file::{Absence, HoursException, HoursVersion, WeeklyBlock};
use super::plan::{self, Closed};

/// Why days are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedFor<'a> {
    /// The clinician is away.
    Absence(&'a Absence),
    /// The clinic is closed: an exception or a public holiday.
    Closed,
}

/// Consecutive closed days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedDays<'a> {
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Why.
    pub closed_for: ClosedFor<'a>,
}

impl AvailabilityHours {
    /// The week in force on a day: its version; none before the first.
    pub fn version_on(&self, date: NaiveDate) -> Option<&HoursVersion> {
        let after = self.file.versions.partition_point(|version| version.from <= date);
        after.checked_sub(1).and_then(|index| self.file.versions.get(index))
    }

    /// The blocks of the week in force on a day, from Monday on.
    pub fn weekly_on(&self, date: NaiveDate) -> Vec<WeeklyBlock> {
        let mut blocks = self.version_on(date).map(|version| version.weekly.clone()).unwrap_or_default();
        blocks.sort_by_key(|block| (block.day.num_days_from_monday(), block.start));
        blocks
    }

    /// Closed days from `from` to `to`, both included, ascending.
    pub fn closed_days(&self, from: NaiveDate, to: NaiveDate) -> Vec<ClosedDays<'_>> {
        let mut found: Vec<ClosedDays<'_>> = Vec::new();
        for date in from.iter_days().take_while(|date| *date <= to) {
            let closed_for = match plan::closed(&self.file, date) {
                Some(Closed::Absence(absence)) => ClosedFor::Absence(absence),
                Some(_) => ClosedFor::Closed,
                None => continue,
            };
            match found.last_mut() {
                Some(last) if last.to.succ_opt() == Some(date) && last.closed_for == closed_for => {
                    last.to = date
                }
                _ => found.push(ClosedDays { from: date, to: date, closed_for }),
            }
        }
        found
    }

    /// Exceptions of these days that open other blocks than the week's, and are in force: no absence beats them.
    pub fn changed_days(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = &HoursException> {
        let within = move |exception: &&HoursException| from <= exception.date && exception.date <= to;
        self.file
            .exceptions
            .iter()
            .filter(within)
            .filter(|exception| plan::closed(&self.file, exception.date).is_none())
    }
}
