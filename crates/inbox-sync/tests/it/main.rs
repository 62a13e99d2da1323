//! Sync over real HTTP on loopback, with the demo portal and real vaults.

mod bad_input;
mod faults;
mod pull;
mod push;
mod rig;
mod seeds;
