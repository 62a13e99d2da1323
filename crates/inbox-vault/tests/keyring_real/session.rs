//! A private D-Bus session with or without a gnome-keyring, as SECURITY.md's "Rigs" describes it.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

const STEP: &str = "ANTEROOM_KEYRING_STEP";
const HOME: &str = "ANTEROOM_KEYRING_HOME";

/// The step that this process was started for, with the home of its test; `None` in the test itself.
pub(crate) fn step() -> Option<(String, PathBuf)> {
    Some((std::env::var(STEP).ok()?, PathBuf::from(std::env::var_os(HOME)?)))
}

/// A fresh home that outlives its sessions.
pub(crate) struct Home(TempDir);

impl Home {
    /// Brings the vault and its recovery code here from another machine.
    pub(crate) fn copy_vault_from(&self, other: &Self) {
        fs::create_dir(self.0.path().join("vault")).unwrap();
        for entry in fs::read_dir(other.0.path().join("vault")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, self.0.path().join("vault").join(path.file_name().unwrap())).unwrap();
        }
        fs::copy(other.0.path().join("code"), self.0.path().join("code")).unwrap();
    }

    /// Forgets the keyring's files: the service then has no login collection.
    pub(crate) fn forget_keyrings(&self) {
        for folder in ["data/keyrings", ".local/share/keyrings"] {
            let _ = fs::remove_dir_all(self.0.path().join(folder));
        }
    }

    pub(crate) fn new() -> Self {
        let home = TempDir::new().unwrap();
        fs::create_dir(home.path().join("data")).unwrap();
        Self(home)
    }
}

/// One login: its own runtime folder and bus.
pub(crate) struct Session<'a> {
    home: &'a Path,
    runtime: TempDir,
    address: String,
    /// Ended in reverse order of their start.
    daemons: Vec<Child>,
}

impl<'a> Session<'a> {
    /// A session whose bus starts no service by itself.
    pub(crate) fn start(home: &'a Home) -> Self {
        let mut session = Self::without_bus(home);
        let config = session.runtime.path().join("bus.conf");
        let text = format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
             \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
             <busconfig><type>session</type><listen>unix:dir={}</listen><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>\
             </policy></busconfig>",
            session.runtime.path().display()
        );
        fs::write(&config, text).unwrap();
        let mut bus = session
            .command("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--nopidfile", "--print-address=1"])
            .stdout(Stdio::piped())
            // It complains about limits that a container does not let it raise.
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon (package dbus-daemon) is needed");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        session.address = address.trim().to_owned();
        session.daemons.push(bus);
        session
    }

    /// A session in which nobody listens where the bus should be.
    pub(crate) fn without_bus(home: &'a Home) -> Self {
        let runtime = TempDir::new().unwrap();
        let address = format!("unix:path={}", runtime.path().join("nobody").display());
        Self { home: home.0.path(), runtime, address, daemons: Vec::new() }
    }

    /// Starts a gnome-keyring, its login collection unlocked or left locked.
    pub(crate) fn with_keyring(mut self, unlocked: bool) -> Self {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        if unlocked {
            command.arg("--unlock");
        }
        let mut keyring = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon (package gnome-keyring) is needed");
        keyring.stdin.take().unwrap().write_all(b"login password").unwrap();
        self.daemons.push(keyring);
        // Waits and does not call: a call would ask the bus for a service of its own.
        let there = self
            .command("gdbus")
            .args(["wait", "--session", "--timeout", "20", "org.freedesktop.secrets"])
            .status()
            .expect("gdbus (package libglib2.0-bin) is needed");
        assert!(there.success(), "the keyring did not come up");
        self
    }

    /// The keyring answers nothing any more, as while a prompt waits for somebody who has left.
    pub(crate) fn frozen(self) -> Self {
        let keyring = self.daemons.last().expect("a keyring").id().to_string();
        let stopped = Command::new("kill").args(["-STOP", &keyring]).status().unwrap();
        assert!(stopped.success());
        self
    }

    /// Runs a step of `test` in a process of its own in this session; it must succeed.
    pub(crate) fn run(&self, test: &str, step: &str) {
        let output = self
            .command(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(STEP, step)
            .env(HOME, self.home)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "step {step}: {text}\n{said}");
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("HOME", self.home)
            .env("XDG_DATA_HOME", self.home.join("data"))
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("GNOME_KEYRING_CONTROL");
        command
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}
