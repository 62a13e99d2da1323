//! A display without a screen: Xvfb, and openbox without decorations so that the one window fills it.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::children::{Running, bound};
use crate::{Home, Result, until};

const SIZE: &str = "1440x900x24";

/// Every window without a frame and as large as the screen.
const OPENBOX: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <applications>
    <application class="*"><decor>no</decor><maximized>yes</maximized><focus>yes</focus></application>
  </applications>
</openbox_config>
"#;

/// Bytes of a picture in which two moments of one page may differ: the caret.
const CARET: usize = 1_000;

/// Bytes in which another page differs at least.
const CHANGE: usize = 20_000;

/// How many bytes differ.
fn difference(one: &[u8], other: &[u8]) -> usize {
    if one.len() != other.len() {
        return usize::MAX;
    }
    one.iter().zip(other).filter(|(one, other)| one != other).count()
}

/// Whether nothing is drawn: a page has many shades, if only at the edges of its letters.
fn is_plain(picture: &[u8]) -> bool {
    picture.iter().collect::<HashSet<_>>().len() < 40
}

/// A display, closed on drop.
#[derive(Debug)]
pub struct Display {
    name: String,
    _manager: Running,
    _server: Running,
}

impl Display {
    pub(crate) fn open(home: &Home) -> Result<Self> {
        // The server itself looks for a free number and prints it: no race between tests that look at once.
        let log = home.log("display");
        let mut command = bound("Xvfb");
        home.furnish(&mut command);
        command.args(["-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"]);
        let server = Running::start("Xvfb", &mut command, &log)?;
        let name = until("a display", Duration::from_secs(30), || {
            server
                .output()
                .lines()
                .find_map(|line| line.trim().parse::<u32>().ok())
                .map(|number| format!(":{number}"))
        })?;
        let config = home.path().join("config/openbox");
        fs::create_dir_all(&config)?;
        fs::write(config.join("rc.xml"), OPENBOX)?;
        let mut command = bound("openbox");
        home.furnish(&mut command);
        command.env("DISPLAY", &name);
        let manager = Running::start("openbox", &mut command, &home.log("openbox"))?;
        Ok(Self { name, _manager: manager, _server: server })
    }

    /// The display's name, for example `:1`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Types a text on the keyboard, into whatever has the focus. No web driver sees it.
    ///
    /// # Errors
    /// When it cannot be typed.
    pub fn type_text(&self, text: &str) -> Result<()> {
        let mut typing = bound("xdotool")
            .args(["type", "--clearmodifiers", "--delay", "6", "--file", "-"])
            .env("DISPLAY", &self.name)
            .stdin(Stdio::piped())
            .spawn()?;
        typing.stdin.take().ok_or("no way to type")?.write_all(text.as_bytes())?;
        if typing.wait()?.success() { Ok(()) } else { Err("the text could not be typed".into()) }
    }

    /// Presses keys one after the other, by their names in X11: `Return`, `ctrl+l`.
    ///
    /// # Errors
    /// When they cannot be pressed.
    pub fn press(&self, keys: &[&str]) -> Result<()> {
        let status =
            bound("xdotool").args(["key", "--delay", "40"]).args(keys).env("DISPLAY", &self.name).status()?;
        if status.success() { Ok(()) } else { Err(format!("{keys:?} could not be pressed").into()) }
    }

    /// Waits until something is drawn and the screen stands still, but for a caret that blinks.
    ///
    /// # Errors
    /// When it does not.
    pub fn wait_still(&self) -> Result<()> {
        let mut last = Vec::new();
        until("a screen that stands still", Duration::from_secs(40), || {
            let now = self.pixels().ok()?;
            let still = !is_plain(&now) && difference(&last, &now) < CARET;
            last = now;
            if !still {
                std::thread::sleep(Duration::from_millis(200));
            }
            still.then_some(())
        })
    }

    /// Presses keys and waits until the screen shows something else and stands still.
    ///
    /// # Errors
    /// When nothing happens.
    pub fn press_for_change(&self, keys: &[&str]) -> Result<()> {
        let before = self.pixels()?;
        self.press(keys)?;
        until("another screen", Duration::from_secs(40), || {
            (difference(&before, &self.pixels().ok()?) > CHANGE).then_some(())
        })?;
        self.wait_still()
    }

    fn pixels(&self) -> Result<Vec<u8>> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("screen.ppm");
        self.picture(&file)?;
        Ok(fs::read(file)?)
    }

    /// Writes a picture of the whole screen as PNG.
    ///
    /// # Errors
    /// When it cannot be taken.
    pub fn picture(&self, file: &Path) -> Result<()> {
        let output = bound("scrot").arg("--overwrite").arg(file).env("DISPLAY", &self.name).output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("no picture: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}
