//! One line of `hours classify` (CLI.md): `{"id","sent"}` in, the verdict out. No input or output happens here.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AfterHoursReason, AvailabilityHours, HoursVerdict};
use crate::clock::format_instant;

/// A line that is not a JSON object with an `id`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line is not a JSON object with an id")]
pub struct BadLine;

#[derive(Deserialize)]
struct Asked {
    id: Value,
    #[serde(default)]
    sent: Value,
}

#[derive(Serialize)]
struct Answer<'a> {
    id: &'a Value,
    after_hours: bool,
    reason: AfterHoursReason,
    next_open: Option<String>,
    cover: Option<&'a str>,
}

/// Judges one line. `sent` is an instant in RFC 3339; when it is missing or cannot be read as one, the reason is
/// `unknown` and nothing is claimed.
///
/// # Errors
/// The line is not a JSON object with an `id`.
pub fn classify_line(hours: &AvailabilityHours, line: &str) -> Result<String, BadLine> {
    let asked: Asked = serde_json::from_str(line).map_err(|_| BadLine)?;
    let verdict = match asked.sent.as_str().and_then(instant) {
        Some(sent) => hours.classify(sent),
        None => HoursVerdict::unknown(),
    };
    let answer = Answer {
        id: &asked.id,
        after_hours: verdict.after_hours,
        reason: verdict.reason,
        next_open: verdict.next_open.map(format_instant),
        cover: verdict.cover.as_deref(),
    };
    serde_json::to_string(&answer).map_err(|_| BadLine)
}

fn instant(sent: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(sent).ok().map(|sent| sent.to_utc())
}
