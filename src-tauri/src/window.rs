//! The one window: how it is made, what it may load, what it is told.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use inbox_app::{App, dto::AppEvent};
use tauri::{
    AppHandle, Emitter as _, Manager as _, Url, WebviewUrl, WebviewWindowBuilder, Window, WindowEvent,
    webview::NewWindowResponse,
};
use tauri_plugin_window_state::StateFlags;

/// Label of the window; the capability file names it.
pub(crate) const LABEL: &str = "main";

/// Name of the one event.
pub(crate) const APP_EVENT: &str = "app-event";

/// Opens the window. Its title never changes: window lists and screen sharing show it.
pub(crate) fn open(app: &tauri::App) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .title("Anteroom")
        .inner_size(1440.0, 900.0)
        .min_inner_size(720.0, 480.0)
        .devtools(cfg!(debug_assertions))
        .on_navigation(is_own)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()?;
    Ok(())
}

/// Remembers size and place. Visibility is not restored: a window that starts hidden looks like one that hangs.
pub(crate) fn state_plugin() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    let flags = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    tauri_plugin_window_state::Builder::default().with_state_flags(flags).build()
}

/// Only the bundled UI is ever loaded; in development its server too.
fn is_own(url: &Url) -> bool {
    let bundled = url.scheme() == "tauri" && url.host_str() == Some("localhost");
    let bundled_windows =
        matches!(url.scheme(), "http" | "https") && url.host_str() == Some("tauri.localhost");
    let development = tauri::is_dev() && url.scheme() == "http" && url.host_str() == Some("localhost");
    bundled || bundled_windows || development
}

/// Brings the window to the front.
pub(crate) fn focus(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let done = window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus());
        if done.is_err() {
            tracing::warn!(code = "window_not_focused");
        }
    }
}

/// Destroys the view with all that it holds and draws a new one: the process that drew it is ended, so that no text remains in
/// its memory, and the window stays where it is.
pub(crate) fn destroy_view(app: &AppHandle) {
    let destroyed = app.get_webview_window(LABEL).map(|window| window.with_webview(renew));
    if !matches!(destroyed, Some(Ok(()))) {
        tracing::warn!(code = "view_not_destroyed");
    }
}

#[cfg(target_os = "linux")]
fn renew(view: tauri::webview::PlatformWebview) {
    use webkit2gtk::WebViewExt as _;
    let view = view.inner();
    if is_driven() {
        // A web driver gives up a page whose process ends: its tests see a new page in the old process, and others, which it
        // does not drive, see the process end.
        view.reload_bypass_cache();
        return;
    }
    let page = view.uri();
    view.terminate_web_process();
    if let Some(page) = page {
        view.load_uri(&page);
    }
}

/// The rig's web driver holds the page.
#[cfg(target_os = "linux")]
fn is_driven() -> bool {
    cfg!(feature = "rig") && std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_some()
}

/// The page has taken everything off the screen itself. Its process goes on, with what is left in its memory: ending it is done on
/// Linux alone.
#[cfg(not(target_os = "linux"))]
fn renew(_view: tauri::webview::PlatformWebview) {}

/// Tells the window.
pub(crate) fn emit(app: &AppHandle, event: AppEvent) {
    if app.emit_to(LABEL, APP_EVENT, event).is_err() {
        tracing::warn!(code = "event_not_emitted");
    }
}

/// How long the page may take to save its draft.
const SAVING: Duration = Duration::from_secs(1);

/// Whether the page still owes an answer to a request to close, by the number of the request.
#[derive(Default)]
pub(crate) struct Closing {
    asked: AtomicU64,
    answered: AtomicU64,
}

impl Closing {
    /// Asks the page. One that does not answer is closed without it: a page that hangs must not hold the vault open.
    fn ask(&self, window: &Window) {
        let number = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        emit(window.app_handle(), AppEvent::CloseRequested);
        let window = window.clone();
        std::thread::spawn(move || {
            std::thread::sleep(SAVING);
            if window.try_state::<Self>().is_some_and(|closing| closing.owes(number)) {
                tracing::warn!(code = "page_silent");
                destroy(&window);
            }
        });
    }

    fn owes(&self, number: u64) -> bool {
        self.answered.load(Ordering::SeqCst) < number
    }

    /// Takes the page's answer.
    pub(crate) fn answer(&self, window: &Window, close: bool) {
        self.answered.store(self.asked.load(Ordering::SeqCst), Ordering::SeqCst);
        if close {
            destroy(window);
        }
    }
}

fn destroy(window: &Window) {
    if window.destroy().is_err() {
        tracing::warn!(code = "window_not_closed");
    }
}

/// A focused window is kept fresher; a closed one closes the vault.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    let Some(app) = window.try_state::<App>() else { return };
    match event {
        WindowEvent::Focused(focused) => app.set_focused(*focused),
        WindowEvent::CloseRequested { api, .. } if app.session().is_ok() => {
            let Some(closing) = window.try_state::<Closing>() else { return };
            api.prevent_close();
            closing.ask(window);
        }
        WindowEvent::Destroyed => app.quit(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::{Closing, is_own};

    #[test]
    fn an_answer_settles_every_request_before_it_and_none_after() {
        let closing = Closing::default();
        closing.asked.store(2, Ordering::SeqCst);
        assert!(closing.owes(1) && closing.owes(2));
        closing.answered.store(2, Ordering::SeqCst);
        assert!(!closing.owes(1) && !closing.owes(2) && closing.owes(3));
    }

    #[test]
    fn only_the_bundled_page_is_own() {
        let own = |url: &str| is_own(&url.parse().unwrap());
        assert!(own("tauri://localhost/index.html"));
        assert!(!own("https://example.org/"));
        assert!(!own("file:///etc/passwd"));
        assert!(!own("javascript:alert(1)"));
        assert!(!own("data:text/html,x"));
        assert!(!own("https://tauri.localhost.example.org/"));
    }
}
