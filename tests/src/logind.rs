//! A login manager and a screensaver that do nothing but say what they are told to: python-dbusmock's templates, on the private
//! bus, which is the session's and the system's in one.

use crate::{Result, Running, Session};

const LOGIND: &str = "org.freedesktop.login1";
const ROOT: &str = "/org/freedesktop/login1";
const SESSION: &str = "org.freedesktop.login1.Session";
const SCREENSAVER: &str = "org.gnome.ScreenSaver";

/// Id of the desktop session in which programs of the rig run.
pub(crate) const SESSION_ID: &str = "rig1";

/// What happens to the desktop session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happens {
    /// logind asks the session to lock.
    Lock,
    /// The desktop says that it is locked.
    LockedHint,
    /// Another person's session comes to the front.
    UserSwitch,
    /// The workstation is about to sleep.
    Sleep,
    /// The screensaver begins.
    Screensaver,
}

impl Happens {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::Lock, Self::LockedHint, Self::UserSwitch, Self::Sleep, Self::Screensaver];
}

/// The two services.
#[derive(Debug)]
pub struct Logind {
    _logind: Running,
    _screensaver: Running,
}

impl Logind {
    pub(crate) fn start(session: &Session) -> Result<Self> {
        let mock = |name: &str, bus: &str, template: &str| {
            let mut command = session.command("/usr/bin/python3");
            command.args(["-m", "dbusmock", bus, "--template", template]);
            Running::start(name, &mut command, &session.home().log(name))
        };
        let logind = mock("logind", "--system", "logind")?;
        let screensaver = mock("screensaver", "--session", "gnome_screensaver")?;
        session.wait_for_name(LOGIND)?;
        session.wait_for_name(SCREENSAVER)?;
        let add = "org.freedesktop.DBus.Mock.AddSession";
        session.call(LOGIND, ROOT, add, &[SESSION_ID, "seat0", "1000", "adler", "true"])?;
        Ok(Self { _logind: logind, _screensaver: screensaver })
    }

    /// Lets it happen.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn happen(&self, session: &Session, what: Happens) -> Result<()> {
        self.say(session, what, true)
    }

    /// And ends it again.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn end(&self, session: &Session, what: Happens) -> Result<()> {
        self.say(session, what, false)
    }

    /// What is asked to be waited for before sleep, as the manager lists it.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn inhibitors(&self, session: &Session) -> Result<String> {
        session.call(LOGIND, ROOT, "org.freedesktop.login1.Manager.ListInhibitors", &[])
    }

    fn say(&self, session: &Session, what: Happens, begins: bool) -> Result<()> {
        let own = format!("{ROOT}/session/{SESSION_ID}");
        let emit = "org.freedesktop.DBus.Mock.EmitSignal";
        let value = format!("[<{begins}>]");
        let change = |name: &str, value: bool| {
            let changed = format!("{{'{name}': <{value}>}}");
            session.call(LOGIND, &own, "org.freedesktop.DBus.Mock.UpdateProperties", &[SESSION, &changed])
        };
        match what {
            Happens::Lock if begins => session.call(LOGIND, &own, emit, &[SESSION, "Lock", "", "@av []"]),
            Happens::Lock => session.call(LOGIND, &own, emit, &[SESSION, "Unlock", "", "@av []"]),
            Happens::LockedHint => change("LockedHint", begins),
            Happens::UserSwitch => change("Active", !begins),
            Happens::Sleep => {
                let manager = "org.freedesktop.login1.Manager";
                session.call(LOGIND, ROOT, emit, &[manager, "PrepareForSleep", "b", &value])
            }
            Happens::Screensaver => {
                let path = "/org/gnome/ScreenSaver";
                session.call(SCREENSAVER, path, emit, &[SCREENSAVER, "ActiveChanged", "b", &value])
            }
        }?;
        Ok(())
    }
}
