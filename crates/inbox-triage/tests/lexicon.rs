//! The lexicon keeps its promises: it compiles, every rule is explained, and every rule's examples hold.

use inbox_domain::Tier;
use inbox_triage::{ClinicFile, ContextMessage, Engine, TriageInput};

/// Whether any rule (or, for `exactly`, this rule) raises a flag that counts.
fn raises(engine: &Engine, rule: &str, text: &str, exactly: bool) -> bool {
    let lang = if rule.starts_with("de.") { "de" } else { "en" };
    let judged = engine.triage(&TriageInput { text, lang: Some(lang), context: &[] });
    judged.flags.iter().any(|flag| flag.tier > Tier::None && (!exactly || flag.rule == rule))
}

#[test]
fn every_positive_example_is_flagged_and_no_negative_one() {
    let engine = Engine::builtin();
    let mut wrong = Vec::new();
    for rule in engine.rule_ids() {
        let (positive, negative) = engine.examples(rule).unwrap();
        wrong.extend(
            positive
                .iter()
                .filter(|text| !raises(engine, rule, text, false))
                .map(|t| format!("{rule} misses: {t}")),
        );
        wrong.extend(
            negative
                .iter()
                .filter(|text| raises(engine, rule, text, true))
                .map(|t| format!("{rule} flags: {t}")),
        );
    }
    assert!(wrong.is_empty(), "{} examples do not hold:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_rule_has_a_reason_in_both_languages_a_source_and_an_example() {
    let engine = Engine::builtin();
    for rule in engine.rule_ids() {
        let english = engine.explain(rule, "en").unwrap();
        let german = engine.explain(rule, "de").unwrap();
        assert!(!english.reason.is_empty() && !english.source.is_empty(), "{rule}");
        assert_ne!(english.reason, german.reason, "{rule}");
        assert!(!engine.examples(rule).unwrap().1.is_empty(), "{rule} has no negative example");
    }
    assert_eq!(engine.explain("no.such.rule", "en"), None);
}

#[test]
fn all_categories_are_covered_in_both_languages() {
    use inbox_domain::Category::*;
    let all = [
        IdeationPassive,
        IdeationActive,
        Intent,
        Plan,
        Means,
        Preparation,
        Attempt,
        SelfHarm,
        HarmToOthers,
        AbuseViolence,
        ChildSafety,
        ElderSafety,
        Psychosis,
        Mania,
        Overdose,
        AdverseReaction,
        Withdrawal,
        EatingDisorder,
        Postpartum,
        Hopelessness,
        ThirdPartyRisk,
        SubstanceRisk,
    ];
    let engine = Engine::builtin();
    for lang in ["en.", "de."] {
        for category in all {
            let covered =
                engine.rule_ids().any(|id| id.starts_with(lang) && engine.category(id) == Some(category));
            assert!(covered, "{lang} {category:?}");
        }
    }
}

#[test]
fn a_mistake_in_a_clinic_file_names_file_line_and_expectation() {
    let file = |text: &str| ClinicFile { folder: "en".into(), name: "own.toml".into(), text: text.into() };
    let rule = "[[rule]]\nid = \"clinic.x\"\ncategory = \"intent\"\ntier = \"urgent\"\n\
                reason = { en = \"a\", de = \"b\" }\nsource = \"clinic\"\n";
    let unknown =
        Engine::with_clinic_lexicon(&[file(&format!("{rule}match = [\"{{nothing}} here\"]\n"))]).unwrap_err();
    assert_eq!((unknown.file.as_str(), unknown.line), ("own.toml", 7));
    assert!(unknown.expected.contains("{nothing}"), "{unknown}");
    let misspelt = Engine::with_clinic_lexicon(&[file(&format!("{rule}matches = [\"x\"]\n"))]).unwrap_err();
    assert_eq!(misspelt.line, 7, "{misspelt}");
    let open = Engine::with_clinic_lexicon(&[file(&format!("{rule}match = [\"(a|b\"]\n"))]).unwrap_err();
    assert!(open.expected.contains("`)`"), "{open}");
}

#[test]
fn a_clinics_file_cannot_change_how_denial_is_read_or_what_words_weigh() {
    let refused = |name: &str, text: &str| {
        let file = ClinicFile { folder: "en".into(), name: name.into(), text: text.into() };
        let error = Engine::with_clinic_lexicon(&[file]).unwrap_err();
        assert!(error.expected.contains("[cues]"), "{error}");
        error.line
    };
    assert_eq!(refused("own.toml", "# ours\n[cues]\nnegation = [\"i\"]\n"), 2);
    assert_eq!(refused("own.toml", "[words]\nlanguage = [\"quarry\"]\n"), 1);
    assert_eq!(refused("evidence.tsv", "concern_above = 900\n"), 0);
}

#[test]
fn a_clinic_adds_phrases_and_keeps_a_rule_at_watch() {
    let text = "watch_only = [\"en.ideation.want-to-die\"]\n[[rule]]\nid = \"clinic.bench\"\ncategory = \"intent\"\n\
                tier = \"emergency\"\nreason = { en = \"a\", de = \"b\" }\nsource = \"clinic\"\n\
                match = [\"going to the old quarry\"]\n";
    let file = ClinicFile { folder: "en".into(), name: "own.toml".into(), text: text.into() };
    let engine = Engine::with_clinic_lexicon(&[file]).unwrap();
    let tier = |text| engine.triage(&TriageInput { text, lang: Some("en"), context: &[] }).tier;
    assert_eq!(tier("I am going to the old quarry"), Tier::Emergency);
    assert_eq!(tier("I just want to die."), Tier::Watch);
}

#[test]
fn a_short_answer_is_read_with_the_question_before_it() {
    let engine = Engine::builtin();
    let after = |question: &str, text: &str| {
        let context = [ContextMessage { from_patient: false, text: question.into() }];
        engine.triage(&TriageInput { text, lang: None, context: &context })
    };
    assert_eq!(after("Are you safe tonight?", "No.").tier, Tier::Urgent);
    assert_eq!(after("Are you having thoughts of suicide again?", "yes").tier, Tier::Urgent);
    assert_eq!(after("Sind Sie heute Nacht sicher?", "Nein.").tier, Tier::Urgent);
    assert_eq!(after("Haben Sie wieder Suizidgedanken?", "Ja.").tier, Tier::Urgent);
    assert_eq!(after("Haben Sie wieder Suizidgedanken?", "Nein.").tier, Tier::None);
    assert_eq!(after("Can you come on Monday?", "Yes.").tier, Tier::None);
    let flags = after("Are you safe tonight?", "No.").flags;
    assert!(flags[0].context.contains(&inbox_domain::ContextMark::ThreadContext));
}

#[test]
fn the_examples_of_a_clinics_rules_are_run_when_they_are_loaded() {
    let load = |examples: &str| {
        let text = format!(
            "[[rule]]\nid = \"clinic.bench\"\ncategory = \"intent\"\ntier = \"urgent\"\nreason = {{ en = \"a\", de = \"b\" }}\n\
             source = \"clinic\"\nmatch = [\"going to the old quarry\"]\n{examples}"
        );
        Engine::with_clinic_lexicon(&[ClinicFile { folder: "en".into(), name: "own.toml".into(), text }])
    };
    assert!(
        load("positive = [\"I am going to the old quarry.\"]\nnegative = [\"The quarry is shut.\"]\n")
            .is_ok()
    );
    let missed =
        load("positive = [\n  \"I am going to the old quarry.\",\n  \"I am off to the shops.\",\n]\n")
            .expect_err("an example that does not hold");
    assert_eq!((missed.file.as_str(), missed.line), ("own.toml", 10), "{missed}");
    assert_eq!(missed.expected, "expected an example that is flagged");
    let wrong =
        load("negative = [\"Not going to the old quarry is hard.\", \"She is going to the old quarry.\"]\n");
    assert_eq!(
        wrong.expect_err("an example that does not hold").expected,
        "expected an example that this rule does not flag"
    );
}

#[test]
fn a_denied_claim_with_a_denial_inside_says_the_thing() {
    let engine = Engine::builtin();
    let tier = |text: &str| engine.triage(&TriageInput { text, lang: None, context: &[] }).tier;
    for text in [
        "It's not that I never think of killing myself.",
        "It isn't as if I don't think about suicide.",
        "I wouldn't say I never want to kill myself.",
        "Es ist nicht so, dass ich nie an Suizid denke.",
        "Ich kann nicht behaupten, dass ich nie daran denke, mich umzubringen.",
        "Das heißt nicht, dass ich mich nicht umbringen will.",
    ] {
        assert!(tier(text) >= Tier::Urgent, "{text}");
    }
    for text in [
        "It's not that I want to kill myself.",
        "It's not that I don't want to live.",
        "That doesn't mean I want to die.",
        "Es ist nicht so, dass ich mich umbringen will.",
        "Das heißt nicht, dass ich mich umbringen will.",
    ] {
        assert_eq!(tier(text), Tier::None, "{text}");
    }
    assert!(tier("Hi, SI is back") >= Tier::Urgent);
}

#[test]
fn a_denial_is_seen_behind_a_phrase_at_the_end_of_its_clause_and_inside_it() {
    let engine = Engine::builtin();
    let tier = |text: &str| engine.triage(&TriageInput { text, lang: None, context: &[] }).tier;
    for text in [
        "The thoughts of suicide have not returned.",
        "Killing myself isn't something I would consider.",
        "Suicidal? Not in the slightest.",
        "Umbringen werde ich mich nicht.",
        "Selbstverletzung? Seit Monaten nichts mehr.",
        "Die Suizidgedanken sind nicht mehr wiedergekommen.",
        "Ich hatte nie vor, mich umzubringen.",
        "Meine Tochter sagt, sie habe keine Suizidgedanken.",
    ] {
        assert_eq!(tier(text), Tier::None, "{text}");
    }
    for text in [
        "The thoughts of suicide have not stopped.",
        "Suicidal? Not yet.",
        "Keine Pläne, aber Suizidgedanken.",
        "Ich will mich umbringen, das verstehen Sie nicht.",
        "I never thought I would want to kill myself.",
        "Mein Sohn hat keine Arbeit, Suizidgedanken hat er auch.",
    ] {
        assert!(tier(text) > Tier::None, "{text}");
    }
}
