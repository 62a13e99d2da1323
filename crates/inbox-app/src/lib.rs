//! Use cases: the one API of the shell and the command line.

pub mod dto;
pub mod notify;
pub mod text;

mod app;
mod error;
mod preferences;

pub use app::{App, AppOptions, OnEvent};
pub use error::AppResult;
pub use preferences::PreferencesFile;
