//! Locking from outside the page: it saves its draft first, then the vault is closed and the view with everything in it is
//! destroyed. A page that does not answer is not waited for.

use std::{
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use inbox_app::{
    App, Leaving,
    dto::{AppEvent, LockReason, Place},
};
use tauri::{AppHandle, Manager as _};

use crate::window;

/// How long the page may take to save its draft.
const SAVING: Duration = Duration::from_millis(500);

/// How often it is looked whether somebody is there.
const LOOK: Duration = Duration::from_millis(500);

/// The page's answer to `lock_requested`.
#[derive(Debug, Clone)]
struct Left {
    place: Option<Place>,
    saved: bool,
}

/// Takes the page's answers.
#[derive(Default)]
pub(crate) struct Locking {
    /// One lock at a time: idle, session and suspend may come together.
    one: Mutex<()>,
    answer: Mutex<Option<Left>>,
    answered: Condvar,
}

impl Locking {
    /// The page has saved its draft, or could not.
    pub(crate) fn answer(&self, place: Option<Place>, saved: bool) {
        *lock(&self.answer) = Some(Left { place, saved });
        self.answered.notify_all();
    }

    fn wait(&self) -> Option<Left> {
        let until = Instant::now() + SAVING;
        let mut answer = lock(&self.answer);
        loop {
            if let Some(left) = answer.take() {
                return Some(left);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            answer = self.answered.wait_timeout(answer, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Locks because of something outside the page. Blocks for less than a second; not for the main thread, on which the view is
/// destroyed.
pub(crate) fn lock_because(handle: &AppHandle, reason: LockReason) {
    let (Some(app), Some(locking)) = (handle.try_state::<App>(), handle.try_state::<Locking>()) else {
        return;
    };
    let _one = lock(&locking.one);
    if app.session().is_err() {
        return;
    }
    lock(&locking.answer).take();
    window::emit(handle, AppEvent::LockRequested);
    let left = locking.wait();
    if left.is_none() {
        tracing::warn!(code = "page_silent");
    }
    let leaving = Leaving {
        draft_unsure: left.as_ref().is_none_or(|left| !left.saved),
        place: left.and_then(|left| left.place),
    };
    app.lock_for(reason, leaving);
    window::destroy_view(handle);
}

/// Locks because the clinician asked for it in the page, which has saved its draft before.
pub(crate) fn lock_asked(handle: &AppHandle, place: Option<Place>) {
    let Some(app) = handle.try_state::<App>() else { return };
    app.lock_for(LockReason::Asked, Leaving { place, draft_unsure: false });
    window::destroy_view(handle);
}

/// Locks a vault that nobody touches.
pub(crate) fn watch_idleness(handle: AppHandle) {
    let watch = move || {
        loop {
            thread::sleep(LOOK);
            if handle.try_state::<App>().is_some_and(|app| app.is_idle()) {
                lock_because(&handle, LockReason::Idle);
            }
        }
    };
    if thread::Builder::new().name("idle".to_owned()).spawn(watch).is_err() {
        tracing::error!(code = "no_thread");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
