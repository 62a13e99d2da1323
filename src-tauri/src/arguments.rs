//! The command line of the window. No secret is taken as an argument.

use std::path::PathBuf;

/// Anteroom, the desktop inbox for secure messages of psychiatric patients.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "anteroom", version)]
pub(crate) struct Arguments {
    /// The folder that holds the vaults of this workstation.
    #[arg(long, value_name = "DIR")]
    pub(crate) vaults: Option<PathBuf>,

    /// The vault proposed on the unlock page, by name.
    #[arg(long, value_name = "NAME")]
    pub(crate) vault: Option<String>,

    /// Say in the window that this is the sample clinic.
    #[arg(long)]
    pub(crate) demo: bool,

    /// Print one line `painted` when the window has painted its list.
    #[arg(long)]
    pub(crate) report_painted: bool,

    /// Open the vault with the passphrase in this file (demo and tests).
    #[cfg(feature = "rig")]
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,

    /// The clinic's policy in place of the system's (demo and tests).
    #[cfg(feature = "rig")]
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// Lock after so many seconds without a touch, instead of the clinic's time (tests).
    #[cfg(feature = "rig")]
    #[arg(long, value_name = "SECONDS")]
    pub(crate) idle_seconds: Option<u64>,

    /// Write ui/src/lib/ipc/bindings.ts and end.
    #[cfg(debug_assertions)]
    #[arg(long)]
    pub(crate) write_bindings: bool,
}
