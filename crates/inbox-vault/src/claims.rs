//! Who has a thread, as the portal says, and what that means for the clocks of cases: a colleague's claim stops one only
//! when its server time is after the flagged messages, and a release starts it again.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use inbox_domain::case::acknowledge_by;
use inbox_domain::{ApplyReport, CaseId, PortalClaim, PortalId, ThreadId, Tier, counting_claim};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::act::Act;
use crate::column::{from_word, instant, instant_opt, millis};
use crate::{Result, facts};

const COLUMNS: &str =
    "SELECT portal_id, version, last_updated, header, owner, state, claimed_at, began, raw FROM claim";

fn read(row: &Row<'_>) -> Result<PortalClaim> {
    Ok(PortalClaim {
        portal_id: PortalId(row.get(0)?),
        version: row.get(1)?,
        last_updated: instant(row.get(2)?),
        header: PortalId(row.get(3)?),
        owner: row.get(4)?,
        state: from_word(&row.get::<_, String>(5)?, "claim state")?,
        claimed_at: instant(row.get(6)?),
        began: instant_opt(row.get(7)?),
        raw: row.get(8)?,
    })
}

/// All claims that the portal holds for a thread.
pub(crate) fn of_header(db: &Connection, header: &PortalId) -> Result<Vec<PortalClaim>> {
    let mut statement = db.prepare_cached(&format!("{COLUMNS} WHERE header = ?1"))?;
    let mut rows = statement.query([&header.0])?;
    let mut claims = Vec::new();
    while let Some(row) = rows.next()? {
        claims.push(read(row)?);
    }
    Ok(claims)
}

/// Versions of all stored claims.
pub(crate) fn versions(db: &Connection) -> Result<HashMap<PortalId, String>> {
    let mut statement = db.prepare_cached("SELECT portal_id, version FROM claim")?;
    let rows = statement.query_map([], |row| Ok((PortalId(row.get(0)?), row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Stores claims, removes those that the portal no longer has, and lets the clocks of `me`'s cases follow.
pub(crate) fn apply(
    act: &Act<'_>,
    claims: &[PortalClaim],
    gone: &[PortalId],
    me: &str,
    now: DateTime<Utc>,
) -> Result<ApplyReport> {
    let mut headers = BTreeSet::new();
    for claim in claims {
        if store(act.db, claim)? {
            headers.insert(claim.header.clone());
        }
    }
    for id in gone {
        let header = act
            .db
            .prepare_cached("DELETE FROM claim WHERE portal_id = ?1 RETURNING header")?
            .query_row([&id.0], |row| row.get(0).map(PortalId))
            .optional()?;
        headers.extend(header);
    }
    let mut report = ApplyReport::default();
    for header in &headers {
        if let Some(thread) = show(act.db, header)? {
            report.threads.push(ThreadId(thread));
            review_clocks(act, thread, me, now, &mut report)?;
        }
    }
    Ok(report)
}

/// Stores one; `false` when this version, or a newer one, is stored.
fn store(db: &Connection, claim: &PortalClaim) -> Result<bool> {
    let old = db
        .prepare_cached(&format!("{COLUMNS} WHERE portal_id = ?1"))?
        .query_row([&claim.portal_id.0], |row| Ok(read(row)))
        .optional()?
        .transpose()?;
    if old.as_ref().is_some_and(|old| old.version == claim.version || old.last_updated > claim.last_updated) {
        return Ok(false);
    }
    // A later version that says the same does not make the claim younger.
    let same =
        old.filter(|old| (&old.owner, old.state, old.began) == (&claim.owner, claim.state, claim.began));
    let claimed_at = same.map_or(claim.claimed_at, |old| old.claimed_at.min(claim.claimed_at));
    db.prepare_cached(
        "INSERT OR REPLACE INTO claim (portal_id, version, last_updated, header, owner, state, claimed_at,
           began, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        claim.portal_id.0,
        claim.version,
        millis(claim.last_updated),
        claim.header.0,
        claim.owner,
        claim.state.as_str(),
        millis(claimed_at),
        claim.began.map(millis),
        claim.raw,
    ])?;
    Ok(true)
}

/// Writes the claim that counts into its thread; answers the thread, if it is stored.
fn show(db: &Connection, header: &PortalId) -> Result<Option<i64>> {
    let claims = of_header(db, header)?;
    let counting = counting_claim(&claims);
    Ok(db
        .prepare_cached(
            "UPDATE thread SET claimed_by = ?2, claimed_at = ?3, claim_state = ?4 WHERE portal_id = ?1
             RETURNING id",
        )?
        .query_row(
            params![
                header.0,
                counting.and_then(|claim| claim.owner.as_ref()),
                counting.map(|claim| millis(claim.claimed_at)),
                counting.map(|claim| claim.state.as_str()),
            ],
            |row| row.get(0),
        )
        .optional()?)
}

struct Clock {
    case: i64,
    tier: Tier,
    runs: bool,
    acknowledged: bool,
    covered: bool,
}

/// Lets the clocks of the thread's open cases follow its claim. A case stands still only while each of its flagged
/// messages is older, in the server's clock, than a colleague's claim of its thread.
fn review_clocks(
    act: &Act<'_>,
    thread: i64,
    me: &str,
    now: DateTime<Utc>,
    report: &mut ApplyReport,
) -> Result<()> {
    for clock in clocks(act.db, thread, me)? {
        let deadline = match (clock.covered, clock.runs) {
            (true, true) => None,
            (false, false) if !clock.acknowledged => Some(acknowledge_by(clock.tier, now)),
            _ => continue,
        };
        act.db
            .prepare_cached("UPDATE vault_case SET deadline = ?2 WHERE id = ?1")?
            .execute(params![clock.case, deadline.map(millis)])?;
        let action = if deadline.is_none() { "case.claimed" } else { "case.unclaimed" };
        act.audit(action, &format!("case:{}", clock.case), now)?;
        if deadline.is_some() {
            report.cases.push((CaseId(clock.case), ThreadId(thread)));
        }
        for touched in crate::cases::threads_of(act.db, clock.case)? {
            facts::recompute(act.db, touched)?;
            if !report.threads.contains(&ThreadId(touched)) {
                report.threads.push(ThreadId(touched));
            }
        }
    }
    Ok(())
}

fn clocks(db: &Connection, thread: i64, me: &str) -> Result<Vec<Clock>> {
    let mut statement = db.prepare_cached(
        "SELECT c.id, c.tier, c.deadline IS NOT NULL, c.acknowledged_at IS NOT NULL, NOT EXISTS (
           SELECT 1 FROM case_flag cf JOIN flag f ON f.id = cf.flag_id
             JOIN message m ON m.id = f.message_id JOIN thread t ON t.id = m.thread_id
           WHERE cf.case_id = c.id AND f.dismissed_at IS NULL AND f.superseded_at IS NULL AND f.closed_at IS NULL
             AND NOT (coalesce(t.claim_state, 'free') IN ('claimed', 'done') AND coalesce(t.claimed_by, ?2) <> ?2
                      AND t.claimed_at > coalesce(m.text_updated, m.last_updated)))
         FROM vault_case c WHERE c.state <> 'closed' AND c.id IN (
           SELECT id FROM vault_case WHERE thread_id = ?1
           UNION SELECT case_id FROM case_flag WHERE thread_id = ?1)",
    )?;
    let rows = statement.query_map(params![thread, me], |row| {
        Ok(Clock {
            case: row.get(0)?,
            tier: Tier::from_rank(row.get(1)?),
            runs: row.get(2)?,
            acknowledged: row.get(3)?,
            covered: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests;
