//! `doctor`: what works on this workstation, without a name, a text or an address.

use std::path::Path;

use inbox_app::dto::{PolicyState, PolicyView};
use serde_json::{Map, Value, json};

use crate::{
    arguments::VaultArguments,
    open,
    output::{Outcome, print},
    policy_commands, portal_commands,
};

/// Prints one object of named checks. A check that could not be made says why; only that is no failure.
pub(crate) fn run(vault: Option<&Path>, passphrase_file: Option<&Path>, policy: Option<&Path>) -> Outcome {
    let mut checks = Map::new();
    checks.insert("version".into(), json!(env!("CARGO_PKG_VERSION")));
    checks.insert("clock".into(), clock());
    checks
        .insert("session_bus".into(), json!({"ok": std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some()}));
    checks.insert("policy".into(), policy_check(policy));
    if let Some(dir) = vault {
        let key = inbox_app::key_state(dir);
        let ok = key.as_deref().is_some_and(|state| matches!(state, "ready" | "passphrase_only"));
        checks.insert("keyring".into(), json!({"ok": ok, "state": key.as_deref().unwrap_or("no_vault")}));
        checks.insert("vault".into(), inspect(dir, passphrase_file, policy));
    }
    print(&Value::Object(checks))
}

/// A file that is not there is in order; one that cannot be used says where and what was expected.
fn policy_check(named: Option<&Path>) -> Value {
    let view = PolicyView::of(&policy_commands::source(named));
    let problems: Vec<_> = view
        .problems
        .iter()
        .map(|problem| {
            json!({"file": view.file, "line": problem.line, "key": problem.key, "expected": problem.expected,
                "detail": problem.detail})
        })
        .collect();
    json!({"ok": view.state != PolicyState::Broken, "state": view.state, "set": view.set, "problems": problems})
}

fn clock() -> Value {
    let now = chrono::Utc::now();
    // Before this program was written, the clock must be wrong.
    let plausible = now.timestamp() > 1_760_000_000;
    json!({"ok": plausible, "now": inbox_domain::format_instant(now)})
}

fn inspect(dir: &Path, passphrase_file: Option<&Path>, policy: Option<&Path>) -> Value {
    let Some(file) = passphrase_file else { return json!({"ok": null, "state": "closed"}) };
    let arguments = VaultArguments {
        vault: dir.to_owned(),
        passphrase_file: file.to_owned(),
        policy: policy.map(Path::to_owned),
    };
    let Ok(session) = open(&arguments) else { return json!({"ok": false, "state": "does_not_open"}) };
    let portal = match portal_commands::wait(session.check_portal()) {
        Ok(Ok(())) => json!({"ok": true}),
        Ok(Err(error)) => json!({"ok": false, "code": error.code, "retryable": error.retryable}),
        Err(_) => json!({"ok": null}),
    };
    match session.verify() {
        Ok(found) => json!({
            "portal": portal,
            "ok": found.ok,
            "state": "open",
            "schema": found.schema,
            "cipher": found.cipher,
            "problems": found.problems,
            "connected": session.is_connected(),
            "undelivered": session.undelivered(),
        }),
        Err(error) => json!({"ok": false, "state": error.code}),
    }
}
