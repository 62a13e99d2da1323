//! `pack`: what a clinical lead signs, and whether a signature holds.

use std::{io::Write as _, path::PathBuf};

use clap::Subcommand;
use serde_json::json;

use crate::{
    arguments::VaultArguments,
    files, open,
    output::{Failure, Outcome, print},
    policy_commands::source,
};

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Print the public key under which this vault's clinician signs, for the clinic's policy.
    Key {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Sign a folder: lexicon.json and guidelines/LANGUAGE/*.toml.
    Sign {
        #[command(flatten)]
        vault: VaultArguments,
        /// The folder.
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
        /// Letters, digits and hyphens.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// Counts up: no vault goes back to an older one. Not --version, which every program has.
        #[arg(long, value_name = "N")]
        number: u32,
        /// The file to be made, NAME.pack; one that is there is not changed.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Check a pack by the keys in the clinic's policy.
    Verify {
        /// The pack.
        file: PathBuf,
        /// A policy file in place of the system's.
        #[arg(long, value_name = "FILE")]
        policy: Option<PathBuf>,
    },
}

/// Runs a call of `pack`.
pub(crate) fn run(command: &PackCommand) -> Outcome {
    match command {
        PackCommand::Key { vault } => print(&open(vault)?.lead_key()?),
        PackCommand::Sign { vault, from, name, number, to } => {
            let pack = open(vault)?.sign_pack(from, name, *number)?;
            let mut file = files::create(to, "--to")?;
            let written = file.write_all(&pack.bytes).and_then(|()| file.sync_all());
            written.map_err(|error| Failure::File("--to", error.kind()))?;
            print(
                &json!({"file": to, "name": pack.name, "version": pack.version, "lead": pack.lead, "files": pack.files}),
            )
        }
        PackCommand::Verify { file, policy } => {
            let view = inbox_app::packs::verify_pack(file, &source(policy.as_deref()));
            print(
                &json!({"ok": view.problem.is_none(), "name": view.name, "version": view.version, "lead": view.lead,
                "problem": view.problem}),
            )?;
            if view.problem.is_none() { Ok(()) } else { Err(Failure::Said) }
        }
    }
}
