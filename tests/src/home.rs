//! A temporary home: every folder that a desktop program may look at, and nothing of the person who runs the tests.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::{Result, until};

/// Processes that live in a home: whose environment names it, with this program's name if one is asked for. What a driver
/// or a daemon starts is no child of ours, and is found so.
pub(crate) fn inhabitants(home: &Path, program: Option<&str>) -> Vec<u32> {
    let mut mark = b"HOME=".to_vec();
    mark.extend(home.as_os_str().as_bytes());
    mark.push(0);
    let lives_here = |dir: &Path| {
        let environment = fs::read(dir.join("environ")).unwrap_or_default();
        let name = fs::read_to_string(dir.join("comm")).unwrap_or_default();
        environment.windows(mark.len()).any(|part| part == mark)
            && program.is_none_or(|program| name.trim_end() == program)
    };
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let dirs = processes.flatten().filter(|entry| lives_here(&entry.path()));
    dirs.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// A home folder. On drop whoever still lives in it is ended, and it is removed.
#[derive(Debug)]
pub struct Home {
    dir: TempDir,
}

impl Drop for Home {
    fn drop(&mut self) {
        // What still writes would put files back while the folder is being removed.
        let _ = until("an empty home", Duration::from_secs(10), || {
            let ids: Vec<String> = inhabitants(self.path(), None).iter().map(u32::to_string).collect();
            if ids.is_empty() {
                return Some(());
            }
            let _ = Command::new("sh")
                .arg("-c")
                .arg(format!("kill -KILL {} 2>/dev/null", ids.join(" ")))
                .status();
            None
        });
    }
}

impl Home {
    /// A fresh one.
    ///
    /// # Errors
    /// When the folders cannot be made.
    pub fn new() -> Result<Self> {
        let dir = TempDir::with_prefix("anteroom-rig-")?;
        for name in ["run", "data", "config", "cache", "state", "logs", "tmp"] {
            fs::create_dir(dir.path().join(name))?;
        }
        fs::set_permissions(dir.path().join("run"), fs::Permissions::from_mode(0o700))?;
        Ok(Self { dir })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Where the app keeps its vaults.
    pub fn vaults(&self) -> PathBuf {
        self.path().join("data/anteroom/vaults")
    }

    /// The app's log.
    pub fn app_log(&self) -> PathBuf {
        self.path().join("state/anteroom/anteroom.log")
    }

    /// The file for the output of a program of the rig.
    pub fn log(&self, name: &str) -> PathBuf {
        self.path().join("logs").join(format!("{name}.log"))
    }

    /// A file with this content, readable by us alone, for secrets that must not be arguments.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.path().join("tmp").join(name);
        fs::write(&path, content)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
        Ok(path)
    }

    /// The whole environment of a program in this home. Nothing of ours is handed on: no bus, no proxy, no theme.
    pub(crate) fn furnish(&self, command: &mut Command) {
        let dir = self.path();
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", dir)
            .env("XDG_RUNTIME_DIR", dir.join("run"))
            .env("XDG_DATA_HOME", dir.join("data"))
            .env("XDG_CONFIG_HOME", dir.join("config"))
            .env("XDG_CACHE_HOME", dir.join("cache"))
            .env("XDG_STATE_HOME", dir.join("state"))
            .env("TMPDIR", dir.join("tmp"))
            .env("LANG", "C.UTF-8")
            .env("TZ", "Europe/Berlin")
            .env("NO_PROXY", "127.0.0.1,localhost")
            // Settings and accessibility services would be looked for on the bus and are not there.
            .env("GSETTINGS_BACKEND", "memory")
            .env("NO_AT_BRIDGE", "1")
            .env("GTK_USE_PORTAL", "0")
            .env("GIO_USE_VFS", "local")
            .env("RUST_BACKTRACE", "1");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_lives_in_a_home_ends_with_it() {
        let home = Home::new().unwrap();
        let path = home.path().to_owned();
        let mut command = Command::new("sh");
        home.furnish(&mut command);
        // A grandchild that nobody waits for, as a driver's browser.
        command.args(["-c", "setsid sleep 60 & exit 0"]).status().unwrap();
        until("the sleeper", Duration::from_secs(10), || inhabitants(&path, Some("sleep")).first().copied())
            .unwrap();
        assert!(inhabitants(&path, Some("anteroom")).is_empty());
        drop(home);
        assert!(inhabitants(&path, None).is_empty());
        assert!(!path.exists());
    }
}
