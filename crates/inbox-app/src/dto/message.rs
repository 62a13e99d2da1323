//! A message with its words, flags and attachments.

use inbox_domain::{
    AfterHoursReason, Category, Checked, ContextMark, Mark, MessageFunction, NotCheckedReason, OutboxState,
    SenderRole, SentPrecision, Tier,
};
use serde::{Deserialize, Serialize};
use specta::Type;

use super::{LinkView, MissedView};

/// A flag on a message.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct FlagView {
    /// Id in this vault.
    pub id: String,
    /// Rule id.
    pub rule: String,
    /// The rule's reason in plain language, in the app's language.
    pub reason: String,
    /// Kind of concern.
    pub category: Category,
    /// Tier after context.
    pub tier: Tier,
    /// The words.
    pub text: String,
    /// Contexts that changed the tier.
    pub context: Vec<ContextMark>,
    /// Whether context lowered it.
    pub demoted: bool,
    /// "This rule is wrong here" was said.
    pub dismissed: bool,
}

/// A stretch of a message's text. Texts are cut in Rust, so that no offset arithmetic happens in the window.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct Segment {
    /// The text, with invisible and bidi characters already replaced by visible marks.
    pub text: String,
    /// Indexes into `MessageView::flags` that cover it.
    pub flags: Vec<u32>,
    /// A visible stand-in for a character that would be invisible or reorder text.
    pub revealed: bool,
    /// An https address, where it is one.
    pub link: Option<LinkView>,
}

/// An attachment.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct AttachmentView {
    /// Id, for opening it.
    pub id: String,
    /// Title, or empty.
    pub title: String,
    /// Media type.
    pub content_type: String,
    /// Bytes, if known.
    pub size: Option<u32>,
}

/// A message of a thread.
#[derive(Debug, Clone, Serialize, Deserialize, Type)]
pub struct MessageView {
    /// Id in this vault; empty for an outbox entry not yet on the portal.
    pub id: String,
    /// Outbox id while it is ours and not yet stored as the portal's copy.
    pub outbox_id: Option<String>,
    /// Sender's role.
    pub role: SenderRole,
    /// Sender's name.
    pub sender: String,
    /// The message is from this clinician.
    pub own: bool,
    /// Instant used for order.
    pub sent_at: String,
    /// How much of `sent` was given.
    pub sent_precision: SentPrecision,
    /// When the portal received it, if it says.
    pub received: Option<String>,
    /// When this vault stored it.
    pub stored_at: Option<String>,
    /// Marks.
    pub marks: Vec<Mark>,
    /// After-hours reason, for inbound messages written after hours.
    pub after_hours: Option<AfterHoursReason>,
    /// The next opening after it.
    pub next_open: Option<String>,
    /// The text, cut at flags.
    pub segments: Vec<Segment>,
    /// The text is longer than what `segments` hold; ask `message_text` for all.
    pub cut: bool,
    /// Flags, demoted ones too.
    pub flags: Vec<FlagView>,
    /// What a rule missed, as clinicians said.
    pub missed: Vec<MissedView>,
    /// Whether triage could judge it.
    pub checked: Checked,
    /// Why not.
    pub not_checked: Vec<NotCheckedReason>,
    /// Suggested functions.
    pub functions: Vec<MessageFunction>,
    /// Withdrawn on the portal.
    pub withdrawn: bool,
    /// Quarantined: cannot be displayed.
    pub quarantined: bool,
    /// Read by this clinician.
    pub read: bool,
    /// Outbox state, for our own messages not yet confirmed by the portal's copy.
    pub delivery: Option<OutboxState>,
    /// When it leaves.
    pub not_before: Option<String>,
    /// When the server acknowledged it.
    pub delivered_at: Option<String>,
    /// Error code of the outbox entry.
    pub delivery_error: Option<String>,
    /// Attachments.
    pub attachments: Vec<AttachmentView>,
}
