use inbox_domain::{ClientIdentifier, OutboxState};
use secrecy::ExposeSecret as _;

use super::*;
use crate::keys::seal::Cost;
use crate::keys::testing::MemoryKeyring;
use crate::vault::testing::{batch, message, monday, reply};
use crate::{AuditQuery, CreateOptions, KeyState};

const PASSPHRASE: &str = "a passphrase for tests";
const ANOTHER: &str = "another passphrase";

/// A vault with messages, a draft and waiting replies, and a backup of it.
struct Scene {
    dir: TempDir,
    keyring: MemoryKeyring,
    vault: Vault,
    code: SecretString,
}

impl Scene {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let keyring = MemoryKeyring::default();
        let options = CreateOptions {
            dir: dir.path().join("vault"),
            name: "Dr. A".into(),
            passphrase: PASSPHRASE.into(),
            keyring: true,
        };
        let created = Vault::create_at(&options, &keyring, Cost { memory_kib: 64, passes: 1 }).unwrap();
        let vault = created.vault;
        let texts = ["Wetterleuchten", "x", "y"];
        let messages = texts.iter().zip(0..).map(|(text, n)| message(&format!("m{n}"), n, text));
        vault.apply(&batch(messages), monday()).unwrap();
        vault.save_draft(vault.t1(), "begun", monday()).unwrap();
        for text in ["one", "two"] {
            vault.enqueue(&reply(vault.t1(), text), &ClientIdentifier::random(), "{}", monday()).unwrap();
        }
        vault.save_draft(vault.t1(), "begun", monday()).unwrap();
        vault.set_sensitive(vault.t1(), true, monday()).unwrap();
        Self { dir, keyring, vault, code: created.recovery_code }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("one.backup")
    }

    fn options(&self, to: &str) -> RestoreOptions {
        RestoreOptions {
            from: self.file(),
            dir: self.dir.path().join(to),
            recovery_code: self.code.clone(),
            passphrase: Some(ANOTHER.into()),
            keyring: true,
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn a_backup_opens_on_another_machine_with_all_that_it_held() {
    let scene = Scene::new();
    let made = scene.vault.backup(&scene.file(), monday()).unwrap();
    assert_eq!((made.rows.messages, made.rows.outbox, made.rows.drafts), (3, 2, 1));
    assert_eq!(made.bytes, fs::metadata(scene.file()).unwrap().len());
    assert_eq!(scene.names(), ["one.backup", "vault"], "no temporary file stays");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(scene.file()).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let last = scene.vault.audit(1).unwrap().remove(0);
    assert_eq!((last.action.as_str(), last.subject.as_str()), ("vault.backup", "messages:3"));
    scene.vault.mark_read(scene.vault.t1(), monday()).unwrap();

    let elsewhere = MemoryKeyring::default();
    let restored = Vault::restore_with(&scene.options("elsewhere/deep"), &elsewhere).unwrap();
    assert_eq!((restored.rows, restored.to_look_up), (made.rows, 2));
    let dir = scene.dir.path().join("elsewhere/deep");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&dir).unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert!(matches!(
        Vault::open_with(&dir, &PASSPHRASE.into(), &elsewhere),
        Err(VaultError::WrongPassphrase { .. })
    ));
    let vault = Vault::open_with(&dir, &ANOTHER.into(), &elsewhere).unwrap();
    assert!(vault.verify().unwrap().ok, "{:?}", vault.verify().unwrap().problems);
    assert_eq!(vault.verify().unwrap().anchor, AnchorState::Agrees);
    assert_eq!(vault.search("wetterleuchten", 9).unwrap().len(), 1);
    assert_eq!(vault.draft(vault.t1()).unwrap(), "begun");
    assert!(vault.thread(vault.t1()).unwrap().sensitive);
    let states: Vec<_> = vault.outbox().unwrap().into_iter().map(|entry| entry.state).collect();
    assert_eq!(states, [OutboxState::Unknown; 2]);
    assert_eq!(vault.due(monday()).unwrap(), [], "nothing is sent before it was looked up");
    let rows = vault.audit_rows(&AuditQuery { action: "vault".into(), ..AuditQuery::default() }).unwrap();
    assert!(rows.iter().any(|row| row.action == "vault.restore"));
    let upkeep = vault.upkeep().unwrap();
    assert_eq!((upkeep.notice, upkeep.check_due), (None, false));
    // The code of the backup opens the restored vault too.
    vault.close();
    Vault::recover_with(&dir, &scene.code, &"a third passphrase".into(), &elsewhere).unwrap();
}

#[test]
fn a_vault_beside_its_copy_on_one_machine_keeps_its_key_and_its_anchor() {
    let scene = Scene::new();
    scene.vault.backup(&scene.file(), monday()).unwrap();
    for n in 0..2 {
        Vault::restore_with(&scene.options(&format!("copy-{n}")), &scene.keyring).unwrap();
    }
    scene.vault.note(&crate::AuditNote::Searched(1), monday()).unwrap();
    let Scene { dir, keyring, vault, .. } = scene;
    vault.close();
    for (name, passphrase) in [("vault", PASSPHRASE), ("copy-0", ANOTHER), ("copy-1", ANOTHER)] {
        for _ in 0..2 {
            let vault = Vault::open_with(&dir.path().join(name), &passphrase.into(), &keyring).unwrap();
            assert_eq!(vault.upkeep().unwrap().notice, None, "{name}");
            assert_eq!(vault.anchor_state().unwrap(), AnchorState::Agrees, "{name}");
        }
    }
}

#[test]
fn it_is_restored_without_a_keyring_and_without_a_new_passphrase_too() {
    let scene = Scene::new();
    scene.vault.backup(&scene.file(), monday()).unwrap();
    let elsewhere = MemoryKeyring::default();
    let options = RestoreOptions { keyring: false, ..scene.options("alone") };
    Vault::restore_with(&options, &elsewhere).unwrap();
    assert_eq!(elsewhere.names(), [""; 0]);
    let vault = Vault::open_with(&options.dir, &ANOTHER.into(), &elsewhere).unwrap();
    assert!(vault.verify().unwrap().ok);
    vault.close();
    let weak = RestoreOptions { passphrase: Some("too short".into()), ..scene.options("weak") };
    let weak = RestoreOptions { keyring: false, ..weak };
    assert!(matches!(Vault::restore_with(&weak, &elsewhere), Err(VaultError::WeakPassphrase { least: 16 })));
    assert!(!weak.dir.exists());

    let options = RestoreOptions { passphrase: None, ..scene.options("as-it-was") };
    Vault::restore_with(&options, &elsewhere).unwrap();
    assert!(matches!(
        Vault::open_with(&options.dir, &PASSPHRASE.into(), &elsewhere),
        Err(VaultError::Key(KeyState::KeyMissing))
    ));
    Vault::open_with(&options.dir, &PASSPHRASE.into(), &scene.keyring).unwrap().close();
    Vault::recover_with(&options.dir, &scene.code, &ANOTHER.into(), &elsewhere).unwrap();
}

#[test]
fn nothing_is_ever_overwritten() {
    let scene = Scene::new();
    scene.vault.backup(&scene.file(), monday()).unwrap();
    let before = fs::read(scene.file()).unwrap();
    assert!(matches!(scene.vault.backup(&scene.file(), monday()), Err(VaultError::FileExists)));
    assert_eq!(fs::read(scene.file()).unwrap(), before);

    let over = scene.options("vault");
    assert!(matches!(Vault::restore_with(&over, &scene.keyring), Err(VaultError::AlreadyExists)));
    let other = scene.dir.path().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("letter.txt"), "somebody's").unwrap();
    assert!(matches!(
        Vault::restore_with(&scene.options("other"), &scene.keyring),
        Err(VaultError::AlreadyExists)
    ));
    assert_eq!(fs::read_to_string(other.join("letter.txt")).unwrap(), "somebody's");
    fs::create_dir(scene.dir.path().join("empty")).unwrap();
    Vault::restore_with(&scene.options("empty"), &scene.keyring).unwrap();
    assert!(scene.vault.verify().unwrap().ok);
}

#[test]
fn another_code_makes_nothing() {
    let scene = Scene::new();
    scene.vault.backup(&scene.file(), monday()).unwrap();
    let before = (scene.names(), scene.keyring.names().len());
    let wrong = Scene::new().code;
    let options = RestoreOptions { recovery_code: wrong, ..scene.options("new") };
    assert!(matches!(Vault::restore_with(&options, &scene.keyring), Err(VaultError::WrongRecoveryCode)));
    let mistyped = scene.code.expose_secret().replacen('-', "", 1) + "0";
    let options = RestoreOptions { recovery_code: mistyped.into(), ..scene.options("new") };
    assert!(matches!(Vault::restore_with(&options, &scene.keyring), Err(VaultError::MistypedRecoveryCode)));
    scene.keyring.fail_writes(Some(crate::SecretsError::Locked));
    assert!(matches!(
        Vault::restore_with(&scene.options("new"), &scene.keyring),
        Err(VaultError::Key(KeyState::KeyringLocked))
    ));
    assert_eq!((scene.names(), scene.keyring.names().len()), before);
}

#[test]
fn a_damaged_backup_is_told_and_nothing_is_made_of_it() {
    let scene = Scene::new();
    scene.vault.backup(&scene.file(), monday()).unwrap();
    let whole = fs::read(scene.file()).unwrap();
    let before = (scene.names(), scene.keyring.names().len());
    let mut seed = 0x5eed_u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for case in 0..50 {
        let mut bytes = whole.clone();
        // The head is a thousandth of the file and has to be met too.
        let at = if case % 5 == 0 { draw(3000) } else { draw(bytes.len()) };
        if case % 2 == 0 {
            bytes[at] ^= 1 << draw(8);
        } else {
            bytes.truncate(at);
        }
        fs::write(scene.file(), &bytes).unwrap();
        let answer = Vault::restore_with(&scene.options("new"), &scene.keyring);
        assert!(matches!(answer, Err(VaultError::BackupDamaged)), "case {case} at {at}: {answer:?}");
        assert_eq!((scene.names(), scene.keyring.names().len()), before, "case {case}");
    }
    // Somebody who can make the sum right cannot make the mac right.
    let mut bytes = whole.clone();
    let end = bytes.len() - 64;
    bytes[end - 100] ^= 1;
    let sum = <sha2::Sha256 as sha2::Digest>::digest(&bytes[..end]);
    bytes[end..end + 32].copy_from_slice(&sum);
    fs::write(scene.file(), &bytes).unwrap();
    assert!(matches!(
        Vault::restore_with(&scene.options("new"), &scene.keyring),
        Err(VaultError::BackupDamaged)
    ));
    assert_eq!((scene.names(), scene.keyring.names().len()), before);
    fs::write(scene.file(), &whole).unwrap();
    Vault::restore_with(&scene.options("new"), &scene.keyring).unwrap();
}

#[test]
fn nothing_planted_stands_in_a_backup_in_plain_bytes() {
    let scene = Scene::new();
    scene.vault.backup(&scene.file(), monday()).unwrap();
    let bytes = fs::read(scene.file()).unwrap();
    for needle in
        ["Wetterleuchten", "begun", PASSPHRASE, scene.code.expose_secret(), "CREATE TABLE", "MRN-p1"]
    {
        assert!(!bytes.windows(needle.len()).any(|window| window == needle.as_bytes()), "{needle}");
    }
}

#[test]
fn a_backup_is_made_beside_whoever_writes() {
    let scene = Scene::new();
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for n in 0..40 {
                let text = format!("written {n}");
                scene.vault.apply(&batch([message(&format!("w{n}"), 10 + n, &text)]), monday()).unwrap();
            }
        });
        for n in 0..3 {
            let file = scene.dir.path().join(format!("{n}.backup"));
            scene.vault.backup(&file, monday()).unwrap();
            let options = RestoreOptions { from: file, ..scene.options(&format!("copy-{n}")) };
            Vault::restore_with(&options, &scene.keyring).unwrap();
        }
        writing.join().unwrap();
    });
}
