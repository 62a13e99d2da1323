//! anteroom-cli: Anteroom without a window, for administrators and scripts (CLI.md is its contract).

mod arguments;
mod doctor;
mod files;
mod inbox_commands;
mod key_arguments;
mod key_commands;
mod lexicon_commands;
mod messages;
mod output;
mod pack_commands;
mod policy_commands;
mod portal_commands;
mod sharing_commands;
mod text_commands;
mod vault_arguments;
mod vault_commands;

use std::{process::ExitCode, sync::Arc};

use clap::Parser as _;
use inbox_app::{SensitiveThreads, Session, Surroundings};
use inbox_domain::SystemClock;

use crate::{
    arguments::{Arguments, Command, VaultArguments},
    output::{Failure, Outcome},
};

/// Overwrites what is freed, as in the window's program (docs/adr/0007-memory.md).
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(failure.report()),
    }
}

fn run(command: Command) -> Outcome {
    match command {
        Command::Triage { evaluate, lexicon } => text_commands::triage(evaluate, lexicon.as_deref()),
        Command::Hours(command) => text_commands::hours(&command),
        Command::Guidelines(command) => text_commands::guidelines(&command),
        Command::Vault(command) => vault_commands::run(command),
        Command::Lexicon(command) => lexicon_commands::run(&command),
        Command::Login(arguments) => portal_commands::login(&arguments),
        Command::Logout(vault) => portal_commands::logout(&vault),
        Command::Sync { vault, full } => portal_commands::sync(&vault, full),
        Command::Responder { vault, once } => portal_commands::responder(&vault, once),
        Command::Promises { vault, id } => inbox_commands::promises(&vault, &id),
        Command::Threads { vault, view } => inbox_commands::threads(&vault, view.as_deref()),
        Command::Thread { vault, id } => inbox_commands::thread(&vault, &id),
        Command::Attachment { vault, id, n, to, include_sensitive } => {
            let choice = if include_sensitive { SensitiveThreads::Include } else { SensitiveThreads::Ask };
            portal_commands::attachment(&vault, &id, n, &to, choice)
        }
        Command::Sensitive { vault, thread, off } => inbox_commands::sensitive(&vault, &thread, off),
        Command::Reply(arguments) => inbox_commands::reply(&arguments),
        Command::Send { vault, patient, topic_file, text_file } => {
            inbox_commands::send(&vault, &patient, &topic_file, &text_file)
        }
        Command::Outbox(arguments) => inbox_commands::outbox(arguments),
        Command::Search { vault, query, limit } => inbox_commands::search(&vault, &query, limit),
        Command::Quarantine { vault } => inbox_commands::quarantine(&vault),
        Command::Case(command) => inbox_commands::case(command),
        Command::Claim { vault, thread, take_over } => sharing_commands::claim(&vault, &thread, take_over),
        Command::Release { vault, thread } => sharing_commands::release(&vault, &thread),
        Command::Done { vault, thread } => sharing_commands::done(&vault, &thread),
        Command::Handover(arguments) => sharing_commands::handover(&arguments),
        Command::Cover(command) => sharing_commands::cover(command),
        Command::Doctor { vault, passphrase_file, policy } => {
            doctor::run(vault.as_deref(), passphrase_file.as_deref(), policy.as_deref())
        }
        Command::Pack(command) => pack_commands::run(&command),
        Command::Policy { file } => policy_commands::check(file.as_deref()),
    }
}

/// Opens the vault that the arguments name.
fn open(vault: &VaultArguments) -> Result<Arc<Session>, Failure> {
    let passphrase = files::secret(&vault.passphrase_file, "--passphrase-file")?;
    let around =
        Surroundings::headless(Arc::new(SystemClock)).under(policy_commands::source(vault.policy.as_deref()));
    Ok(Session::open(&vault.vault, &passphrase, around)?)
}
