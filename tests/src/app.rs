//! The real program without a web driver: what it is and what it holds is seen from outside.

use std::path::PathBuf;
use std::time::Duration;

use crate::home::inhabitants;
use crate::{Result, Running, Scene, until};

/// The app with its window, ended on drop.
#[derive(Debug)]
pub struct App {
    app: Running,
    home: PathBuf,
}

impl App {
    /// Starts it and waits until it has painted the inbox; the arguments have to ask for `--report-painted`.
    ///
    /// # Errors
    /// When it does not start or paints nothing.
    pub fn start(scene: &Scene, arguments: &[String]) -> Result<Self> {
        let app = Self::begin(scene, arguments)?;
        app.wait_painted()?;
        Ok(app)
    }

    /// Starts it and waits for nothing.
    ///
    /// # Errors
    /// When it does not start.
    pub fn begin(scene: &Scene, arguments: &[String]) -> Result<Self> {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let app = scene.session.start("anteroom", &words)?;
        Ok(Self { app, home: scene.session.home().path().to_owned() })
    }

    /// Waits until it has painted the inbox.
    ///
    /// # Errors
    /// When it paints nothing.
    pub fn wait_painted(&self) -> Result<()> {
        let painted = || self.app.output().contains("painted").then_some(());
        until("a painted inbox", Duration::from_secs(40), painted)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.app.id()
    }

    /// What it has printed so far.
    pub fn output(&self) -> String {
        self.app.output()
    }

    /// The processes that draw its pages.
    pub fn web_processes(&self) -> Vec<u32> {
        inhabitants(&self.home, Some("WebKitWebProces")).into_iter().filter(|id| is_running(*id)).collect()
    }

    /// All processes of the web engine.
    pub fn engine_processes(&self) -> Vec<u32> {
        let name = |id: &u32| std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
        let mut found = inhabitants(&self.home, None);
        found.retain(|id| name(id).starts_with("WebKit") && is_running(*id));
        found
    }

    /// All processes in its home, with the bus, the keyring and the display.
    pub fn all_processes(&self) -> Vec<u32> {
        inhabitants(&self.home, None)
    }

    /// Whether it has the vault's database open.
    pub fn holds_database(&self) -> bool {
        holds_database(self.app.id())
    }

    /// Ends it as a power failure does.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn kill(mut self) -> Result<()> {
        self.app.kill()
    }
}

/// Whether a process has a vault's database open.
pub(crate) fn holds_database(id: u32) -> bool {
    let files = std::fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| std::fs::read_link(file.path()).ok()).any(|file| file.ends_with("vault.db"))
}

/// Whether a process still runs; one that has ended and whose parent has not yet noticed does not.
pub fn is_running(id: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
