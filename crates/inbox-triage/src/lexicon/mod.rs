//! The lexicon: data files, their schema, their pattern language, and what they compile to.

mod code;
pub(crate) mod compile;
mod emit;
pub(crate) mod needs;
pub(crate) mod pattern;
pub(crate) mod program;
pub(crate) mod schema;
mod source;
pub(crate) mod table;
pub(crate) mod vocabulary;

use std::fmt;

/// A lexicon file that cannot be used. Names the place, so that whoever writes a clinic's own rules can find it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct LexiconError {
    /// File as named by the caller.
    pub file: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What was expected there.
    pub expected: String,
}

impl fmt::Display for LexiconError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.expected)
    }
}
