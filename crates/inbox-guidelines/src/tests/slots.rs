//! What is proposed for slots.

use super::*;

fn proposed(id: &str, context: &SlotContext) -> Vec<FilledSlot> {
    propose(response(id, context.language), Guidelines::builtin().lines(), context)
}

fn value(slots: &[FilledSlot], kind: SlotKind) -> &str {
    &slots.iter().find(|slot| slot.kind == kind).unwrap().value
}

#[test]
fn a_german_crisis_text() {
    let context = context(Language::De);
    let slots = proposed("acute-not-reached", &context);
    let text = fill(response("acute-not-reached", Language::De), Address::Formal, &slots);
    insta::assert_snapshot!(text);
}

#[test]
fn an_english_crisis_text_without_a_safety_plan() {
    let context = SlotContext {
        country: Some("United Kingdom".into()),
        safety_plan_person: None,
        ..context(Language::En)
    };
    let slots = proposed("ambiguous-or-passive", &context);
    let text = fill(response("ambiguous-or-passive", Language::En), Address::Formal, &slots);
    insta::assert_snapshot!(text);
}

#[test]
fn a_person_writes_the_empathic_sentence() {
    let slots = proposed("acute-not-reached", &context(Language::De));
    let slot = slots.iter().find(|slot| slot.kind == SlotKind::EmpathicSentence).unwrap();
    assert_eq!((slot.value.as_str(), slot.required), ("", true));
}

#[test]
fn forms_of_address() {
    let salutation = |language, address, gender: Option<&str>| {
        let context = SlotContext { address, gender: gender.map(str::to_owned), ..context(language) };
        value(&proposed("thanks", &context), SlotKind::Address).to_owned()
    };
    assert_eq!(salutation(Language::De, Address::Formal, Some("female")), "Liebe Frau Muster");
    assert_eq!(salutation(Language::De, Address::Formal, Some("male")), "Lieber Herr Muster");
    assert_eq!(salutation(Language::De, Address::Formal, Some("other")), "Guten Tag Lena Muster");
    assert_eq!(salutation(Language::De, Address::Informal, Some("female")), "Hallo Lena");
    assert_eq!(salutation(Language::En, Address::Formal, None), "Dear Lena Muster");
    assert_eq!(salutation(Language::En, Address::Formal, Some("male")), "Dear Mr Muster");
}

#[test]
fn routes_are_run_by_different_people() {
    let routes = |country: &str, age, clinic: Option<&str>| {
        let country = Some(country.to_owned());
        let context =
            SlotContext { country, age, clinic_phone: clinic.map(str::to_owned), ..context(Language::En) };
        let slots = proposed("read-late", &context);
        (value(&slots, SlotKind::Route1).to_owned(), value(&slots, SlotKind::Route2).to_owned())
    };
    let (one, two) = routes("Deutschland", Some(40), None);
    assert!(one.starts_with("TelefonSeelsorge: 0800 111 0 111") && two.contains("116 117"), "{one} {two}");
    let (one, two) = routes("DE", Some(17), None);
    assert!(one.starts_with("krisenchat") && two.starts_with("Nummer gegen Kummer"), "{one} {two}");
    let (one, two) = routes("US", Some(40), None);
    assert_eq!(
        (one.as_str(), two.as_str()),
        ("988 Suicide & Crisis Lifeline: 988 or text 988 (day and night)", "")
    );
    assert_eq!(routes("US", Some(40), Some("555-0142")).1, "our clinic: 555-0142");
    assert_eq!(routes("Atlantis", Some(40), Some("555-0142")), (String::new(), String::new()));
}

#[test]
fn times_name_their_day_and_the_zone_where_it_matters() {
    let slots = proposed("after-hours-acknowledgement", &context(Language::En));
    assert_eq!(value(&slots, SlotKind::NextOpening), "on Tuesday, 24 November, at 08:00 (Berlin time)");
    let slots = proposed("after-hours-acknowledgement", &context(Language::De));
    assert_eq!(
        value(&slots, SlotKind::NextOpening),
        "am Dienstag, 24. November, um 08:00 Uhr (Ortszeit Berlin)"
    );
}

#[test]
fn a_night_without_an_absence_names_no_cover() {
    let context = SlotContext { cover: None, ..context(Language::De) };
    let text = |id: &str| fill(response(id, Language::De), Address::Formal, &proposed(id, &context));
    assert!(!text("after-hours-acknowledgement").contains("{cover}"));
    assert!(text("absence-with-cover").contains("{cover}"), "without a cover it cannot be sent");
}

#[test]
fn a_line_past_its_date_is_not_proposed() {
    let context = SlotContext { now: at("2028-01-01T00:00:00Z"), ..context(Language::De) };
    let slots = proposed("read-late", &context);
    assert_eq!(value(&slots, SlotKind::Route1), "");
    assert_eq!(value(&slots, SlotKind::EmergencyNumber), "");
}

#[test]
fn braces_in_a_value_are_not_a_slot() {
    let context = SlotContext { clinician: "{cover}".into(), ..context(Language::De) };
    let text = fill(response("refill", Language::De), Address::Formal, &proposed("refill", &context));
    assert!(text.ends_with("{cover}") && text.contains("{medicine}"));
}
