//! Responses, the checks of a text, the outbox.

use inbox_domain::OutboxState;
use serde::{Deserialize, Serialize};
use specta::Type;

/// A response to insert.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ResponseView {
    /// Id, for example `acute-not-reached`.
    pub id: String,
    /// Version.
    pub version: u32,
    /// Title.
    pub title: String,
    /// Group, for example `acute`, `everyday`.
    pub group: String,
    /// Language of the text, BCP 47.
    pub language: String,
    /// Text with slots as `{slot_name}`.
    pub text: String,
    /// Slots in order.
    pub slots: Vec<SlotView>,
    /// A clinical lead has signed this version.
    pub signed: bool,
}

/// A slot of a response, filled with what is known about this thread.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SlotView {
    /// Name as in the text.
    pub name: String,
    /// Label in the app's language.
    pub label: String,
    /// Proposed value, or empty when a person must write it.
    pub value: String,
    /// Must be filled before sending.
    pub required: bool,
}

/// What stands against sending a text.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct SendCheck {
    /// Code: `empty_text`, `empty_slot`, `other_patient_name`, `expired_line`, `wrong_country`, `proxy_can_read`,
    /// `newer_message`, `not_a_recipient`, `unsigned`.
    pub code: String,
    /// Blocks sending; else a warning.
    pub blocks: bool,
    /// Values for the translated sentence.
    pub params: Vec<(String, String)>,
}

/// What the composer asks to queue.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct ReplyRequest {
    /// The thread.
    pub thread: String,
    /// The text as it will be sent.
    pub text: String,
    /// Response used, as `id@version`.
    pub response: Option<String>,
    /// Leaves at or after this instant; `None` sends with the next sync.
    pub not_before: Option<String>,
    /// Newer messages were seen.
    pub even_if_newer: bool,
}

/// An outbox entry.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct OutboxView {
    /// Id in this vault.
    pub id: String,
    /// Our identifier on the portal.
    pub client_identifier: String,
    /// The thread.
    pub thread: String,
    /// State.
    pub state: OutboxState,
    /// Attempts.
    pub attempts: u32,
    /// Leaves at or after.
    pub not_before: Option<String>,
    /// Until when it surely can be taken back: nothing leaves before. `None` for what is on its way or held for later.
    pub undo_until: Option<String>,
    /// Error code.
    pub error: Option<String>,
}
