//! Desktop notifications as the use cases see them. What is shown carries no name and no word of a message
//! (DESIGN.md, "Security"); how it is shown is the shell's business.

/// Something to tell a clinician who may not be looking at the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The sentence, in the app's language.
    pub summary: String,
    /// The thread to open when it is clicked.
    pub thread: String,
}

/// What became of a [`Notice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeAnswer {
    /// It was clicked.
    Opened,
    /// It was shown and went away.
    Dismissed,
    /// No notification service took it.
    NoService,
}

/// What is done with the answer, on the notifier's own thread.
pub type OnAnswer = Box<dyn FnOnce(NoticeAnswer) + Send>;

/// Shows notices. Calls return at once; the answer comes later, once.
pub trait Notifier: Send + Sync {
    /// Shows a notice with the highest urgency that the desktop knows.
    fn show(&self, notice: Notice, answer: OnAnswer);

    /// Takes back whatever is still shown, when the vault is locked.
    fn withdraw(&self);
}

/// A notifier for programs without a desktop.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoNotifier;

impl Notifier for NoNotifier {
    fn show(&self, _notice: Notice, answer: OnAnswer) {
        answer(NoticeAnswer::NoService);
    }

    fn withdraw(&self) {}
}

/// The sentence for a case whose time passed while the vault was locked.
pub(crate) fn clock_summary(language: &str) -> String {
    match language {
        "de" => "Die Frist eines offenen Krisenfalls ist abgelaufen".to_owned(),
        _ => "The time of an open crisis case has passed".to_owned(),
    }
}

/// The sentence for `count` new cases.
pub(crate) fn summary(language: &str, count: usize) -> String {
    match (language, count) {
        ("de", 0 | 1) => "Eine Nachricht, die nicht warten kann, ist eingegangen".to_owned(),
        ("de", n) => format!("{n} Nachrichten, die nicht warten können, sind eingegangen"),
        (_, 0 | 1) => "A message that cannot wait has arrived".to_owned(),
        (_, n) => format!("{n} messages that cannot wait have arrived"),
    }
}
