//! FHIR's dates and instants as milliseconds of the epoch, UTC.

use chrono::{DateTime, Months, NaiveDate, NaiveDateTime, SecondsFormat, TimeZone, Utc};

/// The milliseconds that a FHIR date or dateTime covers, end excluded; `None` when it is none. Without a zone: UTC.
pub(crate) fn span(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    match text.len() {
        4 => {
            let start = NaiveDate::from_ymd_opt(text.parse().ok()?, 1, 1)?;
            Some((midnight(start), midnight(start.checked_add_months(Months::new(12))?)))
        }
        7 => {
            let (year, month) = text.split_once('-')?;
            let start = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, 1)?;
            Some((midnight(start), midnight(start.checked_add_months(Months::new(1))?)))
        }
        10 => {
            let start = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
            Some((midnight(start), midnight(start.succ_opt()?)))
        }
        _ => instant(text),
    }
}

fn instant(text: &str) -> Option<(i64, i64)> {
    // A space may stand for the plus of an offset that was not percent-encoded.
    let text = text.replace(' ', "+");
    let start = DateTime::parse_from_rfc3339(&text)
        .map(|at| at.timestamp_millis())
        .or_else(|_| {
            NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f")
                .map(|at| at.and_utc().timestamp_millis())
        })
        .or_else(|_| {
            NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y-%m-%dT%H:%M")
                .map(|at| at.and_utc().timestamp_millis())
        })
        .ok()?;
    let width = if text.contains('.') { 1 } else { 1000 };
    Some((start, start + width))
}

fn midnight(day: NaiveDate) -> i64 {
    day.and_hms_opt(0, 0, 0).map_or(0, |at| at.and_utc().timestamp_millis())
}

/// An instant as FHIR writes it, in UTC with milliseconds.
pub(crate) fn text_ms(at: i64) -> String {
    moment(at).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// An instant in whole seconds.
pub(crate) fn text_s(at: i64) -> String {
    moment(at).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// An instant in the form of the HTTP headers Date and Last-Modified.
pub(crate) fn http_date(at: i64) -> String {
    moment(at).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

fn moment(at: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(at).single().unwrap_or_default()
}
