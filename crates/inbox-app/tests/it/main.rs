//! The window's use cases against a portal on loopback.

mod boundaries;
mod inbox;
mod locking;
mod rig;
