//! Which searches together find every visible message (I1).
//!
//! FHIR cannot ask for "sender or recipient", so there are three: what names her as recipient, what she sent, and what
//! stands in threads whose header names her. A server that does not list all three parameters is asked for
//! everything; the answer is filtered here either way.
//!
//! One server in use knows neither sender nor thread and wants category, recipient and received together: there what names
//! her as recipient is one search, and what she sent is found by its recipients, who are her patients.

use chrono::{DateTime, Utc};
use inbox_domain::{PortalId, format_instant};
use inbox_portal::{Capabilities, Me};

/// Thread ids in one request: about 5 kB of address, below the 8 kB that servers commonly allow.
pub(crate) const THREADS_PER_REQUEST: usize = 100;

/// Patients in one request.
pub(crate) const PATIENTS_PER_REQUEST: usize = 100;

/// What clinical messages are called where a search must name a category: HL7's own code, and what portals add to it.
const CATEGORIES: &str = "notification,secure-message,message";

/// One search for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stream(pub(crate) Vec<(&'static str, String)>);

/// Whether the server can be asked for this clinician's messages alone.
pub(crate) fn is_personal(capabilities: &Capabilities) -> bool {
    ["recipient", "sender", "part-of"].iter().all(|param| capabilities.searches("Communication", param))
}

/// Whether messages are searched by category, recipient and received, and by nothing else of theirs.
pub(crate) fn is_restricted(capabilities: &Capabilities) -> bool {
    capabilities.restricted_messages()
        && ["category", "recipient", "received"]
            .iter()
            .all(|param| capabilities.searches("Communication", param))
}

impl Stream {
    fn received_by(recipients: String) -> Self {
        let ever = "ge1970-01-01".to_owned();
        Self(vec![("category", CATEGORIES.to_owned()), ("recipient", recipients), ("received", ever)])
    }

    /// Whether it looks for what she sent herself.
    pub(crate) fn is_sent(&self) -> bool {
        self.0.iter().any(|(param, _)| *param == "sender")
    }

    /// The search from an instant on.
    pub(crate) fn since(&self, since: Option<DateTime<Utc>>) -> Vec<(&'static str, String)> {
        let mut params = self.0.clone();
        let Some(since) = since.map(|since| format!("ge{}", format_instant(since))) else { return params };
        match params.iter_mut().find(|(param, _)| *param == "received") {
            Some((_, received)) => *received = since,
            None => params.push(("_lastUpdated", since)),
        }
        params
    }
}

/// The searches for what was sent to these patients, where nothing else finds what she sent.
pub(crate) fn patient_streams(capabilities: &Capabilities, patients: &[PortalId]) -> Vec<Stream> {
    if !is_restricted(capabilities) || capabilities.searches("Communication", "sender") {
        return Vec::new();
    }
    let of_chunk = |chunk: &[PortalId]| {
        let references: Vec<String> = chunk.iter().map(|id| format!("Patient/{id}")).collect();
        Stream::received_by(references.join(","))
    };
    patients.chunks(PATIENTS_PER_REQUEST).map(of_chunk).collect()
}

/// The searches that do not depend on threads.
pub(crate) fn main_streams(capabilities: &Capabilities, me: &Me) -> Vec<Stream> {
    if is_restricted(capabilities) {
        return vec![Stream::received_by(me.references().join(","))];
    }
    if !is_personal(capabilities) {
        return vec![Stream(Vec::new())];
    }
    let recipient = Stream(vec![("recipient", me.references().join(","))]);
    let sender = Stream(vec![("sender", me.references().join(","))]);
    vec![recipient, sender]
}

/// The search for what an absent colleague receives; `None` where the main search asks for everything.
pub(crate) fn cover_stream(capabilities: &Capabilities, colleague: &str) -> Option<Stream> {
    if is_restricted(capabilities) {
        return Some(Stream::received_by(colleague.to_owned()));
    }
    is_personal(capabilities).then(|| Stream(vec![("recipient", colleague.to_owned())]))
}

/// The searches in the threads of `headers`; none where the main search asks for everything.
pub(crate) fn thread_streams(capabilities: &Capabilities, headers: &[PortalId]) -> Vec<Stream> {
    if !is_personal(capabilities) {
        return Vec::new();
    }
    part_of(headers)
}

/// The searches in the threads of `headers`.
pub(crate) fn part_of(headers: &[PortalId]) -> Vec<Stream> {
    let of_chunk = |chunk: &[PortalId]| {
        let references: Vec<String> = chunk.iter().map(|id| format!("Communication/{id}")).collect();
        Stream(vec![("part-of", references.join(","))])
    };
    headers.chunks(THREADS_PER_REQUEST).map(of_chunk).collect()
}
