//! A real gnome-keyring in a temporary home (SECURITY.md, "Rigs").

use std::fs::File;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::{Result, Running, Session};

const SERVICE: &str = "org.freedesktop.secrets";
const PASSWORD: &str = "rig";

/// The daemon, ended on drop.
#[derive(Debug)]
pub struct Keyring {
    daemon: Running,
}

impl Keyring {
    /// A keyring whose login collection is open; made on first use.
    pub(crate) fn unlocked(session: &Session) -> Result<Self> {
        Self::start(session, &["--unlock"])
    }

    /// A keyring whose collections stay locked; it has none in a new home.
    pub(crate) fn locked(session: &Session) -> Result<Self> {
        Self::start(session, &[])
    }

    /// Stops the process without ending it.
    pub(crate) fn freeze(&self) -> Result<()> {
        let status = Command::new("kill").args(["-STOP", &self.daemon.id().to_string()]).status()?;
        if status.success() { Ok(()) } else { Err("the keyring could not be stopped".into()) }
    }

    fn start(session: &Session, further: &[&str]) -> Result<Self> {
        let log = session.home().log("keyring");
        let out = File::create(&log)?;
        let mut child = session
            .command("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(further)
            .stdin(Stdio::piped())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        let typed = child.stdin.take().ok_or("no way to type the password")?.write_all(PASSWORD.as_bytes());
        let daemon = Running::adopt("gnome-keyring-daemon", child, &log);
        typed?;
        session.wait_for_name(SERVICE)?;
        Ok(Self { daemon })
    }

    /// Locks the login collection.
    pub(crate) fn lock(session: &Session) -> Result<()> {
        let collections = "[objectpath '/org/freedesktop/secrets/collection/login']";
        session.call(
            SERVICE,
            "/org/freedesktop/secrets",
            "org.freedesktop.Secret.Service.Lock",
            &[collections],
        )?;
        Ok(())
    }
}
