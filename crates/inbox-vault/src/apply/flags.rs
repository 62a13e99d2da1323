//! Flags of a message, old and new.

use inbox_domain::{Flag, Judgement, Tier};
use rusqlite::params;

use super::{Raised, Run};
use crate::Result;
use crate::column::{count, json, millis, word};

struct Old {
    id: i64,
    rule: String,
    text: String,
    tier: Tier,
}

impl Run<'_> {
    /// Makes the message's flags those of the judgement and answers those that are work now and were not before. A flag
    /// that stays keeps its id, so that a case and "wrong here" stay with it; one that goes is kept as superseded.
    pub(super) fn replace_flags(
        &self,
        message: i64,
        thread: i64,
        judgement: &Judgement,
    ) -> Result<Vec<Raised>> {
        let next_open = judgement.hours.as_ref().filter(|hours| hours.after_hours).and_then(|h| h.next_open);
        let next_open = next_open.map(millis);
        let mut old = self.current_flags(message)?;
        let mut raised = Vec::new();
        for flag in &judgement.triaged.flags {
            let kept = old.iter().position(|old| old.rule == flag.rule && old.text == flag.text);
            let (id, before) = match kept.map(|at| old.swap_remove(at)) {
                Some(kept) => {
                    self.update_flag(kept.id, flag)?;
                    (kept.id, kept.tier)
                }
                None => (self.insert_flag(message, thread, flag)?, Tier::None),
            };
            if flag.tier.opens_case() && flag.tier > before {
                raised.push(Raised { message, flag: id, tier: flag.tier, next_open, seen_since: None });
            }
        }
        for gone in old {
            self.supersede_flag(gone.id)?;
        }
        Ok(raised)
    }

    pub(super) fn supersede_flag(&self, id: i64) -> Result<()> {
        self.db
            .prepare_cached("UPDATE flag SET superseded_at = ?2 WHERE id = ?1")?
            .execute(params![id, millis(self.now)])?;
        Ok(())
    }

    fn current_flags(&self, message: i64) -> Result<Vec<Old>> {
        let mut statement = self.db.prepare_cached(
            "SELECT id, rule, text, tier FROM flag WHERE message_id = ?1 AND superseded_at IS NULL",
        )?;
        let rows = statement.query_map([message], |row| {
            Ok(Old {
                id: row.get(0)?,
                rule: row.get(1)?,
                text: row.get(2)?,
                tier: Tier::from_rank(row.get(3)?),
            })
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    pub(super) fn insert_flag(&self, message: i64, thread: i64, flag: &Flag) -> Result<i64> {
        self.db
            .prepare_cached(
                "INSERT INTO flag (message_id, thread_id, rule, category, tier, start_at, end_at, text, context,
                 demoted, also, raised_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?
            .execute(params![
                message,
                thread,
                flag.rule,
                word(flag.category),
                flag.tier.rank(),
                count(flag.start),
                count(flag.end),
                flag.text,
                json(&flag.context)?,
                flag.demoted,
                json(&flag.also)?,
                millis(self.now),
            ])?;
        Ok(self.db.last_insert_rowid())
    }

    pub(super) fn update_flag(&self, id: i64, flag: &Flag) -> Result<()> {
        self.db
            .prepare_cached(
                "UPDATE flag SET category = ?2, tier = ?3, start_at = ?4, end_at = ?5, context = ?6, demoted = ?7,
                 also = ?8, text = ?9 WHERE id = ?1",
            )?
            .execute(params![
                id,
                word(flag.category),
                flag.tier.rank(),
                count(flag.start),
                count(flag.end),
                json(&flag.context)?,
                flag.demoted,
                json(&flag.also)?,
                flag.text,
            ])?;
        Ok(())
    }
}
