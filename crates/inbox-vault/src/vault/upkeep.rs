//! Anchoring the audit chain, closing in order, and what the vault knows of its own keeping.

use std::sync::PoisonError;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Vault;
use crate::anchor::Anchor;
use crate::audit::AuditKey;
use crate::keys::DeviceSecrets;
use crate::keys::header::Header;
use crate::{
    AnchorState, AuditNote, AuditQuery, AuditRow, Result, Upkeep, VaultError, audit, outbox, upkeep,
};

/// How long closing waits for another process that writes: locking must not take longer than a second.
const CLOSING: Duration = Duration::from_millis(300);

impl Vault {
    /// Records what changes no row of its own.
    pub fn note(&self, note: &AuditNote, now: DateTime<Utc>) -> Result<()> {
        let (action, subject) = note.words();
        self.act(|act| act.audit(action, &subject, now))
    }

    /// Rows of the audit chain, newest first.
    pub fn audit_rows(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        self.read(|db| audit::list(db, query))
    }

    /// What the vault knows of its own keeping.
    pub fn upkeep(&self) -> Result<Upkeep> {
        self.read(upkeep::load)
    }

    /// The sign-in that stood in an older copy was given up ([`Upkeep::sign_in_spent`]); `left` is what its setting holds from
    /// now on, or nothing where it may be used as it is.
    pub fn settle_sign_in(&self, key: &str, left: Option<&str>, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| upkeep::settle_sign_in(act, key, left, now))
    }

    /// Somebody has read what the anchor of the audit chain said against this database.
    pub fn acknowledge_notice(&self, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| upkeep::acknowledge(act, now))
    }

    /// Anchors the head of the audit chain outside the database. `false` where the keyring does not take it: the anchor then
    /// lags further behind, which is no alarm.
    pub fn anchor_audit(&self) -> Result<bool> {
        let Some(anchor) = self.anchor()? else { return Ok(false) };
        let head = self.read(audit::head)?;
        let Some(head) = head else { return Ok(false) };
        let bytes = self.with_audit_key(|key| anchor.at(&head, key))?;
        Ok(anchor.keep(&bytes))
    }

    fn with_audit_key<T>(&self, work: impl FnOnce(&AuditKey) -> T) -> Result<T> {
        let key = self.audit.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(work(key.as_ref().ok_or(VaultError::Locked)?))
    }

    /// Where the head of the chain is anchored, under the name that this database has.
    fn anchor(&self) -> Result<Option<Anchor>> {
        let Some(anchor) = &self.anchored_at else { return Ok(None) };
        let named = self.read(upkeep::anchored)?.name;
        Ok(Some(named.map_or_else(|| anchor.clone(), |name| anchor.named(&name))))
    }

    /// What the anchor says of the chain now.
    pub(crate) fn anchor_state(&self) -> Result<AnchorState> {
        let Some(anchor) = self.anchor()? else { return Ok(AnchorState::None) };
        let stands = anchor.read();
        self.connections.read(|db| {
            let once = upkeep::anchored(db)?.once;
            self.with_audit_key(|key| anchor.compare(db, &stands, once, key))?
        })
    }

    /// A vault whose head is kept there from now on.
    pub(crate) fn anchored_by(mut self, header: &Header, secrets: &dyn DeviceSecrets) -> Self {
        self.id.clone_from(&header.id);
        self.anchored_at = Anchor::new(&self.dir, &header.id, header.keyring, secrets);
        self
    }

    /// Compares the chain with its anchor. What was found against it is written down, what may have been sent since is looked
    /// up before it is sent again, and the head as it is now is anchored: it is said once for each time that it happens.
    pub(crate) fn check_anchor(&self, moved: bool) -> Result<()> {
        let now = Utc::now();
        match self.anchor_state()? {
            // The keyring is another one, or a new one: it cannot hold the anchor.
            AnchorState::Missing if moved => self.act(|act| act.audit("audit.anchor", "moved", now))?,
            state if state.is_alarm() => {
                tracing::warn!(event = "audit_anchor", state = state.code());
                self.act(|act| {
                    upkeep::note_anchor(act, state, now)?;
                    outbox::doubt_all(act, now)
                })?;
            }
            AnchorState::Agrees | AnchorState::Unknown => return Ok(()),
            _ => {}
        }
        if self.anchor_audit()? {
            self.act(|act| upkeep::set_anchored(act, now))?;
        }
        Ok(())
    }

    /// The last row of an opening, and the anchor at it. Nothing here may keep the vault from being closed.
    pub(super) fn close_in_order(&self) {
        let closed = self.connections.write(|db| {
            db.busy_timeout(CLOSING)?;
            Ok(())
        });
        let closed = closed.and_then(|()| self.act(|act| upkeep::closed(act, Utc::now())));
        let anchored = closed.and_then(|()| {
            let (anchor, head) = (self.anchor()?, self.read(audit::head)?);
            anchor
                .zip(head)
                .map(|(anchor, head)| {
                    let bytes = self.with_audit_key(|key| anchor.at(&head, key))?;
                    Ok((anchor, bytes))
                })
                .transpose()
        });
        self.connections.close();
        self.audit.lock().unwrap_or_else(PoisonError::into_inner).take();
        // After the database is closed and the key is wiped: a keyring may take its time.
        if let Ok(Some((anchor, bytes))) = anchored {
            anchor.keep(&bytes);
        }
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.close();
    }
}

#[cfg(test)]
mod tests;
