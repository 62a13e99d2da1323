//! Cases: reading them, and the acts of the clinician on them. Who and when is append-only: a step that is set again keeps
//! its trace in the audit chain.

use chrono::{DateTime, Utc};
use inbox_domain::case::CHECKLIST_STEPS;
use inbox_domain::{AttemptOutcome, CaseId, CaseState, MessageId, StepState, ThreadId, Tier};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::act::Act;
use crate::column::{from_word, instant, instant_opt, millis, word};
use crate::messages::{FLAG, read_flag};
use crate::{CaseAttempt, CaseStep, Result, StoredCase, StoredFlag, VaultError, facts, people};

/// The reason that a false alarm gives every open step.
const FALSE_ALARM: &str = "false alarm";

/// Open cases by deadline, then closed ones, newest first.
pub(crate) fn list(db: &Connection) -> Result<Vec<StoredCase>> {
    let ids = db
        .prepare_cached(
            "SELECT id FROM vault_case
             ORDER BY state = 'closed', CASE state WHEN 'closed' THEN -closed_at ELSE coalesce(deadline, opened_at) END, id",
        )?
        .query_map([], |row| row.get(0).map(CaseId))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    ids.into_iter().map(|id| load(db, id)).collect()
}

/// One case.
pub(crate) fn load(db: &Connection, id: CaseId) -> Result<StoredCase> {
    let mut statement = db.prepare_cached(
        "SELECT thread_id, patient_id, state, tier, opened_at, deadline, acknowledged_at, closed_at, outcome, false_alarm
         FROM vault_case WHERE id = ?1",
    )?;
    let mut rows = statement.query([id.0])?;
    let row = rows.next()?.ok_or(VaultError::NoSuch("case"))?;
    let patient: Option<i64> = row.get(1)?;
    Ok(StoredCase {
        id,
        thread: ThreadId(row.get(0)?),
        patient: patient.map(|id| people::patient(db, id)).transpose()?,
        state: from_word::<CaseState>(&row.get::<_, String>(2)?, "case state")?,
        tier: Tier::from_rank(row.get(3)?),
        opened_at: instant(row.get(4)?),
        deadline: instant_opt(row.get(5)?),
        acknowledged_at: instant_opt(row.get(6)?),
        closed_at: instant_opt(row.get(7)?),
        outcome: row.get(8)?,
        false_alarm: row.get(9)?,
        flags: flags(db, id)?,
        steps: steps(db, id)?,
        attempts: attempts(db, id)?,
    })
}

fn flags(db: &Connection, case: CaseId) -> Result<Vec<(MessageId, StoredFlag)>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {FLAG}, f.message_id FROM case_flag cf JOIN flag f ON f.id = cf.flag_id
         JOIN message m ON m.id = f.message_id WHERE cf.case_id = ?1 ORDER BY m.sent_at, f.start_at, f.id"
    ))?;
    let mut rows = statement.query([case.0])?;
    let mut flags = Vec::new();
    while let Some(row) = rows.next()? {
        flags.push((MessageId(row.get(12)?), read_flag(row)?));
    }
    Ok(flags)
}

fn steps(db: &Connection, case: CaseId) -> Result<Vec<CaseStep>> {
    let mut statement = db.prepare_cached(
        "SELECT n, state, reason, set_at, set_by FROM case_step WHERE case_id = ?1 ORDER BY n",
    )?;
    let mut rows = statement.query([case.0])?;
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(CaseStep {
            n: row.get(0)?,
            state: from_word(&row.get::<_, String>(1)?, "step state")?,
            reason: row.get(2)?,
            at: instant_opt(row.get(3)?),
            by: row.get(4)?,
        });
    }
    Ok(steps)
}

fn attempts(db: &Connection, case: CaseId) -> Result<Vec<CaseAttempt>> {
    let mut statement = db.prepare_cached(
        "SELECT at, outcome, number, next_at, made_by FROM case_attempt WHERE case_id = ?1 ORDER BY id",
    )?;
    let mut rows = statement.query([case.0])?;
    let mut attempts = Vec::new();
    while let Some(row) = rows.next()? {
        attempts.push(CaseAttempt {
            at: instant(row.get(0)?),
            outcome: from_word(&row.get::<_, String>(1)?, "outcome")?,
            number: row.get(2)?,
            next: instant_opt(row.get(3)?),
            by: row.get(4)?,
        });
    }
    Ok(attempts)
}

/// The open case of a thread's patient; without a patient that of the thread itself.
pub(crate) fn open_case(db: &Connection, thread: ThreadId) -> Result<Option<StoredCase>> {
    let id = db
        .prepare_cached(
            "SELECT c.id FROM thread t JOIN vault_case c ON c.state <> 'closed'
               AND (c.patient_id = t.patient_id OR c.thread_id = t.id)
             WHERE t.id = ?1 ORDER BY c.id LIMIT 1",
        )?
        .query_row([thread.0], |row| row.get(0).map(CaseId))
        .optional()?;
    id.map(|id| load(db, id)).transpose()
}

/// The threads whose facts a case changes.
pub(crate) fn threads_of(db: &Connection, case: i64) -> Result<Vec<i64>> {
    let mut statement = db.prepare_cached(
        "SELECT thread_id FROM vault_case WHERE id = ?1 UNION SELECT thread_id FROM case_flag WHERE case_id = ?1",
    )?;
    let threads = statement.query_map([case], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(threads)
}

/// Stops the clock.
pub(crate) fn acknowledge(act: &Act<'_>, case: CaseId, by: &str, now: DateTime<Utc>) -> Result<StoredCase> {
    advance(act, case, "acknowledged", by, now)?;
    finish(act, case, "case.acknowledge", now)
}

/// Acknowledges an open case that is not yet, and moves a new one to `state`; one that is further on stays there.
fn advance(act: &Act<'_>, case: CaseId, state: &str, by: &str, now: DateTime<Utc>) -> Result<()> {
    let changed = act
        .db
        .prepare_cached(
            "UPDATE vault_case SET deadline = NULL, acknowledged_at = coalesce(acknowledged_at, ?3),
             acknowledged_by = coalesce(acknowledged_by, ?4),
             acknowledged_tier = CASE WHEN acknowledged_at IS NULL THEN tier ELSE acknowledged_tier END,
             state = CASE WHEN state = 'new' OR (state = 'acknowledged' AND ?2 <> 'new') THEN ?2 ELSE state END
             WHERE id = ?1 AND state <> 'closed'",
        )?
        .execute(params![case.0, state, millis(now), by])?;
    if changed > 0 {
        return Ok(());
    }
    load(act.db, case)?;
    Err(VaultError::Invalid("act on a closed case"))
}

fn finish(act: &Act<'_>, case: CaseId, action: &str, now: DateTime<Utc>) -> Result<StoredCase> {
    act.audit(action, &format!("case:{case}"), now)?;
    for thread in threads_of(act.db, case.0)? {
        facts::recompute(act.db, thread)?;
    }
    load(act.db, case)
}

/// A contact attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub(crate) outcome: AttemptOutcome,
    pub(crate) number: &'a str,
    pub(crate) next: Option<DateTime<Utc>>,
    pub(crate) by: &'a str,
}

/// Logs a contact attempt; it acknowledges the case.
pub(crate) fn log_attempt(
    act: &Act<'_>,
    case: CaseId,
    attempt: Attempt<'_>,
    now: DateTime<Utc>,
) -> Result<StoredCase> {
    advance(act, case, "in-work", attempt.by, now)?;
    act.db
        .prepare_cached(
            "INSERT INTO case_attempt (case_id, at, outcome, number, next_at, made_by)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            case.0,
            millis(now),
            word(attempt.outcome),
            attempt.number,
            attempt.next.map(millis),
            attempt.by
        ])?;
    finish(act, case, &format!("case.attempt.{}", word(attempt.outcome)), now)
}

/// A step as it is set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step<'a> {
    pub(crate) n: u8,
    pub(crate) state: StepState,
    pub(crate) reason: Option<&'a str>,
    pub(crate) by: &'a str,
}

/// Sets a step of the checklist. Work on a step acknowledges the case.
pub(crate) fn set_step(
    act: &Act<'_>,
    case: CaseId,
    step: Step<'_>,
    now: DateTime<Utc>,
) -> Result<StoredCase> {
    if step.n == 0 || step.n > CHECKLIST_STEPS {
        return Err(VaultError::Invalid("step"));
    }
    let reason = step.reason.map(str::trim).filter(|reason| !reason.is_empty());
    if step.state == StepState::Skipped && reason.is_none() {
        return Err(VaultError::Invalid("step without a reason"));
    }
    advance(act, case, "in-work", step.by, now)?;
    act.db
        .prepare_cached(
            "UPDATE case_step SET state = ?3, reason = ?4, set_at = ?5, set_by = ?6 WHERE case_id = ?1 AND n = ?2",
        )?
        .execute(params![case.0, step.n, word(step.state), reason, millis(now), step.by])?;
    finish(act, case, &format!("case.step.{}.{}", step.n, word(step.state)), now)
}

/// Closes a case and settles its flags.
pub(crate) fn close(
    act: &Act<'_>,
    case: CaseId,
    outcome: &str,
    false_alarm: bool,
    by: &str,
    now: DateTime<Utc>,
) -> Result<StoredCase> {
    if outcome.trim().is_empty() && !false_alarm {
        return Err(VaultError::Invalid("outcome"));
    }
    advance(act, case, "in-work", by, now)?;
    if false_alarm {
        act.db
            .prepare_cached(
                "UPDATE case_step SET state = 'skipped', reason = ?2, set_at = ?3, set_by = ?4
                 WHERE case_id = ?1 AND state = 'open'",
            )?
            .execute(params![case.0, FALSE_ALARM, millis(now), by])?;
    }
    let open: u8 = act
        .db
        .prepare_cached("SELECT count(*) FROM case_step WHERE case_id = ?1 AND state = 'open'")?
        .query_row([case.0], |row| row.get(0))?;
    if open > 0 {
        return Err(VaultError::StepsOpen(open));
    }
    act.db
        .prepare_cached(
            "UPDATE vault_case SET state = 'closed', closed_at = ?2, closed_by = ?3, outcome = ?4, false_alarm = ?5
             WHERE id = ?1",
        )?
        .execute(params![case.0, millis(now), by, outcome, false_alarm])?;
    // Also the lesser flags of the same messages: the clinician has worked on the whole message.
    act.db
        .prepare_cached(
            "UPDATE flag SET closed_at = ?2 WHERE closed_at IS NULL AND message_id IN (
               SELECT f.message_id FROM case_flag cf JOIN flag f ON f.id = cf.flag_id WHERE cf.case_id = ?1)",
        )?
        .execute(params![case.0, millis(now)])?;
    finish(act, case, if false_alarm { "case.close.false-alarm" } else { "case.close" }, now)
}
