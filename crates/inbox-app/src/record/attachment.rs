//! An attachment on the command line.

use serde::Serialize;

/// `attachment ID N`: what was written.
#[derive(Debug, Clone, Serialize)]
pub struct SavedAttachment {
    /// The message, by our id.
    pub message: String,
    /// As asked for.
    pub n: u32,
    /// Title as given.
    pub title: String,
    /// Media type, judged by the bytes.
    pub content_type: String,
    /// Bytes.
    pub size: u64,
}
