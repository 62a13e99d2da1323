//! Desktop notifications. Each one lives on a thread of its own, since waiting for a click blocks until it goes away.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use inbox_app::notify::{Notice, NoticeAnswer, Notifier, OnAnswer};
use notify_rust::{Hint, Notification, Timeout, Urgency};
use tauri::AppHandle;

use crate::window;

/// The desktop's notification service.
pub(crate) struct Desktop {
    app: AppHandle,
    shown: Arc<Mutex<Vec<u32>>>,
    /// Counts withdrawals: a notice on its way while the vault is locked must not appear after it.
    withdrawals: Arc<AtomicU64>,
}

impl Desktop {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self { app, shown: Arc::default(), withdrawals: Arc::default() }
    }
}

impl Notifier for Desktop {
    fn show(&self, notice: Notice, answer: OnAnswer) {
        let (app, shown) = (self.app.clone(), Arc::clone(&self.shown));
        let withdrawals = Arc::clone(&self.withdrawals);
        let before = withdrawals.load(Ordering::SeqCst);
        std::thread::spawn(move || {
            let Ok(handle) = build(&notice).show() else {
                tracing::warn!(code = "no_notification_service");
                answer(NoticeAnswer::NoService);
                return;
            };
            let id = handle.id();
            lock(&shown).push(id);
            if withdrawals.load(Ordering::SeqCst) != before {
                lock(&shown).retain(|other| *other != id);
                handle.close();
                answer(NoticeAnswer::Dismissed);
                return;
            }
            let mut clicked = false;
            handle.wait_for_action(|action| clicked = action == "default");
            lock(&shown).retain(|other| *other != id);
            if clicked {
                window::focus(&app);
            }
            answer(if clicked { NoticeAnswer::Opened } else { NoticeAnswer::Dismissed });
        });
    }

    fn withdraw(&self) {
        self.withdrawals.fetch_add(1, Ordering::SeqCst);
        let ids = std::mem::take(&mut *lock(&self.shown));
        if ids.is_empty() {
            return;
        }
        std::thread::spawn(move || {
            for id in ids {
                // Showing under the same id and closing at once is the only way by which notify-rust closes another
                // thread's notification.
                if let Ok(handle) =
                    Notification::new().id(id).summary("Anteroom").timeout(Timeout::Milliseconds(1)).show()
                {
                    handle.close();
                }
            }
        });
    }
}

fn build(notice: &Notice) -> Notification {
    let mut notification = Notification::new();
    notification
        .appname("Anteroom")
        .summary(&notice.summary)
        .icon("anteroom")
        .action("default", "default")
        .hint(Hint::Category("im.received".to_owned()))
        .hint(Hint::DesktopEntry("anteroom".to_owned()))
        .urgency(Urgency::Critical)
        .timeout(Timeout::Never);
    notification
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
