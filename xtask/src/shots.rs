//! `cargo xtask shots`: every screen in the real window, light and dark, English and German.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;

use crate::project::{binary, target_dir};
use crate::{builds, process};

/// Draws all screens, or the one named, into `target/shots`.
pub(crate) fn run(only: Option<&str>) -> Result<ExitCode> {
    builds::programs()?;
    let mut command = Command::new(binary("shots")?);
    command.arg(target_dir()?.join("shots"));
    command.args(only);
    process::must(&mut command, Duration::from_secs(20 * 60))?;
    Ok(ExitCode::SUCCESS)
}
