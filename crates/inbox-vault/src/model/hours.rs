//! The clinician's hours as they were saved, and what they say of messages.

use chrono::{DateTime, Utc};
use inbox_domain::{AfterHoursReason, MessageId};

/// Hours as they were saved once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedHours {
    /// Grows with each save.
    pub version: u32,
    /// When.
    pub saved_at: DateTime<Utc>,
    /// The availability file.
    pub hours: String,
}

/// What is stored of a message's hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedHours {
    /// The message.
    pub message: MessageId,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// Why it is after hours, when it is.
    pub after_hours: Option<AfterHoursReason>,
    /// The next opening after it.
    pub next_open: Option<DateTime<Utc>>,
}
