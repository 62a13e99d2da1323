//! What a watch over a closed vault takes with it, and what it brings back.

use chrono::{DateTime, Utc};
use inbox_domain::{CaseId, PortalId, Tier};
use rusqlite::Connection;

use super::Vault;
use crate::Result;
use crate::column::{instant, millis};

/// What a watch saw while the vault was closed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchRecord {
    /// How often the portal answered.
    pub checks: u32,
    /// When it answered last, by this workstation's clock.
    pub last_check: Option<DateTime<Utc>>,
    /// Messages that could not wait, by their ids on the portal, with their tiers.
    pub seen: Vec<(PortalId, Tier)>,
    /// Cases whose time passed.
    pub clocks: Vec<CaseId>,
}

impl Vault {
    /// Id, version and highest tier of every message that was sent at `since` or later. No text.
    pub fn known_since(&self, since: DateTime<Utc>) -> Result<Vec<(PortalId, String, Tier)>> {
        self.read(|db| known_since(db, since))
    }

    /// Open cases that are not yet acknowledged, with the time by which they must be.
    pub fn deadlines(&self) -> Result<Vec<(CaseId, DateTime<Utc>)>> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT id, deadline FROM vault_case WHERE state <> 'closed' AND deadline IS NOT NULL ORDER BY deadline",
            )?;
            let rows = statement.query_map([], |row| Ok((CaseId(row.get(0)?), instant(row.get(1)?))))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Records what a watch saw, when the vault is open again.
    pub fn record_watch(&self, record: &WatchRecord, now: DateTime<Utc>) -> Result<()> {
        self.act(|act| {
            let last = record.last_check.map_or_else(|| "never".to_owned(), inbox_domain::format_instant);
            act.audit("watch.end", &format!("checks:{} last:{last}", record.checks), now)?;
            for (message, tier) in &record.seen {
                act.audit(
                    "watch.seen",
                    &format!("message:{message} tier:{}", crate::column::word(*tier)),
                    now,
                )?;
            }
            for case in &record.clocks {
                act.audit("watch.clock", &format!("case:{case}"), now)?;
            }
            Ok(())
        })
    }
}

/// The index on `search_id` answers by the time of sending: its rows begin with the second.
fn known_since(db: &Connection, since: DateTime<Utc>) -> Result<Vec<(PortalId, String, Tier)>> {
    let mut statement = db.prepare_cached(
        "SELECT portal_id, version, max(tier, coalesce((SELECT max(f.tier) FROM flag f WHERE f.message_id = message.id), 0))
         FROM message WHERE search_id >= ?1 << 20 AND sent_at >= ?2",
    )?;
    let rows = statement.query_map([since.timestamp(), millis(since)], |row| {
        Ok((PortalId(row.get(0)?), row.get(1)?, Tier::from_rank(row.get(2)?)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests;
