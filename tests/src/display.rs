//! A display without a screen: Xvfb, and openbox without decorations so that the one window fills it.

use std::fs;
use std::path::Path;
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
