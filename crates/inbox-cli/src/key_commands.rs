//! What opens a vault, changed from the command line.

use std::io::Write as _;

use inbox_app::keys;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{
    files,
    key_arguments::{EraseArguments, KeyCommand, RecoverArguments},
    output::{Failure, Outcome, print},
    policy_commands::source,
};

const PASSPHRASE: &str = "--passphrase-file";
const NEW: &str = "--new-passphrase-file";

/// Runs a call that changes keys.
pub(crate) fn run(command: KeyCommand) -> Outcome {
    match command {
        KeyCommand::Passphrase { vault, new_passphrase_file } => {
            let present = files::secret(&vault.passphrase_file, PASSPHRASE)?;
            let new = files::secret(&new_passphrase_file, NEW)?;
            keys::change_passphrase(&vault.vault, &present, &new, &source(vault.policy.as_deref()))?;
            print(&json!({"vault": vault.vault, "changed": true}))
        }
        KeyCommand::RecoveryCode { vault } => {
            let present = files::secret(&vault.passphrase_file, PASSPHRASE)?;
            let code = keys::new_recovery_code(&vault.vault, &present)?;
            print(&json!({"vault": vault.vault, "recovery_code": code.expose_secret()}))?;
            // It is on its way to whoever asked: the one before goes only now.
            Ok(keys::confirm_recovery_code(&vault.vault, &code)?)
        }
        KeyCommand::Rekey { vault } => {
            let present = files::secret(&vault.passphrase_file, PASSPHRASE)?;
            let code = keys::rekey(&vault.vault, &present)?;
            print(&json!({"vault": vault.vault, "rekeyed": true, "recovery_code": code.expose_secret()}))?;
            Ok(keys::confirm_recovery_code(&vault.vault, &code)?)
        }
        KeyCommand::Recover(arguments) => recover(&arguments),
        KeyCommand::Pin { vault, pin_file, .. } => {
            let present = files::secret(&vault.passphrase_file, PASSPHRASE)?;
            let pin = pin_file.as_deref().map(|file| files::secret(file, "--pin-file")).transpose()?;
            keys::set_pin(&vault.vault, &present, pin.as_ref(), &source(vault.policy.as_deref()))?;
            print(&json!({"vault": vault.vault, "pin": pin.is_some()}))
        }
        KeyCommand::Erase(arguments) => erase(&arguments),
        KeyCommand::EscrowKey { to } => {
            let (private, public) = keys::new_escrow_key()?;
            let mut file = files::create(&to, "--to")?;
            let written = writeln!(file, "{}", private.expose_secret()).and_then(|()| file.sync_all());
            written.map_err(|error| Failure::File("--to", error.kind()))?;
            print(&json!({"file": to, "public_key": public}))
        }
    }
}

fn recover(arguments: &RecoverArguments) -> Outcome {
    let new = files::secret(&arguments.new_passphrase_file, NEW)?;
    let policy = source(arguments.policy.as_deref());
    let dir = &arguments.vault;
    let by = match (&arguments.recovery_code_file, &arguments.escrow_key_file) {
        (Some(file), _) => {
            let code = files::secret(file, "--recovery-code-file")?;
            keys::recover(dir, &code, &new, &policy)?;
            "recovery_code"
        }
        (None, Some(file)) => {
            let key = files::secret(file, "--escrow-key-file")?;
            keys::recover_with_escrow_key(dir, &key, &new, &policy)?;
            "escrow_key"
        }
        (None, None) => return Err(Failure::Usage("a recovery code or an escrow key is needed".into())),
    };
    print(&json!({"vault": dir, "recovered": true, "by": by}))
}

fn erase(arguments: &EraseArguments) -> Outcome {
    let passphrase =
        arguments.passphrase_file.as_deref().map(|file| files::secret(file, PASSPHRASE)).transpose()?;
    let erased = keys::erase(&arguments.vault, passphrase.as_ref(), arguments.even_undelivered)?;
    print(
        &json!({"vault": arguments.vault, "erased": true, "keyring_entry": if erased.keyring { "gone" } else { "not_reached" },
        "folder": if erased.folder { "gone" } else { "kept" }}),
    )
}
