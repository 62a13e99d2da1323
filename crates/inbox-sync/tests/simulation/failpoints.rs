//! Failpoints: one fixed story, broken once at each commit of the vault and at each exchange with the portal, before and
//! after it, by an error or by the power going off. In the long run also in pairs of commits.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use inbox_sync::Mode;
use inbox_vault::failpoint;

use crate::draw::{Act, Crash, Plan};
use crate::template;
use crate::wire::held;
use crate::world::World;

/// How one point breaks.
#[derive(Debug, Clone, Copy)]
enum Break {
    /// The commit with this point answers an error: before it nothing is stored, after it everything is.
    Commit(u32),
    /// The power goes off there.
    PowerAtCommit(u32),
    /// Two commits answer an error.
    Commits(u32, u32),
    /// The exchange breaks, before the server gets it or after it acted.
    Exchange(u32, bool),
    /// The power goes off there.
    PowerAtExchange(u32, bool),
}

fn writes(patient: u32, begins: bool) -> Act {
    Act::Writes { patient, text: patient, begins, proxy: false, late: 0 }
}

fn replies(thread: u32) -> Act {
    Act::Replies { thread, even_if_newer: true, crisis: false, later: 0 }
}

/// Every kind of commit and exchange is in it: first fill in pages, people, answers, a thread that she begins, what changes
/// and disappears, the reconcile.
pub(crate) fn story(plan: impl Fn(usize) -> Plan) -> Vec<Act> {
    let sync = |n: usize, mode: Mode| Act::Syncs(Plan { mode, ..plan(n) });
    vec![
        writes(0, true),
        writes(1, true),
        writes(2, true),
        writes(0, false),
        writes(1, false),
        Act::Elsewhere { patient: 3 },
        sync(0, Mode::Incremental),
        writes(2, false),
        replies(0),
        replies(1),
        replies(1),
        Act::Begins { patient: 2 },
        Act::NamesHer { thread: 0 },
        sync(1, Mode::Incremental),
        Act::Edits { message: 1, late: 0 },
        Act::Withdraws { message: 2 },
        Act::Deletes { message: 4 },
        Act::WrongSubject { thread: 0 },
        replies(2),
        sync(2, Mode::Full),
    ]
}

/// What a run of the story passed: points of commits, and exchanges of each of its three syncs.
#[derive(Debug, Clone, Copy, Default)]
struct Passed {
    points: u32,
    exchanges: [u32; 3],
}

/// Plays the story with one break (or none); panics with what must not be.
fn play(broken: Option<(Break, usize)>) -> Passed {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        // Seed 5: a server by the book, in pages of ten.
        let mut world = World::new(5);
        let plan = |n: usize| match broken {
            Some((Break::Exchange(at, after), sync)) if sync == n => {
                Plan { breaks: Some((at, after)), ..Plan::quiet(Mode::Incremental) }
            }
            Some((Break::PowerAtExchange(at, after), sync)) if sync == n => {
                let crash = if after { Crash::After(at) } else { Crash::Before(at) };
                Plan { crash: Some(crash), ..Plan::quiet(Mode::Incremental) }
            }
            _ => Plan::quiet(Mode::Incremental),
        };
        let (image, dir) = (Arc::new(AtomicBool::new(false)), world.vault.dir().to_owned());
        match broken {
            Some((Break::Commit(at), _)) => failpoint::arm(&dir, vec![(at, Box::new(|| {}))]),
            Some((Break::Commits(one, two), _)) => {
                failpoint::arm(&dir, vec![(one, Box::new(|| {})), (two, Box::new(|| {}))]);
            }
            Some((Break::PowerAtCommit(at), _)) => {
                let (image, from, to) = (Arc::clone(&image), dir.clone(), world.next_dir());
                let shot = move || {
                    template::copy(&from, &to);
                    image.store(true, Ordering::SeqCst);
                };
                failpoint::arm(&dir, vec![(at, Box::new(shot))]);
            }
            _ => failpoint::arm(&dir, Vec::new()),
        }
        let (mut passed, mut sync) = (Passed::default(), 0);
        for act in story(plan) {
            world.faulty =
                matches!(broken, Some((Break::Commit(_) | Break::Commits(..) | Break::PowerAtCommit(_), _)));
            world.act(&act).await;
            if image.swap(false, Ordering::SeqCst) {
                world.reopen();
            }
            if matches!(act, Act::Syncs(_)) {
                passed.exchanges[sync] = held(&world.shared).exchanges;
                sync += 1;
            }
        }
        passed.points = failpoint::disarm(&dir);
        world.faulty = false;
        world.finish().await;
        let found = std::mem::take(&mut held(&world.shared).broken);
        assert!(found.is_empty(), "{broken:?}: {found:#?}");
        passed
    })
}

#[test]
fn a_break_at_any_commit_or_exchange_loses_and_repeats_nothing() {
    let passed = play(None);
    assert!(passed.points > 40 && passed.exchanges.iter().all(|count| *count > 3), "{passed:?}");
    let mut cases = Vec::new();
    for at in 0..passed.points {
        cases.push((Break::Commit(at), 0));
        cases.push((Break::PowerAtCommit(at), 0));
        if std::env::var_os("ANTEROOM_LONG").is_some() {
            cases.extend((at + 1..passed.points).map(|second| (Break::Commits(at, second), 0)));
        }
    }
    for (sync, count) in passed.exchanges.into_iter().enumerate() {
        for at in 0..count {
            for after in [false, true] {
                cases.push((Break::Exchange(at, after), sync));
                cases.push((Break::PowerAtExchange(at, after), sync));
            }
        }
    }
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)).copied() {
                    if std::panic::catch_unwind(|| play(Some(case))).is_err() {
                        held(&failed).push(case);
                    }
                }
            });
        }
    });
    println!(
        "failpoints: {} commits, {:?} exchanges, {} cases",
        passed.points / 2,
        passed.exchanges,
        cases.len()
    );
    let failed = held(&failed);
    assert!(failed.is_empty(), "{failed:?}");
}
