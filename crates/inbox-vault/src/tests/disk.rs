//! What stands on disk, and what happens when it is damaged.

use std::fs;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;

use crate::keys::testing::MemoryKeyring;
use crate::vault::testing::{batch, message, monday, reply};
use crate::{CreateOptions, Created, Vault, VaultError};

const PASSPHRASE: &str = "correct horse battery";
const PLANTED: [&str; 5] = [
    "quinquereme of Nineveh",
    "Zwetschgenknoedel",
    "Argyle-Passphrase",
    "tok_planted_7f3a",
    "Wetterleuchten",
];

fn create(dir: &Path, keyring: &MemoryKeyring) -> Created {
    let options = CreateOptions {
        dir: dir.to_owned(),
        name: "Dr. A".into(),
        passphrase: PASSPHRASE.into(),
        keyring: true,
    };
    Vault::create_with(&options, keyring).unwrap()
}

fn open(dir: &Path, keyring: &MemoryKeyring) -> crate::Result<Vault> {
    Vault::open_with(dir, &SecretString::from(PASSPHRASE), keyring)
}

fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap()))
        .collect();
    files.sort();
    files
}

fn plant(vault: &Vault) {
    let mut planted = batch([message("m1", 0, PLANTED[0]), message("m2", 1, "x").by_clinician()]);
    planted.patients[0].family = PLANTED[1].into();
    vault.apply(&planted, monday()).unwrap();
    vault.set_setting("token", PLANTED[3], monday()).unwrap();
    let thread = vault.t1();
    vault.save_draft(thread, PLANTED[4], monday()).unwrap();
    vault
        .enqueue(&reply(thread, PLANTED[4]), &inbox_domain::ClientIdentifier::random(), PLANTED[4], monday())
        .unwrap();
    assert_eq!(vault.search("nineveh", 5).unwrap().len(), 1);
}

#[test]
fn nothing_planted_stands_on_disk_in_plain_bytes() {
    let dir = TempDir::new().unwrap();
    let keyring = MemoryKeyring::default();
    let created = create(dir.path(), &keyring);
    plant(&created.vault);
    let code = created.recovery_code.expose_secret().to_owned();
    let needles: Vec<&str> =
        PLANTED.iter().copied().chain([PASSPHRASE, code.as_str(), "MRN-p1", "CREATE TABLE"]).collect();
    let search = |state: &str| {
        let files = files(dir.path());
        assert!(files.iter().any(|(name, bytes)| name == "vault.db" && bytes.len() >= 4096), "{state}");
        for (name, bytes) in files {
            for needle in &needles {
                let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!found, "{state}: {name} holds {needle:?}");
            }
        }
    };
    assert!(
        fs::metadata(dir.path().join("vault.db-wal")).unwrap().len() > 0,
        "the WAL is part of the search"
    );
    search("open");
    created.vault.close();
    search("closed");
}

#[test]
fn a_flipped_bit_in_the_header_falls_back_and_heals() {
    let dir = TempDir::new().unwrap();
    let keyring = MemoryKeyring::default();
    create(dir.path(), &keyring).vault.close();
    let header = dir.path().join("header.json");
    let whole = fs::read(&header).unwrap();
    for position in (0..whole.len()).step_by(whole.len() / 7) {
        let mut bytes = whole.clone();
        bytes[position] ^= 1;
        fs::write(&header, &bytes).unwrap();
        open(dir.path(), &keyring).unwrap().close();
        assert_eq!(fs::read(&header).unwrap(), whole, "bit at {position}");
    }
    fs::remove_file(&header).unwrap();
    open(dir.path(), &keyring).unwrap().close();
    assert_eq!(fs::read(&header).unwrap(), whole);
}

#[test]
fn two_damaged_headers_say_so_and_nothing_is_touched() {
    let dir = TempDir::new().unwrap();
    let keyring = MemoryKeyring::default();
    create(dir.path(), &keyring).vault.close();
    for name in ["header.json", "header.prev.json"] {
        let path = dir.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[200] ^= 4;
        fs::write(&path, bytes).unwrap();
    }
    let before = files(dir.path());
    assert!(matches!(open(dir.path(), &keyring), Err(VaultError::HeaderDamaged)));
    assert_eq!(crate::keys::state(dir.path(), &keyring), crate::KeyState::HeaderDamaged);
    assert_eq!(files(dir.path()), before);
}

#[test]
fn a_damaged_database_is_said_and_left_as_it_is() {
    let dir = TempDir::new().unwrap();
    let keyring = MemoryKeyring::default();
    let created = create(dir.path(), &keyring);
    plant(&created.vault);
    created.vault.close();
    let path = dir.path().join("vault.db");
    let whole = fs::read(&path).unwrap();
    let mut flipped = whole.clone();
    flipped[100] ^= 1;
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("less than a page", whole[..1000].to_vec()),
        ("first page alone", whole[..4096].to_vec()),
        ("half", whole[..whole.len() / 2 / 4096 * 4096].to_vec()),
        ("torn in a page", whole[..whole.len() / 2 + 77].to_vec()),
        ("first page flipped", flipped),
        ("another database", vec![7; whole.len()]),
    ] {
        fs::write(&path, &bytes).unwrap();
        let answer = open(dir.path(), &keyring);
        assert!(matches!(answer, Err(VaultError::DatabaseDamaged)), "{what}: {:?}", answer.err());
        assert_eq!(fs::read(&path).unwrap(), bytes, "{what}");
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(open(dir.path(), &keyring), Err(VaultError::DatabaseMissing)));
    assert!(!path.exists());
    fs::write(&path, &whole).unwrap();
    assert_eq!(open(dir.path(), &keyring).unwrap().search("nineveh", 5).unwrap().len(), 1);
}

#[test]
fn verify_finds_a_flipped_page_and_a_broken_chain() {
    let dir = TempDir::new().unwrap();
    let keyring = MemoryKeyring::default();
    let created = create(dir.path(), &keyring);
    plant(&created.vault);
    let report = created.vault.verify().unwrap();
    assert!(report.ok, "{:?}", report.problems);
    assert!(report.audit_rows >= 3 && report.messages == 2 && report.cipher.starts_with("4."), "{report:?}");
    created
        .vault
        .act(|act| Ok(act.db.execute("UPDATE audit SET action = 'vault.opened' WHERE n = 2", [])?))
        .unwrap();
    let report = created.vault.verify().unwrap();
    assert_eq!(
        (report.ok, report.audit_ok, report.problems),
        (false, false, vec!["audit_chain:2".to_owned()])
    );
    created.vault.close();

    let path = dir.path().join("vault.db");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096 + 10;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    match open(dir.path(), &keyring).and_then(|vault| vault.verify()) {
        Ok(report) => {
            assert!(report.problems.iter().any(|p| p.starts_with("cipher_integrity")), "{report:?}")
        }
        Err(error) => assert!(matches!(error, VaultError::DatabaseDamaged), "{error}"),
    }
}

#[test]
fn a_closed_vault_answers_nothing_and_leaves_no_wal() {
    let dir = TempDir::new().unwrap();
    let keyring = MemoryKeyring::default();
    let vault = std::sync::Arc::new(create(dir.path(), &keyring).vault);
    plant(&vault);
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let vault = std::sync::Arc::clone(&vault);
            std::thread::spawn(move || {
                loop {
                    match vault.view_counts(monday()) {
                        Ok(_) => {}
                        Err(error) => return error,
                    }
                }
            })
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(30));
    vault.close();
    for reader in readers {
        assert!(matches!(reader.join().unwrap(), VaultError::Locked));
    }
    assert!(vault.is_closed());
    assert!(matches!(vault.search("x", 1), Err(VaultError::Locked)));
    assert!(matches!(vault.mark_read(inbox_domain::ThreadId(1), monday()), Err(VaultError::Locked)));
    assert!(matches!(vault.verify(), Err(VaultError::Locked)));
    let wal = fs::metadata(dir.path().join("vault.db-wal")).map(|meta| meta.len()).unwrap_or(0);
    assert_eq!(wal, 0, "closing the last connection checkpoints");
}
