use super::*;
use crate::vault::testing::{at, vault};

#[test]
fn every_version_is_kept_and_the_newest_is_in_force() {
    let (_dir, vault) = vault();
    assert_eq!(vault.lexicon().unwrap(), None);
    assert_eq!(vault.save_lexicon(0, "{}", at(0)).unwrap(), 1);
    assert_eq!(vault.save_lexicon(1, r#"{"watch_only":[]}"#, at(1)).unwrap(), 2);
    let newest = vault.lexicon().unwrap().unwrap();
    assert_eq!(
        (newest.version, newest.saved_at, newest.lexicon.as_str()),
        (2, at(1), r#"{"watch_only":[]}"#)
    );
    let kept: i64 = vault
        .read(|db| Ok(db.query_row("SELECT count(*) FROM lexicon_version", [], |row| row.get(0))?))
        .unwrap();
    assert_eq!(kept, 2);
    let audit = vault.audit(2).unwrap();
    assert_eq!((audit[0].action.as_str(), audit[0].subject.as_str()), ("lexicon.save", "lexicon:2"));
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn a_version_made_from_an_older_one_is_refused_and_leaves_no_trace() {
    let (_dir, vault) = vault();
    vault.save_lexicon(0, "{}", at(0)).unwrap();
    let audit = vault.audit(9).unwrap();
    assert!(matches!(vault.save_lexicon(0, "{}", at(1)), Err(VaultError::Changed("lexicon"))));
    assert!(vault.save_lexicon(1, "no JSON", at(1)).is_err());
    assert_eq!(vault.audit(9).unwrap(), audit);
    assert_eq!(vault.lexicon().unwrap().unwrap().version, 1);
}
