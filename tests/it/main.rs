//! Whole processes: the command line against the demo portal, with a real keyring.

mod exactly_once;
mod keyring_states;
mod killed;
mod program;
mod rig;
mod secrecy;
