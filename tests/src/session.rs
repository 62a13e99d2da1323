//! A login session: a home, a private message bus, and on it a keyring and a notification service or not.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::children::{Running, bound, built};
use crate::logind::SESSION_ID;
use crate::{Display, Home, Keyring, Logind, Notifications, Result, until, until_async};

/// A bus that starts no services by itself: a keyring prompt or a second keyring cannot appear behind a test's back.
const BUS_CONFIG: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>unix:path=@SOCKET@</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// One person's session. Fields are dropped in this order: what uses the bus before the bus, the bus before the home.
#[derive(Debug)]
pub struct Session {
    keyring: Option<Keyring>,
    notifications: Option<Notifications>,
    logind: Option<Logind>,
    display: Option<Display>,
    persons_display: Vec<(&'static str, OsString)>,
    bus: Running,
    home: Home,
}

impl Session {
    /// A session with a bus and nothing on it.
    ///
    /// # Errors
    /// When the bus does not start.
    pub fn bare() -> Result<Self> {
        let home = Home::new()?;
        let socket = home.path().join("run/bus");
        let config = home.file("bus.conf", &BUS_CONFIG.replace("@SOCKET@", &socket.to_string_lossy()))?;
        let mut command = bound("dbus-daemon");
        home.furnish(&mut command);
        command.arg("--nofork").arg("--nopidfile").arg("--config-file").arg(config);
        let bus = Running::start("dbus-daemon", &mut command, &home.log("bus"))?;
        until("socket of the private bus", Duration::from_secs(20), || socket.exists().then_some(()))?;
        Ok(Self {
            keyring: None,
            notifications: None,
            logind: None,
            display: None,
            persons_display: Vec::new(),
            bus,
            home,
        })
    }

    /// A session with an unlocked keyring.
    ///
    /// # Errors
    /// When the bus or the keyring does not start.
    pub fn with_keyring() -> Result<Self> {
        let mut session = Self::bare()?;
        session.start_keyring()?;
        Ok(session)
    }

    /// The home.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// A command in this session. Its process ends with ours.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = bound(program);
        self.home.furnish(&mut command);
        let bus = format!("unix:path={}", self.home.path().join("run/bus").display());
        // The system's bus too: a lock of the person's own desktop must not reach a program of the rig.
        command.env("DBUS_SESSION_BUS_ADDRESS", &bus).env("DBUS_SYSTEM_BUS_ADDRESS", bus);
        command.env("XDG_SESSION_ID", SESSION_ID);
        if let Some(display) = &self.display {
            command.env("DISPLAY", display.name());
        }
        command.envs(self.persons_display.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts a program of this workspace in this session.
    ///
    /// # Errors
    /// When it is not built or does not start.
    pub fn start(&self, program: &str, arguments: &[&str]) -> Result<Running> {
        let mut command = self.command(built(program)?);
        command.args(arguments);
        Running::start(program, &mut command, &self.home.log(program))
    }

    /// Writes down what goes over the session's bus, from now on.
    ///
    /// # Errors
    /// When the monitor is not installed.
    pub fn listen_to_bus(&self) -> Result<Running> {
        let mut command = self.command("dbus-monitor");
        Running::start("dbus-monitor", command.arg("--session"), &self.home.log("bus"))
    }

    /// Puts a keyring with an open login collection on the bus.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn start_keyring(&mut self) -> Result<()> {
        self.keyring = Some(Keyring::unlocked(self)?);
        Ok(())
    }

    /// Locks the keyring, as a desktop does on the session's lock.
    ///
    /// # Errors
    /// When there is none, or it refuses.
    pub fn lock_keyring(&self) -> Result<()> {
        self.keyring.as_ref().ok_or("no keyring is running")?;
        Keyring::lock(self)
    }

    /// The keyring answers nothing any more, as while a prompt waits for somebody who has left.
    ///
    /// # Errors
    /// When there is none.
    pub fn freeze_keyring(&self) -> Result<()> {
        self.keyring.as_ref().ok_or("no keyring is running")?.freeze()
    }

    /// Replaces the keyring by a service without a login collection, as before a first login.
    ///
    /// # Errors
    /// When the new one does not answer in time.
    pub fn keyring_without_collection(&mut self) -> Result<()> {
        self.forget_keyring()?;
        self.keyring = Some(Keyring::locked(self)?);
        Ok(())
    }

    /// Takes the keyring off the bus. Its files stay.
    pub fn stop_keyring(&mut self) {
        self.keyring = None;
    }

    /// Replaces the keyring by an empty one, as on another machine or after a reset.
    ///
    /// # Errors
    /// When the new one does not answer in time.
    pub fn empty_keyring(&mut self) -> Result<()> {
        self.forget_keyring()?;
        self.start_keyring()
    }

    fn forget_keyring(&mut self) -> Result<()> {
        self.keyring = None;
        for dir in ["data/keyrings", "run/keyring"] {
            let dir = self.home.path().join(dir);
            if dir.exists() {
                fs::remove_dir_all(dir)?;
            }
        }
        Ok(())
    }

    /// Puts a notification service on the bus that shows nothing and records everything.
    ///
    /// # Errors
    /// When it does not answer in time.
    pub fn record_notifications(&mut self) -> Result<()> {
        self.notifications = Some(Notifications::record(self)?);
        Ok(())
    }

    /// Puts a login manager and a screensaver on the bus.
    ///
    /// # Errors
    /// When one does not answer in time.
    pub fn start_logind(&mut self) -> Result<()> {
        self.logind = Some(Logind::start(self)?);
        Ok(())
    }

    /// The login manager of this session.
    ///
    /// # Errors
    /// When none was started.
    pub fn logind(&self) -> Result<&Logind> {
        self.logind.as_ref().ok_or_else(|| "no login manager is running".into())
    }

    /// The notifications of this session.
    ///
    /// # Errors
    /// When none are recorded.
    pub fn notifications(&self) -> Result<&Notifications> {
        self.notifications.as_ref().ok_or_else(|| "notifications are not recorded".into())
    }

    /// Opens a display without a screen.
    ///
    /// # Errors
    /// When it does not start.
    pub fn open_display(&mut self) -> Result<()> {
        self.display = Some(Display::open(&self.home)?);
        Ok(())
    }

    /// Lets the window open on the display of the person who runs us, in her language.
    pub fn use_persons_display(&mut self) {
        let names =
            ["DISPLAY", "XAUTHORITY", "LANG", "LC_ALL", "LC_MESSAGES", "TZ", "XCURSOR_THEME", "XCURSOR_SIZE"];
        self.persons_display =
            names.into_iter().filter_map(|name| Some((name, env::var_os(name)?))).collect();
        // Both are looked for in folders of hers that are no longer named in our environment.
        if env::var_os("XAUTHORITY").is_none()
            && let Some(home) = env::home_dir()
        {
            self.persons_display.push(("XAUTHORITY", home.join(".Xauthority").into()));
        }
        if let (Some(socket), Some(dir)) = (env::var_os("WAYLAND_DISPLAY"), env::var_os("XDG_RUNTIME_DIR")) {
            self.persons_display.push(("WAYLAND_DISPLAY", PathBuf::from(dir).join(socket).into()));
        }
    }

    /// Puts a notification service on the bus that shows them on the display.
    ///
    /// # Errors
    /// When it does not appear on the bus.
    pub fn show_notifications(&self) -> Result<Running> {
        let dunst = Running::start("dunst", &mut self.command("dunst"), &self.home.log("dunst"))?;
        self.wait_for_name("org.freedesktop.Notifications")?;
        Ok(dunst)
    }

    /// The display.
    ///
    /// # Errors
    /// When none was opened.
    pub fn display(&self) -> Result<&Display> {
        self.display.as_ref().ok_or_else(|| "no display is open".into())
    }

    /// Waits until a name is owned on the bus. Waits and does not call: a call could start a second service.
    pub(crate) fn wait_for_name(&self, name: &str) -> Result<()> {
        let mut command = self.command("gdbus");
        command.args(["wait", "--session", "--timeout", "20", name]);
        let mut waiting = Running::start("gdbus", &mut command, &self.home.log("gdbus-wait"))?;
        if waiting.wait(Duration::from_secs(25))? {
            return Ok(());
        }
        Err(format!("{name} did not appear on the bus: {}", waiting.output()).into())
    }

    /// Waits until nobody owns a name on the bus.
    pub(crate) async fn wait_until_free(&self, name: &str) -> Result<()> {
        let bus = "org.freedesktop.DBus";
        until_async(&format!("nobody owning {name}"), Duration::from_secs(30), || async {
            let owned =
                self.call(bus, "/org/freedesktop/DBus", "org.freedesktop.DBus.NameHasOwner", &[name]).ok()?;
            owned.contains("false").then_some(())
        })
        .await
    }

    /// Calls a method on the bus.
    pub(crate) fn call(
        &self,
        destination: &str,
        path: &str,
        method: &str,
        arguments: &[&str],
    ) -> Result<String> {
        let mut command = self.command("gdbus");
        command.args(["call", "--session", "--timeout", "20", "-d", destination, "-o", path, "-m", method]);
        command.args(arguments);
        let output = command.output()?;
        if !output.status.success() {
            return Err(format!("{method}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Whether the bus still runs.
    pub fn is_alive(&mut self) -> bool {
        self.bus.is_running()
    }
}
