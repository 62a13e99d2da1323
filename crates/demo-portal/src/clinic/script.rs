//! Reads the scripted threads. A line is `who[+attachment][!oddity] -Nd HH:MM | text`:
//! who wrote (`c` the psychiatrist, `p` the patient, `r` the proxy), days before today, wall time in Berlin.

use chrono::NaiveTime;
use serde::Deserialize;

const FILES: [&str; 4] = [
    include_str!("../../data/threads-adler.toml"),
    include_str!("../../data/threads-brandt.toml"),
    include_str!("../../data/threads-castellano.toml"),
    include_str!("../../data/threads-lindqvist.toml"),
];

/// One conversation.
pub(crate) struct Script {
    pub(crate) patient: String,
    pub(crate) topic: String,
    pub(crate) closed: bool,
    /// The clinic's team is a recipient too.
    pub(crate) team: bool,
    /// A colleague who has taken the thread over.
    pub(crate) claimed_by: Option<String>,
    pub(crate) lines: Vec<Line>,
}

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Clinician,
    Patient,
    Proxy,
}

/// What is unusual about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Oddity {
    NoSent,
    PartialDate,
    EnteredInError,
    OtherSubject,
    Broken,
    Png,
    Text,
    Inline,
}

/// One message.
pub(crate) struct Line {
    pub(crate) who: Who,
    pub(crate) oddity: Option<Oddity>,
    pub(crate) days_ago: i64,
    pub(crate) at: NaiveTime,
    pub(crate) text: String,
}

#[derive(Deserialize)]
struct File {
    thread: Vec<Raw>,
}

#[derive(Deserialize)]
struct Raw {
    patient: String,
    topic: String,
    #[serde(default)]
    closed: bool,
    #[serde(default)]
    team: bool,
    claimed_by: Option<String>,
    messages: Vec<String>,
}

/// All threads of the sample clinic, those of the first psychiatrist first.
pub(crate) fn load() -> Vec<Script> {
    FILES.into_iter().flat_map(read).collect()
}

fn read(text: &str) -> Vec<Script> {
    #[expect(clippy::expect_used, reason = "the files are embedded and read by every test")]
    let file: File = toml::from_str(text).expect("threads");
    file.thread
        .into_iter()
        .map(|raw| Script {
            patient: raw.patient,
            topic: raw.topic,
            closed: raw.closed,
            team: raw.team,
            claimed_by: raw.claimed_by,
            lines: raw.messages.iter().filter_map(|text| line(text)).collect(),
        })
        .collect()
}

fn line(text: &str) -> Option<Line> {
    let (head, text) = text.split_once('|')?;
    let mut words = head.split_whitespace();
    let who = words.next()?;
    let days = words.next()?.trim_end_matches('d').parse::<i64>().ok()?;
    let at = NaiveTime::parse_from_str(words.next()?, "%H:%M").ok()?;
    let oddity = match who.get(1..)? {
        "" => None,
        "!nosent" => Some(Oddity::NoSent),
        "!date" => Some(Oddity::PartialDate),
        "!error" => Some(Oddity::EnteredInError),
        "!subject" => Some(Oddity::OtherSubject),
        "!broken" => Some(Oddity::Broken),
        "+png" => Some(Oddity::Png),
        "+txt" => Some(Oddity::Text),
        "+inline" => Some(Oddity::Inline),
        _ => return None,
    };
    let who = match who.get(..1)? {
        "c" => Who::Clinician,
        "p" => Who::Patient,
        "r" => Who::Proxy,
        _ => return None,
    };
    Some(Line { who, oddity, days_ago: -days, at, text: text.trim().to_owned() })
}
