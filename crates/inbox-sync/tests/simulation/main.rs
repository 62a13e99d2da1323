//! The simulation: vault and sync against the portal in process, on a clock that costs no time. Random acts of patients,
//! colleagues, the clinician, the network, the clock and the power switch follow from a seed; a model says after each what
//! must hold (docs/SYNC.md). A seed that fails is cut down to the acts that it needs, and printed.
//!
//! 1,000 seeds of 200 acts; with `ANTEROOM_LONG` 100,000; `ANTEROOM_SEEDS=FROM..TO` runs those alone.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod acts;
mod bugs;
mod checks;
mod clock;
mod disk;
mod draw;
mod failpoints;
mod model;
mod replies;
mod runner;
mod template;
mod vfs;
mod wire;
mod world;

use std::time::Instant;

/// Acts of one seed.
const ACTS: usize = 200;

#[test]
fn nothing_is_lost_sent_twice_or_left_unsaid_whatever_happens() {
    let long = std::env::var_os("ANTEROOM_LONG").is_some();
    let asked = std::env::var("ANTEROOM_SEEDS").ok();
    let range = asked.as_deref().and_then(|text| {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    });
    let seeds = range.unwrap_or(0..if long { 100_000 } else { 1_000 });
    let count = seeds.end - seeds.start;
    let began = Instant::now();
    let done = runner::run_all(seeds, ACTS);
    println!(
        "simulation: {count} seeds of {ACTS} acts in {:.1} s: {} syncs ({} ended with an error, {} crashed), \
         {} messages, {} replies",
        began.elapsed().as_secs_f64(),
        done.syncs,
        done.errors,
        done.crashes,
        done.messages,
        done.replies
    );
    assert!(done.crashes > 0 && done.errors > 0 && done.replies > 0, "the simulation simulates nothing");
}
