//! The test of the test: each of three mistakes that lose or repeat messages is found, and soon.

use inbox_sync::bugs::Bug;

use crate::ACTS;
use crate::runner::seeds_until_found;

/// Seeds within which a mistake has to be found.
const WITHIN: u64 = 40;

#[test]
fn each_seeded_bug_is_found() {
    for (bug, sign) in [
        (Bug::NoOverlap, "missing after a sync"),
        (Bug::CursorBeforeRows, "missing after a sync"),
        (Bug::BlindRetry, "times"),
    ] {
        let found = seeds_until_found(bug, WITHIN, ACTS);
        let (seeds, broken) = found.unwrap_or_else(|| panic!("{bug:?} is not found in {WITHIN} seeds"));
        assert!(broken.iter().any(|line| line.contains(sign)), "{bug:?}: {broken:?}");
        println!("{bug:?}: found after {seeds} seeds");
    }
}
