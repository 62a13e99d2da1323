//! Cases that flags open or join (DESIGN.md, "Rules that keep an alarm an alarm").
//!
//! One open case a patient: a later flag joins it and starts its clock again, since an acknowledgement speaks only of what
//! was there to see.

use inbox_domain::case::{CHECKLIST_STEPS, acknowledge_by, opens_case};
use inbox_domain::{CaseId, ThreadId};
use rusqlite::{OptionalExtension as _, params};

use super::{Raised, Run};
use crate::column::{instant, millis};
use crate::promises::answers;
use crate::{Result, facts};

struct Flagged {
    thread: i64,
    patient: Option<i64>,
    /// When it was written at the latest.
    written_by: i64,
    answered: bool,
}

impl Run<'_> {
    pub(super) fn open_cases(&mut self) -> Result<()> {
        for raised in std::mem::take(&mut self.raised) {
            let Some(flagged) = self.flagged(raised.message)? else { continue };
            let written_by = instant(flagged.written_by);
            if !opens_case(raised.tier, self.backlog, flagged.answered, written_by, self.now) {
                continue;
            }
            let (case, rings) = match self.open_case_of(&flagged)? {
                Some(case) => (case, self.join_case(case, &raised)?),
                None => (self.open_case(&flagged, &raised)?, true),
            };
            self.db
                .prepare_cached(
                    "INSERT OR IGNORE INTO case_flag (case_id, flag_id, thread_id) VALUES (?1, ?2, ?3)",
                )?
                .execute([case, raised.flag, flagged.thread])?;
            let threads = crate::cases::threads_of(self.db, case)?;
            self.touched.extend(threads);
            let entry = (CaseId(case), ThreadId(flagged.thread));
            if rings && !self.report.cases.contains(&entry) {
                self.report.cases.push(entry);
            }
        }
        Ok(())
    }

    fn flagged(&self, message: i64) -> Result<Option<Flagged>> {
        Ok(self
            .db
            .prepare_cached(concat!(
                "SELECT m.thread_id, t.patient_id, ",
                facts::written_by!(),
                ", EXISTS (
                   SELECT 1 FROM message a WHERE a.thread_id = m.thread_id AND ",
                answers!("a"),
                " AND min(a.sent_at, a.last_updated) >= ",
                facts::written_by!(),
                ") FROM message m JOIN thread t ON t.id = m.thread_id WHERE m.id = ?1"
            ))?
            .query_row([message], |row| {
                Ok(Flagged {
                    thread: row.get(0)?,
                    patient: row.get(1)?,
                    written_by: row.get(2)?,
                    answered: row.get(3)?,
                })
            })
            .optional()?)
    }

    fn open_case_of(&self, flagged: &Flagged) -> Result<Option<i64>> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT id FROM vault_case WHERE state <> 'closed' AND patient_id IS ?1
                   AND (?1 IS NOT NULL OR thread_id = ?2) ORDER BY id LIMIT 1",
            )?
            .query_row(params![flagged.patient, flagged.thread], |row| row.get(0))
            .optional()?)
    }

    fn open_case(&self, flagged: &Flagged, raised: &Raised) -> Result<i64> {
        self.db
            .prepare_cached(
                "INSERT INTO vault_case (thread_id, patient_id, state, tier, backlog, opened_at, deadline)
                 VALUES (?1, ?2, 'new', ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                flagged.thread,
                flagged.patient,
                raised.tier.rank(),
                self.backlog,
                millis(self.now),
                self.deadline(raised),
            ])?;
        let case = self.db.last_insert_rowid();
        for n in 1..=CHECKLIST_STEPS {
            self.db
                .prepare_cached("INSERT INTO case_step (case_id, n) VALUES (?1, ?2)")?
                .execute(params![case, n])?;
        }
        self.act.audit("case.open", &format!("case:{case}"), self.now)?;
        Ok(case)
    }

    /// A case in work stays in work, with a clock again; else it is new again. What stood there when somebody acknowledged
    /// the case, and was only judged again, is covered by that if it was read, or is no worse than the case was then: one
    /// case is about all threads of a patient, and nobody need have seen the others. Answers whether the clock runs again.
    fn join_case(&self, case: i64, raised: &Raised) -> Result<bool> {
        let acknowledged: bool = self
            .db
            .prepare_cached(
                "SELECT coalesce(acknowledged_at >= ?2, 0) AND (?3 <= coalesce(acknowledged_tier, tier) OR EXISTS (
                   SELECT 1 FROM message m WHERE m.id = ?4 AND (m.read_at IS NOT NULL OR m.settled = 1)))
                 FROM vault_case WHERE id = ?1",
            )?
            .query_row(params![case, raised.seen_since, raised.tier.rank(), raised.message], |row| row.get(0))?;
        if acknowledged {
            self.db
                .prepare_cached("UPDATE vault_case SET tier = max(tier, ?2) WHERE id = ?1")?
                .execute(params![case, raised.tier.rank()])?;
            self.act.audit("case.join", &format!("case:{case} flag:{}", raised.flag), self.now)?;
            return Ok(false);
        }
        self.db
            .prepare_cached(
                "UPDATE vault_case SET tier = max(tier, ?2), deadline = min(coalesce(deadline, ?3), ?3),
                 acknowledged_at = NULL, acknowledged_by = NULL, acknowledged_tier = NULL,
                 state = CASE state WHEN 'in-work' THEN 'in-work' ELSE 'new' END WHERE id = ?1",
            )?
            .execute(params![case, raised.tier.rank(), self.deadline(raised)])?;
        self.act.audit("case.join", &format!("case:{case} flag:{}", raised.flag), self.now)?;
        Ok(true)
    }

    /// The clock starts when the flag is raised, or at the next start of duty when it was written out of hours and duty
    /// has not begun since.
    fn deadline(&self, raised: &Raised) -> i64 {
        let start = raised.next_open.map_or(self.now, |open| instant(open).max(self.now));
        millis(acknowledge_by(raised.tier, start))
    }

    /// The pages of a first fill may bring an answer after the message that it answers: a case that would not have been
    /// opened in the right order, and that nobody has touched, goes again.
    pub(super) fn retract_answered_cases(&mut self) -> Result<()> {
        let any: bool = self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM vault_case WHERE state = 'new' AND backlog = 1)")?
            .query_row([], |row| row.get(0))?;
        if !any {
            return Ok(());
        }
        for thread in std::mem::take(&mut self.answered) {
            let untouched = self
                .db
                .prepare_cached(concat!(
                    "SELECT c.id FROM vault_case c WHERE c.thread_id = ?1 AND c.state = 'new' AND c.backlog = 1
                       AND NOT EXISTS (SELECT 1 FROM case_attempt a WHERE a.case_id = c.id)
                       AND NOT EXISTS (SELECT 1 FROM case_step s WHERE s.case_id = c.id AND s.state <> 'open')
                       AND NOT EXISTS (
                         SELECT 1 FROM case_flag cf JOIN flag f ON f.id = cf.flag_id
                         JOIN message m ON m.id = f.message_id
                         WHERE cf.case_id = c.id AND (m.backlog = 0 OR NOT EXISTS (
                           SELECT 1 FROM message a WHERE a.thread_id = m.thread_id AND ",
                    answers!("a"),
                    " AND min(a.sent_at, a.last_updated) >= ",
                    facts::written_by!(),
                    ")))"
                ))?
                .query_map([thread], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<i64>>>()?;
            for case in untouched {
                self.touched.extend(crate::cases::threads_of(self.db, case)?);
                self.db.prepare_cached("DELETE FROM vault_case WHERE id = ?1")?.execute([case])?;
                self.act.audit("case.retract", &format!("case:{case}"), self.now)?;
                self.report.cases.retain(|(id, _)| id.0 != case);
            }
        }
        Ok(())
    }
}
