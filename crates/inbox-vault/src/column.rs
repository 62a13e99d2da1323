//! Values of the domain as columns and back: instants as milliseconds, words by their serde names, lists as JSON.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Result, VaultError};

/// An instant as stored.
pub(crate) fn millis(instant: DateTime<Utc>) -> i64 {
    instant.timestamp_millis()
}

/// A stored instant. Numbers beyond the calendar cannot have been stored from one; they are read as its end.
pub(crate) fn instant(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// An optional stored instant.
pub(crate) fn instant_opt(millis: Option<i64>) -> Option<DateTime<Utc>> {
    millis.map(instant)
}

/// The word of a unit variant, as in JSON.
pub(crate) fn word<T: Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The variant of a stored word.
pub(crate) fn from_word<T: DeserializeOwned>(word: &str, what: &'static str) -> Result<T> {
    serde_json::from_value(Value::String(word.to_owned())).map_err(|_| VaultError::Stored(what))
}

/// The variant of an optional stored word.
pub(crate) fn from_word_opt<T: DeserializeOwned>(
    word: Option<&str>,
    what: &'static str,
) -> Result<Option<T>> {
    word.map(|word| from_word(word, what)).transpose()
}

/// A list as stored.
pub(crate) fn json<T: Serialize>(list: &[T]) -> Result<String> {
    if list.is_empty() {
        return Ok("[]".to_owned());
    }
    serde_json::to_string(list).map_err(|_| VaultError::Stored("list"))
}

/// A stored list.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<Vec<T>> {
    if text == "[]" {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|_| VaultError::Stored(what))
}

/// A count as stored. More than SQLite can hold cannot be had in memory.
pub(crate) fn count(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A stored count; the tables hold no negative one.
pub(crate) fn from_count(count: i64) -> usize {
    usize::try_from(count).unwrap_or_default()
}
