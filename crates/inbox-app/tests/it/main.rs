//! The window's use cases against a portal on loopback.
#![expect(clippy::unwrap_used, reason = "a rig that does not start fails its test")]

mod boundaries;
mod hours;
mod inbox;
mod lexicon;
mod listening;
mod locking;
mod mishaps;
mod publication;
mod rig;
mod sensitive;
mod signing_in;
mod upkeep;
mod watching;
