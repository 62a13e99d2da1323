//! A real gnome-keyring in a temporary home (SECURITY.md, "Rigs").

use std::fs::File;
use std::io::Write;
use std::process::Stdio;

use crate::{Result, Running, Session};

const SERVICE: &str = "org.freedesktop.secrets";
const PASSWORD: &str = "rig";

/// The daemon, ended on drop.
#[derive(Debug)]
pub struct Keyring {
    _daemon: Running,
}

impl Keyring {
    /// A keyring whose login collection is open; made on first use.
    pub(crate) fn unlocked(session: &Session) -> Result<Self> {
        let log = session.home().log("keyring");
        let out = File::create(&log)?;
        let mut child = session
            .command("gnome-keyring-daemon")
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()?;
        let typed = child.stdin.take().ok_or("no way to type the password")?.write_all(PASSWORD.as_bytes());
        let daemon = Running::adopt("gnome-keyring-daemon", child, &log);
        typed?;
        session.wait_for_name(SERVICE)?;
        Ok(Self { _daemon: daemon })
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
