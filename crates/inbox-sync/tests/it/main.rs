//! Sync over real HTTP on loopback, with the demo portal and real vaults.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod attachments;
mod bad_input;
mod capabilities;
mod faults;
mod fuzz;
mod grid;
mod mutate;
mod past;
mod pull;
mod push;
mod restarted;
mod restored;
mod restricted;
mod retention;
mod rig;
mod seeds;
mod sharing;
mod tokens;
