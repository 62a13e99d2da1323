//! Probes: what `/metadata` says is tried out where it is cheap and nothing is created by it.
//!
//! Every probe is a GET of a handful of resources. One that fails, or finds nothing to compare with, decides nothing: a
//! sign-in never fails by a probe.

use std::sync::Arc;

use inbox_domain::ClientIdentifier;
use reqwest::header::{ACCEPT, IF_NONE_MATCH};
use serde_json::Value;
use url::Url;

use crate::capability::{Capabilities, Probes, UnknownParameter};
use crate::error::PortalError;
use crate::http::{Answer, Outgoing};
use crate::mapping::parse_reference;
use crate::page::{Page, read_page};
use crate::portal::{FHIR_JSON, Portal};

/// No server has a search parameter of this name.
const NO_PARAMETER: &str = "anteroom-no-such-parameter";
/// Resources looked at.
const SAMPLE: &str = "5";

impl Portal {
    /// Reads `/metadata` and tries out what it says; `practitioner` (`Practitioner/ID`) is whose messages are looked at.
    /// What was learnt before of the same product and version stays.
    ///
    /// # Errors
    /// Those of [`Portal::discover`].
    pub async fn examine(&self, practitioner: &str) -> Result<Arc<Capabilities>, PortalError> {
        let before = self.capabilities();
        let mut record = (*self.discover().await?).clone();
        record.keep_learnt(&before);
        // Requests that do not come to an end would each take their whole time.
        match self.probe(practitioner, &mut record).await {
            Ok(()) | Err(_) => self.set_capabilities(record),
        }
        Ok(self.capabilities())
    }

    /// Stops at the first request that gets no answer.
    async fn probe(&self, practitioner: &str, record: &mut Capabilities) -> Result<(), PortalError> {
        if !record.offers("Communication", "search-type") && !record.searches("Communication", "_id") {
            return Ok(());
        }
        let sample = self.sample(practitioner, record).await?;
        let mut probes = Probes { total: sample.total, ..Probes::default() };
        let outcome = self.probe_all(&sample, &mut probes).await;
        let listed = record.types.entry("Communication".to_owned()).or_default();
        let disproved = [("identifier", probes.finds_identifier), ("part-of", probes.finds_part_of)];
        listed.disproved.extend(
            disproved.into_iter().filter(|(_, found)| *found == Some(false)).map(|(n, _)| n.to_owned()),
        );
        if sample.recipient_missed {
            listed.disproved.insert("recipient".to_owned());
        }
        record.probes = probes;
        outcome
    }

    async fn probe_all(&self, sample: &Sample, probes: &mut Probes) -> Result<(), PortalError> {
        probes.unknown_parameter = self.unknown_parameter(sample).await?;
        probes.finds_identifier = self.finds_identifier(sample).await?;
        probes.finds_part_of = self.finds_part_of(sample).await?;
        probes.type_history = self.type_history().await?;
        probes.not_modified = self.not_modified(sample).await?;
        Ok(())
    }

    /// A few messages: hers where the server can be asked so, else any. Where the latter hold one to her that the former
    /// did not find, the search by recipient does not work.
    async fn sample(&self, practitioner: &str, record: &Capabilities) -> Result<Sample, PortalError> {
        let mut sample = Sample { listed: record.clone(), ..Sample::default() };
        if record.searches("Communication", "recipient") {
            sample.search = vec![("recipient", practitioner.to_owned())];
            sample.take(self.ask(&sample.search, SAMPLE).await?);
        }
        if sample.messages.is_empty() {
            let asked = !std::mem::take(&mut sample.search).is_empty();
            sample.take(self.ask(&[], SAMPLE).await?);
            sample.recipient_missed = asked && sample.messages.iter().any(|one| one.names(practitioner));
        }
        Ok(sample)
    }

    async fn unknown_parameter(&self, sample: &Sample) -> Result<Option<UnknownParameter>, PortalError> {
        let mut params = sample.search.clone();
        params.push((NO_PARAMETER, "1".to_owned()));
        Ok(match self.ask(&params, "1").await? {
            // Where the same search without it is refused too, this says nothing.
            Asked::Refused => sample.total.is_some().then_some(UnknownParameter::Refused),
            Asked::Page(page) if page.entries.iter().any(|entry| entry.is_match) => {
                Some(UnknownParameter::Ignored)
            }
            Asked::Page(_) if !sample.messages.is_empty() => Some(UnknownParameter::NoRows),
            Asked::Page(_) => None,
        })
    }

    /// A random identifier of ours must find nothing; one that a message has must find that message.
    async fn finds_identifier(&self, sample: &Sample) -> Result<Option<bool>, PortalError> {
        if !sample.listed.searches("Communication", "identifier") {
            return Ok(None);
        }
        let nobodys = format!("{}|{}", ClientIdentifier::SYSTEM, ClientIdentifier::random());
        match self.ask(&[("identifier", nobodys)], "1").await? {
            Asked::Page(page) if page.entries.iter().any(|entry| entry.is_match) => return Ok(Some(false)),
            Asked::Page(_) => {}
            Asked::Refused => return Ok(Some(false)),
        }
        let Some((id, token)) = sample.messages.iter().find_map(SampleMessage::token) else {
            return Ok(None);
        };
        Ok(Some(match self.ask(&[("identifier", token)], SAMPLE).await? {
            Asked::Page(page) => page.entries.iter().any(|entry| entry.is_match && entry.id == id),
            Asked::Refused => false,
        }))
    }

    /// The thread of a message must hold a message, and only messages of it.
    async fn finds_part_of(&self, sample: &Sample) -> Result<Option<bool>, PortalError> {
        let thread = sample.messages.iter().find_map(|one| one.part_of(self.base()));
        let Some(thread) = thread.filter(|_| sample.listed.searches("Communication", "part-of")) else {
            return Ok(None);
        };
        let page = match self.ask(&[("part-of", thread.clone())], SAMPLE).await? {
            Asked::Page(page) => page,
            Asked::Refused => return Ok(Some(false)),
        };
        let mut found = Sample::default();
        found.take(Asked::Page(page));
        let inside = |one: &SampleMessage| one.part_of(self.base()).as_ref() == Some(&thread);
        Ok(Some(!found.messages.is_empty() && found.messages.iter().all(inside)))
    }

    async fn type_history(&self) -> Result<Option<bool>, PortalError> {
        let mut url = self.join("Communication/_history")?;
        url.query_pairs_mut().append_pair("_count", "1");
        Ok(match self.get(url).await?.status {
            200 => Some(true),
            400 | 404 | 405 | 501 => Some(false),
            _ => None,
        })
    }

    async fn not_modified(&self, sample: &Sample) -> Result<Option<bool>, PortalError> {
        let Some(id) = sample.messages.iter().find_map(|one| one.0["id"].as_str()) else { return Ok(None) };
        let url = self.join(&format!("Communication/{id}"))?;
        let etag = self.get(url.clone()).await?;
        let Some(etag) = etag.header("etag").map(str::to_owned) else { return Ok(Some(false)) };
        let request = Outgoing::get(url).header(ACCEPT, FHIR_JSON).header(IF_NONE_MATCH, &etag);
        Ok(match self.exchange(request).await?.status {
            304 => Some(true),
            200 => Some(false),
            _ => None,
        })
    }

    /// A search as it is, without leaving out what is not listed.
    async fn ask(&self, params: &[(&str, String)], count: &str) -> Result<Asked, PortalError> {
        let mut url = self.join("Communication")?;
        for (name, value) in params {
            url.query_pairs_mut().append_pair(name, value);
        }
        url.query_pairs_mut().append_pair("_count", count);
        let answer = self.get(url.clone()).await?;
        Asked::read(&answer, &url)
    }
}

enum Asked {
    Page(Page),
    Refused,
}

impl Asked {
    fn read(answer: &Answer, url: &Url) -> Result<Self, PortalError> {
        match answer.status {
            200 => Ok(Self::Page(read_page(&answer.body, "Communication", url, None)?)),
            400 | 404 | 405 | 422 | 501 => Ok(Self::Refused),
            // Not for this clinician, or not now: it says nothing about the search.
            _ => Err(PortalError::InvalidAnswer),
        }
    }
}

/// What searches are compared with.
#[derive(Default)]
struct Sample {
    listed: Capabilities,
    search: Vec<(&'static str, String)>,
    messages: Vec<SampleMessage>,
    total: Option<bool>,
    recipient_missed: bool,
}

struct SampleMessage(Value);

impl Sample {
    fn take(&mut self, asked: Asked) {
        let Asked::Page(page) = asked else { return };
        self.total = Some(page.total.is_some());
        let matches = page.entries.iter().filter(|entry| entry.is_match && entry.readable);
        self.messages
            .extend(matches.filter_map(|entry| serde_json::from_str(&entry.raw).ok()).map(SampleMessage));
    }
}

impl SampleMessage {
    fn names(&self, practitioner: &str) -> bool {
        let list = self.0["recipient"].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().any(|one| one["reference"] == practitioner)
    }

    /// Id, and one of its identifiers as a search token.
    fn token(&self) -> Option<(String, String)> {
        let id = self.0["id"].as_str()?;
        let list = self.0["identifier"].as_array()?;
        let (system, value) =
            list.iter().find_map(|one| Some((one["system"].as_str()?, one["value"].as_str()?)))?;
        // A comma or a bar would have to be escaped, and servers differ in that.
        let plain = |text: &str| !text.is_empty() && !text.contains([',', '|', '$', '\\']);
        (plain(system) && plain(value)).then(|| (id.to_owned(), format!("{system}|{value}")))
    }

    /// `Communication/ID` of its thread.
    fn part_of(&self, base: &Url) -> Option<String> {
        let reference = self.0.pointer("/partOf/0/reference")?.as_str()?;
        let found =
            parse_reference(base.as_str(), reference).filter(|found| found.kind == "Communication")?;
        Some(format!("Communication/{}", found.id))
    }
}
