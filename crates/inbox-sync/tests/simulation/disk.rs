//! A disk that is full from the k-th write on, and one whose k-th operation fails: k = 0 to 50 in each sync of the story, in
//! the long run 0 to 500. The sync says so, the vault stays whole, and when there is room again everything arrives.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use inbox_sync::Mode;

use crate::draw::{Act, Plan};
use crate::failpoints::story;
use crate::vfs::Trouble;
use crate::wire::held;
use crate::world::World;

/// Plays the story with this trouble in that sync; answers whether it was met.
fn play(trouble: Trouble, number: usize) -> bool {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut world = World::new(5);
        let (mut sync, mut met) = (0, false);
        for act in story(|_| Plan::quiet(Mode::Incremental)) {
            let here = matches!(act, Act::Syncs(_)) && sync == number;
            if here {
                world.disk.begin(trouble);
                world.faulty = true;
            }
            world.act(&act).await;
            if here {
                met = world.disk.end();
                world.faulty = false;
                // A disk that was full may leave the log longer than its last commit, and no more than that.
                let verified = world.vault.verify().unwrap();
                assert!(verified.ok, "{trouble:?} in sync {number}: {:?}", verified.problems);
            }
            sync += usize::from(matches!(act, Act::Syncs(_)));
        }
        world.finish().await;
        let found = std::mem::take(&mut held(&world.shared).broken);
        assert!(found.is_empty(), "{trouble:?} in sync {number}: {found:#?}");
        met
    })
}

#[test]
fn a_full_or_failing_disk_loses_nothing_and_is_said() {
    let long = std::env::var_os("ANTEROOM_LONG").is_some();
    let last = if long { 500 } else { 50 };
    let mut cases = Vec::new();
    for k in 0..=last {
        for sync in 0..3 {
            cases.extend([(Trouble::Full(k), sync), (Trouble::Error(k), sync)]);
        }
    }
    let (next, met, failed) = (AtomicUsize::new(0), AtomicU32::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((trouble, sync)) = cases.get(next.fetch_add(1, Ordering::SeqCst)).copied() {
                    match std::panic::catch_unwind(|| play(trouble, sync)) {
                        Ok(here) => drop(met.fetch_add(u32::from(here), Ordering::SeqCst)),
                        Err(_) => held(&failed).push((trouble, sync)),
                    }
                }
            });
        }
    });
    println!("disk: {} cases, {} met their trouble", cases.len(), met.load(Ordering::SeqCst));
    let failed = held(&failed);
    assert!(failed.is_empty(), "{failed:?}");
    assert!(met.load(Ordering::SeqCst) > 100, "most syncs are shorter than that");
}
