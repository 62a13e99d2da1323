//! `cargo xtask test`: every check that decides a merge, in stages. Later stages run although an earlier one failed,
//! so that one run says all.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::builds::{self, TestProgram};
use crate::process::{self, Show};
use crate::project::{APP_FEATURES, cargo, target_dir};
use crate::stages::{Stages, Tally};
use crate::{node, packages, tidy};

/// What the command line asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    long: bool,
    only: Option<String>,
}

impl Options {
    /// Reads `[--long] [--only STAGE]`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        match words {
            [] => Ok(Self::default()),
            ["--long", rest @ ..] => Ok(Self { long: true, ..Self::parse(rest)? }),
            ["--only", name, rest @ ..] => Ok(Self { only: Some((*name).to_owned()), ..Self::parse(rest)? }),
            _ => bail!(crate::Usage),
        }
    }

    /// Limit of one test program; the long versions may take twelve times as long.
    fn limit(&self, minutes: u64) -> Duration {
        Duration::from_secs(60 * minutes * if self.long { 12 } else { 1 })
    }
}

/// Runs all stages; the last line printed is `N passed, N failed`.
pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    // Without the packages nothing can be said about the code: exit 2 from here, before any count.
    packages::install()?;
    let mut stages = Stages::new(options.only.clone());
    stages.always("node packages", || node::install().map(|()| Tally::one(true)));
    stages.run("fmt", || program(cargo().args(["fmt", "--all", "--check"]), 2));
    stages.run("tidy", tidy::stage);
    ui(&mut stages);
    stages.always("ui build", || node::build().map(|()| Tally::one(true)));
    rust(&mut stages, options);
    Ok(if stages.finish() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn ui(stages: &mut Stages) {
    for (name, script) in [
        ("ui messages", "check:messages"),
        ("ui format", "format:check"),
        ("ui lint", "lint"),
        ("ui types", "check"),
    ] {
        stages.run(name, || program(node::npm().args(["run", script]), 5));
    }
    stages.run("ui tests", ui_tests);
}

fn ui_tests() -> Result<Tally> {
    let report = target_dir()?.join("ui-tests.json");
    // A report of an earlier run must not be taken for this one's.
    let _ = std::fs::remove_file(&report);
    let outcome = process::run(
        node::npm()
            .args(["run", "test", "--", "--reporter=default", "--reporter=json"])
            .arg(format!("--outputFile.json={}", report.display())),
        Duration::from_secs(600),
        Show::All,
    )?;
    let text = std::fs::read_to_string(&report).context("vitest wrote no report")?;
    let report: serde_json::Value = serde_json::from_str(&text).context("vitest's report is not JSON")?;
    let count = |key: &str| report[key].as_u64().unwrap_or(0);
    let mut tally = Tally { passed: count("numPassedTests"), failed: count("numFailedTests") };
    if !outcome.ok && tally.failed == 0 || tally.passed == 0 {
        tally.failed += 1;
    }
    Ok(tally)
}

fn rust(stages: &mut Stages, options: &Options) {
    let needs_programs = ["rust build", "rust tests", "whole process", "window"];
    let mut programs = None;
    if needs_programs.iter().any(|name| stages.wanted(name)) {
        stages.always("rust build", || {
            programs = builds::all_targets()?;
            Ok(Tally::one(programs.is_some()))
        });
    }
    stages.run("clippy", || {
        let mut command = cargo();
        command.args(["clippy", "--workspace", "--all-targets", "--features", APP_FEATURES, "--quiet"]);
        program(command.args(["--", "-D", "warnings"]), 45)
    });
    let programs = programs.unwrap_or_default();
    let (rig, units): (Vec<&TestProgram>, Vec<&TestProgram>) =
        programs.iter().partition(|program| program.name.starts_with("tests::"));
    let (window, whole): (Vec<&TestProgram>, Vec<&TestProgram>) =
        rig.into_iter().partition(|program| program.name == "tests::e2e");
    stages.run("rust tests", || test_programs(&units, options, 10));
    stages.run("doc tests", || {
        let mut command = cargo();
        command.args(["test", "--workspace", "--doc", "--features", APP_FEATURES, "--quiet"]);
        let outcome = process::run(&mut command, options.limit(10), Show::Errors)?;
        Ok(count(&outcome.stdout, outcome.ok))
    });
    stages.run("whole process", || test_programs(&whole, options, 15));
    stages.run("window", || test_programs(&window, options, 20));
}

/// A program that says yes or no.
fn program(command: &mut Command, minutes: u64) -> Result<Tally> {
    let limit = Duration::from_secs(60 * minutes);
    let outcome = process::run(command, limit, Show::All)?;
    if outcome.timed_out {
        bail!("{}: stopped after {minutes} minutes", process::describe(command));
    }
    Ok(Tally::one(outcome.ok))
}

/// Runs test programs one after the other, each with a limit. None at all is a failure: the build said what was wrong.
fn test_programs(programs: &[&TestProgram], options: &Options, minutes: u64) -> Result<Tally> {
    if programs.is_empty() {
        bail!("no test program was built");
    }
    let target = target_dir()?;
    let mut tally = Tally::default();
    for test in programs {
        let outcome = run_test(test, &target, options, minutes)?;
        let counted = count(&outcome.stdout, outcome.ok);
        println!("{}: {} passed, {} failed", test.name, counted.passed, counted.failed);
        tally.add(counted);
        if outcome.timed_out {
            eprintln!("{}: stopped after {} s", test.name, options.limit(minutes).as_secs());
        } else if !outcome.ok {
            eprint!("{}", outcome.stdout);
        }
    }
    Ok(tally)
}

fn run_test(test: &TestProgram, target: &Path, options: &Options, minutes: u64) -> Result<process::Outcome> {
    let mut command = Command::new(&test.path);
    command
        .current_dir(&test.dir)
        .env("CARGO_MANIFEST_DIR", &test.dir)
        .env("ANTEROOM_BIN_DIR", target.join("debug"));
    // Snapshots are compared, never written, and compared alike on every machine.
    command.env("INSTA_UPDATE", "no").env("CI", "1");
    // Seconds of each seeded mutation.
    command.env("ANTEROOM_FUZZ_SECONDS", if options.long { "7200" } else { "10" });
    if options.long {
        command.env("ANTEROOM_LONG", "1");
    }
    process::run(&mut command, options.limit(minutes), Show::Errors)
}

/// Adds up libtest's result lines; a program that failed without saying how many counts as one failure.
fn count(output: &str, ok: bool) -> Tally {
    let mut tally = Tally::default();
    for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
        for part in line.split([';', '.']) {
            let mut words = part.split_whitespace();
            let number = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            match words.next() {
                Some("passed") => tally.passed += number,
                // An ignored test is a check that nobody makes.
                Some("failed" | "ignored") => tally.failed += number,
                _ => {}
            }
        }
    }
    if !ok && tally.failed == 0 {
        tally.failed = 1;
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_added_up() {
        let output = "running 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out\n\
                      test result: FAILED. 1 passed; 2 failed; 1 ignored; 0 measured\n";
        assert_eq!(count(output, false), Tally { passed: 4, failed: 3 });
    }

    #[test]
    fn a_program_that_dies_without_a_result_has_failed() {
        assert_eq!(count("running 3 tests\n", false), Tally { passed: 0, failed: 1 });
        assert_eq!(count("test result: ok. 3 passed; 0 failed;", true), Tally { passed: 3, failed: 0 });
    }

    #[test]
    fn the_command_line_is_read() {
        let options = Options::parse(&["--long", "--only", "fmt"]).unwrap();
        assert_eq!(options, Options { long: true, only: Some("fmt".to_owned()) });
        assert!(Options::parse(&["--quick"]).is_err());
    }
}
