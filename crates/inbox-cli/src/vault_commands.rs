//! `vault`: make one, check one.

use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{
    arguments::VaultCommand,
    files, key_commands, open,
    output::{Failure, Outcome, print},
    policy_commands,
};

/// Runs a call of `vault`.
pub(crate) fn run(command: VaultCommand) -> Outcome {
    match command {
        VaultCommand::Create { vault, no_keyring, name, zone } => {
            let passphrase = files::secret(&vault.passphrase_file, "--passphrase-file")?;
            let folder = vault.vault.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.or(folder).ok_or_else(|| Failure::Usage("--vault names no folder".into()))?;
            let policy = policy_commands::source(vault.policy.as_deref());
            let code = inbox_app::create_vault(
                &vault.vault,
                &name,
                passphrase,
                !no_keyring,
                zone.as_deref(),
                &policy,
            )?;
            print(&json!({"vault": vault.vault, "recovery_code": code.expose_secret()}))
        }
        VaultCommand::Keys(command) => key_commands::run(command),
        VaultCommand::Verify { vault } => {
            let found = open(&vault)?.verify()?;
            print(&found)?;
            if found.ok { Ok(()) } else { Err(Failure::Said) }
        }
    }
}
