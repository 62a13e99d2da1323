//! `cargo xtask tidy`: the rules of the code base that no compiler checks. Each rule is a function from a file, or
//! from cargo's description of the workspace, to problems, and has a test in which it fails.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::project;
use crate::stages::Tally;

mod dependencies;
mod documents;
mod texts;

/// A rule that does not hold: where, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Path from the root, with a line number where there is one.
    pub(crate) at: String,
    /// What is wrong.
    pub(crate) what: String,
}

impl Problem {
    fn new(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self { at: at.into(), what: what.into() }
    }
}

/// A text file of the checkout.
#[derive(Debug)]
struct SourceFile {
    /// Path from the root, with `/`.
    path: String,
    text: String,
}

/// Prints all problems; exit 1 when there is one.
pub(crate) fn run() -> Result<ExitCode> {
    Ok(if stage()?.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The same as a stage of `test`: every rule counts as one check.
pub(crate) fn stage() -> Result<Tally> {
    let files = source_files(&project::root())?;
    let mut tally = Tally::default();
    for (rule, problems) in check(&files)? {
        for problem in &problems {
            eprintln!("{}: {} [{rule}]", problem.at, problem.what);
        }
        tally.add(Tally::one(problems.is_empty()));
    }
    println!("tidy: {} files, {} rules, {} broken", files.len(), tally.passed + tally.failed, tally.failed);
    Ok(tally)
}

fn check(files: &[SourceFile]) -> Result<Vec<(&'static str, Vec<Problem>)>> {
    let mut checked = vec![
        ("dependencies", dependencies::problems(&project::metadata()?)),
        ("decision records", documents::unlinked_records(files)),
        ("commands in documents", documents::unknown_commands(files)),
        ("links in documents", documents::dead_links(files, &project::root())),
    ];
    for (name, rule) in texts::RULES {
        checked.push((name, files.iter().flat_map(rule).collect()));
    }
    Ok(checked)
}

/// Every text file that a person wrote. Not asked of git, so that an unpacked archive is checked too.
fn source_files(root: &Path) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    walk(root, root, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<SourceFile>) -> Result<()> {
    const SKIPPED: [&str; 9] =
        ["target", "node_modules", "dist", "dist-design", ".git", "paraglide", "gen", "build", "cache"];
    const TEXT: [&str; 13] =
        ["rs", "ts", "svelte", "css", "html", "md", "toml", "json", "js", "mjs", "sql", "sh", "ndjson"];
    for entry in fs::read_dir(dir).with_context(|| format!("{} cannot be read", dir.display()))? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, files)?;
            }
            continue;
        }
        let is_text = path.extension().is_some_and(|kind| TEXT.iter().any(|text| kind == *text));
        if !is_text || name == "package-lock.json" {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let path = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        files.push(SourceFile { path, text });
    }
    Ok(())
}
