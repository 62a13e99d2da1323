//! Child processes that cannot outlive us.
//!
//! Each is started through `setpriv --pdeathsig` (util-linux, always installed): the kernel ends it when the thread that
//! started it ends, so children are started from a test's own thread or from `main`, never from a pool. Calling prctl
//! ourselves was rejected: it needs unsafe code between fork and exec.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::{Result, until};

/// A command whose process ends with ours.
pub(crate) fn bound(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// A running child, ended on drop.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a command made by [`bound`]; its output goes to a file.
    pub(crate) fn start(name: &str, command: &mut Command, log: &Path) -> Result<Self> {
        let out = File::create(log)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .map_err(|error| format!("{name} could not be started: {error}"))?;
        Ok(Self { name: name.to_owned(), child, log: log.to_owned() })
    }

    /// Takes over a child that was started with its own pipes.
    pub(crate) fn adopt(name: &str, child: Child, log: &Path) -> Self {
        Self { name: name.to_owned(), child, log: log.to_owned() }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its own end.
    ///
    /// # Errors
    /// When it still runs at the limit.
    pub fn wait(&mut self, limit: Duration) -> Result<bool> {
        let child = &mut self.child;
        let status = until(&format!("end of {}", self.name), limit, || child.try_wait().ok().flatten())?;
        Ok(status.success())
    }

    /// Waits for its own end and gives the exit code; `None` when a signal ended it.
    ///
    /// # Errors
    /// When it still runs at the limit.
    pub fn wait_code(&mut self, limit: Duration) -> Result<Option<i32>> {
        let child = &mut self.child;
        let status = until(&format!("end of {}", self.name), limit, || child.try_wait().ok().flatten())?;
        Ok(status.code())
    }

    /// Asks it to end and waits.
    ///
    /// # Errors
    /// When it does not end within ten seconds.
    pub fn stop(&mut self) -> Result<()> {
        let asked = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", self.child.id())).status()?;
        if asked.success() { self.wait(Duration::from_secs(10)).map(drop) } else { Ok(()) }
    }

    /// Ends it at once, as a crash would (SIGKILL).
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already gone is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that this workspace builds, beside the running one.
pub(crate) fn built(name: &str) -> Result<PathBuf> {
    let dir = match std::env::var_os("ANTEROOM_BIN_DIR") {
        Some(dir) => PathBuf::from(dir),
        None => {
            let here = std::env::current_exe()?;
            let dir = here.parent().ok_or("no folder of programs")?;
            if dir.ends_with("deps") { dir.parent().unwrap_or(dir).to_owned() } else { dir.to_owned() }
        }
    };
    let path = dir.join(name);
    if path.is_file() { Ok(path) } else { Err(format!("{name} is not built: run cargo xtask test").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_ends_with_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let id = {
            let running = Running::start("sleep", bound("sleep").arg("60"), &dir.path().join("log")).unwrap();
            assert!(Path::new(&format!("/proc/{}", running.id())).exists());
            running.id()
        };
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn the_kernel_ends_a_child_whose_starter_died() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        let id = std::thread::spawn(move || {
            let running = Running::start("sleep", bound("sleep").arg("60"), &log).unwrap();
            let id = running.id();
            until("sleep instead of setpriv", Duration::from_secs(10), || {
                let name = std::fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
                (name.trim() == "sleep").then_some(())
            })
            .unwrap();
            // The owner is lost without being dropped, as in an abort.
            std::mem::forget(running);
            id
        })
        .join()
        .unwrap();
        until("end of the orphan", Duration::from_secs(10), || {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
            (stat.is_empty() || stat.contains(") Z ")).then_some(())
        })
        .unwrap();
    }
}
