//! What a clinician shares through the portal.

use inbox_app::Session;

use crate::{
    arguments::{CoverCommand, HandoverArguments, VaultArguments},
    open,
    output::{Outcome, print, print_all},
};

/// `claim`.
pub(crate) fn claim(vault: &VaultArguments, thread: &str, take_over: bool) -> Outcome {
    let session = open(vault)?;
    session.claim_thread(thread, take_over)?;
    print_shared(&session, thread)
}

/// `release`.
pub(crate) fn release(vault: &VaultArguments, thread: &str) -> Outcome {
    let session = open(vault)?;
    session.release_thread(thread)?;
    print_shared(&session, thread)
}

/// `done`.
pub(crate) fn done(vault: &VaultArguments, thread: &str) -> Outcome {
    let session = open(vault)?;
    session.finish_thread(thread)?;
    print_shared(&session, thread)
}

/// `handover`.
pub(crate) fn handover(arguments: &HandoverArguments) -> Outcome {
    let session = open(&arguments.vault)?;
    if let Some(colleague) = &arguments.to {
        session.hand_over(&arguments.thread, colleague)?;
    }
    print_shared(&session, &arguments.thread)
}

fn print_shared(session: &Session, thread: &str) -> Outcome {
    print(&session.sharing_record(thread)?)
}

/// `cover`.
pub(crate) fn cover(command: CoverCommand) -> Outcome {
    let session = match command {
        CoverCommand::List { vault } => open(&vault)?,
        CoverCommand::Set { vault, practitioner, from, to } => {
            let session = open(&vault)?;
            session.set_cover(&practitioner, &from, &to)?;
            session
        }
        CoverCommand::End { vault, practitioner } => {
            let session = open(&vault)?;
            session.end_cover(&practitioner)?;
            session
        }
    };
    print_all(session.cover_records()?)
}
