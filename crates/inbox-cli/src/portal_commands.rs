//! `login`, `sync` and `attachment`: the calls that talk to a portal.

use std::{future::Future, io::Write as _, path::Path, time::Duration};

use inbox_app::{Credential, SensitiveThreads};

use crate::{
    arguments::{LoginArguments, VaultArguments},
    files, open,
    output::{Failure, Outcome, print, print_all},
};

/// `login`.
pub(crate) fn login(arguments: &LoginArguments) -> Outcome {
    let credential = credential(arguments)?;
    let session = open(&arguments.vault)?;
    let record = wait(session.login(&arguments.portal, arguments.practitioner.as_deref(), credential))??;
    print(&record)
}

fn credential(arguments: &LoginArguments) -> Result<Credential, Failure> {
    if let Some(file) = &arguments.token_file {
        return Ok(Credential::Token(files::secret(file, "--token-file")?));
    }
    if let Some(id) = &arguments.client_id {
        let secret = match &arguments.client_secret_file {
            Some(file) => files::secret(file, "--client-secret-file")?,
            None => String::new().into(),
        };
        return Ok(Credential::Client { id: id.clone(), secret });
    }
    let open = Box::new(|address: &str| eprintln!("Open this page in a browser to sign in:\n{address}"));
    Ok(Credential::Browser { open, port: arguments.redirect_port })
}

/// `logout`.
pub(crate) fn logout(vault: &VaultArguments) -> Outcome {
    let session = open(vault)?;
    let record = wait(session.sign_out())??;
    if let Some(reason) = &record.reason {
        eprintln!("The sign-in is forgotten here; the portal could not be told ({reason}).");
    }
    print(&record)
}

/// `sync`.
pub(crate) fn sync(vault: &VaultArguments, full: bool) -> Outcome {
    let session = open(vault)?;
    print(&wait(session.sync(full))??)
}

/// Between two looks of a responder that goes on.
const LOOKS_EVERY: Duration = Duration::from_secs(60);

/// `responder`: one line an acknowledgement. One that goes on waits out errors that may pass.
pub(crate) fn responder(vault: &VaultArguments, once: bool) -> Outcome {
    let session = open(vault)?;
    loop {
        match wait(session.respond())? {
            Ok(records) => print_all(records)?,
            Err(error) if once || !error.retryable => return Err(error.into()),
            Err(error) => eprintln!("Tried again in a minute: {}", error.code),
        }
        if once {
            return Ok(());
        }
        std::thread::sleep(LOOKS_EVERY);
    }
}

/// `attachment`: the file is made first, so that nothing is fetched for a place that cannot be written.
pub(crate) fn attachment(
    vault: &VaultArguments,
    id: &str,
    n: u32,
    to: &Path,
    choice: SensitiveThreads,
) -> Outcome {
    let session = open(vault)?;
    let mut file = files::create(to, "--to")?;
    let written = wait(session.attachment_to_save(id, n, choice)).and_then(|saved| Ok(saved?)).and_then(
        |(saved, bytes)| file.write_all(&bytes).map(|()| saved).map_err(|e| Failure::File("--to", e.kind())),
    );
    match written {
        Ok(saved) => print(&saved),
        Err(failure) => {
            // Half a file would be taken for the whole.
            let _ = std::fs::remove_file(to);
            Err(failure)
        }
    }
}

/// Runs a future to its end.
pub(crate) fn wait<F: Future>(future: F) -> Result<F::Output, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    Ok(runtime.block_on(future))
}
