//! FHIR `dateTime` and `instant`, with partial dates and missing zones.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use inbox_domain::SentPrecision;

/// A time as read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadTime {
    /// The instant: the start of a partial date, UTC where no zone is given.
    pub at: DateTime<Utc>,
    /// How much was given.
    pub precision: SentPrecision,
    /// A time of day without a zone.
    pub no_zone: bool,
}

/// Reads a FHIR `dateTime` (`YYYY`, `YYYY-MM`, `YYYY-MM-DD`, or with time and, as it should be, zone); `None` when it
/// is none.
pub fn read_date_time(text: &str) -> Option<ReadTime> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(ReadTime {
            at: at.with_timezone(&Utc),
            precision: SentPrecision::Instant,
            no_zone: false,
        });
    }
    if text.contains(['T', ' ']) {
        return read_odd_time(text);
    }
    let (full, precision) = match text.len() {
        4 => (format!("{text}-01-01"), SentPrecision::Year),
        7 => (format!("{text}-01"), SentPrecision::Month),
        10 => (text.to_owned(), SentPrecision::Day),
        _ => return None,
    };
    let at = NaiveDate::parse_from_str(&full, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)?.and_utc();
    Some(ReadTime { at, precision, no_zone: false })
}

/// Times without seconds or without zone.
fn read_odd_time(text: &str) -> Option<ReadTime> {
    let instant = |at, no_zone| ReadTime { at, precision: SentPrecision::Instant, no_zone };
    let text = text.replacen(' ', "T", 1);
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"] {
        if let Ok(at) = NaiveDateTime::parse_from_str(&text, form) {
            return Some(instant(at.and_utc(), true));
        }
    }
    for form in ["%Y-%m-%dT%H:%M%:z", "%Y-%m-%dT%H:%M:%S%.f%z"] {
        if let Ok(at) = DateTime::parse_from_str(&text, form) {
            return Some(instant(at.with_timezone(&Utc), false));
        }
    }
    let utc = text.strip_suffix(['Z', 'z'])?;
    let at = NaiveDateTime::parse_from_str(utc, "%Y-%m-%dT%H:%M").ok()?;
    Some(instant(at.and_utc(), false))
}
