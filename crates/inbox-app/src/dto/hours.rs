//! The availability document as the editor holds it, what is wrong with it, and what it would mean.
//!
//! Its shape is that of the availability file (CLI.md); days are `YYYY-MM-DD` in the zone, times `HH:MM` on the wall.

use inbox_domain::hours::{HoursFile, OpenBlock, WeeklyBlock};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{AppError, Duty};

/// The whole availability document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HoursDocument {
    /// IANA zone of the clinic.
    pub zone: String,
    /// `Practitioner/ID` of the clinician, when the document says whose hours these are.
    pub practitioner: Option<String>,
    /// Weeks by their first day.
    pub versions: Vec<HoursWeek>,
    /// Dates that are not like their weekday.
    pub exceptions: Vec<HoursDate>,
    /// Days away.
    pub absences: Vec<HoursAbsence>,
    /// Lists of public holidays, for example `DE-BB`.
    pub holidays: Vec<String>,
}

/// The week that holds from a date on, until the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HoursWeek {
    /// First day.
    pub from: String,
    /// Blocks in which the clinician is there.
    pub weekly: Vec<HoursBlock>,
    /// Blocks in which she is on call.
    pub on_call: Vec<HoursBlock>,
}

/// A block of a week; when the end is not after the start it ends on the next day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HoursBlock {
    /// `mon` to `sun`: the day on which it starts.
    pub day: String,
    /// Start.
    pub start: String,
    /// End.
    pub end: String,
}

/// A date that is not like its weekday.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HoursDate {
    /// The date.
    pub date: String,
    /// The whole date is closed.
    pub closed: bool,
    /// What replaces the blocks that start on the date; `null` exactly when it is closed.
    pub open: Option<Vec<HoursOpening>>,
    /// Why, for people.
    pub reason: Option<String>,
}

/// A block of one date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HoursOpening {
    /// Start.
    pub start: String,
    /// End.
    pub end: String,
}

/// Days away, both included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HoursAbsence {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Who covers.
    pub cover: Option<HoursCover>,
}

/// Who answers while the clinician is away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct HoursCover {
    /// Name, as patients read it.
    pub name: String,
    /// `Practitioner/ID`, when the cover is on the portal.
    pub practitioner: Option<String>,
    /// Phone.
    pub phone: Option<String>,
}

/// The hours in force, and what they mean now.
#[derive(Debug, Clone, Serialize, Type)]
pub struct HoursView {
    /// What is in force.
    pub document: HoursDocument,
    /// Number of the newest save; 0 before the first one.
    pub version: u32,
    /// When it was saved.
    pub saved_at: Option<String>,
    /// The save before can be gone back to.
    pub can_undo: bool,
    /// Why what is stored cannot be read: the document then only is a beginning.
    pub problem: Option<AppError>,
    /// The lists of public holidays that are known.
    pub holiday_lists: Vec<String>,
    /// Working days within which patients are answered.
    pub reply_target_days: u32,
    /// What the document in force means.
    pub check: HoursCheck,
}

/// What is wrong with a document, and what it would mean.
#[derive(Debug, Clone, Serialize, Type)]
pub struct HoursCheck {
    /// Why it cannot be saved; empty when it can.
    pub problems: Vec<HoursProblemView>,
    /// What may be meant otherwise, to be confirmed.
    pub questions: Vec<HoursProblemView>,
    /// Stretches in which nobody is there, ascending. Empty while there are problems, as is all that follows.
    pub gaps: Vec<HoursGap>,
    /// What patients are told.
    pub told: Vec<ToldText>,
    /// Stored messages that would be judged otherwise.
    pub changed: u32,
    /// Whether she would be on duty now.
    pub duty: Option<Duty>,
    /// The next opening, now included.
    pub next_opening: Option<String>,
}

/// Something wrong, or to be asked, with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct HoursProblemView {
    /// Place, for example `versions[0].weekly[2]`; empty for the whole document.
    pub path: String,
    /// A word for translation.
    pub code: String,
    /// A sentence in English, for what has no translation.
    pub message: String,
    /// Values for the translated sentence.
    pub params: Vec<(String, String)>,
}

/// A stretch in which nobody is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct HoursGap {
    /// Start.
    pub from: String,
    /// End; `null` when it reaches beyond what was looked at.
    pub to: Option<String>,
    /// It is, in part, an absence for which nobody is named.
    pub absence: bool,
}

/// What patients are told, in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ToldText {
    /// `en` or `de`.
    pub language: String,
    /// The text.
    pub text: String,
}

/// What came of saving.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SavedHoursOutcome {
    /// It is in force.
    Saved {
        /// Its number.
        version: u32,
        /// Stored messages that are judged otherwise now.
        changed: u32,
    },
    /// Nothing was saved.
    Refused {
        /// What is wrong.
        problems: Vec<HoursProblemView>,
    },
}

impl HoursDocument {
    /// The availability file with these words.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl From<&HoursFile> for HoursDocument {
    fn from(file: &HoursFile) -> Self {
        let block = |block: &WeeklyBlock| HoursBlock {
            day: block.day.to_string().to_lowercase(),
            start: block.start.to_string(),
            end: block.end.to_string(),
        };
        let opening =
            |block: &OpenBlock| HoursOpening { start: block.start.to_string(), end: block.end.to_string() };
        Self {
            zone: file.zone.clone(),
            practitioner: file.practitioner.clone(),
            versions: file
                .versions
                .iter()
                .map(|week| HoursWeek {
                    from: week.from.to_string(),
                    weekly: week.weekly.iter().map(block).collect(),
                    on_call: week.on_call.iter().map(block).collect(),
                })
                .collect(),
            exceptions: file
                .exceptions
                .iter()
                .map(|date| HoursDate {
                    date: date.date.to_string(),
                    closed: date.closed,
                    open: date.open.as_ref().map(|open| open.iter().map(opening).collect()),
                    reason: date.reason.clone(),
                })
                .collect(),
            absences: file
                .absences
                .iter()
                .map(|absence| HoursAbsence {
                    from: absence.from.to_string(),
                    to: absence.to.to_string(),
                    cover: absence.cover.as_ref().map(|cover| HoursCover {
                        name: cover.name.clone(),
                        practitioner: cover.practitioner.clone(),
                        phone: cover.phone.clone(),
                    }),
                })
                .collect(),
            holidays: file.holidays.clone(),
        }
    }
}
