//! Three mistakes that would lose or repeat messages. They are compiled only for the test of the tests (feature
//! `seeded-bugs`, never in a release): the simulation has to find each of them. Without the feature every question is
//! answered with no.

/// A mistake that can be switched on for the syncs of one thread.
#[cfg_attr(not(feature = "seeded-bugs"), allow(unreachable_pub, reason = "public with the feature alone"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// What is new is asked for from the cursor on, and not from before it (I3).
    NoOverlap,
    /// The cursor is committed before the rows that it speaks of (I2).
    CursorBeforeRows,
    /// A lost answer is sent again without a lookup (I6).
    BlindRetry,
}

#[cfg(feature = "seeded-bugs")]
thread_local! {
    static SEEDED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Switches a mistake on for this thread, or all off.
#[cfg(feature = "seeded-bugs")]
pub fn seed(bug: Option<Bug>) {
    SEEDED.set(bug);
}

/// Whether the mistake is switched on.
pub(crate) fn seeded(bug: Bug) -> bool {
    #[cfg(feature = "seeded-bugs")]
    return SEEDED.get() == Some(bug);
    #[cfg(not(feature = "seeded-bugs"))]
    {
        let _ = bug;
        false
    }
}
