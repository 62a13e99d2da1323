//! The rig: a private desktop for one test or one demo. A temporary home, a private message bus, a real keyring, a
//! notification service, a display without a screen, the demo portal, the command line and the window under WebDriver.
//!
//! Invariants: nothing outside the temporary home is read or written; every child is ended by its id when its owner is
//! dropped, also when a test panics, and by the kernel when this process dies. Nothing waits without a limit.

mod app;
mod children;
mod cli;
mod display;
mod driver;
mod home;
pub mod interop;
mod keyring;
mod logind;
mod memory;
mod notifications;
mod portal;
mod scan;
mod scene;
mod session;
mod waiting;

pub use app::{App, is_running};
pub use children::Running;
pub use cli::{Answer, Cli};
pub use display::Display;
pub use driver::Window;
pub use home::Home;
pub use keyring::Keyring;
pub use logind::{Happens, Logind};
pub use memory::{Canary, Remnant, Scanned, scan_memory};
pub use notifications::{Notifications, Shown};
pub use portal::Portal;
pub use scan::{fingerprint, occurrences};
pub use scene::{PASSPHRASE, Scene, VAULT};
pub use session::Session;
pub use waiting::{until, until_async};

/// What went wrong in the rig, in words.
pub type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;
