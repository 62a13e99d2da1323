use std::cell::Cell as Counter;

use inbox_domain::{AttemptOutcome, ClientIdentifier, OutboxState, StepState};
use secrecy::SecretString;
use tempfile::TempDir;

use super::*;
use crate::CreateOptions;
use crate::keys::seal::Cost;
use crate::keys::testing::MemoryKeyring;
use crate::vault::testing::{batch, message, monday, reply};

const PASSPHRASE: &str = "a passphrase for tests";

/// A vault with a draft, replies in several states, a case with work in it, and enough messages for some pages.
struct Scene {
    folder: TempDir,
    dir: PathBuf,
    keyring: MemoryKeyring,
    code: SecretString,
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let keyring = MemoryKeyring::default();
        let dir = folder.path().join("vault");
        let options = CreateOptions {
            dir: dir.clone(),
            name: "Dr. A".into(),
            passphrase: PASSPHRASE.into(),
            keyring: true,
        };
        let created = Vault::create_at(&options, &keyring, Cost { memory_kib: 64, passes: 1 }).unwrap();
        let vault = created.vault;
        let words = "The quick brown fox jumps over the lazy dog. ".repeat(20);
        let messages = (0..200).map(|n| message(&format!("m{n}"), n, &format!("{n} {words}")));
        vault.apply(&batch(messages), monday()).unwrap();
        let urgent = message("urgent", 300, "I want to die").flagged(inbox_domain::Tier::Emergency);
        vault.apply(&batch([urgent]), monday()).unwrap();
        let thread = vault.t1();
        let case = vault.open_case(thread).unwrap().expect("a case").id;
        vault.case_log_attempt(case, AttemptOutcome::NoAnswer, "030", None, "Dr. A", monday()).unwrap();
        vault.case_set_step(case, 1, StepState::Done, None, "Dr. A", monday()).unwrap();
        for text in ["one", "two", "three"] {
            vault.enqueue(&reply(thread, text), &ClientIdentifier::random(), "{}", monday()).unwrap();
        }
        let sent = vault.outbox().unwrap()[0].id;
        assert!(vault.mark_sending(sent, monday()).unwrap());
        vault.mark_sent(sent, None, monday()).unwrap();
        vault.save_draft(thread, "begun", monday()).unwrap();
        vault.set_sensitive(thread, true, monday()).unwrap();
        vault.set_setting("portal.url", "https://portal.example", monday()).unwrap();
        vault.close();
        Self { folder, dir, keyring, code: created.recovery_code }
    }

    fn open(&self) -> Result<Vault> {
        Vault::open_with(&self.dir, &PASSPHRASE.into(), &self.keyring)
    }

    fn resync(&self) -> Result<Rescued> {
        Vault::resync_with(&self.dir, &PASSPHRASE.into(), &self.keyring)
    }

    /// Damage that is not that of the beginning: the schema stands there.
    fn damage(&self, at: impl Fn(usize) -> usize) -> Vec<u8> {
        let path = self.dir.join(DATABASE);
        let mut bytes = fs::read(&path).unwrap();
        let at = at(bytes.len());
        bytes[at] ^= 0x10;
        fs::write(path, &bytes).unwrap();
        bytes
    }
}

fn as_it_was(vault: &Vault) -> (Vec<OutboxState>, String, usize, usize) {
    let thread = vault.t1();
    let states = vault.outbox().unwrap().into_iter().map(|entry| entry.state).collect();
    let case = vault.open_case(thread).unwrap().expect("the case");
    let done = case.steps.iter().filter(|step| step.state == StepState::Done).count();
    (states, vault.draft(thread).unwrap(), case.attempts.len(), done)
}

#[test]
fn a_whole_database_loses_nothing_but_its_messages() {
    let scene = Scene::new();
    let before = fs::read(scene.dir.join(DATABASE)).unwrap();
    let rescued = scene.resync().unwrap();
    assert_eq!((rescued.saved.outbox, rescued.saved.drafts, rescued.saved.cases), (3, 1, 1));
    assert_eq!(rescued.saved.incomplete, [""; 0]);
    let aside = rescued.aside.unwrap();
    assert_eq!(fs::read(aside.join(DATABASE)).unwrap(), before, "as it was, to the byte");
    let vault = rescued.vault;
    let states = vec![OutboxState::Sent, OutboxState::Unknown, OutboxState::Unknown];
    assert_eq!(as_it_was(&vault), (states, "begun".into(), 1, 1));
    assert_eq!(vault.setting("portal.url").unwrap().as_deref(), Some("https://portal.example"));
    assert_eq!(vault.messages(vault.t1()).unwrap().len(), 0, "they come again from the portal");
    assert!(!vault.cursor().unwrap().first_fill_done);
    assert!(vault.thread(vault.t1()).unwrap().sensitive, "what was hidden stays hidden");
    let found = vault.verify().unwrap();
    assert!(found.ok && found.audit_rows == rescued.saved.audit + 4, "{found:?} {:?}", rescued.saved);
    assert_eq!(vault.upkeep().unwrap().notice, None, "the chain goes on, and its anchor agrees");
    // The messages come again, and what waits meets its thread.
    vault.apply(&batch([message("m0", 0, "x")]), monday()).unwrap();
    assert_eq!(vault.thread_outbox(vault.t1()).unwrap().len(), 3);
    vault.close();
    assert!(scene.open().unwrap().verify().unwrap().ok);
    let sealed: Vec<_> = fs::read_dir(&scene.dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "sealed"))
        .collect();
    let sealed = fs::read(&sealed[0]).unwrap();
    assert!(!sealed.windows(5).any(|window| window == b"begun"), "sealed, not readable");
}

#[test]
fn damage_anywhere_ends_in_a_vault_that_opens_and_nothing_is_deleted() {
    let scene = Scene::new();
    let names = [DATABASE, "header.json", "header.prev.json"];
    let kept: Vec<_> = names.iter().map(|name| fs::read(scene.dir.join(name)).unwrap()).collect();
    let mut seed = 0x000d_ecaf_u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let (found_whole, saved_all) = (Counter::new(0), Counter::new(0));
    for case in 0..50 {
        fs::remove_dir_all(&scene.dir).unwrap();
        fs::create_dir(&scene.dir).unwrap();
        for (name, bytes) in names.iter().zip(&kept) {
            fs::write(scene.dir.join(name), bytes).unwrap();
        }
        let whole = kept[0].len();
        let damaged = if case % 3 == 2 {
            let bytes = &kept[0][..draw(whole)];
            fs::write(scene.dir.join(DATABASE), bytes).unwrap();
            bytes.to_vec()
        } else {
            let at = draw(whole);
            scene.damage(|_| at)
        };
        // It opens and the check finds it, or it does not open: never a silence.
        let told = match scene.open() {
            Err(VaultError::DatabaseDamaged | VaultError::Database(_)) => true,
            Err(other) => panic!("case {case}: {other:?}"),
            Ok(vault) => match vault.check_integrity(monday()) {
                Err(_) => true,
                Ok(found) => !found.problems.iter().all(|problem| problem.starts_with("audit_anchor")),
            },
        };
        if !told {
            // A page that is free holds nothing.
            found_whole.set(found_whole.get() + 1);
        }
        let rescued = scene.resync().unwrap_or_else(|error| panic!("case {case}: {error:?}"));
        let aside = fs::read(rescued.aside.unwrap().join(DATABASE)).unwrap();
        assert_eq!(aside.len(), damaged.len(), "case {case}: put aside");
        assert!(rescued.vault.verify().unwrap().problems.iter().all(|p| p.starts_with("audit_anchor")));
        assert!(
            rescued
                .vault
                .outbox()
                .unwrap()
                .iter()
                .all(|entry| { matches!(entry.state, OutboxState::Sent | OutboxState::Unknown) })
        );
        if rescued.saved.incomplete.is_empty() {
            assert_eq!((rescued.saved.outbox, rescued.saved.drafts, rescued.saved.cases), (3, 1, 1));
            saved_all.set(saved_all.get() + 1);
        }
        rescued.vault.close();
        scene.open().unwrap().close();
    }
    assert!(saved_all.get() >= 25, "most damage is among the messages: {}", saved_all.get());
    assert!(found_whole.get() <= 5, "{} of 50 went unnoticed", found_whole.get());
}

#[test]
fn a_write_ahead_log_that_was_cut_loses_its_end_and_is_noticed() {
    let scene = Scene::new();
    let vault = scene.open().unwrap();
    vault.anchor_audit().unwrap();
    for n in 0..40 {
        vault.note(&crate::AuditNote::Searched(n), monday()).unwrap();
    }
    vault.anchor_audit().unwrap();
    let look = |_: &mut rusqlite::Connection| {
        for name in FILES {
            let _ = fs::copy(scene.dir.join(name), scene.folder.path().join(name));
        }
        Ok(())
    };
    vault.connections.write(look).unwrap();
    vault.close();
    let wal = fs::read(scene.folder.path().join("vault.db-wal")).unwrap();
    for cut in [wal.len() / 2, wal.len() / 4, 40] {
        for name in FILES {
            let _ = fs::remove_file(scene.dir.join(name));
        }
        fs::copy(scene.folder.path().join(DATABASE), scene.dir.join(DATABASE)).unwrap();
        fs::write(scene.dir.join("vault.db-wal"), &wal[..cut]).unwrap();
        let vault = scene.open().unwrap();
        assert_eq!(vault.upkeep().unwrap().notice.as_deref(), Some("rolled_back"), "cut at {cut}");
        vault.close();
    }
}

#[test]
fn a_call_that_was_interrupted_is_made_again_with_what_it_had_saved() {
    let scene = Scene::new();
    let (_, key) = (scene.open().unwrap().close(), scene.open().unwrap().hold_key().unwrap());
    drop(key);
    let vault = scene.open().unwrap();
    let data_key = vault.connections.key().unwrap();
    vault.close();
    save(&scene.dir, &data_key, monday()).unwrap();
    put_aside(&scene.dir, monday()).unwrap();
    assert!(matches!(scene.open(), Err(VaultError::DatabaseMissing)));
    let rescued = scene.resync().unwrap();
    assert_eq!((rescued.saved.outbox, rescued.saved.drafts, rescued.saved.cases), (3, 1, 1));
    assert_eq!(rescued.aside, None);
}

#[test]
fn a_backup_takes_the_place_of_a_damaged_vault_with_what_came_after_it() {
    let scene = Scene::new();
    let vault = scene.open().unwrap();
    let from = scene.folder.path().join("one.backup");
    let thread = vault.t1();
    // Marked only after the backup was made.
    vault.set_sensitive(thread, false, monday()).unwrap();
    vault.backup(&from, monday()).unwrap();
    vault.set_sensitive(thread, true, monday()).unwrap();
    let later = vault
        .enqueue(&reply(thread, "after the backup"), &ClientIdentifier::random(), "{}", monday())
        .unwrap();
    vault.save_draft(thread, "after the backup too", crate::vault::testing::at(60)).unwrap();
    let queued = vault.outbox().unwrap()[1].id;
    assert!(vault.mark_sending(queued, monday()).unwrap());
    vault.mark_sent(queued, None, monday()).unwrap();
    vault.close();
    let damaged = scene.damage(|length| length - 5000);
    let options = RestoreOptions {
        from,
        dir: scene.dir.clone(),
        recovery_code: scene.code.clone(),
        passphrase: Some("another passphrase".into()),
        keyring: true,
    };
    let broken = RestoreOptions { from: scene.dir.join(DATABASE), ..scene_options(&options) };
    assert!(matches!(Vault::restore_in_place_with(&broken, &scene.keyring), Err(VaultError::BackupDamaged)));
    assert_eq!(fs::read(scene.dir.join(DATABASE)).unwrap(), damaged, "as it stood");

    let (restored, saved) = Vault::restore_in_place_with(&options, &scene.keyring).unwrap();
    assert_eq!((saved.outbox, saved.drafts), (1, 1));
    let vault = Vault::open_with(&scene.dir, &"another passphrase".into(), &scene.keyring).unwrap();
    let entries = vault.outbox().unwrap();
    let states: Vec<_> = entries.iter().map(|entry| entry.state).collect();
    use OutboxState::{Sent, Unknown};
    assert_eq!(states, [Sent, Sent, Unknown, Unknown], "what was sent after the backup is sent");
    assert_eq!(restored.to_look_up, 2);
    assert_eq!(entries[3].client_identifier, later.client_identifier);
    assert_eq!(vault.draft(vault.t1()).unwrap(), "after the backup too");
    assert!(vault.thread(vault.t1()).unwrap().sensitive);
    assert_eq!(vault.messages(vault.t1()).unwrap().len(), 201);
    assert!(vault.verify().unwrap().ok, "{:?}", vault.verify().unwrap().problems);
    let aside = fs::read_dir(&scene.dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_string_lossy().starts_with(ASIDE))
        .unwrap();
    assert_eq!(fs::read(aside.join(DATABASE)).unwrap().len(), damaged.len());
    assert_eq!(crate::keys::list(scene.folder.path(), &scene.keyring).unwrap().len(), 1, "one vault");
}

fn scene_options(options: &RestoreOptions) -> RestoreOptions {
    RestoreOptions {
        from: options.from.clone(),
        dir: options.dir.clone(),
        recovery_code: options.recovery_code.clone(),
        passphrase: options.passphrase.clone(),
        keyring: options.keyring,
    }
}

#[test]
fn after_a_new_data_key_the_chain_goes_on_in_a_backup_and_in_a_rescue() {
    let scene = Scene::new();
    let code = Vault::rekey_with(&scene.dir, &PASSPHRASE.into(), &scene.keyring).unwrap();
    let vault = scene.open().unwrap();
    let from = scene.folder.path().join("one.backup");
    vault.backup(&from, monday()).unwrap();
    vault.close();
    let rescued = scene.resync().unwrap();
    assert!(rescued.saved.audit > 5);
    let found = rescued.vault.verify().unwrap();
    assert!(found.ok, "{:?}", found.problems);
    rescued.vault.close();
    assert!(scene.open().unwrap().verify().unwrap().ok);
    let options = RestoreOptions {
        from,
        dir: scene.folder.path().join("there"),
        recovery_code: code,
        passphrase: Some("another passphrase".into()),
        keyring: true,
    };
    Vault::restore_with(&options, &scene.keyring).unwrap();
    let vault = Vault::open_with(&options.dir, &"another passphrase".into(), &scene.keyring).unwrap();
    assert!(vault.verify().unwrap().ok, "{:?}", vault.verify().unwrap().problems);
}

#[test]
fn erasing_leaves_nothing_of_what_was_put_aside() {
    let scene = Scene::new();
    let from = scene.folder.path().join("one.backup");
    let vault = scene.open().unwrap();
    vault.backup(&from, monday()).unwrap();
    vault.close();
    scene.resync().unwrap().vault.close();
    let options = RestoreOptions {
        from,
        dir: scene.dir.clone(),
        recovery_code: scene.code.clone(),
        passphrase: Some(PASSPHRASE.into()),
        keyring: true,
    };
    Vault::restore_in_place_with(&options, &scene.keyring).unwrap();
    let erased = Vault::erase_with(&scene.dir, Some(&PASSPHRASE.into()), true, &scene.keyring).unwrap();
    assert!(erased.folder && !scene.dir.exists());
}
