//! Tests across the parts of a vault, on real SQLCipher files.

mod disk;
mod plans;
mod schema;
mod search;
mod sensitive;
mod views;
