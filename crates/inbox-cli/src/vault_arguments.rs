//! The calls of `vault` that do not change what opens it. No argument holds a secret.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::{arguments::VaultArguments, key_arguments::KeyCommand};

#[derive(Debug, Subcommand)]
pub(crate) enum VaultCommand {
    /// Create a vault; prints the recovery code once.
    Create {
        #[command(flatten)]
        vault: VaultArguments,
        /// The passphrase alone opens it (at least 16 characters): for servers and tests.
        #[arg(long)]
        no_keyring: bool,
        /// Name shown when unlocking; the folder's name without it.
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// IANA zone of the clinic, for an office week until hours are loaded; the workstation's without it.
        #[arg(long, value_name = "ZONE")]
        zone: Option<String>,
    },
    #[command(flatten)]
    Keys(KeyCommand),
    /// Check database, index and audit chain.
    Verify {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Write everything into one encrypted file, which the recovery code opens, and check it.
    Backup {
        #[command(flatten)]
        vault: VaultArguments,
        /// The file to be made; one that is there is not changed.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
    /// Make a vault from a backup.
    Restore(RestoreArguments),
    /// Write everything as readable files into a folder that is not there or is empty. Where the vault holds sensitive
    /// threads it has to be said whether they leave too.
    Export {
        #[command(flatten)]
        vault: VaultArguments,
        /// The folder.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
        /// Sensitive threads too.
        #[arg(long, conflicts_with = "without_sensitive")]
        include_sensitive: bool,
        /// All but the sensitive threads and their cases.
        #[arg(long)]
        without_sensitive: bool,
    },
    /// Print the audit chain, oldest row first.
    Audit {
        #[command(flatten)]
        vault: VaultArguments,
        /// Rows at this instant or later (RFC 3339).
        #[arg(long, value_name = "INSTANT")]
        from: Option<String>,
        /// Rows before this instant.
        #[arg(long, value_name = "INSTANT")]
        to: Option<String>,
        /// Rows of this action (case.close) or kind of action (case).
        #[arg(long, value_name = "ACTION")]
        action: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RestoreArguments {
    /// The backup.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// The folder of the vault to be made.
    #[arg(long, value_name = "DIR")]
    pub(crate) vault: PathBuf,
    /// File with the recovery code of the vault that was backed up; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) recovery_code_file: PathBuf,
    /// File with the passphrase of the restored vault; without it the vault opens as it did when it was backed up.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// The new passphrase alone opens it (at least 16 characters).
    #[arg(long, requires = "passphrase_file")]
    pub(crate) no_keyring: bool,
    /// A policy file in place of the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}
