//! Runs seeds on all cores; cuts a failing one down to the acts that it needs.

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use inbox_sync::bugs::{Bug, seed as seed_bug};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::draw::{Act, acts};
use crate::wire::held;
use crate::world::{Counts, World};

/// What went wrong in one run.
type Broken = Vec<String>;

/// Plays the acts in a fresh world; stops at the first thing that must not be.
fn play(seed: u64, acts: &[Act]) -> (Counts, Broken) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(seed);
        for act in acts {
            world.act(act).await;
            let broken = std::mem::take(&mut held(&world.shared).broken);
            if !broken.is_empty() {
                return (world.counts, broken);
            }
        }
        world.finish().await;
        let broken = std::mem::take(&mut held(&world.shared).broken);
        (world.counts, broken)
    })
}

fn acts_of(seed: u64, count: usize) -> Vec<Act> {
    acts(&mut ChaCha8Rng::seed_from_u64(seed), count)
}

/// One seed; what it did, and what broke.
pub(crate) fn run_one(seed: u64, count: usize) -> (Counts, Broken) {
    play(seed, &acts_of(seed, count))
}

/// The number of the first seed, counted from 1, at which the mistake is found.
pub(crate) fn seeds_until_found(bug: Bug, within: u64, count: usize) -> Option<(u64, Broken)> {
    seed_bug(Some(bug));
    let found = (0..within).find_map(|seed| {
        let (_, broken) = run_one(seed, count);
        (!broken.is_empty()).then_some((seed + 1, broken))
    });
    seed_bug(None);
    found
}

/// Runs all seeds; panics with the shortest story of the first that fails.
pub(crate) fn run_all(seeds: Range<u64>, count: usize) -> Counts {
    let next = AtomicU64::new(seeds.start);
    let failed = AtomicBool::new(false);
    let total = Mutex::new((Counts::default(), Vec::new()));
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !failed.load(Ordering::SeqCst) {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds.end {
                        return;
                    }
                    let (counts, broken) = run_one(seed, count);
                    let mut total = held(&total);
                    total.0.add(counts);
                    if !broken.is_empty() {
                        failed.store(true, Ordering::SeqCst);
                        total.1.push((seed, broken));
                    }
                }
            });
        }
    });
    let (counts, failures) = total.into_inner().unwrap();
    if let Some((seed, broken)) = failures.into_iter().min_by_key(|(seed, _)| *seed) {
        panic!("seed {seed}: {broken:#?}\n{}", story(seed, count));
    }
    counts
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.syncs += other.syncs;
        self.errors += other.errors;
        self.crashes += other.crashes;
        self.messages += other.messages;
        self.replies += other.replies;
    }
}

/// What broke, without the particulars.
fn kind(line: &str) -> String {
    let word = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
    line.split(' ').filter(word).take(6).collect()
}

/// The acts that the failure needs: one after the other is left out as long as something still breaks.
fn story(seed: u64, count: usize) -> String {
    let mut acts = acts_of(seed, count);
    let mut last = play(seed, &acts).1;
    if last.is_empty() {
        return "it does not fail a second time".to_owned();
    }
    let mut size = acts.len() / 2;
    while size > 0 {
        let mut at = 0;
        while at < acts.len() {
            let end = (at + size).min(acts.len());
            let fewer: Vec<Act> = acts[..at].iter().chain(&acts[end..]).cloned().collect();
            let broken = play(seed, &fewer).1;
            if broken.first().map(|line| kind(line)) != last.first().map(|line| kind(line)) {
                at = end;
            } else {
                (acts, last) = (fewer, broken);
            }
        }
        size /= 2;
    }
    format!("{} acts are enough:\n{acts:#?}\n{last:#?}", acts.len())
}
