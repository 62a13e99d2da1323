//! anteroom-cli as a process: one call, its JSON, its exit code.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::children::built;
use crate::{Result, Running, Session};

/// What one call answered.
#[derive(Debug)]
pub struct Answer {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Each line of standard output, as JSON.
    pub lines: Vec<Value>,
    /// Standard error.
    pub messages: String,
}

impl Answer {
    /// The last line; null when there is none.
    pub fn last(&self) -> &Value {
        self.lines.last().unwrap_or(&Value::Null)
    }

    /// The error code of a failed call, or empty.
    pub fn error_code(&self) -> &str {
        self.last()["error"]["code"].as_str().unwrap_or_default()
    }

    /// The answer of a call that must succeed.
    ///
    /// # Errors
    /// When the exit code is not 0.
    pub fn done(self) -> Result<Self> {
        if self.code == Some(0) {
            return Ok(self);
        }
        Err(format!("anteroom-cli: exit {:?}, {}, {}", self.code, self.last(), self.messages).into())
    }
}

/// anteroom-cli with one vault.
#[derive(Debug)]
pub struct Cli<'a> {
    session: &'a Session,
    vault: PathBuf,
    passphrase: PathBuf,
}

impl<'a> Cli<'a> {
    /// For a vault that need not exist yet.
    pub fn new(session: &'a Session, vault: &Path, passphrase: &Path) -> Self {
        Self { session, vault: vault.to_owned(), passphrase: passphrase.to_owned() }
    }

    /// Runs one call to its end.
    ///
    /// # Errors
    /// When it does not start, prints a line that is not JSON, or takes longer than two minutes.
    pub fn run(&self, arguments: &[&str]) -> Result<Answer> {
        let out = tempfile::NamedTempFile::new_in(self.session.home().path().join("logs"))?;
        let err = tempfile::NamedTempFile::new_in(self.session.home().path().join("logs"))?;
        let mut running = self.spawn(arguments, out.reopen()?, err.reopen()?)?;
        let code = running.wait_code(Duration::from_secs(120))?;
        let text = std::fs::read_to_string(out.path())?;
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).map_err(|_| format!("not JSON: {line}")))
            .collect::<Result<Vec<Value>, String>>()?;
        Ok(Answer { code, lines, messages: std::fs::read_to_string(err.path())? })
    }

    /// Starts a call and does not wait: for ending it in the middle.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(&self, arguments: &[&str]) -> Result<Running> {
        let log = self.session.home().log("cli-background");
        let out = File::create(&log)?;
        let err = out.try_clone()?;
        self.spawn(arguments, out, err)
    }

    fn spawn(&self, arguments: &[&str], out: File, err: File) -> Result<Running> {
        let mut command = self.session.command(built("anteroom-cli")?);
        command
            .args(arguments)
            .arg("--vault")
            .arg(&self.vault)
            .arg("--passphrase-file")
            .arg(&self.passphrase);
        let child = command.stdin(std::process::Stdio::null()).stdout(out).stderr(err).spawn()?;
        Ok(Running::adopt("anteroom-cli", child, &self.session.home().log("cli-background")))
    }
}
