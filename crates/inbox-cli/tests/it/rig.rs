//! A portal in this process, a vault in a temporary folder, and calls of the real program.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use demo_portal::{DemoPortal, Options, RunningPortal};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// What a call answered.
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) lines: Vec<Value>,
    pub(crate) messages: String,
}

impl Answer {
    pub(crate) fn last(&self) -> &Value {
        self.lines.last().unwrap_or(&Value::Null)
    }

    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{:?} {}", self.lines, self.messages);
        self
    }

    /// The error code of a call that failed.
    pub(crate) fn failed(&self) -> &str {
        assert_eq!(self.code, 1, "{:?} {}", self.lines, self.messages);
        assert!(!self.messages.is_empty(), "a failure says something to people too");
        self.last()["error"]["code"].as_str().unwrap()
    }
}

/// Runs a call with something on standard input.
pub(crate) fn call_with(arguments: &[&str], input: &str) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_anteroom-cli"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A call that refuses its arguments ends before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    Answer {
        code: output.status.code().unwrap(),
        lines: lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
        messages: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A clinic with its portal and an empty folder for a vault.
pub(crate) struct Rig {
    pub(crate) runtime: Runtime,
    pub(crate) portal: RunningPortal,
    dir: TempDir,
}

impl Rig {
    pub(crate) fn start() -> Self {
        Self::start_with(Options::default())
    }

    pub(crate) fn start_with(options: Options) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let portal = runtime.block_on(DemoPortal::start(options)).unwrap();
        let rig = Self { runtime, portal, dir: TempDir::with_prefix("anteroom-cli-").unwrap() };
        rig.file("passphrase", "a passphrase for tests\n");
        rig
    }

    /// The same with a vault that is connected and filled.
    pub(crate) fn filled() -> Self {
        let rig = Self::start();
        rig.vault(&["vault", "create", "--no-keyring"]).done();
        rig.login().done();
        rig.vault(&["sync"]).done();
        rig
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    pub(crate) fn vault_dir(&self) -> PathBuf {
        self.dir.path().join("vault")
    }

    /// A call on the vault.
    pub(crate) fn vault(&self, arguments: &[&str]) -> Answer {
        let (dir, passphrase) = (self.vault_dir(), self.dir.path().join("passphrase"));
        let mut all = arguments.to_vec();
        all.extend(["--vault", text(&dir), "--passphrase-file", text(&passphrase)]);
        call_with(&all, "")
    }

    pub(crate) fn login(&self) -> Answer {
        let me = &self.portal.practitioners()[0];
        let token = self.file("token", self.portal.token(&me.id));
        self.vault(&[
            "login",
            "--portal",
            &self.portal.base_url(),
            "--practitioner",
            &me.reference,
            "--token-file",
            &token,
        ])
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
