//! `vault`: make one, check one, copy one.

use inbox_app::SensitiveThreads;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::{
    files,
    inbox_commands::read_instant,
    key_commands, open,
    output::{Failure, Outcome, print, print_all},
    policy_commands,
    vault_arguments::{RestoreArguments, VaultCommand},
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
        VaultCommand::Backup { vault, to } => print(&open(&vault)?.backup(&to)?),
        VaultCommand::Restore(arguments) => restore(arguments),
        VaultCommand::Export { vault, to, include_sensitive, without_sensitive } => {
            let choice = match (include_sensitive, without_sensitive) {
                (true, _) => SensitiveThreads::Include,
                (_, true) => SensitiveThreads::LeaveOut,
                _ => SensitiveThreads::Ask,
            };
            print(&open(&vault)?.export(&to, choice)?)
        }
        VaultCommand::Audit { vault, from, to, action } => {
            let from = from.as_deref().map(|text| read_instant(text, "--from")).transpose()?;
            let to = to.as_deref().map(|text| read_instant(text, "--to")).transpose()?;
            print_all(open(&vault)?.audit_lines(from, to, action.as_deref().unwrap_or_default())?)
        }
    }
}

fn restore(arguments: RestoreArguments) -> Outcome {
    let code = files::secret(&arguments.recovery_code_file, "--recovery-code-file")?;
    let passphrase =
        arguments.passphrase_file.map(|file| files::secret(&file, "--passphrase-file")).transpose()?;
    let policy = policy_commands::source(arguments.policy.as_deref());
    let keyring = !arguments.no_keyring;
    print(&inbox_app::restore_vault(arguments.from, arguments.vault, code, passphrase, keyring, &policy)?)
}
