//! What the clinician shares with colleagues through the portal: who has a thread, who can read it too, for whom she
//! covers. Each act is stored at once and written by the next sync; only the portal says who has a thread.

use std::time::Duration;

use chrono::NaiveDate;
use inbox_domain::{ActKind, ActState, Covering, PortalAct, ThreadId, format_instant};
use inbox_portal::map_practitioner;
use inbox_sync::{cover_states, covers, set_covers};
use inbox_vault::{ThreadClaim, ThreadSummary};

use crate::dto::{
    AppError, AppEvent, ClaimView, ColleagueView, CoverView, HandoverView, SharingView, WorkView,
};
use crate::error::{AppResult, invalid};
use crate::record::{CoverRecord, SharingRecord};
use crate::session::Session;

/// Colleagues in one answer.
const COLLEAGUES: usize = 50;

/// What rows need to know of colleagues, read once for a page.
pub(crate) struct Colleagues {
    me: Option<String>,
    covers: Vec<Covering>,
    own: Vec<String>,
    names: Vec<ColleagueView>,
}

impl Colleagues {
    /// Name of the colleague who has the thread.
    pub(crate) fn holder(&self, claim: Option<&ThreadClaim>) -> Option<String> {
        let claim = claim.filter(|claim| !claim.done && Some(&claim.by) != self.me.as_ref())?;
        Some(shown_name(&claim.name, &claim.by))
    }

    /// Name of the absent colleague because of whom the vault holds the thread.
    pub(crate) fn covered_for(&self, summary: &ThreadSummary) -> Option<String> {
        if summary.recipients.iter().any(|name| self.own.contains(name)) {
            return None;
        }
        let absent = self.covers.iter().find(|cover| summary.recipients.contains(&cover.practitioner))?;
        let named = self.names.iter().find(|known| known.reference == absent.practitioner);
        Some(shown_name(named.map_or("", |known| &known.name), &absent.practitioner))
    }
}

/// Whether this is `Practitioner/ID`, with an id as FHIR allows it.
pub(crate) fn is_practitioner_reference(reference: &str) -> bool {
    reference.strip_prefix("Practitioner/").is_some_and(|id| {
        !id.is_empty()
            && id.len() <= 64
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    })
}

impl Session {
    /// The clinician takes a thread. `take_over`: also from the colleague who has it by what is shown here, and from nobody
    /// who came since.
    ///
    /// # Errors
    /// `no_shared_work` for a thread that the portal does not have; those of the vault.
    pub fn claim_thread(&self, thread: &str, take_over: bool) -> AppResult<()> {
        self.set_work(thread, ActKind::Claim, take_over)
    }

    /// She gives it back.
    ///
    /// # Errors
    /// As [`Session::claim_thread`].
    pub fn release_thread(&self, thread: &str) -> AppResult<()> {
        self.set_work(thread, ActKind::Release, false)
    }

    /// Its work is done.
    ///
    /// # Errors
    /// As [`Session::claim_thread`].
    pub fn finish_thread(&self, thread: &str) -> AppResult<()> {
        self.set_work(thread, ActKind::Done, false)
    }

    fn set_work(&self, thread: &str, kind: ActKind, take_over: bool) -> AppResult<()> {
        let thread = self.thread_id(thread)?;
        let me = self.reference()?;
        let summary = self.vault.thread(thread)?;
        if summary.portal_id.is_none() {
            return Err(AppError::new("no_shared_work"));
        }
        let holder = summary.claim.filter(|claim| take_over && !claim.done && claim.by != me);
        let over = holder.map(|claim| claim.by);
        self.vault.set_work(thread, kind, &me, over.as_deref(), self.now())?;
        self.changed(thread);
        self.sync_within(Duration::ZERO);
        Ok(())
    }

    /// Hands a thread over: the colleague is to be able to read it. What came of it stands in the thread after the next
    /// sync.
    ///
    /// # Errors
    /// `no_such_colleague` for what is no other clinician's reference; those of the vault.
    pub fn hand_over(&self, thread: &str, colleague: &str) -> AppResult<()> {
        if !self.around.policy.current().policy.sharing {
            return Err(AppError::new("sharing_off"));
        }
        let thread = self.thread_id(thread)?;
        self.check_colleague(colleague)?;
        self.vault.hand_over(thread, colleague, self.now())?;
        self.changed(thread);
        self.sync_within(Duration::ZERO);
        Ok(())
    }

    fn check_colleague(&self, reference: &str) -> AppResult<()> {
        if !is_practitioner_reference(reference) || reference == self.reference()? {
            return Err(AppError::new("no_such_colleague"));
        }
        Ok(())
    }

    /// Colleagues whose names hold `query`: those that the vault knows, and where the portal can be asked, its own.
    ///
    /// # Errors
    /// Those of the vault; a portal that does not answer only leaves out those that it alone knows.
    pub async fn list_colleagues(&self, query: &str) -> AppResult<Vec<ColleagueView>> {
        let wanted = query.trim().to_lowercase();
        let me = self.reference()?;
        let mut found = self.known_colleagues()?;
        found.extend(self.ask_for_colleagues(query.trim()).await);
        let mut seen = std::collections::HashSet::new();
        found.retain(|one| {
            one.reference != me
                && one.name.to_lowercase().contains(&wanted)
                && seen.insert(one.reference.clone())
        });
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.truncate(COLLEAGUES);
        Ok(found)
    }

    fn known_colleagues(&self) -> AppResult<Vec<ColleagueView>> {
        let known = self.vault.practitioners()?.into_iter();
        Ok(known
            .map(|one| ColleagueView { reference: format!("Practitioner/{}", one.portal_id), name: one.name })
            .collect())
    }

    async fn ask_for_colleagues(&self, query: &str) -> Vec<ColleagueView> {
        let Ok(portal) = self.open_portal() else { return Vec::new() };
        if query.is_empty() || !portal.capabilities().searches("Practitioner", "name") {
            return Vec::new();
        }
        let params = [("name", query.to_owned()), ("_count", COLLEAGUES.to_string())];
        let Ok(page) = portal.search("Practitioner", &params).await else { return Vec::new() };
        let people = page.entries.iter().filter(|entry| entry.is_match && entry.readable);
        people
            .filter_map(|entry| map_practitioner(&entry.raw).ok())
            .map(|one| ColleagueView { reference: format!("Practitioner/{}", one.portal_id), name: one.name })
            .collect()
    }

    /// The covers that were set, newest first; past ones say why the vault holds a colleague's threads.
    ///
    /// # Errors
    /// Those of the vault.
    pub fn list_covers(&self) -> AppResult<Vec<CoverView>> {
        let names = self.known_colleagues()?;
        let (now, zone) = (self.now(), self.hours().tz());
        let mut covers: Vec<CoverView> = cover_states(&self.vault)?
            .into_iter()
            .map(|state| {
                let practitioner = state.covering.practitioner.clone();
                let named = names.iter().find(|known| known.reference == practitioner);
                CoverView {
                    name: shown_name(named.map_or("", |known| &known.name), &practitioner),
                    practitioner,
                    from: state.covering.from.to_string(),
                    to: state.covering.to.to_string(),
                    active: state.covering.holds(now, zone),
                    refused: state.refused,
                }
            })
            .collect();
        covers.sort_by(|a, b| (&b.from, &a.name).cmp(&(&a.from, &b.name)));
        Ok(covers)
    }

    /// The clinician covers for a colleague from day to day (`YYYY-MM-DD` in the clinic's zone, both included); replaces a
    /// cover for her that is not over.
    ///
    /// # Errors
    /// `no_such_colleague`; `invalid_argument` for days that are none or end before they begin; those of the vault.
    pub fn set_cover(&self, colleague: &str, from: &str, to: &str) -> AppResult<()> {
        self.check_colleague(colleague)?;
        let from: NaiveDate = from.parse().map_err(|_| invalid("from"))?;
        let to: NaiveDate = to.parse().map_err(|_| invalid("to"))?;
        if to < from {
            return Err(invalid("to"));
        }
        let mut kept = self.covers_without(colleague)?;
        kept.push(Covering { practitioner: colleague.to_owned(), from, to });
        self.keep_covers(&kept)
    }

    /// Ends a cover: one that holds now ends with yesterday, so that what it brought keeps its mark; one to come goes.
    ///
    /// # Errors
    /// Those of the vault.
    pub fn end_cover(&self, colleague: &str) -> AppResult<()> {
        let today = self.today();
        let yesterday = today.pred_opt().unwrap_or(today);
        let mut kept = self.covers_without(colleague)?;
        let ended = covers(&self.vault)?
            .into_iter()
            .filter(|cover| cover.practitioner == colleague && cover.from <= today && cover.to >= today)
            .map(|cover| Covering { from: cover.from.min(yesterday), to: yesterday, ..cover });
        kept.extend(ended);
        self.keep_covers(&kept)
    }

    /// All covers but those for a colleague that are not over.
    fn covers_without(&self, colleague: &str) -> AppResult<Vec<Covering>> {
        let today = self.today();
        let mut kept = covers(&self.vault)?;
        kept.retain(|cover| cover.practitioner != colleague || cover.to < today);
        Ok(kept)
    }

    fn keep_covers(&self, covers: &[Covering]) -> AppResult<()> {
        set_covers(&self.vault, covers, self.now())?;
        self.emit(AppEvent::StatusChanged);
        self.emit(AppEvent::ThreadsChanged { threads: Vec::new() });
        self.sync_within(Duration::ZERO);
        Ok(())
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.now().with_timezone(&self.hours().tz()).date_naive()
    }

    /// Whether she covers now for somebody whom the thread names.
    pub(crate) fn covers_thread(&self, summary: &ThreadSummary) -> AppResult<bool> {
        let (now, zone) = (self.now(), self.hours().tz());
        let active = covers(&self.vault)?.into_iter().filter(|cover| cover.holds(now, zone));
        Ok(active.into_iter().any(|cover| summary.recipients.contains(&cover.practitioner)))
    }

    pub(crate) fn colleagues(&self) -> AppResult<Colleagues> {
        let covers = covers(&self.vault)?;
        let me = self.reference().ok();
        // Without a cover no row needs more.
        let (own, names) = if covers.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            (inbox_sync::own_references(&self.vault)?, self.known_colleagues()?)
        };
        Ok(Colleagues { me, covers, own, names })
    }

    /// What is shared of a thread.
    pub(crate) fn sharing_view(&self, thread: ThreadId, summary: &ThreadSummary) -> AppResult<SharingView> {
        let me = self.reference().ok();
        let claim = summary.claim.as_ref().map(|claim| ClaimView {
            name: shown_name(&claim.name, &claim.by),
            at: format_instant(claim.at),
            mine: Some(&claim.by) == me.as_ref(),
            done: claim.done,
        });
        let acts = self.vault.thread_acts(thread)?;
        let work = acts.iter().find(|act| {
            matches!(act.kind, ActKind::Claim | ActKind::Release | ActKind::Done)
                && act.state != ActState::Done
        });
        let names = self.known_colleagues()?;
        let handovers = acts.iter().filter(|act| act.kind == ActKind::Handover);
        Ok(SharingView {
            possible: summary.portal_id.is_some(),
            claim,
            work: work.map(|act| self.work_view(act)).transpose()?,
            handovers: handovers
                .map(|act| {
                    let to = act.colleague.clone().unwrap_or_default();
                    let named = names.iter().find(|known| known.reference == to);
                    HandoverView {
                        name: shown_name(named.map_or("", |known| &known.name), &to),
                        state: act.state,
                        error: act.error.clone(),
                    }
                })
                .collect(),
        })
    }

    fn work_view(&self, act: &PortalAct) -> AppResult<WorkView> {
        let waits = act.state == ActState::Queued && self.vault.open_case(act.thread)?.is_none();
        let verdict = self.in_force().classify(self.now());
        let leaves_at = verdict.next_open.filter(|_| waits && verdict.after_hours);
        Ok(WorkView {
            kind: act.kind,
            state: act.state,
            error: act.error.clone(),
            leaves_at: leaves_at.map(format_instant),
        })
    }

    /// `Practitioner/ID` of the clinician.
    pub(crate) fn reference(&self) -> AppResult<String> {
        let id = self.practitioner().ok_or_else(|| AppError::new("not_connected"))?;
        Ok(format!("Practitioner/{id}"))
    }
}

fn shown_name(name: &str, reference: &str) -> String {
    if name.is_empty() { reference.trim_start_matches("Practitioner/").to_owned() } else { name.to_owned() }
}

impl Session {
    /// What is shared of a thread, for the command line.
    ///
    /// # Errors
    /// Those of the vault.
    pub fn sharing_record(&self, thread: &str) -> AppResult<SharingRecord> {
        let id = self.thread_id(thread)?;
        let summary = self.vault.thread(id)?;
        Ok(SharingRecord::new(id.to_string(), self.sharing_view(id, &summary)?))
    }

    /// The covers, for the command line.
    ///
    /// # Errors
    /// Those of the vault.
    pub fn cover_records(&self) -> AppResult<Vec<CoverRecord>> {
        Ok(self.list_covers()?.into_iter().map(CoverRecord::from).collect())
    }
}
