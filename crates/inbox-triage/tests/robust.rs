//! Hostile and odd input: bounded time, spans on character boundaries, the same answer twice, honest `checked`.

use std::time::{Duration, Instant};

use inbox_domain::{Category, Checked, Flag, NotCheckedReason, Tier, Triaged};
use inbox_triage::{Engine, TriageInput};
use proptest::prelude::*;

fn triage(text: &str) -> Triaged {
    Engine::builtin().triage(&TriageInput { text, lang: None, context: &[] })
}

fn assert_spans_hold(text: &str, judged: &Triaged) {
    let characters: Vec<char> = text.chars().collect();
    for flag in &judged.flags {
        assert!(flag.start < flag.end && flag.end <= characters.len());
        assert_eq!(flag.text, characters[flag.start..flag.end].iter().collect::<String>());
        assert!(flag.also.iter().all(|(start, end)| start < end && *end <= characters.len()));
    }
    assert!(judged.flags.windows(2).all(|pair| pair[0].start <= pair[1].start));
    assert_eq!(judged.tier, judged.flags.iter().map(|flag| flag.tier).max().unwrap_or(Tier::None));
}

fn within(limit: Duration, text: &str) -> Triaged {
    Engine::builtin();
    let start = Instant::now();
    let judged = triage(text);
    assert!(start.elapsed() < limit, "took {:?}", start.elapsed());
    assert_spans_hold(text, &judged);
    judged
}

#[test]
fn hostile_texts_take_bounded_time() {
    let limit = Duration::from_secs(20);
    within(limit, &"a".repeat(1_000_000));
    within(limit, &"kill ".repeat(100_000));
    within(limit, &"I want to die. ".repeat(60_000));
    within(limit, &"> \"".repeat(100_000));
    within(limit, &"ich will nicht mehr leben und ".repeat(20_000));
    within(limit, &"u\u{308}".repeat(200_000));
    within(limit, &"s u i c i d e ".repeat(50_000));
}

#[test]
fn offsets_count_characters_of_the_text_as_given() {
    let text = "🙂 Grüße. Ich mo\u{308}chte nicht mehr leben 😔";
    let judged = triage(text);
    assert_eq!(judged.tier, Tier::Urgent);
    assert_spans_hold(text, &judged);
}

#[test]
fn hidden_spellings_are_found() {
    for text in [
        "feeling s u i c i d a l again",
        "i want to k1ll myself",
        "I want to diiiiiie",
        "i am suicdal",
        "Ｉ ｗａｎｔ ｔｏ ｄｉｅ",
        "I want to d\u{200B}ie",
        "I w\u{0430}nt to die",
        "ich moechte mir das leben nehmen",
        "ich mochte mir das Leben nehmen",
    ] {
        assert!(triage(text).tier >= Tier::Urgent, "{text}");
    }
}

#[test]
fn checked_says_what_could_not_be_judged() {
    let checked = |text: &str| {
        let judged = triage(text);
        (judged.checked, judged.not_checked)
    };
    assert_eq!(checked(""), (Checked::None, vec![NotCheckedReason::Empty]));
    assert_eq!(checked(" \n\t"), (Checked::None, vec![NotCheckedReason::Empty]));
    assert_eq!(checked("Can I move my appointment to Friday?").0, Checked::Full);
    assert_eq!(checked("Kann ich den Termin auf Freitag verschieben?").0, Checked::Full);
    let language = vec![NotCheckedReason::Language];
    assert_eq!(
        checked("No quiero vivir, estoy muy cansada y no puedo mas con la vida"),
        (Checked::None, language.clone())
    );
    assert_eq!(checked("Я больше не хочу жить, мне очень плохо"), (Checked::None, language));
}

proptest! {
    #[test]
    fn any_text_gives_valid_spans_and_the_same_answer_twice(text in "\\PC{0,200}") {
        let judged = triage(&text);
        assert_spans_hold(&text, &judged);
        prop_assert_eq!(judged, triage(&text));
    }

    #[test]
    fn texts_of_crisis_words_give_valid_spans(words in prop::collection::vec(
        prop::sample::select(vec!["I", "want", "to", "die", "not", "pills", "took", "all", "ich", "will", "nicht", "mehr",
            "leben", "tabletten", "my", "son", "he", "\"", ".", ",", "\n", "ü", "🙂", "tonight", "but", "lithium", "no", "und"]), 0..60)) {
        let text = words.join(" ");
        let judged = triage(&text);
        assert_spans_hold(&text, &judged);
        prop_assert_eq!(judged, triage(&text));
    }
}

#[test]
fn drawn_out_and_parted_letters_are_found() {
    for text in [
        "I waaanttt tooo dieee",
        "iiii waaannttt toooo kiiilll myseeelfff",
        "ii wwaanntt ttoo ddiiee",
        "I want to k.i.l.l myself",
        "I want to d.i.e.",
        "I am s🙂u🙂i🙂c🙂i🙂d🙂a🙂l",
        "s.u.i.c.i.d.a.l again",
        "Ich bin s-u-i-z-i-d-a-l",
        "Ich habe wieder Selbst-\nmordgedanken.",
        "I have sui-\r\ncidal thoughts.",
    ] {
        let judged = triage(text);
        assert!(judged.flags.iter().any(|flag| flag.category != Category::HarmToOthers), "{text}");
        assert!(judged.tier >= Tier::Urgent, "{text}: {:?}", judged.flags);
        assert_spans_hold(text, &judged);
    }
    for text in [
        "Plan A. B. C. D. whatever suits you, e.g. Monday, u.s.w.",
        "Ich habe Angst-\nund Panikattacken im Griff.",
        "The follow-\nup went well.",
        "Room 1.2.3.4, thanks 🙂 🙂 a 🙂 b",
    ] {
        let judged = triage(text);
        assert_eq!(judged.tier, Tier::None, "{text}: {:?}", judged.flags);
    }
}

#[test]
fn a_crisis_at_the_end_of_a_very_long_message_is_seen() {
    let end = " Ich habe die Tabletten schon genommen, alle. I am going to kill myself tonight.";
    for (filler, times) in [
        ("Killing it, my suicidal friend said he wants to die, kill me. ", 4_000),
        ("I want to die. ", 60_000),
        ("Nothing new here, all is well. ", 50_000),
    ] {
        let text = filler.repeat(times) + end;
        let judged = triage(&text);
        let from = text.chars().count() - end.chars().count();
        let seen = |flag: &Flag| flag.start >= from && flag.tier == Tier::Emergency;
        assert!(judged.flags.iter().any(seen), "{filler}: {:?}", judged.flags.last());
        assert_spans_hold(&text, &judged);
    }
    let long = "Nothing new here, all is well. ".repeat(50_000);
    let judged = triage(&long);
    assert_eq!((judged.checked, judged.not_checked), (Checked::Partial, vec![NotCheckedReason::TextCut]));
}
