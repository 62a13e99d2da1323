//! Keeps memory out of core dumps and away from other processes of the same user, and panics out of standard error.
//! The rig build stays dumpable: its tests scan memory and measure it.

/// Sets the hooks and, in release builds on Linux, the limits.
pub(crate) fn apply() {
    std::panic::set_hook(Box::new(|panic| {
        // Place only: the payload may hold a message's words.
        if let Some(place) = panic.location() {
            eprintln!("anteroom: panic at {}:{}", place.file(), place.line());
            tracing::error!(code = "panic", file = place.file(), line = place.line());
        }
    }));
    #[cfg(all(target_os = "linux", not(debug_assertions), not(feature = "rig")))]
    deny_dumps();
}

#[cfg(all(target_os = "linux", not(debug_assertions), not(feature = "rig")))]
fn deny_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err()
        || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err()
    {
        tracing::warn!(code = "hardening_failed");
    }
}
