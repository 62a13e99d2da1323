//! The calls of `vault` that change what opens a vault. No argument holds a secret.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use crate::arguments::VaultArguments;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Change the passphrase.
    Passphrase {
        #[command(flatten)]
        vault: VaultArguments,
        /// File with the new passphrase.
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: PathBuf,
    },
    /// Make a new recovery code and print it once; the one before opens nothing any more.
    RecoveryCode {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Open a vault with its recovery code or the clinic's escrow key and give it a new passphrase: after a loss, and on another
    /// machine.
    Recover(RecoverArguments),
    /// Write the database anew under a fresh data key; prints a new recovery code once.
    Rekey {
        #[command(flatten)]
        vault: VaultArguments,
    },
    /// Set a PIN that opens the vault on this machine, where the clinic's policy allows it, or take it away.
    #[command(group = ArgGroup::new("what").required(true))]
    Pin {
        #[command(flatten)]
        vault: VaultArguments,
        /// File with the PIN, 6 to 12 digits.
        #[arg(long, value_name = "FILE", group = "what")]
        pin_file: Option<PathBuf>,
        /// No PIN any more.
        #[arg(long, group = "what")]
        remove: bool,
    },
    /// Erase a vault for good: what opens it, then its files.
    Erase(EraseArguments),
    /// Make a pair of escrow keys for a clinic: the private key goes into a new file, the public one is printed for the policy.
    EscrowKey {
        /// The file to be made for the private key; lock it away.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("key").required(true))]
pub(crate) struct RecoverArguments {
    /// The folder of the vault.
    #[arg(long, value_name = "DIR")]
    pub(crate) vault: PathBuf,
    /// File with the recovery code; `-` is standard input.
    #[arg(long, value_name = "FILE", group = "key")]
    pub(crate) recovery_code_file: Option<PathBuf>,
    /// File with the clinic's private escrow key.
    #[arg(long, value_name = "FILE", group = "key")]
    pub(crate) escrow_key_file: Option<PathBuf>,
    /// File with the new passphrase.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: PathBuf,
    /// A policy file in place of the system's.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct EraseArguments {
    /// The folder of the vault.
    #[arg(long, value_name = "DIR")]
    pub(crate) vault: PathBuf,
    /// File with the passphrase: with it, undelivered replies and a vault that is open elsewhere are noticed.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Yes, for good.
    #[arg(long, required = true)]
    pub(crate) yes: bool,
    /// Also when replies that were not delivered are lost, or when without a passphrase nobody knows.
    #[arg(long)]
    pub(crate) even_undelivered: bool,
}
