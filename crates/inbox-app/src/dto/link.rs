//! An address in a patient's text.

use serde::{Deserialize, Serialize};
use specta::Type;

/// An https address in a text. Nothing is opened before somebody has seen its host and said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LinkView {
    /// The address in the form in which it would be opened: ASCII alone.
    pub address: String,
    /// Its host, in punycode where it holds other letters (RFC 3492).
    pub host: String,
    /// The host as it was written holds letters that may look like others.
    pub disguised: bool,
}
