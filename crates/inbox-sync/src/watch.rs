//! Looking for what cannot wait while the vault is closed. What is prepared while it is open is ids, versions and tiers of what
//! is known, the engine, and how messages are asked for; what a poll leaves behind is (message id, tier). Texts are judged where
//! they arrive and wiped at once. Triage has no thread context here, so that it may ring once too often.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use inbox_domain::case::backlog_limit;
use inbox_domain::{AvailabilityHours, Delivered, PortalId, ThreadKey, Tier};
use inbox_portal::{Mapped, MappedMessage, Me, Page, PageEntry, Portal, PortalError, map_communication};
use inbox_triage::Engine;
use inbox_vault::Vault;
use zeroize::Zeroize as _;

use crate::error::SyncError;
use crate::judge::triage_message;
use crate::pull::{MARGIN, OVERLAP, PAGE_SIZE, SWEEP_EVERY, SWEEP_OVERLAP};
use crate::settings;
use crate::sharing::covers;
use crate::streams::{
    Stream, THREADS_PER_REQUEST, cover_stream, is_restricted, main_streams, thread_streams,
};

/// A message that cannot wait: all that is kept of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Its id on the portal.
    pub message: PortalId,
    /// Its tier.
    pub tier: Tier,
}

/// What a watch knows. It holds no text and no name.
pub struct Watch {
    me: Me,
    headers: Vec<PortalId>,
    covers: Vec<String>,
    engine: Engine,
    known: HashMap<PortalId, (String, Tier)>,
    since: DateTime<Utc>,
    swept: DateTime<Utc>,
}

impl Watch {
    /// Takes from an open vault what a watch needs; `None` where the portal cannot be asked for what is new.
    ///
    /// # Errors
    /// [`SyncError::NotConnected`]; the vault's.
    pub fn prepare(
        vault: &Vault,
        portal: &Portal,
        engine: Engine,
        hours: &AvailabilityHours,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, SyncError> {
        let capabilities = portal.capabilities();
        if !capabilities.searches("Communication", "_lastUpdated") && !is_restricted(&capabilities) {
            return Ok(None);
        }
        let mut me = match settings::load_me(vault)? {
            Some(me) => me,
            None => Me::new(&settings::practitioner(vault)?),
        };
        let active = covers(vault)?.into_iter().filter(|cover| cover.holds(now, hours.tz()));
        let covers: Vec<String> =
            active.map(|cover| cover.practitioner).filter(|name| *name != me.practitioner).collect();
        me.covers = covers.iter().cloned().collect();
        let headers = vault.headers_read_by(|names| me.is_named(None, names), THREADS_PER_REQUEST)?;
        let known = vault.known_since(now - backlog_limit())?;
        let known = known.into_iter().map(|(id, version, tier)| (id, (version, tier))).collect();
        // What a first fill has not reached is the past, and stays for it.
        let since = vault.cursor()?.complete_until.unwrap_or(now - MARGIN);
        // The first poll is a sweep: nobody knows when the last one of the open vault was, by whose clock.
        let swept = DateTime::<Utc>::MIN_UTC;
        Ok(Some(Self { me, headers, covers, engine, known, since, swept }))
    }

    /// Asks once; answers what is new and cannot wait. `now` is this workstation's clock and decides only when a sweep is due.
    ///
    /// # Errors
    /// The portal's. What was seen before an error is seen again by the next call, and answered then.
    pub async fn poll(&mut self, portal: &Portal, now: DateTime<Utc>) -> Result<Vec<Sighting>, PortalError> {
        let sweep = now - self.swept >= SWEEP_EVERY;
        let since = self.since - if sweep { SWEEP_OVERLAP } else { OVERLAP };
        let mut seen = HashMap::new();
        let mut started = None;
        let mut asked = HashSet::new();
        // A thread that a search shows to be hers is asked for in the same poll.
        loop {
            let streams: Vec<Stream> =
                self.streams(portal).into_iter().filter(|stream| !asked.contains(&stream.0)).collect();
            if streams.is_empty() {
                break;
            }
            for stream in streams {
                let began = self.follow(portal, &stream, since, now, &mut seen).await?;
                started = started.or(began);
                asked.insert(stream.0);
            }
        }
        if sweep {
            self.swept = now;
        }
        self.since = self.since.max(started.map_or(self.since, |date| date - MARGIN));
        let mut sightings = Vec::new();
        for (id, (version, tier)) in seen {
            let before = self.known.insert(id.clone(), (version, tier)).map_or(Tier::None, |(_, tier)| tier);
            if tier >= Tier::Urgent && tier > before {
                sightings.push(Sighting { message: id, tier });
            }
        }
        Ok(sightings)
    }

    /// When everything up to then was looked at, in the server's clock.
    pub fn complete_until(&self) -> DateTime<Utc> {
        self.since
    }

    fn streams(&self, portal: &Portal) -> Vec<Stream> {
        let capabilities = portal.capabilities();
        let mut streams = main_streams(&capabilities, &self.me);
        // What she sent herself raises nothing.
        streams.retain(|stream| !stream.is_sent());
        streams.extend(thread_streams(&capabilities, &self.headers));
        streams.extend(self.covers.iter().filter_map(|colleague| cover_stream(&capabilities, colleague)));
        streams
    }

    async fn follow(
        &mut self,
        portal: &Portal,
        stream: &Stream,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
        seen: &mut HashMap<PortalId, (String, Tier)>,
    ) -> Result<Option<DateTime<Utc>>, PortalError> {
        let mut size = PAGE_SIZE;
        let mut started = None;
        let mut page = loop {
            let mut params = stream.since(Some(since));
            params.push(("_sort", "_lastUpdated".to_owned()));
            params.push(("_count", size.to_string()));
            match portal.search("Communication", &params).await {
                Err(PortalError::TooLarge) if size > 1 => size = (size / 5).max(1),
                // A cover that the portal refuses is not hers to watch.
                Err(error) if error.is_definite_refusal() && self.is_cover(stream) => return Ok(None),
                answer => break answer?,
            }
        };
        loop {
            started = started.or(page.date);
            let next = page.next.take();
            self.look_at(portal, page, now, seen);
            let Some(next) = next else { return Ok(started) };
            page = portal.page("Communication", next).await?;
        }
    }

    fn is_cover(&self, stream: &Stream) -> bool {
        let named = |(param, value): &(&str, String)| *param == "recipient" && self.covers.contains(value);
        stream.0.iter().any(named)
    }

    /// Judges what a page brings, and wipes it.
    fn look_at(
        &mut self,
        portal: &Portal,
        mut page: Page,
        now: DateTime<Utc>,
        seen: &mut HashMap<PortalId, (String, Tier)>,
    ) {
        let context = portal.map_context(page.date.unwrap_or(now));
        let mut messages = Vec::new();
        for entry in page.entries.iter().filter(|entry| entry.is_match && entry.readable) {
            match map_communication(&entry.raw, &context) {
                Ok(Mapped::Thread(header)) => {
                    let mine = self.me.is_named(header.sender.as_deref(), &header.thread.recipients);
                    let id = &header.thread.portal_id;
                    if mine && !header.withdrawn && !self.headers.contains(id) {
                        self.headers.push(id.clone());
                    }
                }
                Ok(Mapped::Message(message)) => {
                    let wanted = self.is_to_be_judged(entry, &message, now);
                    messages.push((message, wanted));
                }
                _ => {}
            }
        }
        for (mut found, wanted) in messages {
            if wanted && self.is_visible(&found) {
                let message = &found.message;
                let attachments = !message.attachments.is_empty();
                let triaged = triage_message(&self.engine, &message.text, attachments, &[]);
                seen.insert(message.portal_id.clone(), (message.version.clone(), triaged.tier));
                wipe_flags(triaged);
            }
            wipe(&mut found);
        }
        page.entries.iter_mut().for_each(|entry| entry.raw.zeroize());
    }

    fn is_to_be_judged(&self, entry: &PageEntry, found: &MappedMessage, now: DateTime<Utc>) -> bool {
        let message = &found.message;
        let known = self.known.get(&message.portal_id);
        let unchanged =
            known.is_some_and(|(version, _)| !entry.version.is_empty() && *version == entry.version);
        // A portal that touches all its messages does not ring for those of last year.
        let recent = now - message.sent_at < backlog_limit();
        message.sender.role.is_patient_side()
            && message.delivered == Delivered::Delivered
            && recent
            && !unchanged
    }

    fn is_visible(&self, found: &MappedMessage) -> bool {
        let by_thread = match &found.message.thread {
            ThreadKey::Header(id) => self.headers.contains(id),
            _ => false,
        };
        by_thread || self.me.is_named(found.sender.as_deref(), &found.message.recipients)
    }
}

/// All that a person wrote, and who she is.
fn wipe(found: &mut MappedMessage) {
    let message = &mut found.message;
    message.text.zeroize();
    message.raw.zeroize();
    message.topic.zeroize();
    message.sender.name.zeroize();
    for attachment in &mut message.attachments {
        attachment.title.zeroize();
    }
}

/// Flags quote the words that raised them.
fn wipe_flags(mut triaged: inbox_domain::Triaged) {
    for flag in &mut triaged.flags {
        flag.text.zeroize();
    }
}
