//! A stateful FHIR R4 portal on loopback: a sample clinic, sign-in, and faults on demand.
//!
//! It plays the server side of Anteroom for the demo and for tests, over real HTTP. Nothing is stored on disk and nothing
//! listens beyond 127.0.0.1. The people and messages are invented.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use demo_portal::{DemoPortal, Options};
//! let portal = DemoPortal::start(Options::default()).await?;
//! println!("{}", portal.base_url());
//! portal.shutdown().await;
//! # Ok(()) }
//! ```

mod allowance;
mod auth;
mod auth_pages;
mod bundle;
mod capability;
mod clinic;
mod control;
mod dates;
mod faults;
mod history;
mod http;
mod in_process;
mod jwt;
mod keys;
mod listing;
mod net;
mod options;
mod patch;
mod portal;
mod query;
mod quirks;
mod reply;
mod rest;
mod rules;
mod running;
mod search;
mod store;
mod subscriptions;

pub use auth::BACKEND_CLIENT;
pub use control::{AddedMessage, Control, ControlError, LateCommit, NewMessage};
pub use faults::{FAULT_KINDS, Fault, FaultKind, When};
pub use in_process::{InProcessAnswer, InProcessPortal};
pub use options::{Options, STUDY_MESSAGES, STUDY_PATIENTS};
pub use portal::SeenRequest;
pub use quirks::{Paging, Quirks, UnknownParameter};
pub use running::{DemoPortal, Practitioner, RunningPortal};
pub use subscriptions::{SocketCount, SubscriptionForm};
