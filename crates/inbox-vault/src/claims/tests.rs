use inbox_domain::{ClaimState, PortalClaim, Tier};

use crate::Vault;
use crate::vault::testing::{at, batch, message, monday, vault};

const ME: &str = "Practitioner/dr-a";
const COLLEAGUE: &str = "Practitioner/dr-b";

fn claim(version: &str, minutes: i64, owner: Option<&str>, state: ClaimState) -> PortalClaim {
    PortalClaim {
        portal_id: "task".into(),
        version: version.into(),
        last_updated: at(minutes),
        header: "t1".into(),
        owner: owner.map(str::to_owned),
        state,
        claimed_at: at(minutes),
        began: None,
        raw: "{}".into(),
    }
}

fn deadline(vault: &Vault) -> Option<i64> {
    let case = vault.open_case(vault.t1()).unwrap().unwrap();
    case.deadline.map(|deadline| (deadline - monday()).num_minutes())
}

#[test]
fn a_claim_shows_with_the_time_of_the_version_that_first_said_so() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 1, "One")]), monday()).unwrap();
    let claimed = claim("2", 5, Some(COLLEAGUE), ClaimState::Claimed);
    let report = vault.apply_claims(std::slice::from_ref(&claimed), &[], ME, at(6)).unwrap();
    assert_eq!(report.threads, [vault.t1()]);
    assert!(vault.apply_claims(&[claimed], &[], ME, at(6)).unwrap().threads.is_empty(), "replay");
    // Touched by somebody, the same claim.
    vault.apply_claims(&[claim("3", 9, Some(COLLEAGUE), ClaimState::Claimed)], &[], ME, at(9)).unwrap();
    let shown = vault.thread(vault.t1()).unwrap().claim.unwrap();
    assert_eq!((shown.by.as_str(), shown.at, shown.done), (COLLEAGUE, at(5), false));
    vault.apply_claims(&[claim("2", 5, None, ClaimState::Free)], &[], ME, at(9)).unwrap();
    assert!(vault.thread(vault.t1()).unwrap().claim.is_some(), "an older version changes nothing");
    vault.apply_claims(&[], &["task".into()], ME, at(9)).unwrap();
    assert_eq!(vault.thread(vault.t1()).unwrap().claim, None);
}

#[test]
fn two_claims_of_one_holder_are_told_apart_by_their_beginning() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 1, "One")]), monday()).unwrap();
    for (version, minutes) in [("2", 5), ("4", 9)] {
        let mut again = claim(version, minutes, Some(COLLEAGUE), ClaimState::Claimed);
        again.began = Some(at(minutes));
        vault.apply_claims(&[again], &[], ME, at(minutes)).unwrap();
        assert_eq!(vault.thread(vault.t1()).unwrap().claim.unwrap().at, at(minutes));
    }
}

#[test]
fn only_a_colleagues_claim_after_the_flagged_message_stops_the_clock() {
    for (owner, minutes, stops) in [(COLLEAGUE, 5, true), (COLLEAGUE, 1, false), (ME, 5, false)] {
        let (_dir, vault) = vault();
        vault.apply(&batch([message("m1", 2, "I want to die").flagged(Tier::Emergency)]), at(3)).unwrap();
        assert_eq!(deadline(&vault), Some(18));
        let claimed = claim("2", minutes, Some(owner), ClaimState::Claimed);
        let report = vault.apply_claims(&[claimed], &[], ME, at(6)).unwrap();
        assert_eq!(deadline(&vault).is_none(), stops, "{owner} at {minutes}");
        assert!(report.cases.is_empty());
    }
}

#[test]
fn a_newer_flagged_message_and_a_release_start_the_clock_again() {
    let (_dir, vault) = vault();
    let emergency = |id: &str, minutes| message(id, minutes, "I want to die").flagged(Tier::Emergency);
    vault.apply(&batch([emergency("m1", 2)]), at(3)).unwrap();
    vault.apply_claims(&[claim("2", 5, Some(COLLEAGUE), ClaimState::Claimed)], &[], ME, at(6)).unwrap();
    assert_eq!(deadline(&vault), None);
    let report = vault.apply(&batch([emergency("m2", 20)]), at(21)).unwrap();
    assert_eq!((report.cases.len(), deadline(&vault)), (1, Some(36)));
    vault.apply_claims(&[claim("3", 22, Some(COLLEAGUE), ClaimState::Claimed)], &[], ME, at(23)).unwrap();
    assert_eq!(deadline(&vault), Some(36), "the claim is the one from before");
    vault.apply_claims(&[claim("4", 24, None, ClaimState::Free)], &[], ME, at(24)).unwrap();
    vault.apply_claims(&[claim("5", 25, Some(COLLEAGUE), ClaimState::Claimed)], &[], ME, at(25)).unwrap();
    assert_eq!(deadline(&vault), None);
    vault.apply_claims(&[claim("6", 26, Some(COLLEAGUE), ClaimState::Done)], &[], ME, at(26)).unwrap();
    assert_eq!(deadline(&vault), None, "done by her who had it");
    let report = vault.apply_claims(&[claim("7", 27, None, ClaimState::Free)], &[], ME, at(30)).unwrap();
    assert_eq!((report.cases.len(), deadline(&vault)), (1, Some(45)));
    assert!(vault.verify().unwrap().ok);
}

#[test]
fn an_acknowledged_case_stays_silent_when_a_colleague_gives_a_thread_back() {
    let (_dir, vault) = vault();
    vault.apply(&batch([message("m1", 2, "I want to die").flagged(Tier::Emergency)]), at(3)).unwrap();
    let case = vault.open_case(vault.t1()).unwrap().unwrap().id;
    vault.case_acknowledge(case, "Dr. A", at(4)).unwrap();
    for (version, state) in [("2", ClaimState::Claimed), ("3", ClaimState::Free)] {
        vault.apply_claims(&[claim(version, 5, Some(COLLEAGUE), state)], &[], ME, at(6)).unwrap();
        assert_eq!(deadline(&vault), None);
    }
}
