//! Nothing that a patient wrote stands readable on the disk: not in the database, its log, its index, the keyring, the
//! program's log, nor in a temporary file.

use anteroom_tests::{Scene, occurrences};
use demo_portal::Options;

#[test]
fn no_text_of_a_patient_is_readable_on_disk() {
    let scene = Scene::filled(Options::default()).unwrap();
    let patients = scene.portal.control().resources("Patient");
    scene
        .portal
        .patient_writes(
            patients[0]["id"].as_str().unwrap(),
            "One more line, written while nobody was looking at the screen.",
        )
        .unwrap();
    scene.cli().run(&["sync"]).unwrap().done().unwrap();
    let texts = scene.portal.texts();
    assert!(texts.len() > 274, "{}", texts.len());
    let found = occurrences(&scene.vault_dir(), &texts).unwrap();
    assert!(found.is_empty(), "{found:?}");

    // What the rig itself keeps of command lines is no part of the product.
    let home = scene.session.home().path();
    for dir in ["data", "config", "cache", "state", "tmp"] {
        let found = occurrences(&home.join(dir), &texts).unwrap();
        assert!(found.is_empty(), "{found:?}");
    }
}

#[test]
fn the_search_for_texts_would_find_one() {
    let scene = Scene::connected(Options::default()).unwrap();
    let texts = scene.portal.texts();
    let longest = texts.iter().max_by_key(|text| text.len()).unwrap();
    std::fs::write(scene.vault_dir().join("leak"), longest).unwrap();
    assert_eq!(occurrences(&scene.vault_dir(), &texts).unwrap().len(), 1);
}
