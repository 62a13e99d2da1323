//! `anteroom-cli triage`: one JSON object a line in, one judgement a line out, in the same order.

use std::io::{self, BufRead, Write};

use inbox_domain::{Checked, Flag, MessageFunction, NotCheckedReason, Tier};
use serde::{Deserialize, Serialize};

use crate::engine::{Engine, TriageInput};

/// A line could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum NdjsonError {
    /// The line is not an object with `id` and `text`; the number counts from 1. The text is not repeated.
    #[error("line {line}: expected a JSON object with \"id\" and \"text\" ({what})")]
    Line {
        /// Line number, from 1.
        line: usize,
        /// Kind of error, without the line's content.
        what: &'static str,
    },
    /// Reading or writing failed.
    #[error("input or output: {0}")]
    Io(#[from] io::Error),
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputLine {
    pub(crate) id: String,
    pub(crate) text: String,
    #[serde(default)]
    pub(crate) lang: Option<String>,
    #[serde(default)]
    pub(crate) label: Option<Tier>,
    #[serde(default)]
    pub(crate) phenomenon: Option<String>,
    #[serde(default)]
    pub(crate) expected_categories: Vec<String>,
}

#[derive(Debug, Serialize)]
struct OutputLine<'a> {
    id: &'a str,
    tier: Tier,
    flags: &'a [Flag],
    functions: &'a [MessageFunction],
    checked: Checked,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    not_checked: &'a [NotCheckedReason],
}

/// Calls `each` for every non-empty line.
pub(crate) fn read_lines(
    mut reader: impl BufRead,
    mut each: impl FnMut(InputLine) -> Result<(), NdjsonError>,
) -> Result<(), NdjsonError> {
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        let wrong = |what| NdjsonError::Line { line: number, what };
        let line = std::str::from_utf8(&bytes).map_err(|_| wrong("not UTF-8"))?.trim();
        if line.is_empty() {
            continue;
        }
        if !line.starts_with('{') {
            return Err(wrong("not valid JSON"));
        }
        let input = serde_json::from_str(line).map_err(|error| NdjsonError::Line {
            line: number,
            what: match error.classify() {
                serde_json::error::Category::Data => "wrong type or missing field",
                _ => "not valid JSON",
            },
        })?;
        each(input)?;
    }
    Ok(())
}

/// Triages every line of `reader` and writes one line each to `writer`.
///
/// # Errors
/// Stops at the first line that is not `{"id","text","lang"?}`, or when reading or writing fails.
pub fn run(reader: impl BufRead, mut writer: impl Write, engine: &Engine) -> Result<(), NdjsonError> {
    read_lines(reader, |input| {
        let judged =
            engine.triage(&TriageInput { text: &input.text, lang: input.lang.as_deref(), context: &[] });
        let line = OutputLine {
            id: &input.id,
            tier: judged.tier,
            flags: &judged.flags,
            functions: &judged.functions,
            checked: judged.checked,
            not_checked: &judged.not_checked,
        };
        serde_json::to_writer(&mut writer, &line).map_err(io::Error::from)?;
        writer.write_all(b"\n")?;
        Ok(())
    })?;
    writer.flush()?;
    Ok(())
}
