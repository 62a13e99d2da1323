//! One hour of a clinic group: patients write, clinicians' workstations poll, replies leave.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use demo_portal::NewMessage;
use inbox_domain::{Clock, OutboxDraft, PortalId};
use inbox_sync::enqueue_reply;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::town::{Desk, Town};

/// How a group behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    /// Simulated minutes.
    pub(crate) minutes: u64,
    /// Messages that patients write in an hour, all together.
    pub(crate) messages: usize,
    /// Share of clinicians with the window before them.
    pub(crate) present: f64,
    /// Between two polls of a workstation in use.
    pub(crate) poll: Duration,
    /// Between two polls of one that nobody uses.
    pub(crate) poll_away: Duration,
    /// A socket beside the poll: whoever a message is for asks in the next second.
    pub(crate) hints: bool,
    /// Share of new messages that are answered within the hour.
    pub(crate) answered: f64,
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Hour {
    pub(crate) syncs: u64,
    pub(crate) failures: BTreeMap<&'static str, u64>,
    pub(crate) requests: u64,
    pub(crate) bytes: u64,
    pub(crate) written: u64,
    pub(crate) replies: Vec<String>,
    /// Seconds from a patient's message to its place in the vault.
    pub(crate) delays: Vec<f64>,
    pub(crate) wall: Duration,
}

/// What a worker answers: whose sync, and how it ended.
type Answered = (usize, Result<inbox_sync::SyncReport, inbox_sync::SyncFailure>);

/// Two threads that sync workstations, each with its own runtime and connections.
pub(crate) struct Workers {
    asks: Vec<mpsc::Sender<usize>>,
    answers: mpsc::Receiver<Answered>,
}

impl Workers {
    pub(crate) fn start(town: &Arc<Town>, count: usize) -> Self {
        let (answer, answers) = mpsc::channel();
        let start = |_| {
            let (ask, asked) = mpsc::channel::<usize>();
            let (town, answer) = (Arc::clone(town), answer.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let runtime = runtime.expect("a runtime");
                for desk in asked {
                    let outcome = runtime.block_on(town.desks[desk].sync(&town.clock));
                    if answer.send((desk, outcome)).is_err() {
                        return;
                    }
                }
            });
            ask
        };
        Self { asks: (0..count).map(start).collect(), answers }
    }

    /// Syncs these workstations, each once, and waits for all.
    pub(crate) fn sync(&self, desks: &[usize]) -> Vec<Answered> {
        for desk in desks {
            // A desk stays with its thread: its connections belong to that thread's runtime.
            self.asks[desk % self.asks.len()].send(*desk).expect("the worker lives");
        }
        desks.iter().map(|_| self.answers.recv().expect("the worker lives")).collect()
    }
}

/// Plays the time from now on.
pub(crate) fn play(town: &Town, workers: &Workers, habits: &Habits, seed: u64) -> Hour {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut hour = Hour::default();
    let began = Instant::now();
    let start = town.clock.now();
    let seconds = habits.minutes * 60;
    let wanted = habits.messages as u64 * habits.minutes / 60;
    let mut arrivals: Vec<u64> = (0..wanted).map(|_| random.random_range(0..seconds)).collect();
    arrivals.sort_unstable();
    let patients: Vec<String> = town.control().resources("Patient").iter().filter_map(id).collect();
    let present = (town.desks.len() as f64 * habits.present).round() as usize;
    let pause = |desk: usize| if desk < present { habits.poll } else { habits.poll_away };
    let mut due: BinaryHeap<Reverse<(u64, usize, bool)>> = (0..town.desks.len())
        .map(|desk| Reverse((random.random_range(0..pause(desk).as_secs().max(1)), desk, true)))
        .collect();
    let mut awaited: HashMap<String, DateTime<Utc>> = HashMap::new();
    for second in 0..seconds {
        pass_until(town, start + chrono::TimeDelta::seconds(second as i64));
        while arrivals.first().is_some_and(|at| *at <= second) {
            arrivals.remove(0);
            let patient = patients[random.random_range(0..patients.len())].clone();
            let text = "May I come a little later on Thursday?".to_owned();
            let message = NewMessage { patient, text, ..NewMessage::default() };
            if let Ok(added) = town.control().add_message(&message) {
                awaited.insert(added.id, town.clock.now());
                hour.written += 1;
                if habits.hints {
                    let named = town.named_in(&added.thread);
                    due.extend(named.into_iter().map(|desk| Reverse((second + 1, desk, false))));
                }
            }
        }
        let mut now = Vec::new();
        while due.peek().is_some_and(|Reverse((at, ..))| *at <= second) {
            let Some(Reverse((_, desk, again))) = due.pop() else { break };
            if !now.contains(&desk) {
                now.push(desk);
            }
            if !again {
                continue;
            }
            let usual = pause(desk).as_secs_f64();
            let next = second + (usual * random.random_range(0.9..1.1)).round().max(1.0) as u64;
            due.push(Reverse((next, desk, true)));
        }
        for (desk, outcome) in workers.sync(&now) {
            hour.syncs += 1;
            let report = match outcome {
                Ok(report) => report,
                Err(failure) => {
                    *hour.failures.entry(failure.code()).or_default() += 1;
                    *failure.report
                }
            };
            hour.requests += report.requests;
            hour.bytes += report.bytes;
            if report.new > 0 {
                arrived(&town.desks[desk], town.clock.now(), &mut awaited, &mut hour.delays);
                for thread in &report.threads {
                    if random.random_bool(habits.answered) {
                        hour.replies.extend(answer(town, &town.desks[desk], *thread));
                    }
                }
            }
        }
    }
    hour.wall = began.elapsed();
    hour
}

/// Moves everybody's clock to an instant; work that took longer has moved it already.
fn pass_until(town: &Town, instant: DateTime<Utc>) {
    if let Ok(left) = (instant - town.clock.now()).to_std() {
        town.skip(left);
    }
}

pub(crate) fn id(value: &serde_json::Value) -> Option<String> {
    value["id"].as_str().map(str::to_owned)
}

fn arrived(
    desk: &Desk,
    now: DateTime<Utc>,
    awaited: &mut HashMap<String, DateTime<Utc>>,
    delays: &mut Vec<f64>,
) {
    let ids: Vec<PortalId> = awaited.keys().map(|id| PortalId(id.clone())).collect();
    let stored = desk.vault.known_versions(&ids).expect("the vault answers");
    for id in stored.keys() {
        if let Some(at) = awaited.remove(&id.0) {
            delays.push((now - at).num_milliseconds() as f64 / 1000.0);
        }
    }
}

fn answer(town: &Town, desk: &Desk, thread: inbox_domain::ThreadId) -> Option<String> {
    let draft = OutboxDraft {
        thread: Some(thread),
        patient: None,
        topic: String::new(),
        text: "Yes, half past three is free.".to_owned(),
        not_before: None,
        even_if_newer: true,
        crisis: false,
        response: None,
    };
    enqueue_reply(&desk.vault, draft, town.clock.now()).ok().map(|entry| entry.client_identifier.0)
}
