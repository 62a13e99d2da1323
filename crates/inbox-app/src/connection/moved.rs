//! A vault's portal under another address. It is taken only where it holds messages that the vault holds: another portal
//! has none of them, and the next comparison of ids would mark all of them as withdrawn.

use inbox_domain::PortalId;
use inbox_portal::{Mapped, Portal, PortalError, map_communication};

use super::PORTAL;
use crate::{dto::AppError, error::AppResult, session::Session};

/// Messages that are looked up, the newest first; one that is found is enough.
const LOOKED_UP: usize = 8;

impl Session {
    /// # Errors
    /// `other_portal` when the vault holds messages of the portal it was signed in to before and this one knows none of
    /// those looked up; the portal's, by code.
    pub(super) async fn check_same_portal(&self, portal: &Portal) -> AppResult<()> {
        let kept = self.vault.setting(PORTAL)?;
        if kept.is_none_or(|kept| kept == portal.base().as_str()) {
            return Ok(());
        }
        let ids = self.vault.message_ids()?;
        if ids.is_empty() {
            return Ok(());
        }
        for id in ids.iter().rev().take(LOOKED_UP) {
            if self.is_known_to(portal, id).await? {
                return Ok(());
            }
        }
        Err(AppError::new("other_portal"))
    }

    /// Whether the portal has this message with the text that the vault has: ids alone may be equal by chance.
    async fn is_known_to(&self, portal: &Portal, id: &PortalId) -> AppResult<bool> {
        let resource = match portal.read("Communication", id).await {
            Ok(resource) => resource,
            Err(PortalError::NotFound | PortalError::Gone | PortalError::Forbidden) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let Ok(Mapped::Message(there)) = map_communication(&resource, &portal.map_context(self.now())) else {
            return Ok(false);
        };
        let Some(here) = self.vault.message_by_portal_id(id)? else { return Ok(false) };
        Ok(self.vault.message(here)?.text == there.message.text)
    }
}
