//! Passphrase, recovery code, PIN, escrow key, another machine, erasing.

use super::*;
use crate::vault::Vault;
use crate::vault::testing::{at, batch, message, monday, reply};

/// A vault with a message, closed.
fn filled(keyring: &MemoryKeyring) -> (TempDir, NewKeys) {
    let (dir, keys) = created(keyring);
    let vault = Vault::connect(dir.path(), "Dr. A", &keys.data_key, true).unwrap();
    vault.apply(&batch([message("m1", 0, "a text")]), monday()).unwrap();
    vault.close();
    (dir, keys)
}

fn verified(vault: &Vault) {
    let found = vault.verify().unwrap();
    assert!(found.ok && found.messages == 1, "{:?}", found.problems);
}

#[test]
fn a_changed_passphrase_opens_and_the_old_one_does_not_also_with_the_old_header() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = filled(&keyring);
    let old = fs::read(dir.path().join(header::CURRENT)).unwrap();
    let new = secret("the new passphrase");
    let wrong = change::passphrase(dir.path(), &secret("wrong"), &new, &keyring);
    assert!(matches!(wrong, Err(VaultError::WrongPassphrase { .. })));
    let weak = change::passphrase(dir.path(), &secret(RIGHT), &secret("short"), &keyring);
    assert!(matches!(weak, Err(VaultError::WeakPassphrase { least: 8 })));
    assert_eq!(fs::read(dir.path().join(header::CURRENT)).unwrap(), old);
    Vault::change_passphrase_with(dir.path(), &secret(RIGHT), &new, &keyring).unwrap();
    verified(&Vault::open_with(dir.path(), &new, &keyring).unwrap());
    assert!(matches!(
        unlock(dir.path(), &secret(RIGHT), &keyring),
        Err(VaultError::WrongPassphrase { tries_left: 4, .. })
    ));
    // Somebody kept the old header: its device secret is gone.
    for name in [header::CURRENT, header::PREVIOUS] {
        fs::write(dir.path().join(name), &old).unwrap();
    }
    let answer = unlock(dir.path(), &secret(RIGHT), &keyring);
    assert!(matches!(answer, Err(VaultError::Key(KeyState::KeyMissing))));
}

#[test]
fn a_new_recovery_code_takes_the_place_of_the_old_one_once_confirmed() {
    let keyring = MemoryKeyring::default();
    let (dir, keys) = filled(&keyring);
    let (first, _) = change::recovery_code(dir.path(), &secret(RIGHT), &keyring).unwrap();
    // Never written down: the next one does not take the known one away.
    let (second, _) = change::recovery_code(dir.path(), &secret(RIGHT), &keyring).unwrap();
    assert!(!Vault::recovery_code_confirmed(dir.path()).unwrap());
    let header = header_of(dir.path()).unwrap();
    assert!(recovered(&header, &keys.recovery_code).is_ok() && recovered(&header, &second).is_ok());
    assert!(matches!(recovered(&header, &first), Err(VaultError::WrongRecoveryCode)));
    let known = change::confirm_code(dir.path(), &keys.recovery_code);
    assert!(matches!(known, Err(VaultError::WrongRecoveryCode)));
    let typo = secret(&second.expose_secret().replacen('-', "-0", 1));
    assert!(matches!(change::confirm_code(dir.path(), &typo), Err(VaultError::MistypedRecoveryCode)));
    change::confirm_code(dir.path(), &second).unwrap();
    assert!(Vault::recovery_code_confirmed(dir.path()).unwrap());
    let old = Vault::recover_with(dir.path(), &keys.recovery_code, &secret("another one"), &keyring);
    assert!(matches!(old, Err(VaultError::WrongRecoveryCode)));
    verified(&Vault::recover_with(dir.path(), &second, &secret("another one"), &keyring).unwrap());
}

#[test]
fn five_wrong_pins_also_over_restarts_and_only_the_passphrase_opens() {
    let keyring = MemoryKeyring::default();
    let (dir, keys) = filled(&keyring);
    let (pin, wrong) = (secret("271828"), secret("314159"));
    assert!(matches!(change::unlock_with_pin(dir.path(), &pin, &keyring), Err(VaultError::NoPin)));
    for bad in ["12345", "1234567890123", "12345a"] {
        let refused = change::pin(dir.path(), &secret(RIGHT), Some(&secret(bad)), &keyring);
        assert!(matches!(refused, Err(VaultError::Invalid("pin"))), "{bad}");
    }
    change::pin(dir.path(), &secret(RIGHT), Some(&pin), &keyring).unwrap();
    let opened = change::unlock_with_pin(dir.path(), &pin, &keyring).unwrap();
    assert_eq!(*opened.data_key, *keys.data_key);
    // Nothing in memory remembers the count: each call is a restart.
    for left in (1..=4).rev() {
        let answer = change::unlock_with_pin(dir.path(), &wrong, &keyring);
        assert!(matches!(answer, Err(VaultError::WrongPin { tries_left }) if tries_left == left));
    }
    keyring.fail(Some(SecretsError::Locked));
    let locked = change::unlock_with_pin(dir.path(), &wrong, &keyring);
    assert!(matches!(locked, Err(VaultError::Key(KeyState::KeyringLocked))), "costs no try");
    keyring.fail(None);
    assert!(takes_pin(dir.path()));
    let last = change::unlock_with_pin(dir.path(), &wrong, &keyring);
    assert!(matches!(last, Err(VaultError::PinSpent)));
    let right = change::unlock_with_pin(dir.path(), &pin, &keyring);
    assert!(matches!(right, Err(VaultError::PinSpent)), "the right one too");
    assert!(!takes_pin(dir.path()));
    assert!(unlock(dir.path(), &secret(RIGHT), &keyring).is_ok());
    assert!(change::unlock_with_pin(dir.path(), &pin, &keyring).is_ok());
}

#[test]
fn a_pin_needs_its_device_secret_and_goes_with_the_passphrase_that_set_it() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = filled(&keyring);
    let pin = secret("271828");
    change::pin(dir.path(), &secret(RIGHT), Some(&pin), &keyring).unwrap();
    let elsewhere = MemoryKeyring::default();
    let answer = change::unlock_with_pin(dir.path(), &pin, &elsewhere);
    assert!(matches!(answer, Err(VaultError::Key(KeyState::KeyMissing))));
    change::passphrase(dir.path(), &secret(RIGHT), &secret("the new passphrase"), &keyring).unwrap();
    assert!(matches!(change::unlock_with_pin(dir.path(), &pin, &keyring), Err(VaultError::NoPin)));
    change::pin(dir.path(), &secret("the new passphrase"), Some(&pin), &keyring).unwrap();
    change::pin(dir.path(), &secret("the new passphrase"), None, &keyring).unwrap();
    assert!(matches!(change::unlock_with_pin(dir.path(), &pin, &keyring), Err(VaultError::NoPin)));

    let alone = TempDir::new().unwrap();
    create(alone.path(), "Server", &secret("sixteen letters!"), None, cheap()).unwrap();
    let refused = change::pin(alone.path(), &secret("sixteen letters!"), Some(&pin), &keyring);
    assert!(matches!(refused, Err(VaultError::NoDeviceSecret)));
}

#[test]
fn the_clinics_escrow_key_opens_what_it_was_named_for_and_nothing_else() {
    let keyring = MemoryKeyring::default();
    let (dir, keys) = filled(&keyring);
    let ((private, public), (other, _)) = (escrow::generate().unwrap(), escrow::generate().unwrap());
    let new = secret("another one");
    let none = Vault::recover_with_escrow_key_and(dir.path(), &private, &new, &keyring).err();
    assert!(matches!(none, Some(VaultError::WrongEscrowKey)));
    assert!(change::escrow(dir.path(), &keys.data_key, &public).unwrap());
    assert!(!change::escrow(dir.path(), &keys.data_key, &public).unwrap(), "once is enough");
    let wrong = Vault::recover_with_escrow_key_and(dir.path(), &other, &new, &keyring).err();
    assert!(matches!(wrong, Some(VaultError::WrongEscrowKey)));
    // It lives through a rekey.
    rekey::rekey(dir.path(), &secret(RIGHT), &keyring, monday()).unwrap();
    keyring.clear();
    verified(&Vault::recover_with_escrow_key_and(dir.path(), &private, &new, &keyring).unwrap());
    verified(&Vault::open_with(dir.path(), &new, &keyring).unwrap());
    // A key of low order gives no secret at all.
    assert!(matches!(escrow::wrap(&[0; 32], &keys.data_key, "x"), Err(VaultError::Invalid("escrow_key"))));
}

#[test]
fn copied_to_another_machine_the_code_opens_it_there_and_the_old_one_goes_on() {
    let (here, there) = (MemoryKeyring::default(), MemoryKeyring::default());
    let (dir, keys) = filled(&here);
    let copy = TempDir::new().unwrap();
    for (name, bytes) in files(dir.path()) {
        fs::write(copy.path().join(name), bytes).unwrap();
    }
    let before = files(copy.path());
    let answer = Vault::open_with(copy.path(), &secret(RIGHT), &there).err();
    assert!(matches!(answer, Some(VaultError::Key(KeyState::KeyMissing))));
    assert_eq!((files(copy.path()), there.names().len()), (before, 0));
    let new = secret("the passphrase there");
    verified(&Vault::recover_with(copy.path(), &keys.recovery_code, &new, &there).unwrap());
    verified(&Vault::open_with(copy.path(), &new, &there).unwrap());
    verified(&Vault::open_with(dir.path(), &secret(RIGHT), &here).unwrap());
}

#[test]
fn an_erased_vault_leaves_no_file_and_no_entry() {
    let keyring = MemoryKeyring::default();
    let (dir, keys) = filled(&keyring);
    let folder = dir.path().join("vault");
    let copied = files(dir.path());
    fs::create_dir(&folder).unwrap();
    for (name, bytes) in copied {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let vault = Vault::open_with(&folder, &secret(RIGHT), &keyring).unwrap();
    let open = Vault::erase_with(&folder, Some(&secret(RIGHT)), true, &keyring);
    assert!(matches!(open, Err(VaultError::Busy)), "{open:?}");
    let identifier = inbox_domain::ClientIdentifier::random();
    vault.enqueue(&reply(vault.t1(), "not yet sent"), &identifier, "{}", at(1)).unwrap();
    vault.close();
    let before = files(&folder);
    let (wrong, right) = (secret("wrong"), secret(RIGHT));
    let refused = Vault::erase_with(&folder, Some(&right), false, &keyring);
    assert!(matches!(refused, Err(VaultError::Undelivered(1))), "{refused:?}");
    let unknown = Vault::erase_with(&folder, None, false, &keyring);
    assert!(matches!(unknown, Err(VaultError::Undelivered(0))));
    assert!(Vault::erase_with(&folder, Some(&wrong), true, &keyring).is_err());
    Tries::forget(&folder).unwrap();
    assert_eq!(files(&folder).len(), before.len());
    verified(&Vault::open_with(&folder, &right, &keyring).unwrap());

    let erased = Vault::erase_with(&folder, Some(&right), true, &keyring).unwrap();
    assert_eq!(erased, Erased { keyring: true, folder: true });
    assert!(!folder.exists());
    assert!(!keyring.names().contains(&keys.header.device_entry));
    assert!(matches!(Vault::erase_with(&folder, None, true, &keyring), Err(VaultError::NotFound)));
}

#[test]
fn an_erasure_that_was_stopped_goes_on_and_leaves_what_is_not_the_vaults() {
    let keyring = MemoryKeyring::default();
    let (dir, _) = filled(&keyring);
    let folder = dir.path();
    for name in [header::CURRENT, header::PREVIOUS] {
        fs::remove_file(folder.join(name)).unwrap();
    }
    fs::write(folder.join("somebody's.txt"), b"not ours").unwrap();
    let erased = Vault::erase_with(folder, None, true, &keyring).unwrap();
    assert!(!erased.folder);
    assert_eq!(files(folder), [("somebody's.txt".into(), b"not ours".to_vec())]);
}
