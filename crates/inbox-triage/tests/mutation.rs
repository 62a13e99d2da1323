//! Seeded mutation of messages and of lexicon files: no panic, spans on character boundaries inside the text, the same
//! answer twice, an error with its place instead of a broken lexicon. `ANTEROOM_FUZZ_SECONDS` makes it longer.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use inbox_domain::Tier;
use inbox_triage::{ClinicFile, Engine, TriageInput};

/// SplitMix64 (Steele, Lea and Flood 2014): small, seeded, the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

fn seconds() -> Duration {
    let given = std::env::var("ANTEROOM_FUZZ_SECONDS").ok().and_then(|value| value.parse().ok());
    Duration::from_secs(given.unwrap_or(3))
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn fixture_texts() -> Vec<String> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(project("tests/fixtures/triage"))
        .expect("the fixtures are there")
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    files.sort();
    let lines = files.iter().filter(|file| file.extension().is_some_and(|e| e == "ndjson"));
    let lines: Vec<String> = lines.map(|file| std::fs::read_to_string(file).expect("UTF-8")).collect();
    lines
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|value| Some(value["text"].as_str()?.to_owned()))
        .collect()
}

const ODD: [&str; 22] = [
    "\u{0}",
    "\u{200B}",
    "\u{202E}",
    "\u{0301}",
    "\u{0308}",
    "ß",
    "İ",
    "ﬁ",
    "Ⅷ",
    "👩‍👩‍👧",
    "\u{FEFF}",
    "\r\n",
    "\"",
    "„",
    ">",
    "*",
    "'",
    "…",
    "0",
    "ａ",
    "я",
    "\u{E000}",
];

fn mutate(text: &str, other: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(6) {
        let at = random.below(characters.len() + 1);
        match random.below(8) {
            0 => characters.truncate(at),
            1 if at < characters.len() => {
                characters.remove(at);
            }
            2 if at < characters.len() => characters[at] = char::from(random.below(128) as u8),
            3 => {
                let to = (at + random.below(40)).min(characters.len());
                let part: Vec<char> = characters[at..to].to_vec();
                characters.splice(at..at, part);
            }
            4 => {
                let tail: Vec<char> = other.chars().skip(random.below(60)).collect();
                characters.splice(at.., tail);
            }
            5 if at < characters.len() => {
                let repeated = vec![characters[at]; random.below(30)];
                characters.splice(at..at, repeated);
            }
            6 => characters = characters.iter().flat_map(|c| [*c, ' ']).take(600).collect(),
            _ => {
                characters.splice(at..at, ODD[random.below(ODD.len())].chars());
            }
        }
    }
    characters.into_iter().take(4_000).collect()
}

#[test]
fn mutated_messages_keep_every_promise() {
    let texts = fixture_texts();
    let engine = Engine::builtin();
    let (mut random, start, mut tried) = (Random(0x0A57_E300), Instant::now(), 0u32);
    while start.elapsed() < seconds() {
        let text = mutate(&texts[random.below(texts.len())], &texts[random.below(texts.len())], &mut random);
        let judged = engine.triage(&TriageInput { text: &text, lang: None, context: &[] });
        let length = text.chars().count();
        for flag in &judged.flags {
            let words: String = text.chars().skip(flag.start).take(flag.end - flag.start).collect();
            assert!(flag.start < flag.end && flag.end <= length, "{text:?}");
            assert_eq!(flag.text, words, "{text:?}");
            assert!(flag.also.iter().all(|(from, to)| from < to && *to <= length), "{text:?}");
        }
        let highest = judged.flags.iter().map(|flag| flag.tier).max().unwrap_or(Tier::None);
        assert_eq!(judged.tier, highest, "{text:?}");
        if tried.is_multiple_of(8) {
            assert_eq!(
                judged,
                engine.triage(&TriageInput { text: &text, lang: None, context: &[] }),
                "{text:?}"
            );
        }
        tried += 1;
    }
    println!("{tried} mutated messages");
    assert!(tried > 100, "only {tried} in {:?}", seconds());
}

#[test]
fn mutated_lexicon_files_give_an_error_with_its_place_or_a_lexicon() {
    let file = std::fs::read_to_string(project("assets/lexicon/en/concepts.toml")).unwrap();
    let rule = "\n[[rule]]\nid = \"en.mutant\"\ncategory = \"plan\"\ntier = \"urgent\"\nreason = { en = \"a\", de = \"b\" }\n\
                source = \"c\"\nmatch = [\"(a|b c) ~2 {kill}? !(d|e f) g*\", \"^ x $\"]\n";
    // Concepts under names of their own, so that only the mutant's syntax is under test.
    let base: String = file.chars().take(3_000).collect::<String>() + "\n" + rule;
    let (mut random, start) = (Random(7), Instant::now());
    let (mut refused, mut taken) = (0, 0);
    while start.elapsed() < seconds() {
        let text = mutate(&base, rule, &mut random);
        let file = ClinicFile { folder: "en".into(), name: "mutant.toml".into(), text };
        match Engine::check_syntax(&file) {
            Ok(()) => taken += 1,
            Err(error) => {
                assert_eq!(error.file, "mutant.toml");
                assert!(error.line <= file.text.lines().count() + 1 && !error.expected.is_empty(), "{error}");
                refused += 1;
            }
        }
    }
    println!("{refused} refused, {taken} taken");
    assert!(refused > 50 && taken > 0, "{refused} refused, {taken} taken");
}
