//! `cargo xtask bench`: each figure beside the limit measured in the same run. A benchmark is an
//! example of the crate it measures, so that it is compiled with the crate and cannot rot.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::process;
use crate::project::cargo;

/// Name on the command line, crate, its example, and features that it needs.
const BENCHES: [(&str, &str, &str, &str); 6] = [
    ("hours", "inbox-domain", "bench_hours", ""),
    ("triage", "inbox-triage", "bench_triage", ""),
    ("sync", "inbox-sync", "bench_sync", ""),
    ("lock", "inbox-app", "bench_lock", ""),
    ("scale", "inbox-sync", "scale", ""),
    ("search", "inbox-vault", "bench_search", "rig"),
];

/// Runs the one named with `options` of its own, or all that exist.
pub(crate) fn run(name: Option<&str>, options: &[&str]) -> Result<ExitCode> {
    let chosen: Vec<_> =
        BENCHES.into_iter().filter(|(known, ..)| name.is_none_or(|name| name == *known)).collect();
    if chosen.is_empty() {
        let names = BENCHES.map(|(name, ..)| name).join(", ");
        bail!("no such benchmark; there are: {names}");
    }
    for (_, package, example, features) in chosen {
        let mut command = cargo();
        command
            .args([
                "run",
                "--release",
                "--quiet",
                "--package",
                package,
                "--example",
                example,
                "--features",
                features,
                "--",
            ])
            .args(options);
        process::must(&mut command, Duration::from_secs(60 * 60))?;
    }
    Ok(ExitCode::SUCCESS)
}
