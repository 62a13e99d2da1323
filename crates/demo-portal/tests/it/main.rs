//! Contract tests of the demo portal over real HTTP on loopback.

#![expect(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod auth;
mod clinic;
mod faults;
mod fhir;
mod quirks;
mod rig;
mod subscriptions;
