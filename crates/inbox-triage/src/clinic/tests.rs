use super::*;
use crate::engine::TriageInput;

fn words(id: &str, phrases: &[&str]) -> ClinicWords {
    ClinicWords {
        id: id.into(),
        language: ClinicLanguage::Both,
        category: Category::Plan,
        tier: Tier::Urgent,
        phrases: phrases.iter().map(|phrase| (*phrase).to_owned()).collect(),
        reason: "The quarry behind the clinic.".into(),
    }
}

fn tier(engine: &Engine, text: &str) -> Tier {
    engine.triage(&TriageInput { text, lang: None, context: &[] }).tier
}

#[test]
fn a_clinics_phrase_is_flagged_with_its_reason() {
    let clinic = ClinicLexicon {
        words: vec![words("quarry", &["Möllers Steinbruch", "quarr*"])],
        ..Default::default()
    };
    let engine = Engine::with_clinic(&clinic, &BTreeSet::new()).unwrap();
    for text in ["Ich war wieder bei MOELLERS STEINBRUCH.", "bei möllers steinbruch", "The quarries again."]
    {
        let judged = engine.triage(&TriageInput { text, lang: None, context: &[] });
        let flag = judged.flags.iter().find(|flag| flag.rule == "clinic.quarry").expect(text);
        assert_eq!((flag.category, flag.tier), (Category::Plan, Tier::Urgent));
    }
    assert_eq!(engine.explain("clinic.quarry", "de").unwrap().reason, "The quarry behind the clinic.");
    assert_eq!(tier(&engine, "Danke für den Termin."), Tier::None);
    assert_ne!(engine.fingerprint(), Engine::builtin().fingerprint());
    let again = Engine::with_clinic(&clinic, &BTreeSet::new()).unwrap();
    assert_eq!(engine.fingerprint(), again.fingerprint());
}

#[test]
fn a_clinics_phrase_is_read_in_its_context_like_any_other() {
    let clinic = ClinicLexicon { words: vec![words("quarry", &["the quarry"])], ..Default::default() };
    let engine = Engine::with_clinic(&clinic, &BTreeSet::new()).unwrap();
    assert_eq!(tier(&engine, "I'm going to the quarry tonight."), Tier::Urgent);
    let judged = engine.triage(&TriageInput { text: "I was never at the quarry.", lang: None, context: &[] });
    assert!(judged.flags.iter().any(|flag| flag.rule == "clinic.quarry" && flag.demoted));
}

#[test]
fn a_switch_keeps_a_rule_at_watch_and_says_so() {
    let text = "I just want to die.";
    let before = Engine::builtin().triage(&TriageInput { text, lang: None, context: &[] });
    let rules: Vec<String> = before.flags.iter().map(|flag| flag.rule.clone()).collect();
    let clinic = ClinicLexicon { watch_only: rules.clone(), ..Default::default() };
    let engine = Engine::with_clinic(&clinic, &BTreeSet::new()).unwrap();
    let after = engine.triage(&TriageInput { text, lang: None, context: &[] });
    assert_eq!((before.tier, after.tier), (Tier::Urgent, Tier::Watch));
    assert!(after.flags.iter().all(|flag| flag.context.contains(&inbox_domain::ContextMark::WatchOnly)));
    assert!(engine.rules().filter(|rule| rule.watch_only).count() == rules.len());
}

#[test]
fn what_a_lead_signed_cannot_be_switched_down() {
    let rule = "en.ideation.want-to-die".to_owned();
    let clinic = ClinicLexicon { watch_only: vec![rule.clone()], ..Default::default() };
    let problems = Engine::with_clinic(&clinic, &BTreeSet::from([rule])).unwrap_err();
    assert_eq!(
        problems,
        [ClinicProblem { path: "watch_only[0]".into(), problem: ClinicProblemKind::SignedRule }]
    );
}

#[test]
fn each_problem_is_named_with_its_place() {
    let problem = |change: fn(&mut ClinicWords)| {
        let mut one = words("a", &["quarry"]);
        change(&mut one);
        let clinic = ClinicLexicon { words: vec![one], ..Default::default() };
        clinic
            .problems(&BTreeSet::new())
            .into_iter()
            .map(|found| (found.path, found.problem))
            .collect::<Vec<_>>()
    };
    let at = |path: &str, kind| vec![(path.to_owned(), kind)];
    assert_eq!(problem(|_| {}), []);
    assert_eq!(problem(|words| words.id = "a b".into()), at("words[0].id", ClinicProblemKind::Id));
    assert_eq!(problem(|words| words.tier = Tier::None), at("words[0].tier", ClinicProblemKind::Tier));
    assert_eq!(problem(|words| words.reason = " ".into()), at("words[0].reason", ClinicProblemKind::Reason));
    assert_eq!(problem(|words| words.phrases.clear()), at("words[0].phrases", ClinicProblemKind::NoPhrase));
    let phrase = "words[0].phrases[0]";
    for bad in ["", "!?", "x*", "自殺", &"word ".repeat(13)] {
        let clinic = ClinicLexicon { words: vec![words("a", &[bad])], ..Default::default() };
        let found = clinic.problems(&BTreeSet::new());
        assert_eq!((found[0].path.as_str(), found[0].problem), (phrase, ClinicProblemKind::Phrase), "{bad}");
    }
    assert_eq!(
        problem(|words| words.phrases = vec!["with the".into()]),
        at(phrase, ClinicProblemKind::OnlyCommonWords)
    );
    let clinic = ClinicLexicon { words: vec![words("a", &["quarry"]); 2], watch_only: vec!["en.no".into()] };
    let found = clinic.problems(&BTreeSet::new());
    assert_eq!(found[0].problem, ClinicProblemKind::DuplicateId);
    assert_eq!((found[1].path.as_str(), found[1].problem), ("watch_only[0]", ClinicProblemKind::UnknownRule));
}

#[test]
fn pattern_signs_in_a_phrase_are_only_words() {
    let clinic =
        ClinicLexicon { words: vec![words("odd", &["(quarry|lake) {die} ~5 #?"])], ..Default::default() };
    assert_eq!(clinic.problems(&BTreeSet::new()), []);
    let engine = Engine::with_clinic(&clinic, &BTreeSet::new()).unwrap();
    assert_eq!(tier(&engine, "The lake is quiet."), Tier::None);
    assert_eq!(tier(&engine, "quarry lake die 5"), Tier::Urgent);
}

#[test]
fn the_json_form_refuses_what_it_does_not_know() {
    let kept = ClinicLexicon { words: vec![words("a", &["quarry"])], watch_only: vec![] };
    let json = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<ClinicLexicon>(&json).unwrap(), kept);
    assert!(serde_json::from_str::<ClinicLexicon>("{\"wrods\":[]}").is_err());
}

#[test]
fn lists_of_millions_are_refused_at_once() {
    let begin = std::time::Instant::now();
    let many = ClinicLexicon { words: vec![], watch_only: vec!["en.ideation.want-to-die".into(); 3_000_000] };
    let found = many.problems(&BTreeSet::new());
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].path.as_str(), found[0].problem), ("watch_only", ClinicProblemKind::TooMany));
    let many = ClinicLexicon { words: vec![words("a", &["quarry"]); 100_000], watch_only: vec![] };
    assert_eq!(many.problems(&BTreeSet::new()).len(), 1);
    assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{:?}", begin.elapsed());
}
