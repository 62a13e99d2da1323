//! The one map from the errors below to [`AppError`]. The window and the command line see codes, never sentences, so
//! that nothing a patient wrote and no address can travel in an error.

use crate::dto::AppError;

/// What every use case answers.
pub type AppResult<T> = Result<T, AppError>;

impl AppError {
    /// An error that trying again does not mend.
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), retryable: false, params: Vec::new() }
    }

    /// An error that may pass by itself.
    pub fn retryable(code: &str) -> Self {
        Self { retryable: true, ..Self::new(code) }
    }

    /// Adds a value for the translated sentence; never patient data.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.params.push((name.to_owned(), value.to_string()));
        self
    }
}

impl std::fmt::Display for AppError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl std::error::Error for AppError {}

/// A code for an argument that is not what it should be.
pub(crate) fn invalid(name: &str) -> AppError {
    AppError::new("invalid_argument").with("argument", name)
}

/// Reads an id or another word of the window's.
pub(crate) fn parse<T: std::str::FromStr>(text: &str, name: &str) -> AppResult<T> {
    text.parse().map_err(|_| invalid(name))
}

/// Reads an RFC 3339 instant.
pub(crate) fn parse_instant(text: &str, name: &str) -> AppResult<chrono::DateTime<chrono::Utc>> {
    chrono::DateTime::parse_from_rfc3339(text).map(|instant| instant.to_utc()).map_err(|_| invalid(name))
}
