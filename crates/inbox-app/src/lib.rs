//! Use cases: the one API of the shell and the command line.
//!
//! [`App`] is the window's side (which vault is open), [`Session`] an open vault with everything that can be done in
//! it. Both answer the types of [`dto`] (window) and [`record`] (command line); every error is an
//! [`dto::AppError`] with a stable code.

mod app;
mod app_keys;
mod attachments;
mod audit;
mod background;
mod backups;
mod cases;
mod connection;
mod detail;
pub mod dto;
mod error;
mod export;
mod feedback;
mod first_fill;
mod headless;
mod hours;
pub mod keys;
mod lending;
mod lexicon;
mod links;
mod listening;
mod locking;
pub mod notify;
mod pacing;
pub mod packs;
pub mod policy;
mod preferences;
mod reading;
pub mod record;
mod replies;
mod rescue;
mod responder;
mod responses;
mod retriage;
mod rules;
mod sensitive;
mod session;
mod sharing;
mod signing_out;
mod status;
mod syncing;
pub mod text;
mod upkeep;
mod watching;

pub use app::{App, AppOptions};
pub use backups::restore_vault;
pub use connection::{CLIENT_ID, Credential, LoginRecord, PortalRecord};
pub use error::AppResult;
pub use headless::{Leaves, create_vault, key_state};
pub use inbox_vault::new_private_file;
pub use locking::Leaving;
pub use preferences::PreferencesFile;
pub use sensitive::SensitiveThreads;
pub use session::{OnEvent, Session, Surroundings};
pub use signing_out::SignOutRecord;
