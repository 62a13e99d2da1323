mod boundary;
mod changes;
mod damage;

use tempfile::TempDir;

use super::testing::MemoryKeyring;
use super::*;

const RIGHT: &str = "a good passphrase";

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

/// Cheap, for the tests that open many times; one test below takes the real cost.
fn cheap() -> Cost {
    Cost { memory_kib: 64, passes: 1 }
}

fn created(keyring: &MemoryKeyring) -> (TempDir, NewKeys) {
    let dir = TempDir::new().unwrap();
    let keys = create(dir.path(), "Dr. A", &secret(RIGHT), Some(keyring), cheap()).unwrap();
    (dir, keys)
}

fn files(dir: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn passphrase_and_device_secret_give_back_the_data_key() {
    let keyring = MemoryKeyring::default();
    let dir = TempDir::new().unwrap();
    let keys = create(dir.path(), "Dr. A", &secret(RIGHT), Some(&keyring), Cost::default()).unwrap();
    let unlocked = unlock(dir.path(), &secret(RIGHT), &keyring).unwrap();
    assert_eq!(*unlocked.data_key, *keys.data_key);
    assert_eq!((unlocked.header.version, unlocked.header.name.as_str()), (1, "Dr. A"));
    assert_eq!(unlocked.header.wrap_a.cost(), Cost { memory_kib: 65536, passes: 3 });
    assert_eq!(state(dir.path(), &keyring), KeyState::Ready);
    assert_eq!(keyring.names(), [keys.header.device_entry]);
}

#[test]
fn every_answer_of_the_keyring_is_a_state_and_touches_nothing() {
    let keyring = MemoryKeyring::default();
    let (dir, keys) = created(&keyring);
    let before = files(dir.path());
    for (fault, wanted) in [
        (SecretsError::Missing, KeyState::KeyMissing),
        (SecretsError::Locked, KeyState::KeyringLocked),
        (SecretsError::Silent, KeyState::KeyringSilent),
        (SecretsError::NoService, KeyState::NoKeyring),
    ] {
        keyring.fail(Some(fault));
        assert_eq!(state(dir.path(), &keyring), wanted);
        let answer = unlock(dir.path(), &secret(RIGHT), &keyring).err();
        assert!(matches!(answer, Some(VaultError::Key(key)) if key == wanted), "{answer:?}");
        let answer = recover(dir.path(), &keys.recovery_code, &secret(RIGHT), &keyring).err();
        assert!(matches!(answer, Some(VaultError::Key(key)) if key == wanted), "{answer:?}");
        assert_eq!(files(dir.path()), before, "{wanted:?}");
    }
    keyring.fail(None);
    assert!(unlock(dir.path(), &secret(RIGHT), &keyring).is_ok());
}

#[test]
fn a_lost_entry_is_missing_and_the_recovery_code_brings_it_back() {
    let keyring = MemoryKeyring::default();
    let (dir, keys) = created(&keyring);
    keyring.clear();
    let before = files(dir.path());
    assert_eq!(state(dir.path(), &keyring), KeyState::KeyMissing);
    assert!(matches!(
        unlock(dir.path(), &secret(RIGHT), &keyring),
        Err(VaultError::Key(KeyState::KeyMissing))
    ));
    assert_eq!((files(dir.path()), keyring.names().len()), (before, 0));

    let recovered =
        recover(dir.path(), &keys.recovery_code, &secret("another passphrase"), &keyring).unwrap();
    assert_eq!(*recovered.data_key, *keys.data_key);
    assert!(unlock(dir.path(), &secret("another passphrase"), &keyring).is_ok());
    assert!(matches!(
        unlock(dir.path(), &secret(RIGHT), &keyring),
        Err(VaultError::WrongPassphrase { tries_left: 4, wait_seconds: 0 })
    ));
    let current = fs::read(dir.path().join(header::CURRENT)).unwrap();
    assert_eq!(fs::read(dir.path().join(header::PREVIOUS)).unwrap(), current, "no old wrap stays behind");
}

#[test]
fn no_header_is_no_vault_and_a_vault_is_never_made_over_another() {
    let keyring = MemoryKeyring::default();
    let empty = TempDir::new().unwrap();
    assert_eq!(state(empty.path(), &keyring), KeyState::Absent);
    assert!(matches!(unlock(empty.path(), &secret(RIGHT), &keyring), Err(VaultError::NotFound)));
    assert_eq!(files(empty.path()), []);

    let (dir, _) = created(&keyring);
    let before = files(dir.path());
    let again = create(dir.path(), "B", &secret(RIGHT), Some(&keyring), cheap());
    assert!(matches!(again, Err(VaultError::AlreadyExists)));
    assert_eq!(files(dir.path()), before);

    fs::write(empty.path().join(DATABASE), b"somebody's").unwrap();
    let over = create(empty.path(), "B", &secret(RIGHT), Some(&keyring), cheap());
    assert!(matches!(over, Err(VaultError::AlreadyExists)));
    assert_eq!(keyring.names().len(), 1, "a refused creation leaves no entry");
}

#[test]
fn a_keyring_that_does_not_take_the_secret_makes_no_vault() {
    let keyring = MemoryKeyring::default();
    keyring.fail_writes(Some(SecretsError::Locked));
    let dir = TempDir::new().unwrap();
    let made = create(dir.path(), "Dr. A", &secret(RIGHT), Some(&keyring), cheap());
    assert!(matches!(made, Err(VaultError::Key(KeyState::KeyringLocked))));
    assert_eq!(files(dir.path()), []);
}

#[test]
fn a_wrong_recovery_code_changes_nothing() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = created(&keyring);
    let (_, other) = created(&keyring);
    let (before, entries) = (files(dir.path()), keyring.names().len());
    let answer = recover(dir.path(), &other.recovery_code, &secret(RIGHT), &keyring);
    assert!(matches!(answer, Err(VaultError::WrongRecoveryCode)));
    let answer = recover(dir.path(), &secret("ABCD-1234"), &secret(RIGHT), &keyring);
    assert!(matches!(answer, Err(VaultError::MistypedRecoveryCode)));
    assert_eq!((files(dir.path()), keyring.names().len()), (before, entries));
}

#[test]
fn without_a_keyring_the_passphrase_must_be_long_and_stands_alone() {
    let keyring = MemoryKeyring::default();
    keyring.fail(Some(SecretsError::NoService));
    let dir = TempDir::new().unwrap();
    let short = create(dir.path(), "Server", &secret("fifteen letters"), None, cheap());
    assert!(matches!(short, Err(VaultError::WeakPassphrase { least: 16 })));
    let keys = create(dir.path(), "Server", &secret("sixteen letters!"), None, cheap()).unwrap();
    assert_eq!(state(dir.path(), &keyring), KeyState::PassphraseOnly);
    let unlocked = unlock(dir.path(), &secret("sixteen letters!"), &keyring).unwrap();
    assert_eq!(*unlocked.data_key, *keys.data_key);
    let weak = recover(dir.path(), &keys.recovery_code, &secret("too short"), &keyring);
    assert!(matches!(weak, Err(VaultError::WeakPassphrase { least: 16 })));
    assert!(recover(dir.path(), &keys.recovery_code, &secret("another long passphrase"), &keyring).is_ok());
}

#[test]
fn the_delay_grows_and_survives_a_restart() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = created(&keyring);
    let wrong = || unlock(dir.path(), &secret("not the passphrase"), &keyring);
    for left in (1..=4).rev() {
        let answer = wrong().err();
        let right = matches!(answer, Some(VaultError::WrongPassphrase { tries_left, wait_seconds: 0 }) if tries_left == left);
        assert!(right, "{answer:?}");
    }
    assert!(matches!(wrong(), Err(VaultError::WrongPassphrase { tries_left: 0, wait_seconds: 29..=30 })));
    // The count is on disk alone: nothing in memory remembers it. The right passphrase waits too.
    let answer = unlock(dir.path(), &secret(RIGHT), &keyring);
    assert!(matches!(answer, Err(VaultError::TooManyTries { wait_seconds: 28..=30 })));
    let waits: Vec<u32> = (4..14).map(|wrong| tries_after(wrong).wait_seconds(Utc::now())).collect();
    assert_eq!(waits, [0, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    // An hour ago: the next try is taken, and the right passphrase forgets the count.
    let text = format!("{{\"wrong\":5,\"last\":{}}}", Utc::now().timestamp() - 3600);
    fs::write(dir.path().join("tries.json"), text).unwrap();
    assert_eq!(unlock(dir.path(), &secret(RIGHT), &keyring).unwrap().wrong_tries, 5);
    assert!(!dir.path().join("tries.json").exists());
}

fn tries_after(wrong: u32) -> Tries {
    serde_json::from_value(serde_json::json!({ "wrong": wrong, "last": Utc::now().timestamp() + 1 })).unwrap()
}

#[test]
fn a_header_of_another_version_is_not_called_damaged() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = created(&keyring);
    let header = Header { version: 2, ..header::load(dir.path()).unwrap().0 };
    header::store(dir.path(), &header).unwrap();
    assert!(matches!(unlock(dir.path(), &secret(RIGHT), &keyring), Err(VaultError::HeaderTooNew(2))));
}

#[test]
fn vaults_are_listed_by_name_with_their_states() {
    let keyring = MemoryKeyring::default();
    let root = TempDir::new().unwrap();
    assert_eq!(list(&root.path().join("none"), &keyring).unwrap(), []);
    create(&root.path().join("b"), "Dr. B", &secret(RIGHT), Some(&keyring), cheap()).unwrap();
    create(&root.path().join("a"), "Dr. A", &secret("a long enough passphrase"), None, cheap()).unwrap();
    fs::create_dir(root.path().join("other")).unwrap();
    fs::create_dir(root.path().join("broken")).unwrap();
    fs::write(root.path().join("broken").join(header::CURRENT), b"{").unwrap();
    let listed: Vec<_> =
        list(root.path(), &keyring).unwrap().into_iter().map(|vault| (vault.name, vault.key)).collect();
    let wanted = [
        ("Dr. A", KeyState::PassphraseOnly),
        ("Dr. B", KeyState::Ready),
        ("broken", KeyState::HeaderDamaged),
    ];
    assert_eq!(listed, wanted.map(|(name, key)| (name.to_owned(), key)));
}

#[test]
fn keyring_calls_end_in_time_and_are_not_made_late() {
    // The worker is busy with somebody's unanswered prompt; nothing of ours runs behind our back afterwards.
    let (release, held) = std::sync::mpsc::channel::<()>();
    let (done, ended) = std::sync::mpsc::channel::<&str>();
    let first = done.clone();
    let busy = std::thread::spawn(move || {
        secrets::ask_for_test(Duration::from_secs(10), move || {
            let _ = held.recv();
            let _ = first.send("first");
        })
    });
    std::thread::sleep(Duration::from_millis(50));
    let late = secrets::ask_for_test(Duration::from_millis(50), move || {
        let _ = done.send("late");
    });
    assert_eq!(late, Err(SecretsError::Silent));
    release.send(()).unwrap();
    assert_eq!(busy.join().unwrap(), Ok(()));
    assert_eq!(ended.iter().collect::<Vec<_>>(), ["first"]);
}
