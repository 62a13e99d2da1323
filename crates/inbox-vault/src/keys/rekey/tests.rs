//! A rekey stopped at every step, and killed at any instant: the vault opens, nothing is lost, old and new code are known.

use std::cell::Cell;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::*;
use crate::keys::testing::MemoryKeyring;
use crate::keys::{Cost, create, header_of, recovered};
use crate::vault::Vault;
use crate::vault::testing::{at, batch, message, monday};

const PASSPHRASE: &str = "a passphrase that stands alone";
const MESSAGES: i64 = 120;

thread_local! {
    static STOP_AT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// What every step asks.
pub(super) fn stop_at(n: u32) -> Result<()> {
    if STOP_AT.get() == Some(n) { Err(VaultError::Database(0)) } else { Ok(()) }
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}

fn cheap() -> Cost {
    Cost { memory_kib: 64, passes: 1 }
}

/// A vault with messages, and its recovery code.
fn filled(keyring: Option<&MemoryKeyring>) -> (TempDir, SecretString) {
    let dir = TempDir::new().unwrap();
    let secrets = keyring.map(|keyring| keyring as &dyn DeviceSecrets);
    let keys = create(dir.path(), "Dr. A", &secret(PASSPHRASE), secrets, cheap()).unwrap();
    let vault = Vault::connect(dir.path(), "Dr. A", &keys.data_key, true).unwrap();
    let messages =
        (0..MESSAGES).map(|n| message(&format!("m{n}"), n, &format!("{n} {}", "some text ".repeat(40))));
    vault.apply(&batch(messages), monday()).unwrap();
    vault.close();
    (dir, keys.recovery_code)
}

fn open(dir: &Path, keyring: &MemoryKeyring) -> Vault {
    Vault::open_with(dir, &secret(PASSPHRASE), keyring).unwrap()
}

/// Everything is there, and the audit chain holds.
fn whole(vault: &Vault) {
    let found = vault.verify().unwrap();
    assert!(found.ok && found.audit_ok, "{:?}", found.problems);
    assert_eq!(found.messages, MESSAGES as u64);
    vault.save_draft(vault.t1(), "goes on", at(1000)).unwrap();
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn a_rekeyed_vault_opens_and_the_old_key_reads_nothing() {
    let keyring = MemoryKeyring::default();
    let (dir, old_code) = filled(Some(&keyring));
    let old = unlock(dir.path(), &secret(PASSPHRASE), &keyring).unwrap();
    let new_code = rekey(dir.path(), &secret(PASSPHRASE), &keyring, monday()).unwrap();
    let new = unlock(dir.path(), &secret(PASSPHRASE), &keyring).unwrap();
    assert_ne!(*old.data_key, *new.data_key);
    assert_ne!(old.header.fingerprint, new.header.fingerprint);
    let path = dir.path().join(DATABASE);
    assert!(matches!(open_writer(&path, &old.data_key, false), Err(VaultError::DatabaseDamaged)));
    whole(&open(dir.path(), &keyring));
    // Both codes open it until the new one is confirmed, then only that one.
    let header = header_of(dir.path()).unwrap();
    for code in [&old_code, &new_code] {
        assert_eq!(*recovered(&header, code).unwrap(), *new.data_key);
    }
    assert!(matches!(change::confirm_code(dir.path(), &old_code), Err(VaultError::WrongRecoveryCode)));
    change::confirm_code(dir.path(), &new_code).unwrap();
    let header = header_of(dir.path()).unwrap();
    assert_eq!(*recovered(&header, &new_code).unwrap(), *new.data_key);
    assert!(matches!(recovered(&header, &old_code), Err(VaultError::WrongRecoveryCode)));
}

#[test]
fn a_second_rekey_keeps_the_code_that_was_known() {
    let keyring = MemoryKeyring::default();
    let (dir, known) = filled(Some(&keyring));
    for _ in 0..3 {
        rekey(dir.path(), &secret(PASSPHRASE), &keyring, monday()).unwrap();
    }
    let found = unlock(dir.path(), &secret(PASSPHRASE), &keyring).unwrap();
    assert_eq!(*recovered(&found.header, &known).unwrap(), *found.data_key);
    whole(&Vault::recover_with(dir.path(), &known, &secret("another long passphrase"), &keyring).unwrap());
}

#[test]
fn stopped_at_each_step_it_opens_and_is_ended_by_the_next_unlocking() {
    for step in 0..=6 {
        for by_code in [false, true] {
            let keyring = MemoryKeyring::default();
            let (dir, code) = filled(Some(&keyring));
            STOP_AT.set(Some(step));
            let stopped = rekey(dir.path(), &secret(PASSPHRASE), &keyring, monday());
            STOP_AT.set(None);
            assert!(stopped.is_err(), "step {step}");
            if by_code {
                let new = secret("another long passphrase");
                whole(&Vault::recover_with(dir.path(), &code, &new, &keyring).unwrap());
            } else {
                whole(&open(dir.path(), &keyring));
            }
            let header = header_of(dir.path()).unwrap();
            assert!(header.next.is_none(), "step {step}: not ended");
            // Nobody has seen a new code: the known one opens it.
            assert!(recovered(&header, &code).is_ok(), "step {step}");
            // From the third step on the database has the new key.
            assert_eq!(header.before.is_some(), step >= 3, "step {step}");
        }
    }
}

#[test]
fn a_vault_that_is_open_is_not_rekeyed() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = filled(Some(&keyring));
    let vault = open(dir.path(), &keyring);
    let before = std::fs::read(dir.path().join(header::CURRENT)).unwrap();
    let refused = rekey(dir.path(), &secret(PASSPHRASE), &keyring, monday());
    assert!(matches!(refused, Err(VaultError::Busy)), "{refused:?}");
    assert_eq!(std::fs::read(dir.path().join(header::CURRENT)).unwrap(), before);
    whole(&vault);
}

#[test]
fn a_header_with_both_keys_and_a_database_of_neither_changes_nothing() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = filled(Some(&keyring));
    STOP_AT.set(Some(2));
    assert!(rekey(dir.path(), &secret(PASSPHRASE), &keyring, monday()).is_err());
    STOP_AT.set(None);
    let path = dir.path().join(DATABASE);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[..4096].iter_mut().for_each(|byte| *byte ^= 0x55);
    std::fs::write(&path, bytes).unwrap();
    let before = std::fs::read(dir.path().join(header::CURRENT)).unwrap();
    let answer = Vault::open_with(dir.path(), &secret(PASSPHRASE), &keyring).err();
    assert!(matches!(answer, Some(VaultError::DatabaseDamaged)), "{answer:?}");
    assert_eq!(std::fs::read(dir.path().join(header::CURRENT)).unwrap(), before);
}

const CHILD: &str = "ANTEROOM_REKEY_CHILD";

/// Not a test of its own: what the test below starts and kills.
#[test]
fn rekeys_until_it_is_killed() {
    let Some(dir) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        rekey(&dir, &secret(PASSPHRASE), &MemoryKeyring::default(), monday()).unwrap();
    }
}

/// A process that rekeys again and again, killed a hundred times (SECURITY.md: 100, and 2,000 in the long run).
#[test]
fn killed_at_any_instant_it_opens_with_the_old_or_the_new_key() {
    let rounds = if std::env::var_os("ANTEROOM_LONG").is_some() { 2000 } else { 100 };
    let keyring = MemoryKeyring::default();
    let (dir, code) = filled(None);
    let (mut ended, mut old, mut new) = (0, 0, 0);
    for round in 0_u64..rounds {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "keys::rekey::tests::rekeys_until_it_is_killed"])
            .env(CHILD, dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Spread over some rekeys; the same delays in each run.
        let micros = 4_000 + (round * 7_919) % 60_000;
        std::thread::sleep(Duration::from_micros(micros));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
        let before = header_of(dir.path()).unwrap();
        let vault = Vault::open_with(dir.path(), &secret(PASSPHRASE), &keyring).unwrap();
        let found = vault.verify().unwrap();
        assert!(found.ok, "round {round}: {:?}", found.problems);
        assert_eq!(found.messages, MESSAGES as u64, "round {round}");
        vault.close();
        let after = header_of(dir.path()).unwrap();
        assert!(after.next.is_none());
        assert!(recovered(&after, &code).is_ok(), "round {round}: the known code");
        match before.next {
            None => ended += 1,
            Some(_) if after.fingerprint == before.fingerprint => old += 1,
            Some(_) => new += 1,
        }
    }
    println!(
        "killed {rounds} times: {ended} between rekeys, {old} opened with the old key, {new} with the new one"
    );
    assert!(old > 0 && ended > 0, "no kill fell into a rekey: {old} {new} {ended}");
}
