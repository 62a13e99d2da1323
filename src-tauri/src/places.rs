//! Where files of the window are, by the XDG base directory specification.

use std::{env, path::PathBuf};

/// The vaults of this user.
pub(crate) fn vaults() -> PathBuf {
    base("XDG_DATA_HOME", ".local/share").join("vaults")
}

/// Look and language.
pub(crate) fn preferences() -> PathBuf {
    base("XDG_CONFIG_HOME", ".config").join("preferences.json")
}

/// The log.
pub(crate) fn log() -> PathBuf {
    base("XDG_STATE_HOME", ".local/state").join("anteroom.log")
}

fn base(variable: &str, fallback: &str) -> PathBuf {
    let given = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    given.unwrap_or_else(|| home().join(fallback)).join("anteroom")
}

fn home() -> PathBuf {
    env::home_dir().unwrap_or_else(env::temp_dir)
}
