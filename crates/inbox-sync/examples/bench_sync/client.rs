//! What is measured: a vault and a sync, in a process of their own.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono::{TimeDelta, Utc};
use inbox_domain::{AvailabilityHours, Batch, Judged, Judgement, PortalMessage, SystemClock, ThreadKey};
use inbox_portal::{Auth, HttpLimits, Mapped, NoTokenStore, Portal, map_communication};
use inbox_sync::{CancelFlag, Mode, SyncContext, SyncReport, TokioSleeper, settings, triage_message};
use inbox_triage::Engine;
use inbox_vault::{CreateOptions, Vault};
use secrecy::SecretString;

use crate::stock::ME;

const PASSPHRASE: &str = "a long passphrase for benches";
/// Messages in one batch of a vault that is only made to be large.
const BATCH: usize = 2_000;

pub(crate) fn portal(base: &str) -> Result<Portal, Box<dyn Error>> {
    let auth = Auth::Bearer { token: SecretString::from("bench") };
    Ok(Portal::new(base, auth, Arc::new(NoTokenStore), HttpLimits::default())?)
}

pub(crate) fn create(dir: &Path) -> Result<Arc<Vault>, Box<dyn Error>> {
    let options = CreateOptions {
        dir: dir.join("vault"),
        name: "Bench".to_owned(),
        passphrase: SecretString::from(PASSPHRASE),
        keyring: false,
    };
    let vault = Vault::create(&options)?.vault;
    vault.set_setting(settings::PRACTITIONER, ME, Utc::now())?;
    Ok(Arc::new(vault))
}

pub(crate) fn open(dir: &Path) -> Result<Arc<Vault>, Box<dyn Error>> {
    Ok(Arc::new(Vault::open(&dir.join("vault"), &SecretString::from(PASSPHRASE))?))
}

pub(crate) async fn sync(vault: &Arc<Vault>, portal: &Portal) -> Result<SyncReport, Box<dyn Error>> {
    let hours = AvailabilityHours::default_for("Europe/Berlin");
    let context = SyncContext {
        vault,
        portal,
        engine: Engine::builtin(),
        hours: &hours,
        clock: &SystemClock,
        sleeper: &TokioSleeper,
        progress: &|_| (),
        cancel: &CancelFlag::default(),
    };
    Ok(inbox_sync::run(&context, Mode::Incremental).await?)
}

/// Seconds of one round trip with nothing in it.
pub(crate) async fn round_trip(portal: &Portal) -> Result<f64, Box<dyn Error>> {
    let mut best = f64::MAX;
    for _ in 0..20 {
        let begin = Instant::now();
        portal.search("Patient", &[("_id", "none".to_owned())]).await?;
        best = best.min(begin.elapsed().as_secs_f64());
    }
    Ok(best)
}

/// Makes the vault hold `wanted` messages: those of the portal again and again under other ids, each with its own judgement.
/// Answers how many it holds.
pub(crate) async fn enlarge(vault: &Vault, portal: &Portal, wanted: usize) -> Result<usize, Box<dyn Error>> {
    let originals = originals(portal).await?;
    let (mut held, mut copy) = (vault.message_ids()?.len(), 0);
    while held < wanted && !originals.is_empty() {
        copy += 1;
        for chunk in originals.chunks(BATCH) {
            if held >= wanted {
                break;
            }
            let messages = chunk.iter().take(wanted - held).map(|one| renamed(one, copy)).collect();
            let batch = Batch { messages, backlog: true, ..Batch::default() };
            held += usize::try_from(vault.apply(&batch, Utc::now())?.new)?;
        }
    }
    // Neither a sweep nor a reconcile is due: what is measured is the poll.
    let mut cursor = vault.cursor()?;
    cursor.last_sweep = Some(Utc::now() + TimeDelta::hours(1));
    vault.apply(&Batch { cursor: Some(cursor), ..Batch::default() }, Utc::now())?;
    Ok(held)
}

async fn originals(portal: &Portal) -> Result<Vec<Judged>, Box<dyn Error>> {
    let context = portal.map_context(Utc::now());
    let mut found = Vec::new();
    for search in ["recipient", "sender"] {
        let mut next = Some(portal.base().join(&format!("pages/{search}-0"))?);
        while let Some(url) = next {
            let page = portal.page("Communication", url).await?;
            for entry in &page.entries {
                let Ok(Mapped::Message(message)) = map_communication(&entry.raw, &context) else { continue };
                let triaged = triage_message(Engine::builtin(), &message.message.text, false, &[]);
                found
                    .push(Judged { message: message.message, judgement: Judgement { triaged, hours: None } });
            }
            next = page.next;
        }
    }
    found.sort_by_key(|judged| judged.message.sent_at);
    Ok(found)
}

fn renamed(judged: &Judged, copy: usize) -> Judged {
    let message = &judged.message;
    let thread = match &message.thread {
        ThreadKey::Header(id) => ThreadKey::Header(format!("{id}-{copy}").as_str().into()),
        other => other.clone(),
    };
    let renamed = PortalMessage {
        portal_id: format!("{}-{copy}", message.portal_id).as_str().into(),
        thread,
        client_identifier: None,
        ..message.clone()
    };
    Judged { message: renamed, judgement: judged.judgement.clone() }
}
