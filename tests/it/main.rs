//! Whole processes: the command line against the demo portal, with a real keyring.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod exactly_once;
mod interop;
mod keyring_states;
mod killed;
mod program;
mod rig;
mod secrecy;
