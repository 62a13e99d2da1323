use inbox_domain::{Category, ContextMark, Tier};

use super::model::Model;
use crate::engine::{ClinicFile, Engine, TriageInput};

const TABLE: &str = "# words\nconcern_above = 1.5\nacute_above = 2\nconcern_above_short = 1.5\nacute_above_short = 2\nleast_features = 4\n\n\
                     lake\t4\t1\tplan\nbread\t-4\t-4\t-\ncheese\t-4\t-4\t-\nlake alone\t3\t6\tplan\npicnic\t-9\t-9\t-\n";

fn engine() -> Engine {
    let rules = "[[rule]]\nid = \"en.evidence.words\"\ncategory = \"hopelessness\"\ntier = \"urgent\"\n\
                 reason = { en = \"a\", de = \"b\" }\nsource = \"c\"\nevidence = true\n\
                 [[rule]]\nid = \"en.frame\"\ncategory = \"plan\"\ntier = \"urgent\"\nreason = { en = \"a\", de = \"b\" }\n\
                 source = \"c\"\nframe = [[\"envelopes\"], [\"garage\"]]\n\
                 [[rule]]\nid = \"en.read\"\ncategory = \"intent\"\ntier = \"urgent\"\nreason = { en = \"a\", de = \"b\" }\n\
                 source = \"c\"\nmatch = [\"end my life\"]\n\
                 [words]\nlanguage = [\"the\", \"i\", \"my\", \"at\", \"was\", \"not\"]\n[cues]\nnegation = [\"not\"]\n";
    let file =
        |name: &str, text: &str| ClinicFile { folder: "en".into(), name: name.into(), text: text.into() };
    Engine::of_files(&[file("en/rules.toml", rules), file("en/evidence.tsv", TABLE)]).unwrap()
}

fn judge(text: &str) -> inbox_domain::Triaged {
    engine().triage(&TriageInput { text, lang: Some("en"), context: &[] })
}

#[test]
fn words_that_add_up_are_flagged_and_marked() {
    let judged = judge("I was at the lake.");
    assert_eq!((judged.tier, judged.flags.len()), (Tier::Watch, 1));
    let flag = &judged.flags[0];
    assert_eq!(
        (flag.rule.as_str(), flag.category, flag.text.as_str()),
        ("en.evidence.words", Category::Plan, "lake")
    );
    assert!(!flag.demoted);
    let judged = judge("I was at the lake alone.");
    assert_eq!((judged.tier, judged.flags[0].text.as_str()), (Tier::Urgent, "lake"));
    assert_eq!(judge("I was at the station.").tier, Tier::None);
    assert_eq!(judge("A picnic at the lake.").tier, Tier::None);
}

#[test]
fn a_denied_clause_is_no_evidence() {
    let judged = judge("I will not end my life at the lake.");
    assert_eq!(judged.tier, Tier::None, "{:?}", judged.flags);
    assert!(judged.flags.iter().all(|flag| flag.rule == "en.read" && flag.demoted));
}

#[test]
fn a_conclusion_counts_one_tier_less_in_an_everyday_message_and_is_shown_so() {
    let frame = "The envelopes were in the garage.";
    assert_eq!(judge(frame).tier, Tier::Urgent);
    let short = judge("The envelopes for the picnic were in the garage.");
    assert_eq!(short.tier, Tier::Urgent, "a short message says too little to read everyday");
    let rest = "The picnic had bread and cheese. ".repeat(10);
    let judged = judge(&format!("{rest}The envelopes were in the garage."));
    assert_eq!(judged.tier, Tier::Watch);
    assert_eq!((judged.flags[0].rule.as_str(), judged.flags[0].demoted), ("en.frame", true));
    assert!(judged.flags[0].context.contains(&ContextMark::Everyday));
}

#[test]
fn what_a_phrase_says_stands_whatever_surrounds_it() {
    let rest = "The picnic was long and hot and loud. ".repeat(8);
    assert_eq!(judge(&format!("{rest}I want to end my life.")).tier, Tier::Urgent);
}

#[test]
fn a_broken_table_names_the_line_and_what_was_expected() {
    for (text, line) in [
        ("lake\t4\t1\n", 1),
        ("# a\n\nlake\tx\t1\tplan\n", 3),
        ("above = 1\n", 1),
        ("lake\t1\t1\tponds\n", 1),
    ] {
        let error = Model::parse("en/evidence.tsv", text).unwrap_err();
        assert_eq!((error.file.as_str(), error.line), ("en/evidence.tsv", line), "{text}");
        assert!(error.expected.starts_with("expected"), "{error}");
    }
}

#[test]
fn what_a_reply_repeats_is_no_evidence_for_anything() {
    let repeated = format!("> {}", "The picnic had bread and cheese. ".repeat(6));
    assert_eq!(judge(&format!("The envelopes were in the garage.\n{repeated}")).tier, Tier::Urgent);
    assert_eq!(judge("Thanks.\n> I was at the lake alone.").tier, Tier::None);
}
