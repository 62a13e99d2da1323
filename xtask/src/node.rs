//! The Node side: installs from the lock file when it changed, builds the window's pages when they are older than
//! their sources.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::project::root;

/// `npm` in `ui`.
pub(crate) fn npm() -> Command {
    let mut command = Command::new("npm");
    command.current_dir(root().join("ui")).env("NO_UPDATE_NOTIFIER", "1").env("NO_COLOR", "1");
    command
}

/// Installs exactly what the lock file says, if the last installation was of another lock file.
pub(crate) fn install() -> Result<()> {
    if Command::new("npm").arg("--version").output().is_err() {
        bail!("npm is missing: install Node 20 or later");
    }
    let ui = root().join("ui");
    let lock = fs::read(ui.join("package-lock.json")).context("ui/package-lock.json cannot be read")?;
    let marker = ui.join("node_modules/.installed-package-lock.json");
    if fs::read(&marker).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    process::must(npm().args(["ci", "--no-audit", "--no-fund"]), Duration::from_secs(900))?;
    fs::write(marker, lock).context("the marker of the installation cannot be written")
}

/// Builds `ui/dist` when a source is newer. An unneeded build would make cargo embed the pages again.
pub(crate) fn build() -> Result<()> {
    let ui = root().join("ui");
    let built = fs::metadata(ui.join("dist/index.html")).and_then(|data| data.modified()).ok();
    let inputs =
        ["src", "messages", "public", "index.html", "package-lock.json", "vite.config.ts", "project.inlang"];
    let newest = inputs.iter().filter_map(|name| newest(&ui.join(name))).max();
    if built.is_some_and(|built| newest.is_some_and(|newest| newest < built)) {
        return Ok(());
    }
    process::must(npm().args(["run", "build"]), Duration::from_secs(300))?;
    Ok(())
}

/// The newest change in a file or folder; generated message functions and the message compiler's cache are no source.
fn newest(path: &Path) -> Option<SystemTime> {
    if path.ends_with("paraglide") || path.ends_with("cache") {
        return None;
    }
    if path.is_dir() {
        return fs::read_dir(path).ok()?.flatten().filter_map(|entry| newest(&entry.path())).max();
    }
    fs::metadata(path).and_then(|data| data.modified()).ok()
}
