//! `cargo xtask bench`: each figure beside the limit measured in the same run. A benchmark is an example called
//! `bench` of the crate it measures, so that it is compiled with the crate and cannot rot.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process;
use crate::project::{cargo, root};

/// Name on the command line and crate.
const BENCHES: [(&str, &str); 3] =
    [("triage", "inbox-triage"), ("vault", "inbox-vault"), ("sync", "inbox-sync")];

/// Runs the one named with `options` of its own, or all that exist.
pub(crate) fn run(name: Option<&str>, options: &[&str]) -> Result<ExitCode> {
    let existing: Vec<(&str, &str)> = BENCHES.into_iter().filter(|(_, package)| exists(package)).collect();
    let names: Vec<&str> = existing.iter().map(|(name, _)| *name).collect();
    let chosen: Vec<(&str, &str)> =
        existing.into_iter().filter(|(known, _)| name.is_none_or(|name| name == *known)).collect();
    if chosen.is_empty() {
        let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        bail!("no such benchmark; there are: {there}");
    }
    for (_, package) in chosen {
        let mut command = cargo();
        command
            .args(["run", "--release", "--quiet", "--package", package, "--example", "bench", "--"])
            .args(options);
        process::must(&mut command, Duration::from_secs(60 * 60))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn exists(package: &str) -> bool {
    let examples = root().join("crates").join(package).join("examples");
    examples.join("bench.rs").is_file() || examples.join("bench").is_dir()
}
