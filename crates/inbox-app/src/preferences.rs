//! Look and language of the window. They live outside the vault, in a small JSON file, since the unlock page needs them
//! before any vault is open; nothing about a patient is in them.

use std::path::{Path, PathBuf};

use crate::{
    dto::{AppError, Preferences},
    error::{AppResult, invalid},
};

const LANGUAGES: [&str; 2] = ["en", "de"];
const THEMES: [&str; 4] = ["system", "light", "dark", "high-contrast"];

/// Where preferences are kept.
#[derive(Debug, Clone)]
pub struct PreferencesFile(PathBuf);

impl PreferencesFile {
    /// Preferences in that file; it need not exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Preferences that are nowhere: the command line has none.
    pub fn absent() -> Self {
        Self(PathBuf::new())
    }

    /// What was saved, or what the desktop's language suggests. A file that cannot be read counts as absent: losing a
    /// theme must not keep anybody from her messages.
    pub fn load(&self) -> Preferences {
        std::fs::read_to_string(&self.0)
            .ok()
            .and_then(|text| serde_json::from_str::<Preferences>(&text).ok())
            .filter(|found| check(found).is_ok())
            .unwrap_or_else(default_preferences)
    }

    /// Saves them, through a second file so that a crash leaves the old or the new ones.
    ///
    /// # Errors
    /// `invalid_argument` for a language or theme that is not known, `preferences_not_saved` when the file cannot be
    /// written.
    pub fn save(&self, preferences: &Preferences) -> AppResult<()> {
        check(preferences)?;
        write_whole(&self.0, preferences).map_err(|_| AppError::new("preferences_not_saved"))
    }
}

fn check(preferences: &Preferences) -> AppResult<()> {
    if !LANGUAGES.contains(&preferences.language.as_str()) {
        return Err(invalid("language"));
    }
    if !THEMES.contains(&preferences.theme.as_str()) {
        return Err(invalid("theme"));
    }
    Ok(())
}

fn write_whole(path: &Path, preferences: &Preferences) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let fresh = path.with_extension("new");
    std::fs::write(&fresh, serde_json::to_vec_pretty(preferences)?)?;
    std::fs::rename(fresh, path)
}

fn default_preferences() -> Preferences {
    let desktop = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty())
        .unwrap_or_default();
    let language = if desktop.starts_with("de") { "de" } else { "en" };
    Preferences { language: language.to_owned(), theme: "system".to_owned(), hide_unfocused: false }
}

#[cfg(test)]
mod tests;
