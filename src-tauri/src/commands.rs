//! Commands of the window: each calls one use case. Arguments and answers are the types of `inbox_app::dto`.

use std::sync::atomic::{AtomicBool, Ordering};

use inbox_app::{
    App,
    dto::{
        AppError, AttachmentContent, ConnectionView, CreateVaultRequest, CreatedVault, OutboxView, Overview,
        PolicyView, Preferences, ReplyRequest, ResponseView, SearchHit, Segment, SendCheck, SessionState,
        SignInRequest, SignOutView, ThreadDetail, ThreadPage, UnlockOutcome,
    },
};
use inbox_domain::{AttemptOutcome, MessageFunction, View};
use tauri::State;

use crate::window;

pub(crate) type Answer<T> = Result<T, AppError>;

/// Prints `painted` once, when asked to on the command line.
pub(crate) struct ReportPainted(AtomicBool);

impl ReportPainted {
    pub(crate) fn new(wanted: bool) -> Self {
        Self(AtomicBool::new(wanted))
    }
}

/// The window has painted its list.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn report_painted(report: State<'_, ReportPainted>) -> Answer<()> {
    if report.0.swap(false, Ordering::Relaxed) {
        println!("painted");
    }
    Ok(())
}

/// Whether a vault is open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn session_state(app: State<'_, App>) -> Answer<SessionState> {
    app.session_state()
}

/// Opens a vault.
#[tauri::command]
#[specta::specta]
pub(crate) async fn unlock_vault(
    app: State<'_, App>,
    dir: String,
    passphrase: String,
) -> Answer<UnlockOutcome> {
    app.unlock(&dir, passphrase.into()).await
}

/// Opens a vault with its recovery code and gives it a new passphrase.
#[tauri::command]
#[specta::specta]
pub(crate) async fn recover_vault(
    app: State<'_, App>,
    dir: String,
    recovery_code: String,
    new_passphrase: String,
) -> Answer<UnlockOutcome> {
    app.recover(&dir, recovery_code.into(), new_passphrase.into()).await
}

/// First run: makes a vault; nothing is asked of a network.
#[tauri::command]
#[specta::specta]
pub(crate) async fn create_vault(app: State<'_, App>, request: CreateVaultRequest) -> Answer<CreatedVault> {
    app.create_vault(request).await
}

/// Signs the open vault in to its portal.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sign_in(app: State<'_, App>, request: SignInRequest) -> Answer<()> {
    app.sign_in(request).await
}

/// Signs the open vault out of its portal.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sign_out(app: State<'_, App>) -> Answer<SignOutView> {
    app.sign_out().await
}

/// To which portal the open vault belongs.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_connection(app: State<'_, App>) -> Answer<ConnectionView> {
    app.session()?.connection()
}

/// The window's answer to `close_requested`: its draft is saved and it may close, or it stays open.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn answer_close(
    window: tauri::Window,
    closing: State<'_, window::Closing>,
    close: bool,
) -> Answer<()> {
    closing.answer(&window, close);
    Ok(())
}

/// The clinic's policy.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_policy(app: State<'_, App>) -> Answer<PolicyView> {
    Ok(app.load_policy())
}

/// Look and language.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_preferences(app: State<'_, App>) -> Answer<Preferences> {
    Ok(app.load_preferences())
}

/// Saves look and language.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_preferences(app: State<'_, App>, preferences: Preferences) -> Answer<()> {
    app.save_preferences(&preferences)
}

/// Counts, freshness, duty.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_overview(app: State<'_, App>) -> Answer<Overview> {
    app.session()?.load_overview()
}

/// A page of a view.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_threads(
    app: State<'_, App>,
    view: View,
    suggested: Option<MessageFunction>,
    offset: u32,
    limit: u32,
) -> Answer<ThreadPage> {
    app.session()?.list_threads(view, suggested, offset, limit)
}

/// A thread with its messages.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_thread(app: State<'_, App>, thread: String) -> Answer<ThreadDetail> {
    app.session()?.load_thread(&thread)
}

/// The whole text of a collapsed message.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn load_message_text(app: State<'_, App>, message: String) -> Answer<Vec<Segment>> {
    app.session()?.load_message_text(&message)
}

/// An attachment of a message by its place: fetched where the vault does not have it; the bytes of a picture with it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn load_attachment(
    app: State<'_, App>,
    message: String,
    n: u32,
) -> Answer<AttachmentContent> {
    app.session()?.load_attachment(&message, n).await
}

/// Marks the messages of a thread as read.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn mark_thread_read(app: State<'_, App>, thread: String) -> Answer<()> {
    app.session()?.mark_thread_read(&thread)
}

/// Keeps what is being written.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn save_draft(app: State<'_, App>, thread: String, text: String) -> Answer<()> {
    app.session()?.save_draft(&thread, &text)
}

/// Responses that fit a thread, slots filled as far as known.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_responses(
    app: State<'_, App>,
    thread: String,
    query: String,
) -> Answer<Vec<ResponseView>> {
    app.session()?.list_responses(&thread, &query)
}

/// What stands against sending.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn check_reply(app: State<'_, App>, request: ReplyRequest) -> Answer<Vec<SendCheck>> {
    app.session()?.check_reply(&request)
}

/// Queues a reply; committed before it answers.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn enqueue_reply(app: State<'_, App>, request: ReplyRequest) -> Answer<OutboxView> {
    app.session()?.enqueue_reply(&request)
}

/// The outbox.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn list_outbox(app: State<'_, App>) -> Answer<Vec<OutboxView>> {
    app.session()?.list_outbox()
}

/// Sends or gives up a reply that was stopped.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn resolve_outbox(app: State<'_, App>, id: String, send: bool) -> Answer<()> {
    app.session()?.resolve_outbox(&id, send)
}

/// Takes back a reply that has not left; its text is the draft again.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn undo_reply(app: State<'_, App>, id: String) -> Answer<()> {
    app.session()?.undo_reply(&id)
}

/// Searches all messages.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn search(app: State<'_, App>, query: String, limit: u32) -> Answer<Vec<SearchHit>> {
    app.session()?.search(&query, limit)
}

/// Asks the portal at once.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn sync_now(app: State<'_, App>) -> Answer<()> {
    app.session()?.sync_now()
}

/// Stops the first fill; what is stored stays, and `sync_now` goes on with it.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn stop_first_fill(app: State<'_, App>) -> Answer<()> {
    app.session()?.stop_first_fill()
}

/// Stops the clock of a case.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn acknowledge_case(app: State<'_, App>, case_id: String) -> Answer<()> {
    app.session()?.acknowledge_case(&case_id)
}

/// Records a call.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn log_attempt(
    app: State<'_, App>,
    case_id: String,
    outcome: AttemptOutcome,
    number: String,
    next: Option<String>,
) -> Answer<()> {
    app.session()?.log_attempt(&case_id, outcome, &number, next.as_deref())
}

/// Sets a step of the checklist.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_step(
    app: State<'_, App>,
    case_id: String,
    n: u8,
    done: bool,
    reason: Option<String>,
) -> Answer<()> {
    app.session()?.set_step(&case_id, n, done, reason.as_deref())
}

/// Closes a case.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn close_case(
    app: State<'_, App>,
    case_id: String,
    outcome: String,
    false_alarm: bool,
) -> Answer<()> {
    app.session()?.close_case(&case_id, &outcome, false_alarm)
}

/// "This rule is wrong here", and back.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn dismiss_flag(app: State<'_, App>, flag: String, dismissed: bool) -> Answer<()> {
    app.session()?.dismiss_flag(&flag, dismissed)
}

/// Hides a thread until then.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn snooze_thread(app: State<'_, App>, thread: String, until: Option<String>) -> Answer<()> {
    app.session()?.snooze_thread(&thread, until.as_deref())
}

/// Closes or reopens a thread.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_thread_closed(app: State<'_, App>, thread: String, closed: bool) -> Answer<()> {
    app.session()?.set_thread_closed(&thread, closed)
}

/// Marks a thread as not for other eyes, or takes the mark away.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_thread_sensitive(app: State<'_, App>, thread: String, sensitive: bool) -> Answer<()> {
    app.session()?.set_thread_sensitive(&thread, sensitive)
}

/// The clinician asks for a sensitive thread: it is shown until she turns to another or the vault is locked.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn show_sensitive(app: State<'_, App>, thread: String) -> Answer<()> {
    app.session()?.show_sensitive(&thread)
}

/// Opens an https address of a text in the system's browser; the window has shown its host and was told to.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn open_link(app: State<'_, App>, address: String) -> Answer<()> {
    app.open_link(&address)
}
