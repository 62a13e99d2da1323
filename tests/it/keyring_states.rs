//! A key that cannot be had changes nothing on disk: missing, locked and absent are three answers, and while a header
//! exists nothing is created, deleted or overwritten.

use anteroom_tests::{Scene, fingerprint};
use demo_portal::Options;

/// Tries to use and to replace the vault; gives the error codes. The vault's folder must stay as it was.
fn refused(scene: &Scene) -> Vec<String> {
    let before = fingerprint(&scene.vault_dir()).unwrap();
    let mut codes = Vec::new();
    for call in [&["threads"][..], &["sync"], &["vault", "verify"], &["vault", "create"]] {
        let answer = scene.cli().run(call).unwrap();
        assert_eq!(answer.code, Some(1), "{call:?} {:?}", answer.last());
        codes.push(answer.error_code().to_owned());
        assert_eq!(fingerprint(&scene.vault_dir()).unwrap(), before, "{call:?} changed the vault");
    }
    codes
}

#[test]
fn a_missing_key_beside_a_vault_touches_nothing() {
    let mut scene = Scene::filled(Options::default()).unwrap();
    scene.session.empty_keyring().unwrap();
    let codes = refused(&scene);
    assert_eq!(codes[..3], ["key_missing"; 3]);
}

#[test]
fn a_locked_keyring_is_told_apart_and_works_again_once_open() {
    let mut scene = Scene::filled(Options::default()).unwrap();
    scene.session.lock_keyring().unwrap();
    let codes = refused(&scene);
    assert_eq!(codes[..3], ["keyring_locked"; 3]);
    scene.session.stop_keyring();
    scene.session.start_keyring().unwrap();
    assert!(!scene.cli().run(&["threads"]).unwrap().done().unwrap().lines.is_empty());
}

#[test]
fn no_keyring_at_all_is_told_apart() {
    let mut scene = Scene::filled(Options::default()).unwrap();
    scene.session.stop_keyring();
    let codes = refused(&scene);
    assert_eq!(codes[..3], ["no_keyring"; 3]);
}

#[test]
fn a_wrong_passphrase_is_not_a_missing_key() {
    let scene = Scene::filled(Options::default()).unwrap();
    std::fs::write(scene.passphrase_file(), "not the passphrase at all").unwrap();
    let answer = scene.cli().run(&["threads"]).unwrap();
    assert_eq!((answer.code, answer.error_code()), (Some(1), "wrong_passphrase"));
}

#[test]
fn a_service_without_a_login_collection_counts_as_a_missing_key() {
    let mut scene = Scene::filled(Options::default()).unwrap();
    scene.session.keyring_without_collection().unwrap();
    let codes = refused(&scene);
    assert_eq!(codes[..3], ["key_missing"; 3]);
}

#[test]
fn a_keyring_that_does_not_answer_is_said_and_not_waited_for() {
    let scene = Scene::filled(Options::default()).unwrap();
    scene.session.freeze_keyring().unwrap();
    let before = fingerprint(&scene.vault_dir()).unwrap();
    let begun = std::time::Instant::now();
    let answer = scene.cli().run(&["threads"]).unwrap();
    assert_eq!((answer.code, answer.error_code()), (Some(1), "keyring_silent"));
    assert!(begun.elapsed() < std::time::Duration::from_secs(60), "{:?}", begun.elapsed());
    assert_eq!(fingerprint(&scene.vault_dir()).unwrap(), before);
}
