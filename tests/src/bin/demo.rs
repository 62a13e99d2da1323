//! The program behind `cargo xtask demo`: the app on a sample clinic, in a private session that leaves nothing behind.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anteroom_tests::{PASSPHRASE, Result, Running, Scene, until};
use demo_portal::Options;

/// A new message comes about this often to one of the clinic's four psychiatrists while the demo runs, so about one a
/// minute to the inbox that is shown.
const ARRIVALS: Duration = Duration::from_secs(12);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = match words.as_slice() {
        [] => for_a_person(),
        ["--shot", file] => shot(Path::new(file)),
        _ => Err("usage: demo [--shot FILE]".into()),
    };
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The real window on the person's own display, until she closes it or presses Ctrl-C.
fn for_a_person() -> Result<()> {
    if std::env::var_os("DISPLAY").is_none() && std::env::var_os("WAYLAND_DISPLAY").is_none() {
        return Err("there is no display; `cargo xtask demo --shot FILE` writes a picture without one".into());
    }
    println!("demo: preparing the sample clinic");
    let mut scene = Scene::filled(Options { arrivals: Some(ARRIVALS), ..Options::default() })?;
    scene.session.use_persons_display();
    // The desktop's own notification service is not on our bus; without dunst the app says that there is none.
    let _dunst = scene.session.show_notifications();
    let mut app = start(&scene)?;
    println!("demo: the window is open; a locked vault opens again with the passphrase: {PASSPHRASE}");
    println!("demo: close the window or press Ctrl-C to end; nothing is kept");
    let ended = wait_for_person(&mut app);
    drop(app);
    drop(scene);
    ended
}

/// Waits for the end of the window, or for an interrupt: then everything is cleared away by the drops of `for_a_person`.
fn wait_for_person(app: &mut Running) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminated = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        loop {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => return Ok(()),
                _ = terminated.recv() => return Ok(()),
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    if !app.is_running() {
                        return Ok(());
                    }
                }
            }
        }
    })
}

/// A picture of one colour is a few kilobytes as PNG, one of the inbox more than a hundred.
const EMPTY: usize = 40_000;

/// The same without a display or a person: a picture of the painted inbox.
fn shot(file: &Path) -> Result<()> {
    let scene = Scene::for_window(Options::default())?;
    let mut app = start(&scene)?;
    until("the painted inbox", Duration::from_secs(120), || {
        (app.output().lines().any(|line| line == "painted") || !app.is_running()).then_some(())
    })
    .map_err(|error| format!("{error}; the app said: {}", app.output()))?;
    if !app.is_running() {
        return Err(format!("the app ended before it had painted: {}", app.output()).into());
    }
    settled_picture(&scene, file)?;
    println!("demo: {}", file.display());
    Ok(())
}

/// Takes pictures until two in a row are the same: fonts, thread and panel are drawn. At the limit the last one counts.
fn settled_picture(scene: &Scene, file: &Path) -> Result<()> {
    let display = scene.session.display()?;
    let mut last = Vec::new();
    let mut alike = 0;
    let settled = until("a settled picture", Duration::from_secs(20), || {
        display.picture(file).ok()?;
        let now = std::fs::read(file).ok()?;
        alike = if now == last { alike + 1 } else { 0 };
        last = now;
        (alike >= 4 && last.len() > EMPTY).then_some(())
    });
    match settled {
        Err(_) if last.is_empty() => Err("no picture could be taken".into()),
        Err(_) if last.len() <= EMPTY => Err("the window stayed empty".into()),
        _ => Ok(()),
    }
}

fn start(scene: &Scene) -> Result<Running> {
    let mut arguments = scene.arguments_open();
    arguments.extend(["--demo", "--report-painted"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    scene.session.start("anteroom", &arguments)
}
