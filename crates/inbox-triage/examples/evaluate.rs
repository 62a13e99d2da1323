//! For those who write rules: `cargo run --release -p inbox-triage --example evaluate -- [--root DIR] [--flags | --misses] < FILE`
//! prints the evaluation table of labelled messages; with `--flags` the judgements, with `--misses` what was judged
//! otherwise than labelled, with its text. `--root` takes the lexicon from a folder instead of the embedded one.

use std::io::{BufRead, Cursor, stdin, stdout};
use std::path::Path;
use std::process::ExitCode;

use inbox_triage::{Engine, TriageInput, evaluate, ndjson};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let root =
        arguments.iter().position(|argument| argument == "--root").and_then(|at| arguments.get(at + 1));
    let own;
    let engine = match root {
        Some(root) => {
            own = Engine::from_dir(Path::new(root))?;
            &own
        }
        None => Engine::builtin(),
    };
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    if asked("--flags") {
        return Ok(ndjson::run(stdin().lock(), stdout().lock(), engine)?);
    }
    let lines: Vec<String> = stdin().lock().lines().collect::<Result<_, _>>()?;
    if asked("--misses") {
        lines.iter().for_each(|line| print_miss(line, engine));
        return Ok(());
    }
    print!("{}", evaluate::run(Cursor::new(lines.join("\n")), engine)?.to_table());
    Ok(())
}

fn print_miss(line: &str, engine: &Engine) {
    let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { return };
    let word = |key: &str| line.get(key).and_then(|value| value.as_str()).unwrap_or_default();
    let judged = engine.triage(&TriageInput { text: word("text"), lang: None, context: &[] });
    if judged.tier.as_str() == word("label") {
        return;
    }
    println!("{} {} -> {}: {}", word("id"), word("label"), judged.tier.as_str(), word("text"));
    println!("    expected {}", line.get("expected_categories").unwrap_or(&serde_json::Value::Null));
    for flag in &judged.flags {
        println!("    {} {} {:?} \"{}\"", flag.rule, flag.tier.as_str(), flag.context, flag.text);
    }
}
