//! System packages: what is missing is named, then installed with apt, as root or through sudo.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Debian and Ubuntu packages for building the window and for the rig (keyring, notifications, display, pictures).
const PACKAGES: [&str; 19] = [
    "build-essential",
    "dbus-x11",
    "dunst",
    "gnome-keyring",
    "libayatana-appindicator3-dev",
    "libdbus-1-dev",
    "libglib2.0-bin",
    "librsvg2-dev",
    "libsecret-tools",
    "libssl-dev",
    "libwebkit2gtk-4.1-dev",
    "openbox",
    "pkg-config",
    "python3-dbusmock",
    "scrot",
    "webkit2gtk-driver",
    "xauth",
    "xdotool",
    "xvfb",
];

/// Packages are missing and this user may not install them; holds the one line to run.
#[derive(Debug)]
pub(crate) struct NoRight(String);

impl std::fmt::Display for NoRight {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for NoRight {}

/// Installs what is missing. Says what before it does so.
pub(crate) fn install() -> Result<()> {
    let missing = missing()?;
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    println!("system packages to install: {list}");
    let Some(prefix) = right_to_install() else {
        bail!(NoRight(format!(
            "no right to install packages; run this once: sudo apt-get update && sudo apt-get install -y {list}"
        )));
    };
    apt(&prefix, &["update", "-q"])?;
    let mut arguments = vec!["install", "-y", "-q", "--no-install-recommends"];
    arguments.extend(missing);
    apt(&prefix, &arguments)
}

fn missing() -> Result<Vec<&'static str>> {
    let answer = Command::new("dpkg-query")
        .args(["-W", "-f", "${Package} ${db:Status-Abbrev}\n"])
        .args(PACKAGES)
        .stderr(Stdio::null())
        .output()
        .map_err(|_| {
            NoRight(format!("this is not Debian or Ubuntu; install by hand: {}", PACKAGES.join(" ")))
        })?;
    Ok(not_installed(&String::from_utf8_lossy(&answer.stdout)))
}

/// The packages that `dpkg-query -W` does not list as installed.
fn not_installed(listing: &str) -> Vec<&'static str> {
    let installed = |name: &str| {
        listing.lines().any(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(name) && words.next().is_some_and(|state| state.ends_with('i'))
        })
    };
    PACKAGES.into_iter().filter(|name| !installed(name)).collect()
}

/// Words to put before `apt-get`, or `None` without the right.
fn right_to_install() -> Option<Vec<&'static str>> {
    let uid = Command::new("id").arg("-u").output().ok()?;
    if String::from_utf8_lossy(&uid.stdout).trim() == "0" {
        return Some(Vec::new());
    }
    // Asks for a password only where somebody can type one.
    let asks: &[&str] =
        if std::io::IsTerminal::is_terminal(&std::io::stdin()) { &["-v"] } else { &["-n", "-v"] };
    let allowed = Command::new("sudo").args(asks).status().is_ok_and(|status| status.success());
    allowed.then(|| vec!["sudo"])
}

fn apt(prefix: &[&str], arguments: &[&str]) -> Result<()> {
    let mut words = prefix.to_vec();
    words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    words.extend(arguments);
    let (program, rest) = words.split_first().context("no program")?;
    let status = Command::new(program).args(rest).current_dir(Path::new("/")).status()?;
    ensure!(status.success(), "apt-get {} failed", arguments.first().unwrap_or(&""));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packages_in_the_installed_state_count() {
        let all: String = PACKAGES.iter().map(|name| format!("{name} ii \n")).collect();
        assert!(not_installed(&all).is_empty());
        let removed = all.replace("xvfb ii", "xvfb rc");
        assert_eq!(not_installed(&removed), ["xvfb"]);
        let absent = all.replace("dunst ii \n", "");
        assert_eq!(not_installed(&absent), ["dunst"]);
    }
}
