//! Which searches together find every visible message (I1).
//!
//! FHIR cannot ask for "sender or recipient", so there are three: what names her as recipient, what she sent, and what
//! stands in threads whose header names her. A server that does not list all three parameters is asked for
//! everything; the answer is filtered here either way.

use inbox_domain::PortalId;
use inbox_portal::{Capabilities, Me};

/// Thread ids in one request: about 5 kB of address, below the 8 kB that servers commonly allow.
pub(crate) const THREADS_PER_REQUEST: usize = 100;

/// One search for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stream(pub(crate) Vec<(&'static str, String)>);

/// Whether the server can be asked for this clinician's messages alone.
pub(crate) fn is_personal(capabilities: &Capabilities) -> bool {
    ["recipient", "sender", "part-of"].iter().all(|param| capabilities.searches("Communication", param))
}

/// The searches that do not depend on threads.
pub(crate) fn main_streams(capabilities: &Capabilities, me: &Me) -> Vec<Stream> {
    if !is_personal(capabilities) {
        return vec![Stream(Vec::new())];
    }
    let recipient = Stream(vec![("recipient", me.references().join(","))]);
    let sender = Stream(vec![("sender", me.references().join(","))]);
    vec![recipient, sender]
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
