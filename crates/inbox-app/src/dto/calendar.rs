//! A calendar file (.ics) before it is kept: what it would add to the hours.

use inbox_domain::hours::{CalendarEffect, CalendarSkipped, CalendarUse};
use serde::{Deserialize, Serialize};
use specta::Type;

/// A calendar file that is to be looked at, or taken.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CalendarRequest {
    /// The file's text; at most 2 MiB.
    pub text: String,
    /// What its whole days are.
    pub taken_as: CalendarUse,
    /// The availability file that it is added to, where the editor holds changes that are not kept yet; else the hours in
    /// force.
    pub hours: Option<String>,
}

/// An entry of a calendar file.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CalendarEntryView {
    /// What the file calls it.
    pub title: String,
    /// First day (`YYYY-MM-DD`), in the clinic's zone.
    pub from: String,
    /// Last day.
    pub to: String,
    /// `HH:MM` from when, of an event with hours.
    pub start: Option<String>,
    /// `HH:MM` until when.
    pub end: Option<String>,
    /// What it would change.
    pub effect: CalendarEffect,
}

/// Why a calendar file cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct CalendarProblem {
    /// Line of the file; `None` for the file as a whole.
    pub line: Option<u32>,
    /// What is wrong there, in English, for whoever made the file.
    pub message: String,
}

/// What a calendar file would add. With problems there is nothing else in it, and nothing can be taken.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct CalendarPreview {
    /// Its entries in order of time.
    pub entries: Vec<CalendarEntryView>,
    /// What is left out, in events.
    pub skipped: CalendarSkipped,
    /// Titles of what repeats for ever: taken up to `until`.
    pub endless: Vec<String>,
    /// The last day that is looked at.
    pub until: String,
    /// The availability file with it; `None` with problems.
    pub hours: Option<String>,
    /// What is wrong with it.
    pub problems: Vec<CalendarProblem>,
}
