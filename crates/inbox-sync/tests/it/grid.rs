//! The grid of HTTP faults: each of 12 kinds, at each of the requests that sync makes, before and after the server's
//! commit. Whatever the sync says, it is true; and the next ones complete vault and outbox.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use demo_portal::{FAULT_KINDS, Fault, FaultKind, Options, SeenRequest, When};
use inbox_domain::{OutboxEntry, OutboxState};
use inbox_portal::{Auth, HttpLimits, NoTokenStore, Portal};
use inbox_sync::{Mode, SyncFailure, SyncReport};
use secrecy::SecretString;

use crate::rig::{ADLER, Rig, client_within};

/// A request of sync: in which step of the story it happens, its method and path, and what its address holds.
#[derive(Debug, Clone, Copy)]
struct Place {
    name: &'static str,
    step: usize,
    method: &'static str,
    path: &'static str,
    holds: &'static str,
}

const PLACES: [Place; 9] = [
    Place { name: "metadata", step: 0, method: "GET", path: "metadata", holds: "" },
    Place { name: "first fill", step: 0, method: "GET", path: "Communication", holds: "_sort=sent" },
    Place { name: "next page", step: 0, method: "GET", path: "Communication", holds: "_cursor=" },
    Place { name: "people", step: 0, method: "GET", path: "Patient", holds: "" },
    Place { name: "incremental", step: 1, method: "GET", path: "Communication", holds: "_lastUpdated=" },
    Place { name: "create", step: 1, method: "POST", path: "Communication", holds: "" },
    Place { name: "lookup", step: 1, method: "GET", path: "Communication", holds: "identifier=" },
    Place { name: "ids", step: 2, method: "GET", path: "Communication", holds: "_elements=" },
    Place { name: "token", step: 1, method: "POST", path: "/auth/token", holds: "" },
];

/// One clinician's morning: first fill, an answer to what is new, a reconcile.
struct Story {
    rig: Rig,
    client: Option<Portal>,
    thread: String,
    reply: Option<OutboxEntry>,
}

/// Only an answer that never comes is given up early: on a busy machine any other request may take a while.
fn limits(kind: Option<FaultKind>) -> HttpLimits {
    let patient = HttpLimits::default();
    if kind == Some(FaultKind::Stall) {
        let short = Duration::from_secs(2);
        HttpLimits { request: short, create: short, ..patient }
    } else {
        patient
    }
}

impl Story {
    async fn new(seed: u64, place: &Place, kind: Option<FaultKind>) -> Self {
        let page_cap = 2 + (seed % 3) as usize;
        let mut rig = Rig::new(Options { messages: 0, page_cap, seed, ..Options::default() }).await;
        rig.client = client_within(&rig.portal, ADLER, limits(None));
        let mut thread = String::new();
        for n in 0..5 + seed % 7 {
            thread = rig.patient_writes(&format!("Message {n}.")).1;
        }
        // A sign-in without a token yet, for the request that gets one.
        let client = (place.path == "/auth/token").then(|| {
            let base = rig.portal.base_url();
            let auth = Auth::ClientCredentials {
                client_id: demo_portal::BACKEND_CLIENT.to_owned(),
                client_secret: SecretString::from(Options::default().backend_secret),
                token_endpoint: base.replace("/fhir", "/auth/token").parse().unwrap(),
                revocation_endpoint: None,
                scope: String::new(),
                tokens: None,
            };
            Portal::new(&base, auth, std::sync::Arc::new(NoTokenStore), limits(kind)).unwrap()
        });
        Self { rig, client, thread, reply: None }
    }

    /// What happens before a step, on her side and the server's.
    fn prepare(&mut self, place: &Place, step: usize) {
        if step == 1 {
            self.rig.patient_writes("One more.");
            self.reply = Some(self.rig.reply_draft(&self.thread, "An answer.", true));
            if place.name == "lookup" {
                let lost = Fault::new(FaultKind::Drop).on("POST", "Communication");
                self.rig.control().add_fault(lost.after_commit());
            }
        }
    }

    async fn sync(&self, step: usize) -> Result<SyncReport, SyncFailure> {
        let mode = if step == 2 { Mode::Full } else { Mode::Incremental };
        let client = self.client.as_ref().filter(|_| step == 1).unwrap_or(&self.rig.client);
        self.rig.sync_with(client, mode).await
    }
}

/// How many requests of that method and path pass before the one of this place, in its step.
async fn passing(place: &Place, seed: u64) -> u32 {
    let mut story = Story::new(seed, place, None).await;
    for step in 0..=place.step {
        story.prepare(place, step);
        let _ = story.rig.control().requests(true);
        story.sync(step).await.unwrap();
    }
    let seen = story.rig.control().requests(true);
    let fits = |request: &&SeenRequest| {
        let path = request.path.strip_prefix("/fhir/").unwrap_or(&request.path);
        request.method == place.method && path.starts_with(place.path)
    };
    let at = seen.iter().filter(fits).position(|request| request.path.contains(place.holds));
    at.unwrap_or_else(|| panic!("{}: no such request in {seen:#?}", place.name)) as u32
}

/// One case of the grid.
async fn case(place: &Place, skip: u32, kind: FaultKind, when: When, seed: u64) {
    let name = format!("{} {kind:?} {when:?} seed {seed}", place.name);
    let mut story = Story::new(seed, place, Some(kind)).await;
    let count = 1 + (seed % 3) as u32;
    let (mut met, mut until) = (false, None);
    for step in 0..3 {
        story.prepare(place, step);
        if step == place.step {
            story.rig.client = client_within(&story.rig.portal, ADLER, limits(Some(kind)));
            let fault = Fault { kind, when, skip, count, delay_ms: 50, retry_after: 1, ..Fault::new(kind) };
            story.rig.control().add_fault(fault.on(place.method, place.path));
        }
        let before = story.reply.as_ref().map_or(OutboxState::Draft, |reply| story.rig.entry(reply).state);
        let outcome = story.sync(step).await;
        if step == place.step {
            let left = story.rig.control().state()["faults"].as_array().map_or(0, Vec::len);
            met = left == 0 || count > 1;
            story.rig.control().clear_faults();
            tell_the_truth(&story, before, &outcome, &name);
            // A portal that asked to wait is asked again by a program that starts anew.
            story.rig.client = client_within(&story.rig.portal, ADLER, limits(None));
            story.client = None;
            if step == 0 && outcome.is_err() {
                story.rig.sync().await;
            }
        }
        let now = story.rig.vault.cursor().unwrap().complete_until;
        assert!(now >= until, "{name}: the cursor went back");
        until = now;
    }
    assert!(met, "{name}: the request was never made");
    // Whatever it was, it has passed: sync completes, and a refused reply is sent when she says so.
    let reply = story.reply.clone().unwrap();
    for _ in 0..3 {
        if story.rig.entry(&reply).state == OutboxState::Failed {
            story.rig.vault.resolve(reply.id, true, chrono::Utc::now()).unwrap();
        }
        story.rig.sync_full().await;
    }
    story.rig.assert_complete(&name);
    assert_eq!((story.rig.entry(&reply).state, story.rig.copies(&reply)), (OutboxState::Sent, 1), "{name}");
    story.rig.assert_healthy();
}

/// A sync that says it succeeded has brought everything; one that did not says why. Of the reply is said what is so.
fn tell_the_truth(story: &Story, before: OutboxState, outcome: &Result<SyncReport, SyncFailure>, name: &str) {
    let rig = &story.rig;
    let report = match outcome {
        Ok(report) => {
            // Her own reply comes back with the next one.
            let hers =
                story.reply.as_ref().map(|reply| reply.client_identifier.0.clone()).unwrap_or_default();
            let own = |id: &String| {
                let value = rig.control().resource("Communication", id).unwrap_or_default();
                value["identifier"][0]["value"] == hers
            };
            let (visible, stored) = (rig.visible_on_server(ADLER), rig.stored());
            let missing: Vec<_> = visible.iter().filter(|id| !stored.contains(id) && !own(id)).collect();
            assert!(missing.is_empty(), "{name}: it says it succeeded, and {missing:?} are missing");
            report
        }
        Err(failure) => {
            assert!(!failure.code().is_empty(), "{name}");
            &failure.report
        }
    };
    let Some(reply) = &story.reply else { return };
    let (state, copies) = (rig.entry(reply).state, rig.copies(reply));
    assert!(copies <= 1, "{name}: sent twice");
    match state {
        OutboxState::Sent => {
            let now = u64::from(before != OutboxState::Sent);
            assert_eq!((copies, report.sent), (1, now), "{name}");
        }
        OutboxState::Unknown => assert_eq!(report.unknown, 1, "{name}"),
        OutboxState::Failed => assert_eq!(report.failed, 1, "{name}"),
        OutboxState::Queued => assert!(outcome.is_err() && report.pending == 1, "{name}: it waits, unsaid"),
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_fault_at_every_request_loses_and_repeats_nothing() {
    let seeds = if std::env::var_os("ANTEROOM_LONG").is_some() { 20 } else { 1 };
    let mut cases = Vec::new();
    for seed in 0..seeds {
        for place in &PLACES {
            let skip = runtime().block_on(passing(place, seed));
            for kind in FAULT_KINDS {
                cases.extend([When::Before, When::After].map(|when| (place, skip, kind, when, seed)));
            }
        }
    }
    let next = AtomicUsize::new(0);
    // Most of a case is waiting for answers that do not come.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let runtime = runtime();
                while let Some((place, skip, kind, when, seed)) =
                    cases.get(next.fetch_add(1, Ordering::SeqCst)).copied()
                {
                    runtime.block_on(case(place, skip, kind, when, seed));
                }
            });
        }
    });
    println!("faults: {} cases", cases.len());
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
