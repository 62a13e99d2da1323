//! The clinician's hours on the portal: written to her PractitionerRole with `If-Match`, never over a change that she has not
//! seen.
//!
//! What the portal held when it was last read or written is the base. Hours that differ from what was sent are written
//! when the portal still holds the base; else both versions are kept until she chooses.

use chrono::{DateTime, Utc};
use inbox_domain::PortalId;
use inbox_portal::mapping::{MapContext, hours_fields, read_practitioner_role, role_hours, with_hours};
use inbox_portal::{Portal, PortalError};
use inbox_vault::Vault;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::SyncError;
use crate::run::Run;
use crate::settings;

/// Times that a role may have changed, in fields that are not hours, between reading and writing.
const ROUNDS: u32 = 3;

/// Why publishing did not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationFailure {
    /// `not_offered`, `scope_missing`, `no_role`, `several_roles`, `no_versions`, or the portal's code.
    pub code: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Hours on the portal that somebody else has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicationConflict {
    /// Their fields.
    pub theirs: Map<String, Value>,
    /// What would have been written.
    pub ours: Map<String, Value>,
    /// When it was noticed.
    pub at: DateTime<Utc>,
}

/// What is known of the hours on the portal; kept in the vault.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Publication {
    /// She wants her hours on the portal.
    pub wanted: bool,
    /// Language of the words in it.
    pub language: String,
    /// The role's id.
    pub role: Option<String>,
    /// What the portal held when it was last read or written.
    pub base: Option<Map<String, Value>>,
    /// What was last sent and acknowledged.
    pub sent: Option<Map<String, Value>>,
    /// When it was acknowledged, by the server's clock.
    pub published_at: Option<DateTime<Utc>>,
    /// The role's version then.
    pub version: Option<String>,
    /// Why the last attempt did not work.
    pub failed: Option<PublicationFailure>,
    /// Both versions, until she chooses.
    pub conflict: Option<PublicationConflict>,
}

/// What is known of the hours on the portal.
///
/// # Errors
/// The vault's.
pub fn publication(vault: &Vault) -> Result<Publication, SyncError> {
    Ok(settings::load(vault, settings::PUBLICATION)?.unwrap_or_default())
}

/// Replaces what is known; for the choices of the clinician.
///
/// # Errors
/// The vault's.
pub fn keep_publication(vault: &Vault, state: &Publication, now: DateTime<Utc>) -> Result<(), SyncError> {
    settings::keep(vault, settings::PUBLICATION, state, now)
}

/// A role as the portal has it.
#[derive(Debug, Clone)]
struct Role {
    id: String,
    version: String,
    raw: String,
}

/// What the portal holds of her hours now; it becomes the base of the next publishing, since she has seen it.
///
/// # Errors
/// [`SyncError::NotConnected`], the portal's and the vault's. The failures of [`PublicationFailure`] as codes.
pub async fn fetch_portal_hours(
    vault: &Vault,
    portal: &Portal,
    now: DateTime<Utc>,
) -> Result<Result<Map<String, Value>, &'static str>, SyncError> {
    let practitioner = settings::practitioner(vault)?;
    let mut state = publication(vault)?;
    let role = match find(portal, &practitioner, state.role.as_deref()).await? {
        Ok(role) => role,
        Err(code) => return Ok(Err(code)),
    };
    let fields = hours_fields(&role.raw);
    state.role = Some(role.id);
    state.base = Some(fields.clone());
    keep_publication(vault, &state, now)?;
    Ok(Ok(fields))
}

/// Her role: the one written before, else the only one in use.
async fn find(
    portal: &Portal,
    practitioner: &str,
    known: Option<&str>,
) -> Result<Result<Role, &'static str>, SyncError> {
    if !portal.capabilities().searches("PractitionerRole", "practitioner") {
        return Ok(Err("not_offered"));
    }
    let params = [("practitioner", practitioner.to_owned()), ("_count", "200".to_owned())];
    let page = match portal.search("PractitionerRole", &params).await {
        Ok(page) => page,
        Err(error) if error.is_definite_refusal() => return Ok(Err(error.code())),
        Err(error) => return Err(error.into()),
    };
    let context: MapContext = portal.map_context(page.date.unwrap_or_default());
    let mut roles: Vec<Role> = page
        .entries
        .iter()
        .filter(|entry| entry.is_match && entry.readable && is_of(&entry.raw, practitioner))
        .filter(|entry| read_practitioner_role(&entry.raw, &context).is_ok_and(|found| !found.is_empty()))
        .map(|entry| Role { id: entry.id.clone(), version: entry.version.clone(), raw: entry.raw.clone() })
        .collect();
    if let Some(index) = roles.iter().position(|role| Some(role.id.as_str()) == known) {
        return Ok(Ok(roles.swap_remove(index)));
    }
    Ok(match roles.len() {
        0 => Err("no_role"),
        1 => Ok(roles.swap_remove(0)),
        _ => Err("several_roles"),
    })
}

/// A server that ignores the parameter answers with everybody's.
fn is_of(raw: &str, practitioner: &str) -> bool {
    let role: Value = serde_json::from_str(raw).unwrap_or_default();
    let named = role.pointer("/practitioner/reference").and_then(Value::as_str);
    named.is_some_and(|named| named == practitioner || named.ends_with(&format!("/{practitioner}")))
}

/// What became of one attempt.
enum Told {
    Published { base: Map<String, Value>, version: Option<String>, role: String },
    Conflict { theirs: Map<String, Value>, role: String },
    Refused(&'static str),
}

impl Run<'_> {
    /// Writes the hours where she wants that and they are not what was sent; with `look` it also asks whether somebody has
    /// changed them on the portal. A failure is kept and stops nothing else.
    pub(crate) async fn push_hours(&mut self, look: bool) -> Result<(), SyncError> {
        let mut state = publication(self.ctx.vault)?;
        if !state.wanted || state.conflict.is_some() || self.ctx.hours.is_guess() {
            return Ok(());
        }
        let today = self.server_now().with_timezone(&self.ctx.hours.tz()).date_naive();
        let ours = role_hours(self.ctx.hours, today, &state.language).fields;
        let due = state.sent.as_ref() != Some(&ours);
        if !due && !look {
            return Ok(());
        }
        let now = self.ctx.clock.now();
        match self.tell_hours(&state, &ours).await {
            Ok(Told::Published { base, version, role }) => {
                if due || state.base.as_ref() != Some(&base) {
                    (state.published_at, state.version) = (Some(self.server_now()), version);
                }
                (state.role, state.base, state.sent) = (Some(role), Some(base), Some(ours));
                state.failed = None;
            }
            Ok(Told::Conflict { theirs, role }) => {
                state.role = Some(role);
                state.conflict = Some(PublicationConflict { theirs, ours, at: now });
                state.failed = None;
            }
            Ok(Told::Refused(code)) => {
                let known = state.failed.as_ref().is_some_and(|failed| failed.code == code);
                if !known {
                    state.failed = Some(PublicationFailure { code: code.to_owned(), at: now });
                }
            }
            Err(SyncError::Portal(error)) => {
                state.failed = Some(PublicationFailure { code: error.code().to_owned(), at: now });
                keep_publication(self.ctx.vault, &state, now)?;
                let error = SyncError::Portal(error);
                return if error.stops_sending() { Err(error) } else { Ok(()) };
            }
            Err(other) => return Err(other),
        }
        keep_publication(self.ctx.vault, &state, now)
    }

    async fn tell_hours(
        &mut self,
        state: &Publication,
        ours: &Map<String, Value>,
    ) -> Result<Told, SyncError> {
        let portal = self.ctx.portal;
        if let Some(code) = may_not_write(portal) {
            return Ok(Told::Refused(code));
        }
        let practitioner = self.me.practitioner.clone();
        for _ in 0..ROUNDS {
            let role = match find(portal, &practitioner, state.role.as_deref()).await? {
                Ok(role) => role,
                Err(code) => return Ok(Told::Refused(code)),
            };
            let theirs = hours_fields(&role.raw);
            let role_id = role.id.clone();
            // Nobody has changed it since she saw it, or there is nothing to lose.
            let seen = state.base.as_ref() == Some(&theirs) || theirs.is_empty();
            if theirs == *ours || (seen && state.sent.as_ref() == Some(ours)) {
                return Ok(Told::Published { base: theirs, version: Some(role.version), role: role_id });
            }
            if !seen {
                return Ok(Told::Conflict { theirs, role: role_id });
            }
            if !super::sharing::names_version(&role.version) {
                return Ok(Told::Refused("no_versions"));
            }
            let Some(body) = with_hours(&role.raw, ours) else { return Ok(Told::Refused("no_role")) };
            let id = PortalId(role.id);
            match portal.update("PractitionerRole", &id, &body, &role.version).await {
                Ok(written) => {
                    self.note_date(written.date);
                    let raw = match written.raw {
                        Some(raw) => raw,
                        None => portal.read("PractitionerRole", &id).await?,
                    };
                    return Ok(Told::Published {
                        base: hours_fields(&raw),
                        version: written.version,
                        role: role_id,
                    });
                }
                // Somebody was faster: what they wrote is looked at, and not overwritten.
                Err(PortalError::PreconditionFailed) => {}
                Err(error) if error.is_definite_refusal() => return Ok(Told::Refused(error.code())),
                Err(error) => return Err(error.into()),
            }
        }
        Err(PortalError::PreconditionFailed.into())
    }
}

/// Why this sign-in cannot write hours, if it cannot.
pub fn may_not_write(portal: &Portal) -> Option<&'static str> {
    let capabilities = portal.capabilities();
    if capabilities.off.iter().any(|off| off.feature == "absences" || off.feature == "roles") {
        return Some("scope_missing");
    }
    let entry = capabilities.types.get("PractitionerRole");
    let offers =
        entry.is_some_and(|entry| entry.interactions.is_empty() || entry.interactions.contains("update"));
    (!offers).then_some("not_offered")
}
