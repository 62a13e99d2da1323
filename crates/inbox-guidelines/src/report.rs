//! `guidelines check`: what is wrong with a folder of content, with file, line and what is expected.

use std::path::Path;

use chrono::NaiveDate;
use serde::Serialize;

use crate::directory::Guidelines;
use crate::lines::VERIFIED_FOR_DAYS;

/// What kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// A file cannot be read, or does not hold what is expected.
    Invalid,
    /// A response exists in one language only, or differs in its slots.
    NotTranslated,
    /// The day of the next review has passed.
    PastReview,
    /// A crisis line was verified too long ago.
    ExpiredLine,
}

/// Something wrong in the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct CheckProblem {
    /// File, relative to the folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Kind.
    pub code: ProblemCode,
    /// What is expected, in words.
    pub message: String,
}

impl CheckProblem {
    pub(crate) fn new(file: &str, line: usize, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, code, message: message.into() }
    }
}

/// The answer of `guidelines check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// The content can be used: nothing is invalid or past its date.
    pub ok: bool,
    /// What is wrong.
    pub problems: Vec<CheckProblem>,
    /// `language/id@version` of what no clinical lead has signed: for the demo only.
    pub unsigned: Vec<String>,
    /// Responses read, all languages.
    pub responses: usize,
    /// Crisis lines read.
    pub lines: usize,
}

/// Checks a folder of content as of `today`: either one that holds `guidelines/{en,de}` and `crisis-lines.toml`, or the
/// folder of the languages itself. Without crisis lines of its own the built-in ones are checked.
pub fn check(dir: &Path, today: NaiveDate) -> CheckReport {
    report(Guidelines::load(dir), today)
}

/// Checks the content that the program carries.
pub fn check_builtin(today: NaiveDate) -> CheckReport {
    report(Guidelines::embedded(), today)
}

fn report(read: (Guidelines, Vec<CheckProblem>), today: NaiveDate) -> CheckReport {
    let (guidelines, mut problems) = read;
    for response in guidelines.responses().filter(|response| response.review_by < today) {
        let file = format!("{}/{}.toml", response.language.tag(), response.id);
        let message = format!("the review was due by {}", response.review_by);
        problems.push(CheckProblem::new(&file, 1, ProblemCode::PastReview, message));
    }
    for line in guidelines.lines().all().iter().filter(|line| line.expired(today)) {
        let message = format!(
            "{} {} was verified on {}, more than {VERIFIED_FOR_DAYS} days ago",
            line.country, line.name, line.verified_on
        );
        problems.push(CheckProblem::new("crisis-lines.toml", line.line, ProblemCode::ExpiredLine, message));
    }
    let unsigned = guidelines.responses().filter(|response| !response.signed);
    let unsigned =
        unsigned.map(|response| format!("{}/{}", response.language.tag(), response.reference())).collect();
    CheckReport {
        ok: problems.is_empty(),
        problems,
        unsigned,
        responses: guidelines.responses().count(),
        lines: guidelines.lines().all().len(),
    }
}
