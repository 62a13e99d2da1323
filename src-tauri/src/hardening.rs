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

#[cfg(all(target_os = "linux", any(test, all(not(debug_assertions), not(feature = "rig")))))]
fn deny_dumps() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if setrlimit(Resource::Core, none).is_err()
        || set_dumpable_behavior(DumpableBehavior::NotDumpable).is_err()
    {
        tracing::warn!(code = "hardening_failed");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn nothing_of_a_release_reaches_a_core_file_or_a_debugger() {
        super::deny_dumps();
        let core = getrlimit(Resource::Core);
        assert_eq!((core.current, core.maximum), (Some(0), Some(0)));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        // The kernel gives the files of such a process to the administrator alone.
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default();
        assert_eq!(line.split_whitespace().filter(|word| *word == "0").count(), 2, "{line}");
    }
}
