use super::*;

#[test]
fn what_was_saved_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let file = PreferencesFile::new(dir.path().join("deep/preferences.json"));
    file.save(&Preferences { language: "de".into(), theme: "high-contrast".into(), hide_unfocused: true })
        .unwrap();
    assert_eq!(file.load().language, "de");
    assert_eq!(file.load().theme, "high-contrast");
    assert!(file.load().hide_unfocused);
}

#[test]
fn an_unknown_theme_is_refused_and_a_damaged_file_counts_as_absent() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("preferences.json");
    let file = PreferencesFile::new(&path);
    let refused = file
        .save(&Preferences { language: "en".into(), theme: "pink".into(), hide_unfocused: false })
        .unwrap_err();
    assert_eq!(refused.code, "invalid_argument");
    assert!(!path.exists());
    std::fs::write(&path, "{\"language\":\"en\",").unwrap();
    assert_eq!(file.load().theme, "system");
}
