//! One batch of changes in one transaction with its cursor (I2).
//!
//! Order matters: people and headers first, so that messages find them; then messages; then what follows from them (cases,
//! holds); the facts of each touched thread once, at the end; the search index last and in one ascending run, because FTS5
//! flushes whenever a row id goes down.

mod absent;
mod again;
mod cases;
mod echo;
mod flags;
mod messages;
mod people;
mod quarantine;
mod threads;
mod update;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use inbox_domain::{ApplyReport, Batch, SyncCursor, ThreadId, Tier};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::act::Act;
use crate::column::{instant_opt, millis};
use crate::facts::Beside;
use crate::promises::answers;
use crate::{Result, facts, retriage, search_text, search_words};

use absent::Absent;

pub(crate) use again::{hours_again, judge_again};
pub(crate) use people::patient_row;
pub(crate) use threads::{find as find_thread, merge};

/// A flag that was not there before and may be work.
struct Raised {
    message: i64,
    flag: i64,
    tier: Tier,
    next_open: Option<i64>,
    /// When the message was stored, for one that stood there before and was only judged again.
    seen_since: Option<i64>,
}

/// One application of a batch.
struct Run<'a> {
    act: &'a Act<'a>,
    db: &'a Connection,
    now: DateTime<Utc>,
    backlog: bool,
    report: ApplyReport,
    /// Threads whose facts are to be computed again.
    touched: BTreeSet<i64>,
    /// Messages of the patient's side that were not stored before.
    arrived: Vec<i64>,
    raised: Vec<Raised>,
    /// Threads in which a message of a clinician is new: they may have been answered.
    answered: BTreeSet<i64>,
    /// Rows for the search index.
    indexed: Vec<(i64, search_text::Indexed)>,
    next_message: i64,
    /// The newest row of the search index: what is later needs no look for a free one.
    last_search: i64,
    absent: Absent,
    patients: HashMap<String, i64>,
    threads: HashMap<String, i64>,
    /// Patients of threads that were looked up.
    subjects: HashMap<i64, Option<i64>>,
    /// The first message, by id, whose judgement was stored.
    judged_from: Option<i64>,
}

impl<'a> Run<'a> {
    fn new(act: &'a Act<'a>, backlog: bool, now: DateTime<Utc>) -> Result<Self> {
        let last: Option<i64> = act
            .db
            .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'message'")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(Self {
            act,
            db: act.db,
            now,
            backlog,
            report: ApplyReport::default(),
            touched: BTreeSet::new(),
            arrived: Vec::new(),
            raised: Vec::new(),
            answered: BTreeSet::new(),
            indexed: Vec::new(),
            next_message: last.unwrap_or(0) + 1,
            last_search: act
                .db
                .prepare_cached("SELECT coalesce(max(search_id), 0) FROM message")?
                .query_row([], |row| row.get(0))?,
            absent: Absent::look(act.db)?,
            patients: HashMap::new(),
            threads: HashMap::new(),
            subjects: HashMap::new(),
            judged_from: None,
        })
    }

    fn note_judged(&mut self, message: i64) {
        self.judged_from = Some(self.judged_from.map_or(message, |first| first.min(message)));
    }

    /// What follows from the rows: read marks of the past, cases, holds, facts, index.
    fn finish(mut self) -> Result<ApplyReport> {
        if self.backlog {
            self.settle_past()?;
        }
        self.open_cases()?;
        if self.backlog {
            self.retract_answered_cases()?;
        } else {
            self.wake_and_hold()?;
        }
        self.recompute_touched()?;
        self.indexed.sort_unstable_by_key(|(row, _)| *row);
        for (row, text) in &self.indexed {
            self.db
                .prepare_cached("INSERT INTO message_search (rowid, text, folded) VALUES (?1, ?2, ?3)")?
                .execute(params![row, text.text, text.folded])?;
        }
        let words: BTreeSet<_> = self.indexed.iter().flat_map(|(_, text)| &text.compounds).collect();
        search_words::learn(self.db, words.into_iter())?;
        Ok(self.report)
    }

    fn recompute_touched(&mut self) -> Result<()> {
        let beside = Beside::look(self.db)?;
        for thread in &self.touched {
            facts::recompute_beside(self.db, *thread, &beside)?;
        }
        self.report.threads = self.touched.iter().copied().map(ThreadId).collect();
        Ok(())
    }

    /// Messages of a first fill that were answered before this vault first saw them are not unread: no storm from the
    /// past.
    fn settle_past(&self) -> Result<()> {
        for thread in &self.touched {
            self.db
                .prepare_cached(concat!(
                    "UPDATE message AS m SET settled = 1
                     WHERE thread_id = ?1 AND inbound = 1 AND backlog = 1 AND settled = 0 AND read_at IS NULL AND ",
                    facts::written_by!(),
                    " <= (SELECT max(min(a.sent_at, a.last_updated)) FROM message a
                          WHERE a.thread_id = ?1 AND ",
                    answers!("a"),
                    ")"
                ))?
                .execute([thread])?;
        }
        Ok(())
    }

    /// A new message of the patient opens a closed thread, ends a snooze and stops replies that wait (I8).
    fn wake_and_hold(&mut self) -> Result<()> {
        for message in &self.arrived {
            let thread: Option<i64> = self
                .db
                .prepare_cached("SELECT thread_id FROM message WHERE id = ?1")?
                .query_row([message], |row| row.get(0))
                .optional()?;
            let Some(thread) = thread else { continue };
            self.db
                .prepare_cached("UPDATE thread SET status = 'open', snoozed_until = NULL WHERE id = ?1")?
                .execute([thread])?;
            let held = crate::outbox::hold_for_newer(self.db, thread, *message)?;
            for entry in &held {
                self.act.audit("outbox.hold", &format!("outbox:{entry}"), self.now)?;
            }
            self.report.held.extend(held);
        }
        Ok(())
    }
}

/// Applies one batch.
pub(crate) fn apply(act: &Act<'_>, batch: &Batch, now: DateTime<Utc>) -> Result<ApplyReport> {
    let mut run = Run::new(act, batch.backlog, now)?;
    let empty_before = run.next_message == 1;
    for patient in &batch.patients {
        run.store_patient(patient)?;
    }
    for proxy in &batch.proxies {
        run.store_proxy(proxy)?;
    }
    for practitioner in &batch.practitioners {
        run.store_practitioner(practitioner)?;
    }
    for thread in &batch.threads {
        run.store_thread(thread)?;
    }
    for judged in &batch.messages {
        run.store_message(judged)?;
    }
    for withdrawal in &batch.withdrawn {
        run.withdraw(withdrawal)?;
    }
    for quarantined in &batch.quarantined {
        run.quarantine(quarantined)?;
    }
    if let Some(cursor) = &batch.cursor {
        store_cursor(act.db, cursor)?;
    }
    if let (Some(engine), Some(first)) = (&batch.judged_under, run.judged_from) {
        retriage::note_batch(act.db, engine, first, empty_before)?;
    }
    run.finish()
}

/// Stores the cursor. No instant ever moves back, whatever the caller says (I2).
fn store_cursor(db: &Connection, cursor: &SyncCursor) -> Result<()> {
    let old = load_cursor(db)?;
    db.prepare_cached(
        "UPDATE sync_cursor SET complete_until = ?1, first_fill = ?2, first_fill_done = ?3, last_sweep = ?4,
         last_reconcile = ?5",
    )?
    .execute(params![
        cursor.complete_until.max(old.complete_until).map(millis),
        cursor.first_fill,
        cursor.first_fill_done || old.first_fill_done,
        cursor.last_sweep.max(old.last_sweep).map(millis),
        cursor.last_reconcile.max(old.last_reconcile).map(millis),
    ])?;
    Ok(())
}

/// The stored cursor.
pub(crate) fn load_cursor(db: &Connection) -> Result<SyncCursor> {
    let cursor = db
        .prepare_cached(
            "SELECT complete_until, first_fill, first_fill_done, last_sweep, last_reconcile FROM sync_cursor",
        )?
        .query_row([], |row| {
            Ok(SyncCursor {
                complete_until: instant_opt(row.get(0)?),
                first_fill: row.get(1)?,
                first_fill_done: row.get(2)?,
                last_sweep: instant_opt(row.get(3)?),
                last_reconcile: instant_opt(row.get(4)?),
            })
        })?;
    Ok(cursor)
}

#[cfg(test)]
mod tests;
