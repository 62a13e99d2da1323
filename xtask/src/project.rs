//! Where things are: the root of the checkout, the target folder, cargo's own description of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Features with which the app is built wherever its window is driven, and therefore everywhere in development: with
/// one set of features nothing is compiled twice.
pub(crate) const APP_FEATURES: &str = "anteroom/custom-protocol,anteroom/rig";

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    // Set by the outer `cargo run`; they would make cargo rebuild crates that look at them.
    command
        .env_remove("CARGO_MANIFEST_DIR")
        .env_remove("CARGO_PKG_NAME")
        .env_remove("RUSTUP_TOOLCHAIN_SOURCE");
    command
}

/// The answer of `cargo metadata --no-deps`.
pub(crate) fn metadata() -> Result<Value> {
    let output = cargo()
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .output()
        .context("cargo metadata could not be started")?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr).trim());
    serde_json::from_slice(&output.stdout).context("cargo metadata did not answer with JSON")
}

/// The target folder in force.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let metadata = metadata()?;
    let dir = metadata["target_directory"].as_str().context("cargo metadata names no target folder")?;
    Ok(PathBuf::from(dir))
}

/// A binary of a development build.
pub(crate) fn binary(name: &str) -> Result<PathBuf> {
    Ok(target_dir()?.join("debug").join(name))
}
