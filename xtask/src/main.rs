//! `cargo xtask`: the commands that set up, check and show Anteroom.
//!
//! Depends on no crate of the workspace and on two small ones from the registry, so that it compiles in seconds and
//! runs before the system packages are there.

use std::process::ExitCode;

use anyhow::{Result, bail};

mod bench;
mod builds;
mod demo;
mod interop;
mod node;
mod packages;
mod process;
mod project;
mod shots;
mod stages;
mod test;
mod tidy;

/// What `cargo xtask` can do; `tidy` checks the documents against the first column.
const COMMANDS: [(&str, &str); 6] = [
    ("demo", "[--shot FILE]  open the app on a sample clinic; with --shot write a picture without a display"),
    ("test", "[--long] [--only STAGE]  every check that decides a merge"),
    ("bench", "[NAME [OPTION N]...]  figures beside their limits"),
    ("shots", "[--only NAME]  every screen, light and dark, English and German, into target/shots"),
    (
        "interop",
        "[--portal URL --token-file F [--practitioner Practitioner/ID] [--setup-token-file F]]  the sync contract against \
         a FHIR server: Helios, built into the cache when it is missing, or the one at URL",
    ),
    ("tidy", "the rules of the code base that no compiler checks"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::from(if error.is::<packages::NoRight>() || error.is::<Usage>() { 2 } else { 1 })
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["demo"] => demo::run(None),
        ["demo", "--shot", file] => demo::run(Some(file)),
        ["test", rest @ ..] => test::run(&test::Options::parse(rest)?),
        ["bench"] => bench::run(None, &[]),
        ["bench", name, options @ ..] => bench::run(Some(name), options),
        ["shots"] => shots::run(None),
        ["shots", "--only", name] => shots::run(Some(name)),
        ["interop", rest @ ..] => interop::run(rest),
        ["tidy"] => tidy::run(),
        ["help" | "--help" | "-h"] => {
            println!("{}", usage());
            Ok(ExitCode::SUCCESS)
        }
        _ => bail!(Usage),
    }
}

/// The command line was not understood.
#[derive(Debug)]
struct Usage;

impl std::fmt::Display for Usage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&usage())
    }
}

impl std::error::Error for Usage {}

fn usage() -> String {
    let lines: Vec<String> =
        COMMANDS.iter().map(|(name, what)| format!("  cargo xtask {name:<7} {what}")).collect();
    format!("usage\n{}", lines.join("\n"))
}
