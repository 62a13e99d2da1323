//! Opens the sign-in page in the system's browser. Only https, or http to this machine, is ever opened, and nothing
//! that the window could name: the address comes from the portal's own discovery document.

use std::process::{Command, Stdio};

use tauri::Url;

/// Opens an address; an address that is not allowed is left alone.
pub(crate) fn open(address: &str) {
    let Some(url) = Url::parse(address).ok().filter(is_allowed) else {
        tracing::warn!(code = "address_refused");
        return;
    };
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "windows") {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    // How our own page is drawn says nothing to the person's browser.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    command.env_remove(crate::wiping::ENGINE_HEAP);
    let started = command
        .args(arguments)
        .arg(url.as_str())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        // Waited for on a thread of its own, so that no dead process stays behind.
        Ok(mut child) => drop(std::thread::spawn(move || child.wait())),
        Err(_) => tracing::warn!(code = "no_browser"),
    }
}

fn is_allowed(url: &Url) -> bool {
    let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    url.host_str().is_some() && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

#[cfg(test)]
mod tests {
    use super::is_allowed;

    #[test]
    fn only_https_and_this_machine_are_opened() {
        let allowed = |url: &str| is_allowed(&url.parse().unwrap());
        assert!(allowed("https://portal.example.org/auth?x=1"));
        assert!(allowed("http://127.0.0.1:4000/auth"));
        assert!(!allowed("http://portal.example.org/auth"));
        assert!(!allowed("file:///etc/passwd"));
        assert!(!allowed("javascript:alert(1)"));
    }
}
