//! Judging stored messages again, after a change of the lexicon or of the hours. No storm from the past: cases open by the
//! backlog rule alone, and what a clinician has dismissed, acknowledged or closed stays so.

use chrono::{DateTime, Utc};
use inbox_domain::{ApplyReport, Flag, HoursVerdict, MessageId, ThreadId, Tier, Triaged};
use rusqlite::params;

use super::{Raised, Run};
use crate::act::Act;
use crate::column::{json, word};
use crate::{Result, StoredFlag, VaultError, messages};

/// A flag as it was before.
struct Before {
    stored: StoredFlag,
    superseded: bool,
}

/// The message as it stands.
struct Standing {
    thread: i64,
    stored_at: i64,
    /// The next opening, for one written after hours.
    next_open: Option<i64>,
    /// Tier, checked, not checked, functions: as columns.
    judged: (i64, String, String, String),
}

/// Replaces what triage says of stored messages of the patient's side.
pub(crate) fn judge_again<'a>(
    act: &Act<'_>,
    judged: impl Iterator<Item = (MessageId, &'a Triaged)>,
    now: DateTime<Utc>,
) -> Result<ApplyReport> {
    let mut run = Run::new(act, true, now)?;
    for (message, triaged) in judged {
        run.judge(message.0, triaged)?;
    }
    run.open_cases()?;
    run.recompute_touched()?;
    Ok(run.report)
}

/// Replaces what the hours say of stored messages.
pub(crate) fn hours_again(
    act: &Act<'_>,
    verdicts: &[(MessageId, HoursVerdict)],
    now: DateTime<Utc>,
) -> Result<Vec<ThreadId>> {
    let mut run = Run::new(act, true, now)?;
    for (message, verdict) in verdicts {
        let thread = run.standing(message.0)?.thread;
        run.store_hours(message.0, Some(verdict))?;
        run.touched.insert(thread);
    }
    run.recompute_touched()?;
    Ok(run.report.threads)
}

impl Run<'_> {
    fn standing(&self, message: i64) -> Result<Standing> {
        self.db
            .prepare_cached(
                "SELECT thread_id, stored_at, CASE WHEN after_hours THEN next_open END, tier, checked, not_checked,
                 functions FROM message WHERE id = ?1 AND delivered <> 'draft'",
            )?
            .query_row([message], |row| {
                Ok(Standing {
                    thread: row.get(0)?,
                    stored_at: row.get(1)?,
                    next_open: row.get(2)?,
                    judged: (row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?),
                })
            })
            .map_err(|error| match error {
                rusqlite::Error::QueryReturnedNoRows => VaultError::NoSuch("message"),
                other => other.into(),
            })
    }

    fn judge(&mut self, message: i64, triaged: &Triaged) -> Result<()> {
        let standing = self.standing(message)?;
        let before = self.flags_before(message)?;
        let judged = (
            triaged.tier.rank(),
            word(triaged.checked),
            json(&triaged.not_checked)?,
            json(&triaged.functions)?,
        );
        // Most messages stay as they are: their threads are neither computed nor drawn again.
        if standing.judged == judged && same_flags(&before, &triaged.flags) {
            return Ok(());
        }
        self.touched.insert(standing.thread);
        self.store_triaged(message, triaged)?;
        self.judge_flags(message, &standing, before, triaged)
    }

    /// All flags of a message, those that stand first, then the newest.
    fn flags_before(&self, message: i64) -> Result<Vec<Before>> {
        let mut statement = self.db.prepare_cached(&format!(
            "SELECT {}, f.superseded_at IS NOT NULL FROM flag f WHERE f.message_id = ?1
             ORDER BY f.superseded_at IS NOT NULL, f.id DESC",
            messages::FLAG
        ))?;
        let mut rows = statement.query([message])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(Before { stored: messages::read_flag(row)?, superseded: row.get(12)? });
        }
        Ok(found)
    }

    /// A flag that is the same as before (see [`position_of`]) keeps its id, also one that a lexicon in between did not raise, so that
    /// "wrong here" and a case stay with it.
    fn judge_flags(
        &mut self,
        message: i64,
        standing: &Standing,
        mut before: Vec<Before>,
        triaged: &Triaged,
    ) -> Result<()> {
        let closed_up_to = closed_tier(&before);
        for flag in &triaged.flags {
            let kept = position_of(flag, &before, &triaged.flags).map(|at| before.remove(at));
            let outgrown = match &kept {
                Some(kept) => self.has_outgrown(kept, flag)?,
                None => false,
            };
            let (id, tier_before, decided) = match kept {
                // The closed case keeps the flag that it settled: what is worse is a flag of its own, and may have a case.
                Some(old) if outgrown => {
                    let before = old.stored.flag.tier;
                    if !old.superseded {
                        self.supersede_flag(old.stored.id.0)?;
                    }
                    (self.insert_flag(message, standing.thread, flag)?, before, false)
                }
                Some(kept) => {
                    self.update_flag(kept.stored.id.0, flag)?;
                    self.revive_flag(&kept)?;
                    let decided = kept.stored.dismissed_at.is_some() || kept.stored.settled;
                    (kept.stored.id.0, kept.stored.flag.tier, decided)
                }
                None => {
                    let id = self.insert_flag(message, standing.thread, flag)?;
                    let decided = flag.tier <= closed_up_to;
                    if decided {
                        self.settle_flag(id)?;
                    }
                    (id, Tier::None, decided)
                }
            };
            if !decided && flag.tier.opens_case() && flag.tier > tier_before {
                let (next_open, seen_since) = (standing.next_open, Some(standing.stored_at));
                self.raised.push(Raised { message, flag: id, tier: flag.tier, next_open, seen_since });
            }
        }
        for gone in before.into_iter().filter(|old| !old.superseded) {
            self.supersede_flag(gone.stored.id.0)?;
        }
        Ok(())
    }

    /// Whether a flag that a closed case has settled says more now than it did when the case was closed. A case remembers
    /// its tier: a rule that was at watch in between is back where it was, and no more.
    fn has_outgrown(&self, old: &Before, flag: &Flag) -> Result<bool> {
        if !old.stored.settled || old.stored.dismissed_at.is_some() || flag.tier <= old.stored.flag.tier {
            return Ok(false);
        }
        let closed_at: i64 = self
            .db
            .prepare_cached(
                "SELECT coalesce(max(c.tier), 0) FROM case_flag cf JOIN vault_case c ON c.id = cf.case_id
                 WHERE cf.flag_id = ?1 AND c.state = 'closed'",
            )?
            .query_row([old.stored.id.0], |row| row.get(0))?;
        Ok(flag.tier.rank() > closed_at)
    }

    fn revive_flag(&self, flag: &Before) -> Result<()> {
        if flag.superseded {
            self.db
                .prepare_cached("UPDATE flag SET superseded_at = NULL WHERE id = ?1")?
                .execute([flag.stored.id.0])?;
        }
        Ok(())
    }

    /// Who closed the case of a message has settled what it says, up to the tier of that case's flags.
    fn settle_flag(&self, id: i64) -> Result<()> {
        self.db
            .prepare_cached("UPDATE flag SET closed_at = ?2 WHERE id = ?1")?
            .execute(params![id, crate::column::millis(self.now)])?;
        Ok(())
    }
}

/// The highest tier among the flags of a message that a closed case has settled.
fn closed_tier(before: &[Before]) -> Tier {
    let settled = before.iter().filter(|old| old.stored.settled);
    settled.map(|old| old.stored.flag.tier).max().unwrap_or_default()
}

/// The flag that this one was before: of the same rule on the same words, at the same place if there is one. A rule that
/// flags a message once, before and after, says the same of it on whatever words: those of evidence come and go with its
/// weights.
fn position_of(flag: &Flag, before: &[Before], flags: &[Flag]) -> Option<usize> {
    let same = |old: &Before| old.stored.flag.rule == flag.rule && old.stored.flag.text == flag.text;
    let there = before.iter().position(|old| same(old) && old.stored.flag.start == flag.start);
    there.or_else(|| before.iter().position(same)).or_else(|| only_one(flag, before, flags))
}

/// The only flag of a rule, if this one is the only one now: the one that stands, or else the only one that ever did.
fn only_one(flag: &Flag, before: &[Before], flags: &[Flag]) -> Option<usize> {
    if flags.iter().filter(|other| other.rule == flag.rule).count() != 1 {
        return None;
    }
    let of_rule = |at: &usize| before[*at].stored.flag.rule == flag.rule;
    let all: Vec<_> = (0..before.len()).filter(of_rule).collect();
    let standing: Vec<_> = all.iter().copied().filter(|at| !before[*at].superseded).collect();
    match (standing.as_slice(), all.as_slice()) {
        ([only], _) | ([], [only]) => Some(*only),
        _ => None,
    }
}

/// Whether the flags that stand are those.
fn same_flags(before: &[Before], flags: &[Flag]) -> bool {
    let standing: Vec<_> = before.iter().filter(|old| !old.superseded).collect();
    let stands = |flag: &Flag| standing.iter().any(|old| old.stored.flag == *flag);
    standing.len() == flags.len() && flags.iter().all(stands)
}
