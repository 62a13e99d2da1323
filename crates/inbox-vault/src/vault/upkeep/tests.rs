use std::fs;
use std::path::Path;

use inbox_domain::OutboxState;
use secrecy::SecretString;
use tempfile::TempDir;

use super::*;
use crate::keys::SecretsError;
use crate::keys::testing::MemoryKeyring;
use crate::vault::testing::{batch, message, monday, reply};
use crate::{CreateOptions, Verification};

const PASSPHRASE: &str = "a passphrase for tests";

fn made(keyring: Option<&MemoryKeyring>) -> (TempDir, SecretString) {
    let dir = TempDir::new().unwrap();
    let options = CreateOptions {
        dir: dir.path().join("vault"),
        name: "Test".into(),
        passphrase: PASSPHRASE.into(),
        keyring: keyring.is_some(),
    };
    let none = MemoryKeyring::default();
    let created = Vault::create_at(
        &options,
        keyring.unwrap_or(&none),
        crate::keys::seal::Cost { memory_kib: 64, passes: 1 },
    );
    let created = created.unwrap();
    created.vault.apply(&batch([message("m1", 0, "x")]), monday()).unwrap();
    (dir, created.recovery_code)
}

fn open(dir: &TempDir, keyring: &MemoryKeyring) -> Vault {
    Vault::open_with(&dir.path().join("vault"), &PASSPHRASE.into(), keyring).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

fn put_back(dir: &TempDir, names: &[&str]) {
    for name in names {
        let kept = dir.path().join("kept").join(name);
        let there = dir.path().join("vault").join(name);
        let _ = fs::remove_file(&there);
        if kept.exists() {
            fs::copy(kept, there).unwrap();
        }
    }
}

const DATABASE: [&str; 3] = ["vault.db", "vault.db-wal", "vault.db-shm"];

fn problems(found: Verification) -> Vec<String> {
    assert_eq!(found.ok, found.problems.is_empty());
    found.problems
}

#[test]
fn an_older_database_is_noticed_told_and_what_it_may_have_sent_is_looked_up() {
    for keyring in [true, false] {
        let secrets = MemoryKeyring::default();
        let (dir, _) = made(keyring.then_some(&secrets));
        let vault = open(&dir, &secrets);
        let queued = |text| {
            let id = inbox_domain::ClientIdentifier::random();
            vault.enqueue(&reply(vault.t1(), text), &id, "{}", monday()).unwrap().id
        };
        let (first, second) = (queued("one"), queued("two"));
        vault.hold(second, "newer_message", monday()).unwrap();
        drop(vault);
        copy(&dir.path().join("vault"), &dir.path().join("kept"));

        let vault = open(&dir, &secrets);
        assert!(vault.mark_sending(first, monday()).unwrap());
        vault.mark_sent(first, None, monday()).unwrap();
        assert_eq!(problems(vault.verify().unwrap()), [""; 0]);
        drop(vault);
        put_back(&dir, &DATABASE);

        let vault = open(&dir, &secrets);
        assert_eq!(vault.upkeep().unwrap().notice.as_deref(), Some("rolled_back"), "keyring {keyring}");
        assert_eq!(problems(vault.verify().unwrap()), ["audit_anchor:rolled_back"]);
        assert!(!vault.verify().unwrap().audit_ok);
        let states: Vec<_> = vault.outbox().unwrap().into_iter().map(|entry| entry.state).collect();
        assert_eq!(states, [OutboxState::Unknown; 2]);
        assert_eq!(vault.requeue(first, monday()).unwrap(), OutboxState::Queued);
        assert_eq!(vault.requeue(second, monday()).unwrap(), OutboxState::Held);
        assert_eq!(vault.outbox_entry(second).unwrap().error.as_deref(), Some("newer_message"));
        drop(vault);

        // It stays until somebody has read it, and is said once: the head as it is now is anchored.
        let vault = open(&dir, &secrets);
        assert_eq!(vault.upkeep().unwrap().notice.as_deref(), Some("rolled_back"));
        assert_eq!(vault.outbox_entry(first).unwrap().state, OutboxState::Queued);
        vault.acknowledge_notice(monday()).unwrap();
        assert_eq!(problems(vault.verify().unwrap()), [""; 0]);
        drop(vault);
        assert_eq!(open(&dir, &secrets).upkeep().unwrap().notice, None);
    }
}

#[test]
fn a_log_that_was_cut_short_is_noticed() {
    let secrets = MemoryKeyring::default();
    let (dir, _) = made(Some(&secrets));
    let vault = open(&dir, &secrets);
    vault.anchor_audit().unwrap();
    vault.act(|act| Ok(act.db.execute("DELETE FROM audit WHERE n > 2", [])?)).unwrap();
    assert_eq!(problems(vault.verify().unwrap()), ["audit_anchor:rolled_back"], "the chain alone is whole");
    assert_eq!(vault.anchor_state().unwrap(), AnchorState::RolledBack);
}

#[test]
fn an_anchor_that_lags_is_no_alarm() {
    for keyring in [true, false] {
        let secrets = MemoryKeyring::default();
        let (dir, _) = made(keyring.then_some(&secrets));
        let vault = open(&dir, &secrets);
        vault.note(&AuditNote::Searched(3), monday()).unwrap();
        // As a process that was killed leaves it: committed, and not anchored.
        let look = |_: &mut rusqlite::Connection| {
            copy(&dir.path().join("vault"), &dir.path().join("kept"));
            Ok(())
        };
        vault.connections.write(look).unwrap();
        let kept_by_keyring = secrets.clone_of_entries();
        drop(vault);
        put_back(&dir, &[DATABASE.as_slice(), &["audit.anchor"]].concat());
        secrets.put_entries(kept_by_keyring);
        let vault = open(&dir, &secrets);
        assert_eq!(vault.upkeep().unwrap().notice, None);
        assert!(vault.upkeep().unwrap().check_due, "the bad shutdown is known");
        assert_eq!(problems(vault.verify().unwrap()), [""; 0]);
    }
}

#[test]
fn an_anchor_that_is_gone_or_of_somebody_else_is_told() {
    let secrets = MemoryKeyring::default();
    let (dir, code) = made(None);
    let file = dir.path().join("vault/audit.anchor");
    fs::remove_file(&file).unwrap();
    assert_eq!(open(&dir, &secrets).upkeep().unwrap().notice.as_deref(), Some("anchor_missing"));
    let mut bytes = fs::read(&file).unwrap();
    bytes[20] ^= 1;
    fs::write(&file, bytes).unwrap();
    assert_eq!(open(&dir, &secrets).upkeep().unwrap().notice.as_deref(), Some("anchor_forged"));
    drop(code);

    // A vault that is opened with its recovery code has lost its keyring: what it held is not missed.
    let (dir, code) = made(Some(&secrets));
    secrets.clear();
    let passphrase = SecretString::from("another passphrase");
    let vault = Vault::recover_with(&dir.path().join("vault"), &code, &passphrase, &secrets).unwrap();
    assert_eq!(vault.upkeep().unwrap().notice, None);
    drop(vault);
    let vault = Vault::open_with(&dir.path().join("vault"), &passphrase, &secrets).unwrap();
    assert_eq!(vault.upkeep().unwrap().notice, None);
    assert_eq!(vault.anchor_state().unwrap(), AnchorState::Agrees);
}

#[test]
fn a_keyring_that_answers_no_more_keeps_nobody_out_and_is_no_alarm() {
    let secrets = MemoryKeyring::default();
    let (dir, _) = made(Some(&secrets));
    let vault = open(&dir, &secrets);
    secrets.fail(Some(SecretsError::Locked));
    assert!(!vault.anchor_audit().unwrap());
    assert_eq!(vault.verify().unwrap().anchor, AnchorState::Unknown);
    assert!(vault.verify().unwrap().ok);
    vault.close();
    secrets.fail(None);
    assert_eq!(open(&dir, &secrets).upkeep().unwrap().notice, None);
}

#[test]
fn openings_closings_and_wrong_passphrases_stand_in_the_chain() {
    let secrets = MemoryKeyring::default();
    let (dir, _) = made(Some(&secrets));
    let path = dir.path().join("vault");
    for _ in 0..2 {
        assert!(Vault::open_with(&path, &"wrong".into(), &secrets).is_err());
    }
    let vault = open(&dir, &secrets);
    vault.close();
    vault.close();
    let vault = open(&dir, &secrets);
    let rows = vault.audit_rows(&AuditQuery { action: "vault".into(), ..AuditQuery::default() }).unwrap();
    let mut words: Vec<_> = rows.iter().map(|row| format!("{} {}", row.action, row.subject)).collect();
    words.reverse();
    assert_eq!(
        words,
        [
            "vault.create ",
            "vault.lock ",
            "vault.refused tries:2",
            "vault.unlock ",
            "vault.lock ",
            "vault.unlock "
        ]
    );
    assert!(!vault.upkeep().unwrap().check_due);
    assert!(rows.iter().all(|row| row.mac.len() == 32));
    let page = AuditQuery { before: Some(rows[1].n), limit: 1, ..AuditQuery::default() };
    assert_eq!(vault.audit_rows(&page).unwrap()[0].n, rows[1].n - 1);
    let none = AuditQuery { action: "vau".into(), ..AuditQuery::default() };
    assert_eq!(vault.audit_rows(&none).unwrap(), []);
    let earlier = AuditQuery { to: Some(rows.last().unwrap().at), ..AuditQuery::default() };
    assert!(vault.audit_rows(&earlier).unwrap().len() < 2);
}
