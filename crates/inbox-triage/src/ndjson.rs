//! `anteroom-cli triage`: one JSON object a line in, one judgement a line out, in the same order.

use std::io::{self, BufRead, Write};

use inbox_domain::{Checked, Flag, MessageFunction, NotCheckedReason, Tier};
use serde::{Deserialize, Serialize};

use crate::engine::{Engine, TriageInput};

/// A line could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum NdjsonError {
    /// The line is not an object with `id` and `text`; the number counts from 1. The text is not repeated.
    #[error("line {line}: expected a JSON object with \"id\" and \"text\" ({what}){}", and_more(*.more))]
    Line {
        /// Line number, from 1.
        line: usize,
        /// Kind of error, without the line's content.
        what: &'static str,
        /// Further lines of this kind.
        more: usize,
    },
    /// Reading or writing failed.
    #[error("input or output: {0}")]
    Io(#[from] io::Error),
}

fn and_more(lines: usize) -> String {
    if lines == 0 { String::new() } else { format!(" and {lines} more such lines") }
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

/// A line that could not be judged, in its place.
#[derive(Debug, Serialize)]
struct WrongLine {
    id: Option<String>,
    line: usize,
    checked: Checked,
    error: &'static str,
}

/// Calls `each` for every non-empty line: its number, and its content or what is wrong with it.
pub(crate) fn read_lines(
    mut reader: impl BufRead,
    mut each: impl FnMut(usize, Result<InputLine, &'static str>) -> Result<(), NdjsonError>,
) -> Result<(), NdjsonError> {
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        match std::str::from_utf8(&bytes).map(str::trim) {
            Ok("") => {}
            Ok(line) => each(number, read_line(line))?,
            Err(_) => each(number, Err("not UTF-8"))?,
        }
    }
    Ok(())
}

fn read_line(line: &str) -> Result<InputLine, &'static str> {
    if !line.starts_with('{') {
        return Err("not valid JSON");
    }
    serde_json::from_str(line).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => "wrong type or missing field",
        _ => "not valid JSON",
    })
}

/// Triages every line of `reader` and writes one line each to `writer`; a line that is not `{"id","text","lang"?}` is answered
/// with `{"id":null,"line","checked":"none","error"}`, and the others are judged.
///
/// # Errors
/// After the last line, the first that could not be read; at once when reading or writing fails.
pub fn run(reader: impl BufRead, mut writer: impl Write, engine: &Engine) -> Result<(), NdjsonError> {
    let (mut first, mut wrong) = (None, 0);
    read_lines(reader, |line, input| {
        match input {
            Ok(input) => write_judged(&mut writer, engine, &input)?,
            Err(error) => {
                wrong += 1;
                first.get_or_insert((line, error));
                let wrong = WrongLine { id: None, line, checked: Checked::None, error };
                serde_json::to_writer(&mut writer, &wrong).map_err(io::Error::from)?;
            }
        }
        Ok(writer.write_all(b"\n")?)
    })?;
    writer.flush()?;
    match first {
        Some((line, what)) => Err(NdjsonError::Line { line, what, more: wrong - 1 }),
        None => Ok(()),
    }
}

fn write_judged(writer: impl Write, engine: &Engine, input: &InputLine) -> io::Result<()> {
    let judged = engine.triage(&TriageInput { text: &input.text, lang: input.lang.as_deref(), context: &[] });
    let line = OutputLine {
        id: &input.id,
        tier: judged.tier,
        flags: &judged.flags,
        functions: &judged.functions,
        checked: judged.checked,
        not_checked: &judged.not_checked,
    };
    Ok(serde_json::to_writer(writer, &line)?)
}
