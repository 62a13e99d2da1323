use super::*;
use crate::vault::testing::{at, vault};

#[test]
fn every_save_is_kept_and_the_newest_is_in_force() {
    let (_dir, vault) = vault();
    vault.set_setting("hours", r#"{"n":0}"#, at(0)).unwrap();
    assert_eq!(
        vault.save_hours(Some(0), r#"{"n":1}"#, at(1), at(1)).unwrap(),
        2,
        "what stood there is the first"
    );
    assert_eq!(vault.save_hours(Some(2), r#"{"n":2}"#, at(2), at(2)).unwrap(), 3);
    let kept: Vec<_> = vault.saved_hours(9).unwrap().into_iter().map(|saved| saved.hours).collect();
    assert_eq!(kept, [r#"{"n":2}"#, r#"{"n":1}"#, r#"{"n":0}"#]);
    assert_eq!(vault.setting("hours").unwrap().as_deref(), Some(r#"{"n":2}"#));
    assert_eq!(
        vault.save_hours(None, r#"{"n":2}"#, at(3), at(3)).unwrap(),
        3,
        "the same again is no new one"
    );
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn hours_made_from_older_ones_are_refused_and_leave_no_trace() {
    let (_dir, vault) = vault();
    vault.save_hours(Some(0), r#"{"n":1}"#, at(1), at(1)).unwrap();
    let audit = vault.audit(9).unwrap();
    let stale = vault.save_hours(Some(0), r#"{"n":2}"#, at(2), at(2));
    assert!(matches!(stale, Err(VaultError::Changed("hours"))));
    assert!(vault.save_hours(Some(1), "no JSON", at(2), at(2)).is_err());
    assert_eq!(vault.saved_hours(9).unwrap().len(), 1);
    assert_eq!(vault.setting("hours").unwrap().as_deref(), Some(r#"{"n":1}"#));
    assert_eq!(vault.audit(9).unwrap(), audit);
}
