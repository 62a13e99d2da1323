//! The program behind `cargo xtask shots`: every screen of the real window, light and dark, English and German.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anteroom_tests::{Result, Scene, Window, until};
use demo_portal::Options;

const THEMES: [&str; 2] = ["light", "dark"];
const LANGUAGES: [&str; 2] = ["en", "de"];

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(dir) = arguments.first() else {
        eprintln!("usage: shots DIR [NAME]");
        return ExitCode::from(2);
    };
    let shots = Shots { dir: PathBuf::from(dir), only: arguments.get(1).cloned() };
    match shots.all().await {
        Ok(count) if count > 0 => {
            println!("shots: {count} pictures in {dir}");
            ExitCode::SUCCESS
        }
        Ok(_) => {
            eprintln!("shots: there is no screen of that name");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("shots: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Shots {
    dir: PathBuf,
    only: Option<String>,
}

impl Shots {
    async fn all(&self) -> Result<u32> {
        fs::create_dir_all(&self.dir)?;
        let mut looks: Vec<(&str, &str)> = Vec::new();
        for theme in THEMES {
            looks.extend(LANGUAGES.map(|language| (theme, language)));
        }
        looks.push(("high-contrast", "en"));
        let mut count = 0;
        let mut scene = Scene::for_window(Options::default())?;
        for (theme, language) in &looks {
            prefer(&scene, theme, language)?;
            count += self.inbox(&scene, &format!("{theme}-{language}")).await?;
            count += self.unlock(&scene, &format!("{theme}-{language}")).await?;
        }
        count += self.keys(&mut scene, &looks).await?;
        drop(scene);
        count += self.first_run(&looks).await?;
        Ok(count)
    }

    fn wanted(&self, name: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == name)
    }

    /// Draws one screen and names its file.
    fn take(&self, scene: &Scene, name: &str, look: &str) -> Result<u32> {
        if !self.wanted(name) {
            return Ok(0);
        }
        let file = self.dir.join(format!("{name}-{look}.png"));
        settle(scene, &file)?;
        Ok(1)
    }

    async fn inbox(&self, scene: &Scene, look: &str) -> Result<u32> {
        let window = scene.window().await?;
        window.wait_for("crisis-panel").await?;
        window.wait_for("message-text").await?;
        let mut count = self.take(scene, "inbox", look)?;
        window.click("composer-text").await?;
        window.press("/").await?;
        window.wait_for("response-option").await?;
        count += self.take(scene, "responses", look)?;
        window.press("\u{e007}").await?;
        window.wait_gone("response-option").await?;
        count += self.take(scene, "reply", look)?;
        for (name, view) in [
            ("after-hours", "view-after-hours"),
            ("waiting-for-me", "view-waiting-for-me"),
            ("sent", "view-sent-and-scheduled"),
        ] {
            window.click(view).await?;
            window.wait_for("section-header").await?;
            count += self.take(scene, name, look)?;
        }
        count += self.over_the_inbox(scene, &window, look).await?;
        scene.portal.pause()?;
        let offline = "document.querySelector('[data-testid=\"staleness\"]').dataset.state === 'offline'";
        window.wait_js_for("offline", offline, Duration::from_secs(90)).await?;
        count += self.take(scene, "offline", look)?;
        scene.portal.resume()?;
        window.close().await?;
        Ok(count)
    }

    async fn over_the_inbox(&self, scene: &Scene, window: &Window, look: &str) -> Result<u32> {
        window.click("search").await?;
        window.press("sleep").await?;
        window.wait_for("search-hit").await?;
        let mut count = self.take(scene, "search", look)?;
        window.press("\u{e00c}").await?;
        window.click("settings").await?;
        window.wait_for("theme-dark").await?;
        count += self.take(scene, "settings", look)?;
        window.press("\u{e00c}").await?;
        window.wait_gone("theme-dark").await?;
        window.click("privacy").await?;
        window.wait_for("privacy-screen").await?;
        count += self.take(scene, "privacy", look)?;
        window.press("\u{e00c}").await?;
        window.wait_gone("privacy-screen").await?;
        Ok(count)
    }

    async fn unlock(&self, scene: &Scene, look: &str) -> Result<u32> {
        if !self.wanted("unlock") {
            return Ok(0);
        }
        let window = scene.window_locked().await?;
        window.wait_for("unlock-passphrase").await?;
        let count = self.take(scene, "unlock", look)?;
        window.close().await?;
        Ok(count)
    }

    /// The pages of a key that cannot be had.
    async fn keys(&self, scene: &mut Scene, looks: &[(&str, &str)]) -> Result<u32> {
        if !self.wanted("key-missing") {
            return Ok(0);
        }
        scene.session.empty_keyring()?;
        let mut count = 0;
        for (theme, language) in looks {
            prefer(scene, theme, language)?;
            let window = scene.window_locked().await?;
            window.wait_for("key-state").await?;
            count += self.take(scene, "key-missing", &format!("{theme}-{language}"))?;
            window.close().await?;
        }
        Ok(count)
    }

    /// A workstation without a vault.
    async fn first_run(&self, looks: &[(&str, &str)]) -> Result<u32> {
        if !self.wanted("first-run") {
            return Ok(0);
        }
        let scene = Scene::for_window(Options::default())?;
        fs::remove_dir_all(scene.vault_dir())?;
        let mut count = 0;
        for (theme, language) in looks {
            prefer(&scene, theme, language)?;
            let window = scene.window_locked().await?;
            window.wait_for("first-run").await?;
            count += self.take(&scene, "first-run", &format!("{theme}-{language}"))?;
            window.close().await?;
        }
        Ok(count)
    }
}

/// Writes look and language where the app reads them.
fn prefer(scene: &Scene, theme: &str, language: &str) -> Result<()> {
    let dir = scene.session.home().path().join("config/anteroom");
    fs::create_dir_all(&dir)?;
    let preferences = serde_json::json!({ "language": language, "theme": theme });
    fs::write(dir.join("preferences.json"), preferences.to_string())?;
    Ok(())
}

/// Takes pictures until two in a row are the same; at the limit the last one counts.
fn settle(scene: &Scene, file: &Path) -> Result<()> {
    let display = scene.session.display()?;
    let mut last = Vec::new();
    let settled = until("a settled picture", Duration::from_secs(5), || {
        display.picture(file).ok()?;
        let now = fs::read(file).ok()?;
        let same = now == last;
        last = now;
        same.then_some(())
    });
    if settled.is_err() && last.is_empty() { Err("no picture could be taken".into()) } else { Ok(()) }
}
