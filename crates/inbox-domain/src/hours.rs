//! When the clinician is there (AvailabilityHours), in the clinic's time zone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use specta::Type;

/// Why an instant counts as open or as after hours (CLI.md, `hours classify`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are CLI.md's words")]
pub enum AfterHoursReason {
    Open,
    Outside,
    Night,
    Holiday,
    Absence,
    EarlyClose,
    OnCall,
    Unknown,
}

/// What the hours in force say about an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursVerdict {
    /// The instant lies outside the hours in force.
    pub after_hours: bool,
    /// Why.
    pub reason: AfterHoursReason,
    /// The first open instant at or after it, within 366 days.
    pub next_open: Option<DateTime<Utc>>,
    /// Who covers, during an absence.
    pub cover: Option<String>,
}

/// The clinician's availability: weekly blocks, zone, exceptions, absences, versioned by effective date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AvailabilityHours {
    /// IANA time zone.
    pub zone: String,
}
