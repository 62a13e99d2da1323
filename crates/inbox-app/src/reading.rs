//! Lists, threads and search as the window shows them.

use chrono::{DateTime, Utc};
use inbox_domain::{MessageFunction, SearchRequest, SenderRole, View, format_instant};
use inbox_vault::{QuarantineRow, ThreadSummary};

use crate::{
    dto::{AppError, SearchHit, Segment, ThreadPage, ThreadRow, UnreadableRow},
    error::{AppResult, parse},
    replies::shown_state,
    session::Session,
    sharing::Colleagues,
    text,
};

/// A page is never longer, whatever is asked for.
const PAGE_LIMIT: u32 = 500;

/// Characters of a row's preview.
const PREVIEW: usize = 160;

impl Session {
    /// A page of a view.
    pub fn list_threads(
        &self,
        view: View,
        function: Option<MessageFunction>,
        offset: u32,
        limit: u32,
    ) -> AppResult<ThreadPage> {
        let now = self.now();
        let page = self.vault.list_threads(Some(view), function, offset, limit.min(PAGE_LIMIT), now)?;
        let unreadable = if view == View::NeedsAttention && function.is_none() && offset == 0 {
            self.vault.quarantine()?.into_iter().map(unreadable_row).collect()
        } else {
            Vec::new()
        };
        let colleagues = self.colleagues()?;
        Ok(ThreadPage {
            rows: page.rows.into_iter().map(|row| self.row(row, &colleagues, now)).collect(),
            unreadable,
            total: page.total,
        })
    }

    /// The text of a message beyond what a thread shows at first, up to 256 KiB; a longer one ends in a visible mark.
    pub fn load_message_text(&self, message: &str) -> AppResult<Vec<Segment>> {
        let stored = self.vault.message(parse(message, "message")?)?;
        self.refuse_masked(stored.thread)?;
        let flags: Vec<_> = stored.flags.into_iter().map(|stored| stored.flag).collect();
        let mut cut = text::cut_text(&stored.text, &flags, true);
        if cut.cut {
            cut.segments.push(Segment {
                text: "\u{27e6}\u{2026}\u{27e7}".into(),
                flags: Vec::new(),
                revealed: true,
                link: None,
            });
        }
        Ok(cut.segments)
    }

    /// The row of a thread as the window may show it.
    pub(crate) fn row(
        &self,
        summary: ThreadSummary,
        colleagues: &Colleagues,
        now: DateTime<Utc>,
    ) -> ThreadRow {
        let masked = self.masks(summary.id, summary.sensitive);
        let row = thread_row(summary, colleagues, now);
        if masked { row.masked() } else { row }
    }

    /// Searches all messages, newest first. Hits in sensitive threads that were not asked for are masked.
    ///
    /// # Errors
    /// As [`Session::search_records`].
    pub fn search(&self, query: &str, limit: u32) -> AppResult<Vec<SearchHit>> {
        let mask = |hit: SearchHit| {
            let thread = hit.thread.parse().ok();
            if thread.is_some_and(|thread| self.masks(thread, hit.sensitive)) { hit.masked() } else { hit }
        };
        Ok(self.search_records(query, limit)?.into_iter().map(mask).collect())
    }

    /// The same for the command line, which masks nothing: words and operators ([`SearchRequest`]).
    ///
    /// # Errors
    /// `invalid_search` with the operator and its value; the vault's.
    pub fn search_records(&self, query: &str, limit: u32) -> AppResult<Vec<SearchHit>> {
        let zone = self.hours().tz();
        let today = self.now().with_timezone(&zone).date_naive();
        let request = SearchRequest::parse(query, zone, today).map_err(|problem| {
            AppError::new("invalid_search").with("operator", problem.operator).with("value", problem.value)
        })?;
        let hits = self.vault.find(&request, limit.min(PAGE_LIMIT))?;
        self.note_search(hits.len());
        Ok(hits
            .into_iter()
            .map(|hit| SearchHit {
                message: hit.message.to_string(),
                thread: hit.thread.to_string(),
                patient: hit.patient,
                sent: format_instant(hit.sent_at),
                snippet: text::reveal_snippet(&hit.snippet),
                sensitive: hit.sensitive,
                masked: false,
            })
            .collect())
    }
}

fn thread_row(summary: ThreadSummary, colleagues: &Colleagues, now: DateTime<Utc>) -> ThreadRow {
    let claimed_by = colleagues.holder(summary.claim.as_ref());
    let covered_for = colleagues.covered_for(&summary);
    let facts = summary.facts;
    let (family, given) = summary.patient.map(|patient| (patient.family, patient.given)).unwrap_or_default();
    let (category, rule) = summary.top_flag.unzip();
    let (reply, reply_not_before) =
        summary.reply.map(|(state, not_before)| shown_state(state, not_before, now)).unzip();
    ThreadRow {
        id: summary.id.to_string(),
        family,
        given,
        topic: text::preview(&summary.topic, PREVIEW),
        preview: text::preview(&summary.preview, PREVIEW),
        preview_from: summary.preview_from.unwrap_or(SenderRole::Other),
        last_message_at: summary.last_message_at.map(format_instant).unwrap_or_default(),
        flagged_at: summary.flagged_at.map(format_instant),
        tier: facts.open_tier,
        category,
        rule,
        after_hours: summary.after_hours,
        unread: facts.unread,
        not_checked: summary.not_checked,
        function: facts.function,
        reply,
        reply_not_before: reply_not_before.flatten().map(format_instant),
        case: summary.case.map(|case| case.state),
        case_deadline: summary.case.and_then(|case| case.deadline).map(format_instant),
        attachments: summary.attachments,
        claimed_by,
        covered_for,
        snoozed_until: facts.snoozed_until.map(format_instant),
        status: facts.status,
        sensitive: summary.sensitive,
        masked: false,
    }
}

pub(crate) fn unreadable_row(row: QuarantineRow) -> UnreadableRow {
    UnreadableRow {
        portal_type: row.portal_type,
        portal_id: row.portal_id,
        reason: row.reason,
        first_seen: format_instant(row.first_seen),
    }
}
