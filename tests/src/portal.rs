//! Placeholder.
#[derive(Debug)]
pub struct Portal;
