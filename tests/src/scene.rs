//! Placeholder.
#[derive(Debug)]
pub struct Scene;
pub const PASSPHRASE: &str = "x";
pub const VAULT: &str = "x";
