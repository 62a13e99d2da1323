use inbox_domain::SystemClock;
use inbox_vault::CreateOptions;

use super::*;
use crate::session::Surroundings;

#[test]
fn an_older_version_that_was_compiled_slowly_does_not_come_back() {
    let dir = tempfile::TempDir::new().unwrap();
    let options = CreateOptions {
        dir: dir.path().join("vault"),
        name: "Test".into(),
        passphrase: "a long enough passphrase".to_owned().into(),
        keyring: false,
    };
    let vault = Vault::create(&options).unwrap().vault;
    let session = Session::new(vault, Surroundings::headless(Arc::new(SystemClock)));
    session.store_lexicon(0, &ClinicLexicon::default()).unwrap();
    let slow = LexiconInForce::load(&session.vault, &session.packs());
    session.store_lexicon(1, &ClinicLexicon::default()).unwrap();
    session.renew_lexicon(slow);
    assert_eq!(session.lexicon_in_force().version, 2);
    // What could not be read when the vault was opened is read when it can be.
    *crate::session::lock(&session.lexicon) = LexiconInForce::unreadable(0, None, &session.packs());
    session.reload_lexicon();
    assert_eq!((session.lexicon_in_force().version, session.lexicon_in_force().readable), (2, true));
}
