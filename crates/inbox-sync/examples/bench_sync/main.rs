//! `cargo xtask bench sync [--messages N] [--stored N] [--runs N]`: the first sync, the sync with nothing new and the sync
//! with 1,000 new messages beside a large vault, each with its limit from the same run.
//!
//! The server is a process of its own with prebuilt pages; each measurement is a process of its own too, so that peak memory
//! and processor time are its own. Best of the runs. The last line is the result as JSON.

mod client;
mod figures;
mod limits;
mod parent;
mod server;
mod stock;

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use figures::{cpu_ms, peak_mb};

type Outcome = Result<Value, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["serve", messages, new] => return server::run(messages.parse()?, new.parse()?),
        ["measure", what, base, dir, rest @ ..] => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let measured = runtime.block_on(measure(what, base, &PathBuf::from(dir), rest))?;
            println!("{measured}");
        }
        options => return parent::run(&parent::Options::parse(options)?),
    }
    Ok(())
}

/// One measurement, in this process.
async fn measure(what: &str, base: &str, dir: &std::path::Path, rest: &[&str]) -> Outcome {
    let portal = client::portal(base)?;
    match what {
        "download" => {
            let (messages, seconds, bytes) = limits::download(&portal).await?;
            Ok(json!({ "messages": messages, "seconds": seconds, "bytes": bytes, "cpu_ms": cpu_ms() }))
        }
        "insert" => {
            let texts = limits::texts(&portal, rest == ["raw"]).await?;
            let characters: usize = texts.iter().map(|(text, _)| text.chars().count()).sum();
            let seconds = limits::insert(dir, &texts)?;
            Ok(json!({ "messages": texts.len(), "seconds": seconds, "characters": characters }))
        }
        "first" => {
            let vault = client::create(dir)?;
            inbox_triage::Engine::builtin();
            let (begin, cpu) = (Instant::now(), cpu_ms());
            let report = client::sync(&vault, &portal).await?;
            let seconds = begin.elapsed().as_secs_f64();
            Ok(json!({
                "messages": report.new, "quarantined": report.quarantined, "seconds": seconds, "cpu_ms": cpu_ms() - cpu, "peak_mb": peak_mb(),
                "requests": report.requests, "cases": report.cases.len(),
            }))
        }
        "idle" => {
            let vault = client::open(dir)?;
            inbox_triage::Engine::builtin();
            let round_trip = client::round_trip(&portal).await?;
            let (begin, cpu) = (Instant::now(), cpu_ms());
            let report = client::sync(&vault, &portal).await?;
            Ok(json!({
                "new": report.new, "requests": report.requests, "cpu_ms": cpu_ms() - cpu,
                "ms": begin.elapsed().as_secs_f64() * 1000.0, "round_trip_ms": round_trip * 1000.0,
            }))
        }
        "enlarge" => {
            let begin = Instant::now();
            let wanted = rest.first().ok_or("how many")?.parse()?;
            let held = client::enlarge(client::open(dir)?.as_ref(), &portal, wanted).await?;
            Ok(json!({ "stored": held, "seconds": begin.elapsed().as_secs_f64() }))
        }
        "new" => {
            let vault = client::open(dir)?;
            inbox_triage::Engine::builtin();
            portal.read("release", &"now".into()).await?;
            let (begin, cpu) = (Instant::now(), cpu_ms());
            let report = client::sync(&vault, &portal).await?;
            Ok(json!({
                "messages": report.new, "quarantined": report.quarantined, "seconds": begin.elapsed().as_secs_f64(), "requests": report.requests,
                "cpu_ms": cpu_ms() - cpu, "peak_mb": peak_mb(),
            }))
        }
        other => Err(format!("no such measurement: {other}").into()),
    }
}
