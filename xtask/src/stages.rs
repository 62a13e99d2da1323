//! The stages of `cargo xtask test`: each timed, each with its count; one that breaks does not hide the others.

use std::time::{Duration, Instant};

use anyhow::Result;

/// Checks that held and checks that did not.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Held.
    pub(crate) passed: u64,
    /// Did not hold.
    pub(crate) failed: u64,
}

impl Tally {
    /// One check.
    pub(crate) fn one(held: bool) -> Self {
        Self { passed: u64::from(held), failed: u64::from(!held) }
    }

    /// Both together.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// What has run so far.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    done: Vec<(String, Duration, Tally)>,
    only: Option<String>,
}

impl Stages {
    /// All stages, or only those whose name starts so.
    pub(crate) fn new(only: Option<String>) -> Self {
        Self { done: Vec::new(), only }
    }

    /// Whether a stage of that name is asked for.
    pub(crate) fn wanted(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| name.starts_with(only))
    }

    /// Runs a stage unless another one was asked for. An error counts as one failed check.
    pub(crate) fn run(&mut self, name: &str, work: impl FnOnce() -> Result<Tally>) {
        if self.wanted(name) {
            self.always(name, work);
        }
    }

    /// Runs a stage that others need.
    pub(crate) fn always(&mut self, name: &str, work: impl FnOnce() -> Result<Tally>) {
        println!("\n--- {name}");
        let start = Instant::now();
        let tally = work().unwrap_or_else(|error| {
            eprintln!("{name}: {error:#}");
            Tally::one(false)
        });
        let took = start.elapsed();
        println!("--- {name}: {} passed, {} failed, {:.1} s", tally.passed, tally.failed, took.as_secs_f64());
        self.done.push((name.to_owned(), took, tally));
    }

    /// All checks so far.
    pub(crate) fn total(&self) -> Tally {
        let mut total = Tally::default();
        for (_, _, tally) in &self.done {
            total.add(*tally);
        }
        total
    }

    /// The table of stages, then the line that says it all. True when nothing failed and something ran.
    pub(crate) fn finish(&self) -> bool {
        println!("\n{:<16} {:>9} {:>8} {:>8}", "stage", "seconds", "passed", "failed");
        for (name, took, tally) in &self.done {
            println!("{name:<16} {:>9.1} {:>8} {:>8}", took.as_secs_f64(), tally.passed, tally.failed);
        }
        let seconds: f64 = self.done.iter().map(|(_, took, _)| took.as_secs_f64()).sum();
        println!("{:<16} {seconds:>9.1}", "all");
        let total = self.total();
        println!("{} passed, {} failed", total.passed, total.failed);
        total.failed == 0 && total.passed > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_breaks_counts_as_failed_and_the_next_one_runs() {
        let mut stages = Stages::new(None);
        stages.run("broken", || anyhow::bail!("no compiler"));
        stages.run("sound", || Ok(Tally { passed: 3, failed: 0 }));
        assert_eq!(stages.total(), Tally { passed: 3, failed: 1 });
        assert!(!stages.finish());
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert!(!Stages::new(None).finish());
    }

    #[test]
    fn only_the_stage_asked_for_runs() {
        let mut stages = Stages::new(Some("ui".to_owned()));
        stages.run("rust", || Ok(Tally::one(false)));
        stages.run("ui lint", || Ok(Tally::one(true)));
        assert_eq!(stages.total(), Tally { passed: 1, failed: 0 });
    }
}
