//! Reading and acting on a vault.

use std::path::Path;

use inbox_app::Leaves;
use inbox_domain::{AttemptOutcome, View};

use crate::{
    arguments::{CaseCommand, OutboxArguments, OutboxCommand, ReplyArguments, VaultArguments},
    files, open,
    output::{Failure, Outcome, print, print_all},
};

/// `threads`.
pub(crate) fn threads(vault: &VaultArguments, view: Option<&str>) -> Outcome {
    let view = view.map(read_view).transpose()?;
    print_all(open(vault)?.thread_records(view)?)
}

fn read_view(name: &str) -> Result<View, Failure> {
    View::from_name(name).ok_or_else(|| {
        let names: Vec<_> = View::ALL.into_iter().map(View::name).collect();
        Failure::Usage(format!("--view is one of {}", names.join(", ")))
    })
}

/// `thread`.
pub(crate) fn thread(vault: &VaultArguments, id: &str) -> Outcome {
    print(&open(vault)?.thread_record(id)?)
}

/// `sensitive`.
pub(crate) fn sensitive(vault: &VaultArguments, thread: &str, off: bool) -> Outcome {
    print(&open(vault)?.mark_sensitive(thread, !off)?)
}

/// `reply`.
pub(crate) fn reply(arguments: &ReplyArguments) -> Outcome {
    let text = files::text(&arguments.text_file, "--text-file")?;
    let leaves = match &arguments.not_before {
        Some(instant) => Leaves::NotBefore(read_instant(instant, "--not-before")?),
        None if arguments.in_hours => Leaves::InHours,
        None => Leaves::Now,
    };
    print(&open(&arguments.vault)?.reply(&arguments.thread, &text, leaves, arguments.even_if_newer)?)
}

pub(crate) fn read_instant<'a>(text: &'a str, argument: &str) -> Result<&'a str, Failure> {
    match chrono::DateTime::parse_from_rfc3339(text) {
        Ok(_) => Ok(text),
        Err(_) => Err(Failure::Usage(format!(
            "{argument} is no instant (RFC 3339, for example 2026-11-23T08:00:00Z)"
        ))),
    }
}

/// `send`.
pub(crate) fn send(vault: &VaultArguments, patient: &str, topic: &Path, text: &Path) -> Outcome {
    let topic = files::text(topic, "--topic-file")?;
    let text = files::text(text, "--text-file")?;
    print(&open(vault)?.send(patient, &topic, &text)?)
}

/// `outbox`.
pub(crate) fn outbox(arguments: OutboxArguments) -> Outcome {
    match (arguments.command, arguments.vault) {
        (Some(OutboxCommand::Resolve { vault, id, send, discard: _ }), _) => {
            print(&open(&vault)?.resolve_record(&id, send)?)
        }
        (None, Some(vault)) => print_all(open(&vault)?.list_outbox()?),
        (None, None) => Err(Failure::Usage("--vault and --passphrase-file are needed".into())),
    }
}

/// `search`.
pub(crate) fn search(vault: &VaultArguments, query: &str, limit: u32) -> Outcome {
    print_all(open(vault)?.search_records(query, limit)?)
}

/// `quarantine`.
pub(crate) fn quarantine(vault: &VaultArguments) -> Outcome {
    print_all(open(vault)?.quarantine_records()?)
}

/// `case`.
pub(crate) fn case(command: CaseCommand) -> Outcome {
    match command {
        CaseCommand::List { vault } => print_all(open(&vault)?.case_records()?),
        CaseCommand::Show { vault, id } => print(&open(&vault)?.case_record(&id)?),
        CaseCommand::Log { vault, id, attempt, next } => {
            let outcome =
                if attempt == "reached" { AttemptOutcome::Reached } else { AttemptOutcome::NoAnswer };
            let next = next.as_deref().map(|text| read_instant(text, "--next")).transpose()?;
            print(&open(&vault)?.case_log(&id, outcome, next)?)
        }
        CaseCommand::Step { vault, id, n, done: _, reason_file } => {
            let reason = reason_file.map(|file| files::text(&file, "--reason-file")).transpose()?;
            print(&open(&vault)?.case_step(&id, n, reason.as_deref())?)
        }
        CaseCommand::Close { vault, id, outcome_file, false_alarm: _ } => {
            let outcome = outcome_file.map(|file| files::text(&file, "--outcome-file")).transpose()?;
            print(&open(&vault)?.case_close(&id, outcome.as_deref())?)
        }
    }
}

/// `promises`.
pub(crate) fn promises(vault: &VaultArguments, id: &str) -> Outcome {
    print_all(open(vault)?.promises(id)?)
}
