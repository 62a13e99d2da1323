//! Builds with cargo: the programs of the demo, and all targets with the list of test programs in them.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{self, Show};
use crate::project::{APP_FEATURES, cargo, root};
use crate::{node, packages};

/// A cold build on two slow cores.
const BUILD_LIMIT: Duration = Duration::from_secs(45 * 60);

/// Packages, pages and all programs: what `demo` and `shots` need.
pub(crate) fn programs() -> Result<()> {
    packages::install()?;
    node::install()?;
    node::build()?;
    process::must(cargo().args(["build", "--workspace", "--bins", "--features", APP_FEATURES]), BUILD_LIMIT)?;
    Ok(())
}

/// A test program that cargo has built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestProgram {
    /// Package and target, for example `inbox-vault::keys`.
    pub(crate) name: String,
    /// The file.
    pub(crate) path: PathBuf,
    /// The package's folder: the working directory cargo gives to tests.
    pub(crate) dir: PathBuf,
}

/// Builds every target of the workspace once; the answer names the test programs.
pub(crate) fn all_targets() -> Result<Option<Vec<TestProgram>>> {
    let outcome = process::run(
        cargo()
            .args(["build", "--workspace", "--all-targets", "--features", APP_FEATURES])
            .args(["--message-format", "json-render-diagnostics"]),
        BUILD_LIMIT,
        Show::Errors,
    )?;
    if !outcome.ok {
        return Ok(None);
    }
    Ok(Some(test_programs(&outcome.stdout)?))
}

/// Reads the test programs out of cargo's JSON messages.
fn test_programs(messages: &str) -> Result<Vec<TestProgram>> {
    let mut found = Vec::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Value = serde_json::from_str(line).context("cargo printed a line that is not JSON")?;
        let Some(path) = message["executable"].as_str() else { continue };
        if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
            continue;
        }
        let manifest = PathBuf::from(message["manifest_path"].as_str().context("no manifest path")?);
        let dir = manifest.parent().map_or_else(root, PathBuf::from);
        let package = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let target = message["target"]["name"].as_str().unwrap_or("?");
        found.push(TestProgram { name: format!("{package}::{target}"), path: PathBuf::from(path), dir });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_executables_of_the_test_profile_are_tests() {
        let line = |test: bool, executable: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/p/crates/inbox-vault/Cargo.toml","profile":{{"test":{test}}},"target":{{"name":"keys"}},"executable":{executable}}}"#
            )
        };
        let messages =
            [line(true, "\"/t/keys-1\""), line(false, "\"/t/app\""), line(true, "null"), "text".to_owned()]
                .join("\n");
        let found = test_programs(&messages).unwrap();
        assert_eq!(
            found,
            [TestProgram {
                name: "inbox-vault::keys".to_owned(),
                path: "/t/keys-1".into(),
                dir: "/p/crates/inbox-vault".into()
            }]
        );
    }
}
