//! The acts, and how they are drawn from a seed. An act picks by number, so that it still means something when others
//! before it are left out.

use demo_portal::{FAULT_KINDS, Fault, FaultKind, When};
use inbox_sync::Mode;
use rand::Rng;
use rand_chacha::ChaCha8Rng;

/// One act.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// A patient writes; the commit becomes visible after `late` seconds.
    Writes { patient: u32, text: u32, begins: bool, proxy: bool, late: u32 },
    /// The writer changes a message.
    Edits { message: u32, late: u32 },
    /// Entered in error.
    Withdraws { message: u32 },
    /// Deleted on the server.
    Deletes { message: u32 },
    /// A colleague writes into a thread.
    Colleague { thread: u32, names_her: bool, late: u32 },
    /// A colleague begins a thread that is not hers.
    Elsewhere { patient: u32 },
    /// Such a thread's header names her now.
    NamesHer { thread: u32 },
    /// A message about another patient than its thread's.
    WrongSubject { thread: u32 },
    /// The clinician answers; `later` in seconds, 0 for at once.
    Replies { thread: u32, even_if_newer: bool, crisis: bool, later: u32 },
    /// She begins a thread.
    Begins { patient: u32 },
    /// She decides on an entry that does not move by itself.
    Resolves { entry: u32, send: bool },
    /// She takes a reply back.
    Undoes { entry: u32 },
    /// She reads a thread.
    Reads { thread: u32 },
    /// Time passes, in seconds.
    Passes { seconds: u32 },
    /// The workstation's clock jumps, in seconds.
    Jumps { seconds: i32 },
    /// All page links given out so far expire.
    LinksExpire,
    /// A sync.
    Syncs(Plan),
}

/// Where the power goes off.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Crash {
    /// Before this exchange.
    Before(u32),
    /// After the server's answer to this exchange, before it is read.
    After(u32),
    /// In the middle of this wait.
    Wait(u32),
}

/// One sync, and what befalls it.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) mode: Mode,
    pub(crate) faults: Vec<Fault>,
    pub(crate) crash: Option<Crash>,
    /// Cancelled before this exchange.
    pub(crate) cancel: Option<u32>,
    /// No network from this exchange on.
    pub(crate) offline: Option<u32>,
    /// This exchange breaks: before the server gets it, or after it acted.
    pub(crate) breaks: Option<(u32, bool)>,
    /// Others act before these exchanges.
    pub(crate) during: Vec<(u32, Act)>,
}

impl Plan {
    pub(crate) fn quiet(mode: Mode) -> Self {
        Self {
            mode,
            faults: Vec::new(),
            crash: None,
            cancel: None,
            offline: None,
            breaks: None,
            during: Vec::new(),
        }
    }
}

/// Most commits are visible at once; some late, rarely beyond the overlap of a poll.
fn late(random: &mut ChaCha8Rng) -> u32 {
    match random.random_range(0..20) {
        0..14 => 0,
        14..17 => random.random_range(1..60),
        17..19 => random.random_range(60..290),
        _ => random.random_range(300..2400),
    }
}

/// What others do.
fn others(random: &mut ChaCha8Rng) -> Act {
    let pick = random.random();
    match random.random_range(0..26) {
        0..12 => Act::Writes {
            patient: random.random_range(0..5),
            text: random.random(),
            begins: random.random_bool(0.1),
            proxy: random.random_bool(0.15),
            late: late(random),
        },
        12..15 => Act::Edits { message: pick, late: late(random) },
        15..17 => Act::Withdraws { message: pick },
        17..19 => Act::Deletes { message: pick },
        19..22 => Act::Colleague { thread: pick, names_her: random.random_bool(0.6), late: late(random) },
        22..24 => Act::Elsewhere { patient: random.random_range(0..5) },
        24 => Act::NamesHer { thread: pick },
        _ => Act::WrongSubject { thread: pick },
    }
}

fn fault(random: &mut ChaCha8Rng) -> Fault {
    let kind = FAULT_KINDS[random.random_range(0..FAULT_KINDS.len())];
    let mut fault = Fault {
        when: if random.random_bool(0.5) { When::Before } else { When::After },
        skip: random.random_range(0..5),
        count: random.random_range(1..4),
        retry_after: [1, 4, 12, 40][random.random_range(0..4)],
        delay_ms: [200, 3_000, 16_000, 21_000][random.random_range(0..4)],
        ..Fault::new(kind)
    };
    match random.random_range(0..5) {
        0 | 1 => fault = Fault { skip: random.random_range(0..2), ..fault.on("POST", "Communication") },
        2 => fault = fault.on("GET", "Communication"),
        3 => {
            fault = fault.on(
                "GET",
                ["Patient", "RelatedPerson", "Practitioner", "metadata"][random.random_range(0..4)],
            )
        }
        _ => {}
    }
    // A create that the server commits after the client has given up.
    if random.random_bool(0.1) {
        fault =
            Fault { when: When::Before, skip: 0, ..Fault::new(FaultKind::Slow).on("POST", "Communication") };
        fault.delay_ms = random.random_range(14_000..24_000);
    }
    fault
}

fn plan(random: &mut ChaCha8Rng) -> Plan {
    let mode = match random.random_range(0..20) {
        0 => Mode::Full,
        1..4 => Mode::Auto,
        _ => Mode::Incremental,
    };
    let mut plan = Plan::quiet(mode);
    let at = |random: &mut ChaCha8Rng| random.random_range(0..14);
    match random.random_range(0..20) {
        0..7 => {
            for _ in 0..random.random_range(1..3) {
                plan.faults.push(fault(random));
            }
        }
        7..9 => plan.crash = Some(Crash::Before(at(random))),
        9..11 => plan.crash = Some(Crash::After(at(random))),
        11 => {
            plan.crash = Some(Crash::Wait(1 + at(random) % 3));
            plan.faults.push(fault(random));
        }
        12 => plan.cancel = Some(at(random)),
        13 => plan.offline = Some(at(random) / 2),
        _ => {}
    }
    for _ in 0..random.random_range(0..6_u32).saturating_sub(3) {
        plan.during.push((at(random), others(random)));
    }
    plan
}

/// The acts of a seed.
pub(crate) fn acts(random: &mut ChaCha8Rng, count: usize) -> Vec<Act> {
    // In some seeds much is there before she first looks.
    let past = if random.random_bool(0.3) { count / 6 } else { 0 };
    (0..count).map(|n| if n < past { others(random) } else { act(random) }).collect()
}

fn act(random: &mut ChaCha8Rng) -> Act {
    let pick = random.random();
    match random.random_range(0..100) {
        0..38 => others(random),
        38..51 => Act::Replies {
            thread: pick,
            even_if_newer: random.random_bool(0.5),
            crisis: random.random_bool(0.15),
            later: if random.random_bool(0.25) { random.random_range(30..20_000) } else { 0 },
        },
        51..53 => Act::Begins { patient: random.random_range(0..5) },
        53..59 => Act::Resolves { entry: pick, send: random.random_bool(0.8) },
        59..61 => Act::Undoes { entry: pick },
        61..66 => Act::Reads { thread: pick },
        66..80 => Act::Passes {
            seconds: match random.random_range(0..10) {
                0..6 => random.random_range(1..120),
                6..9 => random.random_range(120..1200),
                _ => random.random_range(1200..30_000),
            },
        },
        80..82 => Act::Jumps { seconds: random.random_range(-9_000..9_000) },
        82..84 => Act::LinksExpire,
        _ => Act::Syncs(plan(random)),
    }
}
