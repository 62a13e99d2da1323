//! What stands against sending a text.

use super::*;
use crate::{TextProblem, VERIFIED_FOR_DAYS};

fn person(given: &str, family: &str) -> PersonName {
    PersonName { family: family.into(), given: given.into() }
}

fn codes(problems: &[TextProblem]) -> Vec<&'static str> {
    problems.iter().map(|problem| problem.code.as_str()).collect()
}

fn checked_in(country: Option<&str>, text: &str) -> Vec<TextProblem> {
    let known = [person("Lena", "Muster"), person("Ada", "Weiß")];
    let others = [
        person("Jonas", "Klein"),
        person("Lena", "Petersen"),
        person("May", "Long"),
        person("Ana Maria", "García López"),
    ];
    let lines = Guidelines::builtin().lines();
    check_text(
        text,
        &TextCheck {
            lines,
            today: today(),
            response: None,
            demo: false,
            country,
            known: &known,
            others: &others,
        },
    )
}

#[track_caller]
fn expect(text: &str, code: &[&str]) {
    assert_eq!(codes(&checked_in(Some("DE"), text)), code, "{text}");
}

#[test]
fn nothing_and_open_slots() {
    expect(" \n", &["empty_text"]);
    expect(
        "Liebe Frau Muster, ich rufe {next_try} an. {clinician} {next_try}",
        &["empty_slot", "empty_slot"],
    );
    expect("Liebe Frau Muster, bis morgen. Ada Weiß", &[]);
}

#[test]
fn the_name_of_another_patient() {
    expect("Lieber Herr Klein, bis morgen.", &["other_patient_name"]);
    expect("Ich habe mit Jonas Klein gesprochen.", &["other_patient_name"]);
    expect("KLEIN, Jonas", &["other_patient_name"]);
    expect("Hallo Jonas, bis morgen.", &["other_patient_name"]);
    expect("Liebe Frau García López, bis morgen.", &["other_patient_name"]);
    let found = checked_in(Some("DE"), "Dear Lena Petersen");
    assert_eq!(found[0].params, [("name".to_owned(), "Lena Petersen".to_owned())]);
}

#[test]
fn words_that_are_also_names() {
    expect("Klein anfangen ist gut. Ein klein wenig reicht.", &[]);
    expect("It may take long. Long walks in May help.", &[]);
    expect("Hallo Lena, bis morgen.", &[]);
    expect("Guten Tag Frau Muster", &[]);
}

#[test]
fn numbers_of_another_country() {
    let wrong = checked_in(Some("DE"), "Please call 988 at any hour.");
    assert_eq!(codes(&wrong), ["wrong_country"]);
    assert!(wrong[0].params.contains(&("number".to_owned(), "988".to_owned())));
    assert_eq!(codes(&checked_in(Some("US"), "Please call 988 at any hour.")), Vec::<&str>::new());
    assert_eq!(
        codes(&checked_in(Some("AT"), "Im Notfall wählen Sie 112.")),
        Vec::<&str>::new(),
        "112 is answered in Austria"
    );
    assert_eq!(codes(&checked_in(Some("US"), "In danger call 112.")), ["wrong_country"]);
    assert_eq!(
        codes(&checked_in(Some("US"), "Call 0800-1110111 now")),
        ["wrong_country"],
        "however it is grouped"
    );
    assert_eq!(codes(&checked_in(Some("IE"), "Samaritans: 116 123, day and night")), Vec::<&str>::new());
    assert_eq!(codes(&checked_in(None, "Please call 988.")), ["wrong_country"], "unknown country");
}

#[test]
fn numbers_that_are_no_telephone_numbers() {
    for text in [
        "Nehmen Sie 15 mg am Abend, rufen Sie um 15:00 an.",
        "Call 15 minutes before.",
        "Ich rufe um 15 Uhr an.",
        "Haus 144, Zimmer 143.",
        "Rufen Sie 030 23125 112 an.",
        "Call me on 030 23125 000.",
        "Die Nummer der Praxis ist 030 23125 144.",
    ] {
        expect(text, &[]);
    }
}

#[test]
fn a_line_past_its_date() {
    let lines = Guidelines::builtin().lines();
    let check = |days: i64| {
        let today = today() + chrono::TimeDelta::days(days);
        let check = TextCheck {
            lines,
            today,
            response: None,
            demo: false,
            country: Some("DE"),
            known: &[],
            others: &[],
        };
        codes(&check_text("TelefonSeelsorge: 0800 111 0 111", &check))
    };
    assert_eq!(check(VERIFIED_FOR_DAYS), Vec::<&str>::new());
    assert_eq!(check(VERIFIED_FOR_DAYS + 1), ["expired_line"]);
}

#[test]
fn a_filled_crisis_text_can_be_sent_in_the_demo_and_not_elsewhere() {
    let lines = Guidelines::builtin().lines();
    let response = response("acute-not-reached", Language::De);
    let context = context(Language::De);
    let text = fill(response, Address::Formal, &propose(response, lines, &context));
    let text = text.replace("{empathic_sentence}", "Das klingt nach einer sehr schweren Nacht.");
    let known = [context.patient.clone()];
    let check = |demo, text: &str, country| {
        let check = TextCheck {
            lines,
            today: today(),
            response: Some(response),
            demo,
            country,
            known: &known,
            others: &[],
        };
        check_text(text, &check)
            .into_iter()
            .map(|problem| (problem.code.as_str(), problem.blocks))
            .collect::<Vec<_>>()
    };
    assert_eq!(check(true, &text, Some("DE")), [("unsigned", false)]);
    assert_eq!(check(false, &text, Some("DE")), [("unsigned", true)]);
    let without = text.replace("Notruf: 112", "");
    assert_eq!(check(true, &without, Some("DE")), [("wrong_country", true), ("unsigned", false)]);
    assert!(check(true, &text, Some("US")).contains(&("wrong_country", true)));
}

#[test]
fn every_filled_text_passes_its_own_check_in_its_country() {
    let lines = Guidelines::builtin().lines();
    for country in ["DE", "AT", "CH", "US", "GB", "IE", "FR", "ES", "NL", "AU", "CA"] {
        for response in Guidelines::builtin().responses() {
            let context = SlotContext { country: Some(country.into()), ..context(response.language) };
            let mut slots = propose(response, lines, &context);
            slots
                .iter_mut()
                .filter(|slot| slot.value.is_empty())
                .for_each(|slot| slot.value = "etwas Eigenes".into());
            let text = fill(response, Address::Informal, &slots);
            let known = [context.patient.clone()];
            let check = TextCheck {
                lines,
                today: today(),
                response: Some(response),
                demo: true,
                country: Some(country),
                known: &known,
                others: &[],
            };
            assert_eq!(
                codes(&check_text(&text, &check)),
                ["unsigned"],
                "{} in {country}: {text}",
                response.id
            );
        }
    }
}

#[test]
fn countries_as_addresses_name_them() {
    assert_eq!(country_code("uk"), Some("GB"));
    assert_eq!(country_code(" Österreich "), Some("AT"));
    assert_eq!(country_code("de"), Some("DE"));
    assert_eq!(country_code("Atlantis"), None);
}
