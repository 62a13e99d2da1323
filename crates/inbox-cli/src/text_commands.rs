//! Triage, hours, guidelines: only the hours may be those of a vault.

use std::{
    io::{self, BufRead as _, Write as _},
    path::Path,
};

use inbox_domain::AvailabilityHours;
use inbox_triage::{Engine, evaluate, ndjson};
use serde_json::json;

use crate::{
    arguments::{GuidelinesCommand, HoursCommand, VaultArguments},
    files, open,
    output::{Failure, Outcome, print},
};

/// `triage`.
pub(crate) fn triage(evaluate_labels: bool, lexicon: Option<&Path>) -> Outcome {
    let own;
    let engine = match lexicon {
        Some(dir) => {
            own = Engine::with_clinic_dir(dir).map_err(|error| Failure::Input(error.to_string()))?;
            &own
        }
        None => Engine::builtin(),
    };
    let input = io::stdin().lock();
    if evaluate_labels {
        let evaluation = evaluate::run(input, engine).map_err(from_ndjson)?;
        eprint!("{}", evaluation.to_table());
        return print(&evaluation);
    }
    let out = io::BufWriter::new(io::stdout().lock());
    ndjson::run(input, out, engine).map_err(from_ndjson)
}

fn from_ndjson(error: ndjson::NdjsonError) -> Failure {
    match error {
        ndjson::NdjsonError::Io(error) => Failure::Pipe(error),
        line @ ndjson::NdjsonError::Line { .. } => Failure::Input(line.to_string()),
    }
}

/// `hours`.
pub(crate) fn hours(command: &HoursCommand) -> Outcome {
    match command {
        HoursCommand::Check { file } => {
            let problems =
                AvailabilityHours::from_json(&files::read(file, "FILE")?).err().unwrap_or_default();
            print(&json!({"ok": problems.is_empty(), "problems": problems}))?;
            if problems.is_empty() { Ok(()) } else { Err(Failure::Said) }
        }
        HoursCommand::Classify { file } => {
            let hours = AvailabilityHours::from_json(&files::read(file, "FILE")?).map_err(|problems| {
                let first = problems.first().map(|problem| format!("{}: {}", problem.path, problem.message));
                Failure::Input(first.unwrap_or_default())
            })?;
            classify(&hours)
        }
        HoursCommand::Load { vault, file } => load_hours(vault, file),
        HoursCommand::Show { vault } => print_file(&open(vault)?.hours_json()?),
    }
}

/// A file that is not valid is refused, with all its problems, before the vault is opened.
fn load_hours(vault: &VaultArguments, file: &Path) -> Outcome {
    let json = files::read(file, "FILE")?;
    if let Err(problems) = AvailabilityHours::from_json(&json) {
        print(&json!({"ok": false, "problems": problems}))?;
        return Err(Failure::Said);
    }
    let session = open(vault)?;
    session.save_hours(&json)?;
    print_file(&session.hours_json()?)
}

/// The file as one line of JSON.
fn print_file(json: &str) -> Outcome {
    let value: serde_json::Value =
        serde_json::from_str(json).map_err(|error| Failure::Input(error.to_string()))?;
    print(&value)
}

fn classify(hours: &AvailabilityHours) -> Outcome {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (index, line) in io::stdin().lock().lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        match inbox_domain::hours::classify_line(hours, &line) {
            Ok(answer) => writeln!(out, "{answer}")?,
            Err(error) => {
                out.flush()?;
                return Err(Failure::Input(format!("line {}: {error}", index + 1)));
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// `guidelines`.
pub(crate) fn guidelines(command: &GuidelinesCommand) -> Outcome {
    let GuidelinesCommand::Check { dir } = command;
    let today = chrono::Utc::now().date_naive();
    let report = match dir {
        Some(dir) => inbox_guidelines::check(dir, today),
        None => inbox_guidelines::check_builtin(today),
    };
    print(&report)?;
    if report.ok { Ok(()) } else { Err(Failure::Said) }
}
