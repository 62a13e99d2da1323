//! The shell of Anteroom: a window, its commands, notifications. Everything else is in `inbox-app`.
#![cfg_attr(all(not(debug_assertions), target_os = "windows"), windows_subsystem = "windows")]

mod arguments;
mod bindings;
mod browser;
mod commands;
#[cfg(target_os = "linux")]
mod desktop_session;
mod hardening;
mod hours_commands;
mod hours_editor_commands;
mod key_commands;
mod lexicon_commands;
mod locking;
mod locking_commands;
mod logging;
mod notifications;
mod places;
mod sharing_commands;
mod upkeep_commands;
mod window;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod wiping;

use std::process::ExitCode;

use clap::Parser as _;
use inbox_app::{App, AppOptions, policy::PolicySource};
use tauri::Manager as _;

use crate::arguments::Arguments;

/// Overwrites what is freed: the copies that a parser, the HTTP client or TLS made of a message, a passphrase or a token do not stay
/// behind in the heap (docs/adr/0007-memory.md).
#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    wiping::begin();
    let arguments = Arguments::parse();
    #[cfg(debug_assertions)]
    if arguments.write_bindings {
        return bindings::write();
    }
    hardening::apply();
    logging::start();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Tauri's errors name files and windows of the program, never a message.
            eprintln!("anteroom: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> tauri::Result<()> {
    let builder = bindings::builder();
    let painted = commands::ReportPainted::new(arguments.report_painted);
    tauri::Builder::default()
        .plugin(tauri_plugin_single_instance::init(|app, _, _| window::focus(app)))
        .plugin(window::state_plugin())
        .manage(painted)
        .manage(window::Closing::default())
        .manage(locking::Locking::default())
        .invoke_handler(builder.invoke_handler())
        .setup(move |tauri_app| {
            let handle = tauri_app.handle().clone();
            let app = App::new(options(&arguments, &handle));
            tauri_app.manage(app.clone());
            #[cfg(feature = "rig")]
            rig_unlock(&arguments, &app);
            window::open(tauri_app)?;
            locking::watch_idleness(handle.clone());
            // Elsewhere idleness alone locks: the notices of Windows and macOS are not followed yet.
            #[cfg(target_os = "linux")]
            desktop_session::follow(&handle);
            Ok(())
        })
        .on_window_event(window::on_event)
        .run(tauri::generate_context!())
}

fn options(arguments: &Arguments, handle: &tauri::AppHandle) -> AppOptions {
    let events = handle.clone();
    AppOptions {
        vaults_dir: arguments.vaults.clone().unwrap_or_else(places::vaults),
        vault: arguments.vault.clone(),
        preferences: places::preferences(),
        policy: policy(arguments),
        demo: is_demo(arguments),
        clock: std::sync::Arc::new(inbox_domain::SystemClock),
        notifier: std::sync::Arc::new(notifications::Desktop::new(handle.clone())),
        events: std::sync::Arc::new(move |event| window::emit(&events, event)),
        idle: idle(arguments),
        open_browser: std::sync::Arc::new(browser::open),
    }
}

/// The demo and the tests name their own policy, or have none: what the workstation's clinic set is not theirs.
#[cfg(feature = "rig")]
fn policy(arguments: &Arguments) -> PolicySource {
    arguments.policy.as_deref().map_or_else(PolicySource::none, PolicySource::at)
}

#[cfg(not(feature = "rig"))]
fn policy(_: &Arguments) -> PolicySource {
    PolicySource::system()
}

#[cfg(feature = "rig")]
fn idle(arguments: &Arguments) -> Option<std::time::Duration> {
    arguments.idle_seconds.map(std::time::Duration::from_secs)
}

#[cfg(not(feature = "rig"))]
fn idle(_: &Arguments) -> Option<std::time::Duration> {
    None
}

/// A vault that opens from a passphrase file holds sample data, whoever asked for it.
#[cfg(feature = "rig")]
fn is_demo(arguments: &Arguments) -> bool {
    arguments.demo || arguments.passphrase_file.is_some()
}

#[cfg(not(feature = "rig"))]
fn is_demo(arguments: &Arguments) -> bool {
    arguments.demo
}

/// Opens the chosen vault before the window is there, so that the demo and the tests start in the inbox.
#[cfg(feature = "rig")]
fn rig_unlock(arguments: &Arguments, app: &App) {
    let Some(file) = &arguments.passphrase_file else { return };
    let opened = tauri::async_runtime::block_on(app.unlock_from_file(file));
    if let Err(error) = opened {
        eprintln!("anteroom: {}", error.code);
    }
}
