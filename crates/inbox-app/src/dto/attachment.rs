//! An attachment that was asked for.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What an attachment holds.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AttachmentContent {
    /// Media type, judged by the bytes and not by what the portal says.
    pub content_type: String,
    /// Bytes.
    pub size: u32,
    /// The bytes in base64, where they are a picture that the window draws; `null` for anything else.
    pub data: Option<String>,
}
