//! The program behind `cargo xtask shots`: every screen of the real window, light and dark, English and German.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anteroom_tests::{Result, Scene, Window};
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
    async fn take(&self, window: &Window, name: &str, look: &str) -> Result<u32> {
        if !self.wanted(name) {
            return Ok(0);
        }
        window.picture(&self.dir.join(format!("{name}-{look}.png"))).await?;
        Ok(1)
    }

    async fn inbox(&self, scene: &Scene, look: &str) -> Result<u32> {
        let window = scene.window().await?;
        window.wait_for("crisis-panel").await?;
        window.wait_for("message-text").await?;
        // The draft of the look before is still there.
        let empty = "(() => { const area = document.querySelector('[data-testid=\"composer-text\"]'); area.value = '';
            area.dispatchEvent(new Event('input', { bubbles: true })); return area.value === '' })()";
        window.wait_js("an empty composer", empty).await?;
        let mut count = self.take(&window, "inbox", look).await?;
        window.click("composer-text").await?;
        window.press("/").await?;
        window.wait_for("response-option").await?;
        count += self.take(&window, "responses", look).await?;
        window.press("\u{e007}").await?;
        window.wait_gone("response-option").await?;
        count += self.take(&window, "reply", look).await?;
        for (name, view) in [
            ("after-hours", "view-after-hours"),
            ("waiting-for-me", "view-waiting-for-me"),
            ("sent", "view-sent-and-scheduled"),
        ] {
            window.click(view).await?;
            window.wait_for("section-header").await?;
            count += self.take(&window, name, look).await?;
        }
        count += self.over_the_inbox(&window, look).await?;
        scene.portal.pause()?;
        let offline = "document.querySelector('[data-testid=\"staleness\"]').dataset.state === 'offline'";
        window.wait_js_for("offline", offline, Duration::from_secs(90)).await?;
        count += self.take(&window, "offline", look).await?;
        scene.portal.resume()?;
        window.close().await?;
        Ok(count)
    }

    async fn over_the_inbox(&self, window: &Window, look: &str) -> Result<u32> {
        window.click("search").await?;
        window.press("sleep").await?;
        window.wait_for("search-hit").await?;
        let mut count = self.take(window, "search", look).await?;
        window.press("\u{e00c}").await?;
        window.click("settings").await?;
        window.wait_for("theme-dark").await?;
        count += self.take(window, "settings", look).await?;
        window.press("\u{e00c}").await?;
        window.wait_gone("theme-dark").await?;
        count += self.rules(window, look).await?;
        window.click("privacy").await?;
        window.wait_for("privacy-screen").await?;
        count += self.take(window, "privacy", look).await?;
        window.press("\u{e00c}").await?;
        window.wait_gone("privacy-screen").await?;
        Ok(count)
    }

    async fn rules(&self, window: &Window, look: &str) -> Result<u32> {
        window.click("settings").await?;
        window.click("rules-open").await?;
        window.wait_for("rule").await?;
        let mut count = self.take(window, "rules", look).await?;
        window.click("tab-words").await?;
        window.click("words-add").await?;
        window.wait_for("words-entry").await?;
        count += self.take(window, "clinic-words", look).await?;
        window.click("tab-try").await?;
        window
            .write("try-text", "I've put the tablets on the table. I don't want to wake up tomorrow.")
            .await?;
        window.click("lexicon-discard").await?;
        window.click("try-submit").await?;
        window.wait_for("tried").await?;
        count += self.take(window, "try-a-text", look).await?;
        window.press("\u{e00c}").await?;
        window.wait_gone("rules-screen").await?;
        Ok(count)
    }

    async fn unlock(&self, scene: &Scene, look: &str) -> Result<u32> {
        if !self.wanted("unlock") {
            return Ok(0);
        }
        let window = scene.window_locked().await?;
        window.wait_for("unlock-passphrase").await?;
        let count = self.take(&window, "unlock", look).await?;
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
            count += self.take(&window, "key-missing", &format!("{theme}-{language}")).await?;
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
            count += self.take(&window, "first-run", &format!("{theme}-{language}")).await?;
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
