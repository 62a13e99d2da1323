//! `cargo xtask bench triage`: messages a second on one core, beside one pass of the faster Aho-Corasick automaton with all
//! surface forms over the same bytes, from the same run. Messages are the fixtures without crisis, cut to 300 characters;
//! a path as argument (NDJSON with `text`) takes others. The last line is the result as JSON.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use inbox_triage::{Engine, TriageInput};

/// Characters of a message, as in DESIGN.md.
const LENGTH: usize = 300;
/// Messages of one run.
const MESSAGES: usize = 4_000;
/// Shortest time of so many runs, taken in turns, so that both meet the same load.
const RUNS: usize = 7;
/// Aims.
const MESSAGES_A_SECOND: f64 = 100_000.0;
const RATIO: f64 = 10.0;
const START_MS: f64 = 50.0;

fn main() {
    let files = match std::env::args().nth(1) {
        Some(path) => vec![PathBuf::from(path)],
        None => fixtures(),
    };
    let messages = messages(&files);
    if messages.is_empty() {
        eprintln!("no texts in {files:?}");
        std::process::exit(1);
    }
    let bytes: usize = messages.iter().map(String::len).sum();
    let begin = Instant::now();
    let engine = Engine::builtin();
    let start = begin.elapsed();
    let compile =
        shortest(3, || Engine::with_clinic_lexicon(&[]).map_or(0, |engine| engine.rule_ids().count()));
    let forms: Vec<&String> = engine.surface_forms().iter().filter(|form| form.len() >= 2).collect();
    let automata = [AhoCorasickKind::DFA, AhoCorasickKind::ContiguousNFA]
        .map(|kind| AhoCorasick::builder().kind(Some(kind)).ascii_case_insensitive(true).build(&forms).ok());
    let (mut triage, mut pass) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        triage = triage.min(shortest(1, || {
            let judge = |text| engine.triage(&TriageInput { text, lang: None, context: &[] }).flags.len();
            messages.iter().map(|text| judge(text)).sum()
        }));
        for automaton in automata.iter().flatten() {
            pass = pass.min(shortest(1, || {
                messages.iter().map(|text| automaton.find_overlapping_iter(text).count()).sum()
            }));
        }
    }
    let rate = messages.len() as f64 / triage.as_secs_f64();
    let ratio = triage.as_secs_f64() / pass.as_secs_f64();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().and_then(|load| load.parse::<f64>().ok()).unwrap_or(-1.0);
    println!(
        "{} messages of {LENGTH} characters, {bytes} bytes, {} forms, load {load}",
        messages.len(),
        forms.len()
    );
    let row = |name: &str, value: f64, aim: &str, met: bool| {
        println!("{name:<34} {value:>12.2}   aim {aim:<16} {}", if met { "met" } else { "MISSED" });
    };
    row("triage, messages a second", rate, "at least 100,000", rate >= MESSAGES_A_SECOND);
    row("triage, ms", millis(triage), "-", true);
    row("automaton pass (the limit), ms", millis(pass), "-", true);
    row("triage / pass", ratio, "at most 10", ratio <= RATIO);
    row("start, lexicon ready, ms", millis(start), "under 50", millis(start) < START_MS);
    row("compile with a clinic's words, ms", millis(compile), "-", true);
    println!(
        "{{\"bench\":\"triage\",\"messages_per_second\":{rate:.0},\"triage_ms\":{:.2},\"pass_ms\":{:.2},\"ratio\":{ratio:.2},\
         \"compile_ms\":{:.2},\"load\":{load}}}",
        millis(triage),
        millis(pass),
        millis(compile)
    );
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/triage");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == "ndjson")).collect();
    files.sort();
    files
}

/// Texts labelled none or not at all, one after the other, cut to length.
fn messages(files: &[PathBuf]) -> Vec<String> {
    let mut characters: Vec<char> = Vec::new();
    for line in
        files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).flat_map(|text| lines(&text))
    {
        characters.extend(line.chars().chain(['\n']));
    }
    let chunks: Vec<String> = characters.chunks(LENGTH).map(|chunk| chunk.iter().collect()).collect();
    chunks.iter().cycle().take(if chunks.is_empty() { 0 } else { MESSAGES }).cloned().collect()
}

fn lines(text: &str) -> Vec<String> {
    let values = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let quiet = values.filter(|value| value["label"].is_null() || value["label"] == "none");
    quiet.filter_map(|value| Some(value["text"].as_str()?.to_owned())).collect()
}

fn shortest(runs: usize, mut work: impl FnMut() -> usize) -> Duration {
    let times = (0..runs).map(|_| {
        let start = Instant::now();
        std::hint::black_box(work());
        start.elapsed()
    });
    times.min().unwrap_or_default()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
