//! `cargo xtask bench search [--messages N] [--kinds]`: searching as it is typed, in a vault of N messages (100,000), each beside
//! the same query bare on the same database, newest 50. With `--kinds` also what the kinds of index cost: words alone, words
//! with the parts of compounds (shipped), and three letters each over all texts.

mod kinds;
mod texts;

use std::error::Error;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use inbox_domain::search::FlagFilter;
use inbox_domain::{
    Batch, Checked, Delivered, Judged, Judgement, PortalMessage, PortalPatient, SearchRequest, Sender,
    SenderRole, SentPrecision, ThreadKey, Tier, Triaged,
};
use inbox_vault::{CreateOptions, Vault};
use secrecy::SecretString;

use crate::texts::Texts;

/// Messages in one transaction.
const BATCH: usize = 1000;
/// What is shown.
const LIMIT: u32 = 50;
/// Patients of the vault.
const PATIENTS: usize = 1000;
/// Aims: times the bare query, and milliseconds at the 95th of 100 among 100,000 and 1,000,000 messages.
const RATIO: f64 = 1.5;
const MS: [f64; 2] = [10.0, 30.0];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments
        .iter()
        .position(|argument| argument == "--messages")
        .and_then(|at| arguments.get(at + 1)?.parse().ok())
        .unwrap_or(100_000);
    if arguments.iter().any(|argument| argument == "--kinds") {
        kinds::compare(count)?;
    }
    let dir = tempfile::tempdir()?;
    let vault = fill(&dir.path().join("vault"), count)?;
    println!("search among {count} messages, newest {LIMIT}, load {:.2}", load());
    println!(
        "{:<26} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "asked", "p50 ms", "p95 ms", "bare p50", "bare p95", "ratio"
    );
    let most = if count > 200_000 { MS[1] } else { MS[0] };
    let mut missed = Vec::new();
    for (name, requests) in asked() {
        let row = measure(&vault, &requests)?;
        let ratio = row.own[1] / row.bare[1];
        println!(
            "{name:<26} {:>9.2} {:>9.2} {:>9.2} {:>9.2} {ratio:>7.2}",
            row.own[0], row.own[1], row.bare[0], row.bare[1]
        );
        println!(
            "{{\"bench\":\"search\",\"asked\":\"{name}\",\"messages\":{count},\"p50_ms\":{:.3},\"p95_ms\":{:.3},\"bare_p50_ms\":{:.3},\
             \"bare_p95_ms\":{:.3},\"ratio\":{ratio:.2},\"hits\":{},\"load\":{:.2}}}",
            row.own[0],
            row.own[1],
            row.bare[0],
            row.bare[1],
            row.hits,
            load()
        );
        if row.own[1] > most || ratio > RATIO {
            missed.push(name);
        }
    }
    let aim = format!("p95 at most {most} ms and {RATIO} times the bare query");
    match missed.as_slice() {
        [] => println!("aim {aim}: met"),
        missed => println!("aim {aim}: MISSED by {}", missed.join(", ")),
    }
    Ok(())
}

/// Kinds of search, each with different words.
fn asked() -> Vec<(&'static str, Vec<SearchRequest>)> {
    let words = |words: &[&str]| -> Vec<SearchRequest> {
        words
            .iter()
            .map(|words| SearchRequest { words: (*words).into(), ..SearchRequest::default() })
            .collect()
    };
    let rare = ["quokka", "wombat", "numbat", "bilby", "quoll"];
    let common = [
        "termin ",
        "rezept ",
        "tabletten ",
        "danke ",
        "montag ",
        "heute ",
        "woche ",
        "thanks ",
        "week ",
        "doctor ",
    ];
    let begun = ["ter", "rez", "tab", "dan", "mon", "heu", "the", "med", "sch", "tuesd"];
    let parts = ["zettel ", "termin ", "arzt ", "wochen ", "praxis ", "schlaf ", "druck "];
    let spelled = ["über ", "ueber ", "für ", "fuer ", "müde ", "muede "];
    let narrowed = common
        .iter()
        .map(|common| SearchRequest {
            words: (*common).into(),
            patient: vec!["sample7".into()],
            flag: None,
            ..SearchRequest::default()
        })
        .collect();
    let alone = vec![
        SearchRequest { flag: Some(FlagFilter::Any), ..SearchRequest::default() },
        SearchRequest { patient: vec!["sample9".into()], ..SearchRequest::default() },
    ];
    vec![
        ("a rare word", words(&rare)),
        ("common words", words(&common)),
        ("two words", words(&["termin montag", "tabletten heute", "rezept danke", "the week"])),
        ("as it is typed", words(&begun)),
        ("parts of compounds", words(&parts)),
        ("umlauts", words(&spelled)),
        ("word and patient", narrowed),
        ("conditions alone", alone),
    ]
}

struct Row {
    /// Milliseconds: the middle, and the 95th of 100.
    own: [f64; 2],
    bare: [f64; 2],
    hits: usize,
}

fn measure(vault: &Vault, requests: &[SearchRequest]) -> Result<Row, Box<dyn Error>> {
    let (mut own, mut bare, mut hits) = (Vec::new(), Vec::new(), 0);
    for round in 0..40 {
        for request in requests {
            let start = Instant::now();
            let found = vault.find(request, LIMIT)?;
            let took = start.elapsed();
            let alone = vault.time_bare_search(request, LIMIT)?;
            hits = hits.max(found.len());
            // The first rounds fill the caches of both.
            if round >= 4 {
                own.push(took);
                bare.push(alone);
            }
        }
    }
    Ok(Row { own: shares(own), bare: shares(bare), hits })
}

fn shares(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    let at =
        |share: usize| times.get(times.len() * share / 100).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
    [at(50), at(95)]
}

fn fill(dir: &std::path::Path, count: usize) -> Result<Vault, Box<dyn Error>> {
    let options = CreateOptions {
        dir: dir.to_path_buf(),
        name: "Bench".into(),
        passphrase: SecretString::from("a passphrase without a keyring"),
        keyring: false,
    };
    let vault = Vault::create(&options)?.vault;
    let begin = DateTime::from_timestamp(1_700_000_000, 0).unwrap_or_default();
    let mut texts = Texts::new();
    let start = Instant::now();
    for first in (0..count).step_by(BATCH) {
        let batch = Batch {
            patients: if first == 0 { (0..PATIENTS).map(patient).collect() } else { Vec::new() },
            messages: (first..count.min(first + BATCH)).map(|n| message(n, begin, texts.next(n))).collect(),
            backlog: true,
            ..Batch::default()
        };
        vault.apply(&batch, begin)?;
    }
    println!("filled {count} messages in {:.1} s", start.elapsed().as_secs_f64());
    Ok(vault)
}

fn patient(n: usize) -> PortalPatient {
    PortalPatient {
        portal_id: format!("p{n}").as_str().into(),
        version: "1".into(),
        family: format!("Sample{n}"),
        given: "Petra".into(),
        birth_date: None,
        gender: None,
        identifier: None,
        phone: None,
        contacts: Vec::new(),
        languages: Vec::new(),
        country: None,
        deceased: false,
        raw: "{}".into(),
    }
}

fn message(n: usize, begin: DateTime<Utc>, text: String) -> Judged {
    let at = begin + TimeDelta::minutes(i64::try_from(n).unwrap_or_default());
    let patient = n % PATIENTS;
    let message = PortalMessage {
        portal_id: format!("m{n}").as_str().into(),
        version: "1".into(),
        last_updated: at,
        thread: ThreadKey::Header(format!("t{}", n / 10 * PATIENTS + patient).as_str().into()),
        patient: Some(format!("p{patient}").as_str().into()),
        sender: Sender {
            role: SenderRole::Patient,
            id: Some(format!("p{patient}").as_str().into()),
            name: String::new(),
        },
        recipients: Vec::new(),
        topic: String::new(),
        sent: Some(at.to_rfc3339()),
        sent_precision: SentPrecision::Instant,
        sent_at: at,
        received: None,
        text,
        delivered: Delivered::Delivered,
        marks: Vec::new(),
        client_identifier: None,
        in_response_to: None,
        attachments: Vec::new(),
        raw: "{}".into(),
    };
    let triaged = Triaged {
        tier: Tier::None,
        flags: Vec::new(),
        functions: Vec::new(),
        checked: Checked::Full,
        not_checked: Vec::new(),
    };
    Judged { message, judgement: Judgement { triaged, hours: None } }
}

/// One-minute load of the machine, or -1.
pub(crate) fn load() -> f64 {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or(-1.0)
}
