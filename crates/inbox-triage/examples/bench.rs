//! `cargo run --release -p inbox-triage --example bench < FILE.ndjson`: messages a second on one core, beside one pass
//! of the faster Aho-Corasick automaton with all surface forms over the same bytes, from the same run.

use std::io::{BufRead, stdin};
use std::time::{Duration, Instant};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use inbox_triage::{Engine, TriageInput};

/// Characters of a message, as in DESIGN.md.
const LENGTH: usize = 300;
/// Shortest time of so many runs.
const RUNS: usize = 3;

fn main() {
    let lines = stdin().lock().lines().map_while(Result::ok);
    let texts = lines.filter_map(|line| serde_json::from_str::<serde_json::Value>(&line).ok());
    let all: String = texts.filter_map(|line| Some(line.get("text")?.as_str()?.to_owned() + "\n")).collect();
    let characters: Vec<char> = all.chars().collect();
    let messages: Vec<String> = characters.chunks(LENGTH).map(|chunk| chunk.iter().collect()).collect();
    let bytes: usize = messages.iter().map(String::len).sum();

    let start = Instant::now();
    let engine = Engine::builtin();
    println!(
        "lexicon compiled in {:.1} ms, {} surface forms",
        millis(start.elapsed()),
        engine.surface_forms().len()
    );
    let triage = shortest(|| {
        messages
            .iter()
            .map(|text| engine.triage(&TriageInput { text, lang: None, context: &[] }).flags.len())
            .sum()
    });
    let forms: Vec<&String> = engine.surface_forms().iter().filter(|form| form.len() >= 2).collect();
    let pass = [AhoCorasickKind::DFA, AhoCorasickKind::ContiguousNFA].into_iter().filter_map(|kind| {
        let automaton =
            AhoCorasick::builder().kind(Some(kind)).ascii_case_insensitive(true).build(&forms).ok()?;
        Some(shortest(|| messages.iter().map(|text| automaton.find_overlapping_iter(text).count()).sum()))
    });
    let pass = pass.min().unwrap_or_default();
    let rate = messages.len() as f64 / triage.as_secs_f64();
    println!("{} messages of {LENGTH} characters, {bytes} bytes", messages.len());
    println!("triage {:>10.1} ms  {rate:>9.0} messages/s  (target 100000)", millis(triage));
    println!("pass   {:>10.1} ms", millis(pass));
    println!("ratio  {:>10.2}     (target at most 10)", triage.as_secs_f64() / pass.as_secs_f64());
}

fn shortest(mut work: impl FnMut() -> usize) -> Duration {
    let times = (0..RUNS).map(|_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
