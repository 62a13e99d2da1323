use super::*;

#[test]
fn a_practitioner_is_named_by_reference() {
    assert_eq!(practitioner_id("Practitioner/p-1").unwrap(), "p-1");
    assert_eq!(practitioner_id("https://portal.example.org/fhir/Practitioner/7").unwrap(), "7");
    for wrong in ["7", "Patient/7", "Practitioner/", "Practitioner/a b", ""] {
        assert_eq!(practitioner_id(wrong).unwrap_err().code, "invalid_argument", "{wrong}");
    }
}

#[test]
fn the_country_follows_the_zone() {
    assert_eq!(country_of_zone("Europe/Berlin"), "DE");
    assert_eq!(country_of_zone("America/New_York"), "US");
    assert_eq!(country_of_zone("Australia/Lord_Howe"), "AU");
}
