//! stub
#![allow(missing_docs)]
use crate::{dto::*, error::AppResult, notify::Notifier, preferences::PreferencesFile};
use inbox_domain::{AttemptOutcome, Clock, MessageFunction, View};
use secrecy::SecretString;
use std::{path::PathBuf, sync::Arc};

pub type OnEvent = Arc<dyn Fn(AppEvent) + Send + Sync>;
pub struct AppOptions {
    pub vaults_dir: PathBuf,
    pub vault: Option<String>,
    pub preferences: PathBuf,
    pub demo: bool,
    pub clock: Arc<dyn Clock>,
    pub notifier: Arc<dyn Notifier>,
    pub events: OnEvent,
}
#[derive(Clone)]
pub struct App(Arc<AppOptions>);
impl App {
    pub fn new(options: AppOptions) -> Self {
        Self(Arc::new(options))
    }
    pub fn load_preferences(&self) -> Preferences {
        PreferencesFile::new(&self.0.preferences).load()
    }
    pub fn save_preferences(&self, p: &Preferences) -> AppResult<()> {
        PreferencesFile::new(&self.0.preferences).save(p)
    }
    pub fn lock(&self) {}
    pub fn set_focused(&self, _focused: bool) {}
    pub fn session_state(&self) -> AppResult<SessionState> {
        Err(AppError::new("locked"))
    }
    pub async fn unlock(&self, _dir: &str, _passphrase: SecretString) -> AppResult<UnlockOutcome> {
        Err(AppError::new("locked"))
    }
    pub async fn unlock_from_file(&self, _file: &std::path::Path) -> AppResult<UnlockOutcome> {
        Err(AppError::new("locked"))
    }
    pub async fn recover(
        &self,
        _dir: &str,
        _recovery_code: SecretString,
        _new_passphrase: SecretString,
    ) -> AppResult<UnlockOutcome> {
        Err(AppError::new("locked"))
    }
    pub async fn create_vault(&self, _request: CreateVaultRequest) -> AppResult<CreatedVault> {
        Err(AppError::new("locked"))
    }
    pub fn load_overview(&self) -> AppResult<Overview> {
        Err(AppError::new("locked"))
    }
    pub fn list_threads(
        &self,
        _view: View,
        _function: Option<MessageFunction>,
        _offset: u32,
        _limit: u32,
    ) -> AppResult<ThreadPage> {
        Err(AppError::new("locked"))
    }
    pub fn load_thread(&self, _thread: &str) -> AppResult<ThreadDetail> {
        Err(AppError::new("locked"))
    }
    pub fn load_message_text(&self, _message: &str) -> AppResult<Vec<Segment>> {
        Err(AppError::new("locked"))
    }
    pub fn mark_thread_read(&self, _thread: &str) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn save_draft(&self, _thread: &str, _text: &str) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn list_responses(&self, _thread: &str, _query: &str) -> AppResult<Vec<ResponseView>> {
        Err(AppError::new("locked"))
    }
    pub fn check_reply(&self, _request: &ReplyRequest) -> AppResult<Vec<SendCheck>> {
        Err(AppError::new("locked"))
    }
    pub fn enqueue_reply(&self, _request: &ReplyRequest) -> AppResult<OutboxView> {
        Err(AppError::new("locked"))
    }
    pub fn list_outbox(&self) -> AppResult<Vec<OutboxView>> {
        Err(AppError::new("locked"))
    }
    pub fn resolve_outbox(&self, _id: &str, _send: bool) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn undo_reply(&self, _id: &str) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn search(&self, _query: &str, _limit: u32) -> AppResult<Vec<SearchHit>> {
        Err(AppError::new("locked"))
    }
    pub fn sync_now(&self) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn acknowledge_case(&self, _case: &str) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn log_attempt(
        &self,
        _case: &str,
        _outcome: AttemptOutcome,
        _number: &str,
        _next: Option<&str>,
    ) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn set_step(&self, _case: &str, _n: u8, _done: bool, _reason: Option<&str>) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn close_case(&self, _case: &str, _outcome: &str, _false_alarm: bool) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn dismiss_flag(&self, _flag: &str, _dismissed: bool) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn snooze_thread(&self, _thread: &str, _until: Option<&str>) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
    pub fn set_thread_closed(&self, _thread: &str, _closed: bool) -> AppResult<()> {
        Err(AppError::new("locked"))
    }
}
