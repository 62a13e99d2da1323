//! A notification service that shows nothing, records everything and can press: python-dbusmock's template.

use std::path::PathBuf;
use std::time::Duration;

use crate::{Result, Running, Session, until};

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A notification as the program asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The number the service gave it, from 1.
    pub id: u32,
    /// The arguments of `Notify` as logged: name, icon, summary, body, actions, hints.
    pub arguments: String,
}

/// The recorder.
#[derive(Debug)]
pub struct Notifications {
    _service: Running,
    log: PathBuf,
}

impl Notifications {
    pub(crate) fn record(session: &Session) -> Result<Self> {
        let log = session.home().path().join("logs/notifications.txt");
        let mut command = session.command("/usr/bin/python3");
        command.args(["-m", "dbusmock", "--session", "--template", "notification_daemon", "-p"]);
        command.arg(r#"{"capabilities":"body actions persistence"}"#).arg("-l").arg(&log);
        let service = Running::start("dbusmock", &mut command, &session.home().log("dbusmock"))?;
        session.wait_for_name(SERVICE)?;
        Ok(Self { _service: service, log })
    }

    /// All so far, oldest first. A call that replaces an earlier notification is not counted again.
    pub fn shown(&self) -> Vec<Shown> {
        read(&std::fs::read_to_string(&self.log).unwrap_or_default())
    }

    /// Everything that was said to the service.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits for more than `known` notifications and gives the newest.
    ///
    /// # Errors
    /// When none comes in time.
    pub fn wait_beyond(&self, known: usize, limit: Duration) -> Result<Shown> {
        until("a notification", limit, || {
            let shown = self.shown();
            (shown.len() > known).then(|| shown.last().cloned()).flatten()
        })
    }

    /// Presses a notification.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn press(&self, session: &Session, id: u32) -> Result<()> {
        session.call(
            SERVICE,
            PATH,
            "org.freedesktop.DBus.Mock.EmitSignal",
            &[SERVICE, "ActionInvoked", "us", &format!("[<uint32 {id}>, <\"default\">]")],
        )?;
        Ok(())
    }
}

/// Reads the recorder's log: one line a call, `TIME Notify "NAME" REPLACES "ICON" ...`.
fn read(log: &str) -> Vec<Shown> {
    let mut shown = Vec::new();
    for line in log.lines() {
        let Some((_, call)) = line.split_once(" Notify ") else { continue };
        let replaces = call.split_whitespace().nth(1).and_then(|word| word.parse::<u32>().ok()).unwrap_or(0);
        if replaces == 0 {
            let id = u32::try_from(shown.len() + 1).unwrap_or(u32::MAX);
            shown.push(Shown { id, arguments: call.to_owned() });
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_once_each() {
        let log = "1.0 GetCapabilities\n1.1 Notify \"Anteroom\" 0 \"i\" \"A message\" \"\" [] {} -1\n\
                   1.2 Notify \"Anteroom\" 1 \"i\" \"A message\" \"\" [] {} 1\n1.3 CloseNotification 1\n";
        let shown = read(log);
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].id, 1);
        assert!(shown[0].arguments.contains("A message"));
    }
}
