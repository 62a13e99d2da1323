//! The rig itself: what the other tests stand on.

use std::time::Duration;

use anteroom_tests::Session;

fn secret_tool(session: &Session, arguments: &[&str]) -> std::process::Output {
    session.command("timeout").args(["20", "secret-tool"]).args(arguments).output().unwrap()
}

fn store(session: &Session) -> bool {
    let mut command = session.command("sh");
    command.args(["-c", "printf geheim | timeout 20 secret-tool store --label=rig kind rig"]);
    command.status().unwrap().success()
}

#[test]
fn the_keyring_keeps_locks_and_can_be_absent() {
    let mut session = Session::with_keyring().unwrap();
    assert!(store(&session));
    assert_eq!(secret_tool(&session, &["lookup", "kind", "rig"]).stdout, b"geheim");
    session.lock_keyring().unwrap();
    assert!(secret_tool(&session, &["lookup", "kind", "rig"]).stdout.is_empty());
    session.stop_keyring();
    session.start_keyring().unwrap();
    assert_eq!(secret_tool(&session, &["lookup", "kind", "rig"]).stdout, b"geheim");
    session.empty_keyring().unwrap();
    assert!(secret_tool(&session, &["lookup", "kind", "rig"]).stdout.is_empty());
    session.stop_keyring();
    assert!(!secret_tool(&session, &["lookup", "kind", "rig"]).status.success());
}

#[test]
fn notifications_are_recorded() {
    let mut session = Session::bare().unwrap();
    session.record_notifications().unwrap();
    let sent = session
        .command("gdbus")
        .args([
            "call",
            "--session",
            "-d",
            "org.freedesktop.Notifications",
            "-o",
            "/org/freedesktop/Notifications",
        ])
        .args([
            "-m",
            "org.freedesktop.Notifications.Notify",
            "Anteroom",
            "0",
            "icon",
            "One sentence",
            "",
            "[]",
            "{}",
        ])
        .arg("--")
        .arg("-1")
        .output()
        .unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let shown = session.notifications().unwrap().wait_beyond(0, Duration::from_secs(10)).unwrap();
    assert_eq!(shown.id, 1);
    assert!(shown.arguments.contains("One sentence"), "{}", shown.arguments);
    session.notifications().unwrap().press(&session, shown.id).unwrap();
}

#[test]
fn a_display_gives_pictures() {
    let mut session = Session::bare().unwrap();
    session.open_display().unwrap();
    let file = session.home().path().join("picture.png");
    session.display().unwrap().picture(&file).unwrap();
    let bytes = std::fs::read(file).unwrap();
    assert_eq!(&bytes[1..4], b"PNG");
    // Width and height stand at fixed places of the header.
    assert_eq!(u32::from_be_bytes(bytes[16..20].try_into().unwrap()), 1440);
    assert_eq!(u32::from_be_bytes(bytes[20..24].try_into().unwrap()), 900);
}
