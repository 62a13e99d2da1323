//! `cargo xtask demo`: builds all programs and hands over to the rig's `demo` program.

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::builds;
use crate::project::binary;

/// Runs the demo; `shot` names the picture to write instead of opening a window for a person.
pub(crate) fn run(shot: Option<&str>) -> Result<ExitCode> {
    builds::programs()?;
    let mut command = Command::new(binary("demo")?);
    if let Some(file) = shot {
        command.arg("--shot").arg(std::path::absolute(Path::new(file))?);
    }
    // Not limited in time: a person decides when the demo ends. The picture has its own limits in the rig.
    let status = command.status().context("the demo program could not be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
