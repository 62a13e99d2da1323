//! The real command line against a portal on loopback and vaults without a keyring.
#![expect(clippy::unwrap_used, reason = "a rig that does not start fails its test")]

mod audit;
mod contract;
mod copies;
mod inbox;
mod keys;
mod lexicon;
mod packs;
mod responder;
mod rig;
mod sensitive;
mod sharing;
mod texts;
mod usage;
