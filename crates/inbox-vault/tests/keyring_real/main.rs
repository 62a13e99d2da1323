//! The vault on a real gnome-keyring, in a private D-Bus session and a fresh home.
//!
//! The keyring crate connects once a process and for good, so each step runs in a process of its own: a test starts its
//! session, then this same binary again for each step, told by the environment which one. The daemons are children of the
//! test and ended by their ids.

#![expect(clippy::unwrap_used, reason = "a test says by panicking what went wrong")]

mod session;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use inbox_vault::{CreateOptions, DeviceSecrets as _, KeyState, Keyring, Vault, VaultError};
use secrecy::{ExposeSecret as _, SecretString};
use session::{Home, Session, step};

const PASSPHRASE: &str = "a passphrase for the rig";

fn passphrase() -> SecretString {
    SecretString::from(PASSPHRASE)
}

/// All files of the vault with their bytes.
fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn create(home: &Path) {
    let options = CreateOptions {
        dir: home.join("vault"),
        name: "Dr. A".into(),
        passphrase: passphrase(),
        keyring: true,
    };
    let created = Vault::create(&options).unwrap();
    fs::write(home.join("code"), created.recovery_code.expose_secret()).unwrap();
    created.vault.close();
}

fn opens(home: &Path) {
    let dir = home.join("vault");
    assert_eq!(Vault::key_state(&dir), KeyState::Ready);
    let vault = Vault::open(&dir, &passphrase()).unwrap();
    assert!(vault.verify().unwrap().ok);
    let wrong = Vault::open(&dir, &SecretString::from("not the passphrase"));
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase { .. })));
    Vault::open(&dir, &passphrase()).unwrap().close();
}

fn delete_entry(home: &Path) {
    let header: serde_json::Value =
        serde_json::from_slice(&fs::read(home.join("vault/header.json")).unwrap()).unwrap();
    Keyring::default().delete(header["device_entry"].as_str().unwrap()).unwrap();
}

/// The key cannot be had in one of the `wanted` ways, in time, and nothing on disk changes.
fn refuses(home: &Path, wanted: &[KeyState]) {
    let dir = home.join("vault");
    let before = files(&dir);
    let start = Instant::now();
    let state = Vault::key_state(&dir);
    assert!(wanted.contains(&state), "{state:?}");
    match Vault::open(&dir, &passphrase()) {
        Err(VaultError::Key(state)) => assert!(wanted.contains(&state), "{state:?}"),
        other => panic!("opened or failed otherwise: {other:?}"),
    }
    let again = CreateOptions { dir: dir.clone(), name: "B".into(), passphrase: passphrase(), keyring: true };
    assert!(matches!(Vault::create(&again), Err(VaultError::AlreadyExists)));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
    assert_eq!(files(&dir), before);
}

/// Nothing is made where the keyring does not take the device secret.
fn makes_nothing(home: &Path) {
    let dir = home.join("second");
    let options =
        CreateOptions { dir: dir.clone(), name: "B".into(), passphrase: passphrase(), keyring: true };
    assert!(matches!(Vault::create(&options), Err(VaultError::Key(_))));
    assert_eq!(files(&dir), []);
}

fn recovers(home: &Path) {
    let dir = home.join("vault");
    let code = SecretString::from(fs::read_to_string(home.join("code")).unwrap());
    Vault::recover(&dir, &code, &SecretString::from("another passphrase")).unwrap().close();
    assert!(matches!(Vault::open(&dir, &passphrase()), Err(VaultError::WrongPassphrase { .. })));
    Vault::open(&dir, &SecretString::from("another passphrase")).unwrap().close();
}

#[test]
fn an_unlocked_keyring_opens_and_a_lost_entry_is_key_missing() {
    if let Some((step, home)) = step() {
        return match step.as_str() {
            "create" => create(&home),
            "open" => opens(&home),
            "delete" => delete_entry(&home),
            "missing" => refuses(&home, &[KeyState::KeyMissing]),
            _ => recovers(&home),
        };
    }
    let home = Home::new();
    let session = Session::start(&home).with_keyring(true);
    for step in ["create", "open", "delete", "missing", "recover"] {
        session.run("an_unlocked_keyring_opens_and_a_lost_entry_is_key_missing", step);
    }
}

#[test]
fn a_locked_keyring_is_said_in_time() {
    if let Some((step, home)) = step() {
        return match step.as_str() {
            "create" => create(&home),
            _ => {
                refuses(&home, &[KeyState::KeyringLocked, KeyState::KeyringSilent]);
                makes_nothing(&home);
            }
        };
    }
    let home = Home::new();
    Session::start(&home).with_keyring(true).run("a_locked_keyring_is_said_in_time", "create");
    Session::start(&home).with_keyring(false).run("a_locked_keyring_is_said_in_time", "locked");
}

#[test]
fn no_bus_and_no_service_are_no_keyring() {
    if let Some((step, home)) = step() {
        return match step.as_str() {
            "create" => create(&home),
            _ => {
                refuses(&home, &[KeyState::NoKeyring]);
                makes_nothing(&home);
            }
        };
    }
    let home = Home::new();
    Session::start(&home).with_keyring(true).run("no_bus_and_no_service_are_no_keyring", "create");
    Session::start(&home).run("no_bus_and_no_service_are_no_keyring", "no service");
    Session::without_bus(&home).run("no_bus_and_no_service_are_no_keyring", "no bus");
}

#[test]
fn a_service_without_a_login_collection_is_key_missing_and_takes_nothing() {
    const TEST: &str = "a_service_without_a_login_collection_is_key_missing_and_takes_nothing";
    if let Some((step, home)) = step() {
        return match step.as_str() {
            "create" => create(&home),
            _ => {
                refuses(&home, &[KeyState::KeyMissing]);
                makes_nothing(&home);
                let code = SecretString::from(fs::read_to_string(home.join("code")).unwrap());
                let before = files(&home.join("vault"));
                let recovered = Vault::recover(&home.join("vault"), &code, &passphrase());
                assert!(matches!(recovered, Err(VaultError::Key(_))), "{recovered:?}");
                assert_eq!(files(&home.join("vault")), before);
            }
        };
    }
    let home = Home::new();
    Session::start(&home).with_keyring(true).run(TEST, "create");
    home.forget_keyrings();
    Session::start(&home).with_keyring(false).run(TEST, "no collection");
}

#[test]
fn a_keyring_that_does_not_answer_is_said_to_be_silent_in_time() {
    const TEST: &str = "a_keyring_that_does_not_answer_is_said_to_be_silent_in_time";
    if let Some((step, home)) = step() {
        return match step.as_str() {
            "create" => create(&home),
            _ => refuses(&home, &[KeyState::KeyringSilent]),
        };
    }
    let home = Home::new();
    Session::start(&home).with_keyring(true).run(TEST, "create");
    Session::start(&home).with_keyring(true).frozen().run(TEST, "silent");
}

/// Everything that changes keys, on the real keyring: no entry but the present one stays behind, and none after erasing.
#[test]
fn passphrase_pin_rekey_and_erase_keep_the_keyring_tidy() {
    const TEST: &str = "passphrase_pin_rekey_and_erase_keep_the_keyring_tidy";
    if let Some((step, home)) = step() {
        let dir = home.join("vault");
        let entry = || {
            let header: serde_json::Value =
                serde_json::from_slice(&fs::read(dir.join("header.json")).unwrap()).unwrap();
            header["device_entry"].as_str().unwrap().to_owned()
        };
        return match step.as_str() {
            "create" => create(&home),
            "change" => {
                let (old, new) = (entry(), SecretString::from("another passphrase"));
                Vault::change_passphrase(&dir, &passphrase(), &new).unwrap();
                assert!(Keyring::default().get(&old).is_err(), "the old secret is gone");
                assert!(Keyring::default().get(&entry()).is_ok());
                let pin = SecretString::from("271828");
                Vault::set_pin(&dir, &new, Some(&pin)).unwrap();
                Vault::open_with_pin(&dir, &pin).unwrap().close();
                let wrong = Vault::open_with_pin(&dir, &SecretString::from("314159"));
                assert!(matches!(wrong, Err(VaultError::WrongPin { tries_left: 4 })));
                let code = Vault::rekey(&dir, &new).unwrap();
                Vault::confirm_recovery_code(&dir, &code).unwrap();
                let vault = Vault::open(&dir, &new).unwrap();
                assert!(vault.verify().unwrap().ok);
                vault.close();
                fs::write(home.join("entry"), entry()).unwrap();
            }
            _ => {
                let erased =
                    Vault::erase(&dir, Some(&SecretString::from("another passphrase")), false).unwrap();
                assert!(erased.keyring && erased.folder);
                let entry = fs::read_to_string(home.join("entry")).unwrap();
                assert!(Keyring::default().get(&entry).is_err());
            }
        };
    }
    let home = Home::new();
    let session = Session::start(&home).with_keyring(true);
    for step in ["create", "change", "erase"] {
        session.run(TEST, step);
    }
}

/// The folder is copied to a machine with another keyring; both go on.
#[test]
fn a_vault_that_was_copied_to_another_machine_opens_there_by_its_code() {
    const TEST: &str = "a_vault_that_was_copied_to_another_machine_opens_there_by_its_code";
    if let Some((step, home)) = step() {
        return match step.as_str() {
            "create" => create(&home),
            "arrive" => {
                refuses(&home, &[KeyState::KeyMissing]);
                recovers(&home);
            }
            _ => opens(&home),
        };
    }
    let (here, there) = (Home::new(), Home::new());
    let at_home = Session::start(&here).with_keyring(true);
    at_home.run(TEST, "create");
    there.copy_vault_from(&here);
    Session::start(&there).with_keyring(true).run(TEST, "arrive");
    at_home.run(TEST, "open");
}
