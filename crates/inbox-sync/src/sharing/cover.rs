//! The threads of an absent colleague: on the days for which the clinician covers, her vault follows what the colleague
//! receives, where the portal shows it. Afterwards nothing new is fetched; what was stored stays.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use inbox_domain::{Covering, PortalId};
use inbox_vault::{ThreadSummary, Vault};
use serde::{Deserialize, Serialize};

use crate::error::SyncError;
use crate::run::Run;
use crate::settings;
use crate::streams::{Stream, cover_stream};

/// A cover, and whether the portal permits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverState {
    /// For whom and when.
    pub covering: Covering,
    /// Code of the portal's refusal.
    pub refused: Option<String>,
}

/// What sync remembers of covers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Followed {
    /// Covers whose colleague's earlier threads are in the vault.
    begun: Vec<Covering>,
    /// Refusals by colleague.
    refused: BTreeMap<String, String>,
}

/// The covers that the clinician has set, past ones too.
///
/// # Errors
/// The vault's.
pub fn covers(vault: &Vault) -> Result<Vec<Covering>, SyncError> {
    Ok(settings::load(vault, settings::COVERS)?.unwrap_or_default())
}

/// Sets the covers; past ones are best kept, since they say why the vault holds a colleague's threads.
///
/// # Errors
/// The vault's.
pub fn set_covers(vault: &Vault, covers: &[Covering], now: DateTime<Utc>) -> Result<(), SyncError> {
    settings::keep(vault, settings::COVERS, &covers, now)
}

/// The covers with what the portal says to them.
///
/// # Errors
/// The vault's.
pub fn cover_states(vault: &Vault) -> Result<Vec<CoverState>, SyncError> {
    let followed: Followed = settings::load(vault, settings::FOLLOWED)?.unwrap_or_default();
    let state = |covering: Covering| {
        let refused = followed.refused.get(&covering.practitioner).cloned();
        CoverState { covering, refused }
    };
    Ok(covers(vault)?.into_iter().map(state).collect())
}

/// The colleague because of whom the vault holds a thread that does not name its clinician.
///
/// # Errors
/// The vault's.
pub fn covered_for(vault: &Vault, thread: &ThreadSummary) -> Result<Option<String>, SyncError> {
    let covers = covers(vault)?;
    if covers.is_empty() || thread.recipients.is_empty() {
        return Ok(None);
    }
    let Some(me) = settings::load_me(vault)? else { return Ok(None) };
    if thread.recipients.iter().any(|name| me.is_own(name)) {
        return Ok(None);
    }
    let named = |cover: &Covering| thread.recipients.contains(&cover.practitioner);
    Ok(covers.into_iter().find(named).map(|cover| cover.practitioner))
}

/// References of the clinician and of the groups, teams and roles that make her a recipient.
///
/// # Errors
/// The vault's.
pub fn own_references(vault: &Vault) -> Result<Vec<String>, SyncError> {
    Ok(settings::load_me(vault)?.map(|me| me.references()).unwrap_or_default())
}

impl Run<'_> {
    /// Reads whom she covers for now.
    pub(crate) fn load_covers(&mut self) -> Result<(), SyncError> {
        let now = self.ctx.clock.now();
        let zone = self.ctx.hours.tz();
        let own = self.me.practitioner.clone();
        let active = covers(self.ctx.vault)?.into_iter().filter(|cover| cover.holds(now, zone));
        self.covers = active.filter(|cover| cover.practitioner != own).collect();
        self.me.covers = self.covers.iter().map(|cover| cover.practitioner.clone()).collect();
        Ok(())
    }

    /// Follows what the colleagues receive: everything when a cover begins, else what is new.
    pub(crate) async fn follow_covers(&mut self, since: Option<DateTime<Utc>>) -> Result<(), SyncError> {
        if self.covers.is_empty() {
            return Ok(());
        }
        let mut followed: Followed = settings::load(self.ctx.vault, settings::FOLLOWED)?.unwrap_or_default();
        let capabilities = self.ctx.portal.capabilities();
        for cover in self.covers.clone() {
            let begins = !followed.begun.contains(&cover);
            let stream = match cover_stream(&capabilities, &cover.practitioner) {
                Some(stream) => stream,
                None if begins => Stream(Vec::new()),
                // Everything has been asked for.
                None => continue,
            };
            let since = since.filter(|_| !begins);
            match self.follow(&stream, since, begins).await {
                Ok(_) => {
                    followed.refused.remove(&cover.practitioner);
                    if begins {
                        self.note_covered_histories(&cover.practitioner)?;
                        followed.begun.push(cover);
                    }
                }
                Err(SyncError::Portal(error)) if error.is_definite_refusal() => {
                    followed.refused.insert(cover.practitioner, error.code().to_owned());
                }
                Err(error) => return Err(error),
            }
        }
        settings::keep(self.ctx.vault, settings::FOLLOWED, &followed, self.ctx.clock.now())
    }

    /// What the colleague wrote in her threads names her as the sender alone: it comes with their histories.
    fn note_covered_histories(&self, colleague: &str) -> Result<(), SyncError> {
        let named = |recipients: &[String]| {
            recipients.iter().any(|name| name == colleague)
                && !recipients.iter().any(|name| self.me.is_own(name))
        };
        let headers = self.ctx.vault.headers_read_by(named, usize::MAX)?;
        self.add_histories(&headers)
    }

    /// Those of `ids` that the portal's listing for this clinician alone must name: what the vault holds because of a cover,
    /// or of a group that she has left, is not gone because it is not listed.
    pub(crate) fn listed_for_her(&self, ids: Vec<PortalId>) -> Result<Vec<PortalId>, SyncError> {
        let vault = self.ctx.vault;
        let (mut hers, mut threads) = (Vec::new(), BTreeMap::new());
        let mut seen = BTreeSet::new();
        for id in ids {
            let Some(message) = vault.stored_by_portal_id(&id)?.filter(|_| seen.insert(id.clone())) else {
                continue;
            };
            let in_thread = match threads.get(&message.thread) {
                Some(named) => *named,
                None => {
                    let recipients = vault.thread(message.thread)?.recipients;
                    let named = recipients.iter().any(|name| self.me.is_own(name));
                    threads.insert(message.thread, named);
                    named
                }
            };
            let sent = message
                .sender
                .id
                .iter()
                .flat_map(|id| ["Practitioner", "PractitionerRole"].map(|kind| format!("{kind}/{id}")));
            let named = message.recipients.iter().cloned().chain(sent).any(|name| self.me.is_own(&name));
            if in_thread || named {
                hers.push(id);
            }
        }
        Ok(hers)
    }
}
