//! Starts the server and the measurements, and prints what came out.

use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::figures::load;

/// Share of the slower limit, memory, and the rest of DESIGN.md's aims.
const SHARE: f64 = 0.8;
const PEAK_MB: f64 = 300.0;
const IDLE_REQUESTS: f64 = 3.0;
const IDLE_CPU_MS: f64 = 20.0;
const NEW: usize = 1_000;
const NEW_SECONDS: f64 = 1.0;

/// What is run.
pub(crate) struct Options {
    messages: usize,
    stored: usize,
    runs: usize,
}

impl Options {
    pub(crate) fn parse(words: &[&str]) -> Result<Self, Box<dyn Error>> {
        let mut options = Self { messages: 100_000, stored: 1_000_000, runs: 3 };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let number = words.next().ok_or("a number is missing")?.parse()?;
            match *word {
                "--messages" => options.messages = number,
                "--stored" => options.stored = number,
                "--runs" => options.runs = number,
                other => return Err(format!("unknown option: {other}").into()),
            }
        }
        Ok(options)
    }
}

/// The server, stopped with its standard input.
struct Server {
    child: Child,
    base: String,
    messages: f64,
}

impl Server {
    fn start(messages: usize) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", &messages.to_string(), &NEW.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let (base, messages) = line.trim().split_once(' ').ok_or("the server did not start")?;
        Ok(Self { child, base: base.to_owned(), messages: messages.parse()? })
    }

    fn measure(&self, what: &str, dir: &Path, rest: &[String]) -> Result<Value, Box<dyn Error>> {
        let output = Command::new(std::env::current_exe()?)
            .args(["measure", what, &self.base])
            .arg(dir)
            .args(rest)
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(format!("{what} failed").into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(f64::NAN)
}

/// What came: the sample clinic holds a message about another patient than its thread's, which is quarantined.
fn taken(value: &Value) -> f64 {
    number(value, "messages") + number(value, "quarantined")
}

fn rate(value: &Value) -> f64 {
    number(value, "messages") / number(value, "seconds")
}

/// One run of limits and first sync.
fn first(server: &Server, dir: &Path, n: usize) -> Result<Value, Box<dyn Error>> {
    let fresh = |name: &str| -> Result<_, Box<dyn Error>> {
        let dir = dir.join(format!("{name}-{n}"));
        std::fs::create_dir_all(&dir)?;
        Ok(dir)
    };
    let began = load();
    let download = server.measure("download", dir, &[])?;
    let bare = server.measure("insert", &fresh("bare")?, &[])?;
    let with_raw = server.measure("insert", &fresh("raw")?, &["raw".to_owned()])?;
    let synced = server.measure("first", &fresh("first")?, &[])?;
    let slower = rate(&download).min(rate(&bare));
    println!(
        "run {n}: download and parse {:.0}/s, bare insert {:.0}/s (with the resources {:.0}/s), first sync {:.0}/s = \
         {:.2} of the slower; {:.1} s, {:.1} s of processor, {:.0} MB, {} requests; load {began}",
        rate(&download),
        rate(&bare),
        rate(&with_raw),
        rate(&synced),
        rate(&synced) / slower,
        number(&synced, "seconds"),
        number(&synced, "cpu_ms") / 1000.0,
        number(&synced, "peak_mb"),
        synced["requests"],
    );
    if taken(&synced) != server.messages {
        return Err(format!("{} of {} messages were taken", taken(&synced), server.messages).into());
    }
    Ok(json!({
        "download": rate(&download), "insert": rate(&bare), "insert_with_resources": rate(&with_raw),
        "first_sync": rate(&synced), "share": rate(&synced) / slower, "peak_mb": synced["peak_mb"],
        "characters": number(&bare, "characters") / number(&bare, "messages"), "load": began, "detail": synced,
    }))
}

/// Runs everything.
pub(crate) fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let dir = tempfile::tempdir()?;
    let server = Server::start(options.messages)?;
    let mut best = Value::Null;
    for n in 1..=options.runs {
        let run = first(&server, dir.path(), n)?;
        if best.is_null() || number(&run, "share") > number(&best, "share") {
            best = run;
        }
    }
    let mut rows = vec![
        Row::least("first sync, share of the slower limit", number(&best, "share"), SHARE),
        Row::most("first sync, peak memory in MB", number(&best, "peak_mb"), PEAK_MB),
    ];
    let vault = dir.path().join("first-1");
    let idle =
        (0..options.runs).map(|_| server.measure("idle", &vault, &[])).collect::<Result<Vec<_>, _>>()?;
    let least = |values: &[Value], name: &str| {
        values.iter().map(|value| number(value, name)).fold(f64::MAX, f64::min)
    };
    rows.push(Row::most("nothing new, requests", least(&idle, "requests"), IDLE_REQUESTS));
    rows.push(Row::most("nothing new, processor in ms", least(&idle, "cpu_ms"), IDLE_CPU_MS));
    println!(
        "nothing new: {:.1} ms beside a round trip of {:.2} ms",
        least(&idle, "ms"),
        least(&idle, "round_trip_ms")
    );
    let made = server.measure("enlarge", &vault, &[options.stored.to_string()])?;
    println!("a vault of {} messages was made in {:.0} s", made["stored"], number(&made, "seconds"));
    let large_idle = server.measure("idle", &vault, &[])?;
    rows.push(Row::most(
        "nothing new beside it, processor in ms",
        number(&large_idle, "cpu_ms"),
        IDLE_CPU_MS,
    ));
    let new = server.measure("new", &vault, &[])?;
    if taken(&new) != NEW as f64 {
        return Err(format!("{} of {NEW} new messages were taken", taken(&new)).into());
    }
    rows.push(Row::most("1,000 new messages beside it, seconds", number(&new, "seconds"), NEW_SECONDS));
    println!("\n{:<44} {:>10} {:>10}", "", "measured", "aim");
    for row in &rows {
        println!(
            "{:<44} {:>10.2} {:>10.2} {}",
            row.name,
            row.measured,
            row.aim,
            if row.met { "" } else { "missed" }
        );
    }
    let rows: Vec<Value> = rows.iter().map(Row::json).collect();
    println!(
        "{}",
        json!({
            "bench": "sync", "messages": options.messages, "stored": made["stored"], "best": best, "idle": idle,
            "large_idle": large_idle, "new": new, "rows": rows,
        })
    );
    Ok(())
}

struct Row {
    name: &'static str,
    measured: f64,
    aim: f64,
    met: bool,
}

impl Row {
    fn least(name: &'static str, measured: f64, aim: f64) -> Self {
        Self { name, measured, aim, met: measured >= aim }
    }

    fn most(name: &'static str, measured: f64, aim: f64) -> Self {
        Self { name, measured, aim, met: measured <= aim }
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "measured": self.measured, "aim": self.aim, "met": self.met })
    }
}
