//! Follows the desktop session: it is locked, its screensaver begins, another person's session comes to the front, or the
//! workstation goes to sleep. Each locks the vault. Some desktops say none of it; idleness is the backstop.
//!
//! Signals are taken from whoever sends them: the worst that a false one does is to lock.

use std::{thread, time::Duration};

use inbox_app::dto::LockReason;
use tauri::AppHandle;
use zbus::{
    blocking::{Connection, MessageIterator, Proxy, fdo::DBusProxy},
    message::Type,
    zvariant::{OwnedFd, OwnedObjectPath, OwnedValue},
};

use crate::locking;

const LOGIND: &str = "org.freedesktop.login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";

/// Who says `ActiveChanged` when the screen is locked or blanked.
const SCREENSAVERS: [&str; 6] = [
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.kde.screensaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
    "org.xfce.ScreenSaver",
];

/// A bus that went away is looked for again after this time.
const AGAIN: Duration = Duration::from_secs(30);

/// Follows both buses until the program ends.
pub(crate) fn follow(handle: &AppHandle) {
    start("logind", handle.clone(), follow_logind);
    start("screensaver", handle.clone(), follow_screensaver);
}

fn start(name: &'static str, handle: AppHandle, follow: fn(&AppHandle) -> zbus::Result<()>) {
    let run = move || {
        let mut said = false;
        loop {
            if follow(&handle).is_err() && !said {
                tracing::info!(event = "not_followed", kind = name);
                said = true;
            }
            thread::sleep(AGAIN);
        }
    };
    if thread::Builder::new().name(name.to_owned()).spawn(run).is_err() {
        tracing::error!(code = "no_thread");
    }
}

fn follow_screensaver(handle: &AppHandle) -> zbus::Result<()> {
    let bus = Connection::session()?;
    let rule = zbus::MatchRule::builder().msg_type(Type::Signal).member("ActiveChanged")?.build();
    DBusProxy::new(&bus)?.add_match_rule(rule)?;
    for message in MessageIterator::from(&bus) {
        let message = message?;
        let header = message.header();
        let known = header.interface().is_some_and(|name| SCREENSAVERS.contains(&name.as_str()));
        let active = header.member().is_some_and(|name| name == "ActiveChanged");
        if known && active && message.body().deserialize::<bool>().unwrap_or(false) {
            locking::lock_because(handle, LockReason::Session);
        }
    }
    Ok(())
}

fn follow_logind(handle: &AppHandle) -> zbus::Result<()> {
    let bus = Connection::system()?;
    let manager = Proxy::new(&bus, LOGIND, "/org/freedesktop/login1", MANAGER)?;
    let own = own_session(&bus, &manager)?;
    let rule = zbus::MatchRule::builder().msg_type(Type::Signal).sender(LOGIND)?.build();
    DBusProxy::new(&bus)?.add_match_rule(rule)?;
    let mut delay = inhibit(&manager);
    for message in MessageIterator::from(&bus) {
        let message = message?;
        let header = message.header();
        let (Some(interface), Some(member), Some(path)) =
            (header.interface(), header.member(), header.path())
        else {
            continue;
        };
        let of_own = path.as_str() == own.as_str();
        match (interface.as_str(), member.as_str()) {
            (SESSION, "Lock") if of_own => locking::lock_because(handle, LockReason::Session),
            ("org.freedesktop.DBus.Properties", "PropertiesChanged") if of_own => {
                if let Some(reason) = reason_of_change(&message) {
                    locking::lock_because(handle, reason);
                }
            }
            (MANAGER, "PrepareForSleep") => {
                if message.body().deserialize::<bool>().unwrap_or(false) {
                    locking::lock_because(handle, LockReason::Suspend);
                    // Given back only now: the workstation sleeps when the vault is closed.
                    drop(delay.take());
                } else {
                    delay = inhibit(&manager);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The session in which this program runs. A program that the desktop starts as a service of the person belongs to none by
/// itself; then it is the one that she sees.
fn own_session(bus: &Connection, manager: &Proxy<'_>) -> zbus::Result<OwnedObjectPath> {
    if let Some(id) = std::env::var("XDG_SESSION_ID").ok().filter(|id| !id.is_empty()) {
        return manager.call("GetSession", &id);
    }
    if let Ok(found) = manager.call("GetSessionByPID", &std::process::id()) {
        return Ok(found);
    }
    let auto = Proxy::new(bus, LOGIND, "/org/freedesktop/login1/session/auto", SESSION)?;
    let id: String = auto.get_property("Id")?;
    manager.call("GetSession", &id)
}

/// Asks to be waited for before the workstation sleeps.
fn inhibit(manager: &Proxy<'_>) -> Option<OwnedFd> {
    let asked = manager.call("Inhibit", &("sleep", "Anteroom", "Locks the vault", "delay"));
    if asked.is_err() {
        tracing::warn!(code = "sleep_not_delayed");
    }
    asked.ok()
}

/// What a change of the session's properties means for the vault.
fn reason_of_change(message: &zbus::Message) -> Option<LockReason> {
    type Changed = (String, std::collections::HashMap<String, OwnedValue>, Vec<String>);
    let (interface, changed, _): Changed = message.body().deserialize().ok()?;
    if interface != SESSION {
        return None;
    }
    let is = |name: &str, wanted: bool| {
        changed.get(name).is_some_and(|value| bool::try_from(value).is_ok_and(|value| value == wanted))
    };
    if is("LockedHint", true) {
        Some(LockReason::Session)
    } else if is("Active", false) {
        Some(LockReason::UserSwitch)
    } else {
        None
    }
}
