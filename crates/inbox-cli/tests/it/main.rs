//! The real command line against a portal on loopback and vaults without a keyring.

mod inbox;
mod rig;
mod texts;
mod usage;
