//! The content that the program carries: complete, in both languages, in the words that CLINICAL.md asks for.

use super::*;

const EXPECTED: [&str; 21] = [
    "acute-not-reached",
    "acute-reached",
    "ambiguous-or-passive",
    "self-harm-without-intent",
    "threat-or-violence",
    "psychosis",
    "mania",
    "overdose-or-drug-reaction",
    "read-late",
    "after-hours-acknowledgement",
    "absence-with-cover",
    "boundary-and-frequency",
    "worried-third-party",
    "proxy-or-minor",
    "after-discharge",
    "refill",
    "appointment",
    "side-effect",
    "form",
    "test-result",
    "thanks",
];

#[test]
fn it_is_free_of_problems_and_unsigned() {
    let report = check_builtin(today());
    assert_eq!(report.problems, []);
    assert!(report.ok);
    assert_eq!(report.responses, 2 * (EXPECTED.len() + 8));
    assert_eq!(report.unsigned.len(), report.responses, "drafts until a clinical lead signs");
}

#[test]
fn both_languages_hold_every_response_with_the_same_slots() {
    for id in EXPECTED.iter().map(|id| (*id).to_owned()).chain((1..=8).map(|n| format!("caring-contact-{n}")))
    {
        let (en, de) = (response(&id, Language::En), response(&id, Language::De));
        let sorted = |response: &Response| {
            let mut slots = response.slots.clone();
            slots.sort();
            slots
        };
        assert_eq!(sorted(en), sorted(de), "{id}");
        assert_ne!(en.text, de.text, "{id}");
    }
}

#[test]
fn german_is_formal_unless_it_says_du() {
    for response in Guidelines::builtin().in_language(Language::De) {
        let words: Vec<&str> = response.text.split(|letter: char| !letter.is_alphabetic()).collect();
        let informal = ["du", "dich", "dir", "dein", "deine", "deinem", "deinen"];
        assert!(!words.iter().any(|word| informal.contains(word)), "{}", response.id);
        if let Some(text) = &response.text_informal {
            let words: Vec<&str> = text.split(|letter: char| !letter.is_alphabetic()).collect();
            assert!(
                words.iter().any(|word| informal.contains(&word.to_lowercase().as_str())),
                "{}",
                response.id
            );
            assert!(!words.contains(&"Ihnen") && !words.contains(&"Ihre"), "{}", response.id);
        }
    }
}

#[test]
fn who_listens_only_gives_nothing_away() {
    let response = response("worried-third-party", Language::De);
    assert!(response.receive_only && !response.slots.contains(&SlotKind::SafetyPlanPerson));
}

#[test]
fn the_threat_text_does_not_name_the_threat() {
    for language in Language::ALL {
        let text = response("threat-or-violence", language).text.to_lowercase();
        for word in
            ["violence", "threat", "gewalt", "bedroh", "police", "polizei", "partner", "safe", "sicher "]
        {
            assert!(!text.contains(word), "{word}");
        }
    }
}

#[test]
fn caring_contacts_are_a_series_of_eight_that_asks_for_nothing() {
    let contacts: Vec<_> =
        Guidelines::builtin().in_language(Language::En).filter(|r| r.group == "caring").collect();
    let series: Vec<_> = contacts.iter().map(|response| response.series.clone().unwrap()).collect();
    assert_eq!(series.iter().map(|series| series.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert!(series.windows(2).all(|pair| pair[0].after_days < pair[1].after_days));
    assert!(series.iter().all(|series| series.of == 8 && series.stop_rules.len() == 5));
    assert!(contacts.iter().all(|response| !response.text.contains('?')));
}

#[test]
fn the_checklist_has_twelve_steps_in_both_languages() {
    let steps = Guidelines::builtin().checklist();
    assert_eq!(steps.iter().map(|step| step.n).collect::<Vec<_>>(), (1..=12).collect::<Vec<u8>>());
    assert!(steps.iter().all(|step| step.label.en != step.label.de && !step.help.de.is_empty()));
}

#[test]
fn every_country_has_an_emergency_number_and_a_line() {
    let guidelines = Guidelines::builtin();
    for (country, emergency) in [
        ("US", "911"),
        ("CA", "911"),
        ("GB", "999"),
        ("IE", "112"),
        ("DE", "112"),
        ("AT", "144"),
        ("CH", "144"),
        ("FR", "15"),
        ("ES", "112"),
        ("NL", "112"),
        ("AU", "000"),
    ] {
        assert_eq!(guidelines.lines().emergency(country).unwrap().number, emergency);
        assert!(!guidelines.lines().routes(country, None, today()).is_empty(), "{country}");
    }
}

#[test]
fn search_finds_by_title_group_and_phrase() {
    let ids = |query| {
        Guidelines::builtin()
            .search(Language::De, query)
            .into_iter()
            .map(|r| r.id.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids("folgerezept"), ["refill"]);
    assert_eq!(ids("Apotheke"), ["refill"]);
    assert_eq!(ids("")[0], "acute-not-reached", "the most urgent group comes first");
    assert_eq!(ids("kein solches wort"), Vec::<&str>::new());
    let refill = response("refill", Language::En);
    assert_eq!(refill.functions, [MessageFunction::Organisational]);
    assert_eq!(refill.reference(), "refill@1");
}
