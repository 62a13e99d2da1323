//! The network of the simulation: hands requests to the portal in process, breaks where the plan says so, and looks at
//! every create before it arrives. The server goes on with a request whose client has gone.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Request;
use demo_portal::InProcessPortal;
use inbox_portal::{Exchanging, PortalError, Transport, WireAnswer, WireBody, WireRequest};
use tokio::sync::Notify;

use crate::draw::{Crash, Plan};
use crate::model::Model;
use crate::replies::Replies;
use crate::vfs::Disk;

/// A request is on its way for this long.
const LATENCY: Duration = Duration::from_millis(30);

/// What the wire and the acts share.
pub(crate) struct Shared {
    pub(crate) model: Model,
    pub(crate) replies: Replies,
    /// The plan of the sync that runs, and exchanges so far.
    pub(crate) plan: Plan,
    pub(crate) exchanges: u32,
    pub(crate) cancel: inbox_sync::CancelFlag,
    /// What must not be, as found.
    pub(crate) broken: Vec<String>,
    /// The disk of the vault, quiet while a test looks at it.
    pub(crate) disk: Disk,
}

/// The transport.
pub(crate) struct Wire {
    pub(crate) portal: Arc<InProcessPortal>,
    pub(crate) shared: Arc<Mutex<Shared>>,
    pub(crate) crash: Arc<Notify>,
}

pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// What happens before this exchange; `None` when there is no network.
    fn before(&self, request: &WireRequest) -> Option<u32> {
        let shared = &mut *held(&self.shared);
        let number = shared.exchanges;
        shared.exchanges += 1;
        shared.model.commit_due();
        let during = std::mem::take(&mut shared.plan.during);
        let (now, later): (Vec<_>, Vec<_>) = during.into_iter().partition(|(at, _)| *at <= number);
        shared.plan.during = later;
        now.iter().for_each(|(_, act)| shared.model.act(act));
        if shared.plan.cancel == Some(number) {
            shared.cancel.cancel();
        }
        if shared.plan.offline.is_some_and(|from| number >= from) {
            return None;
        }
        let creates = request.method == "POST" && request.url.path().ends_with("/Communication");
        if let Some(body) = request.body.as_deref().filter(|_| creates) {
            let Shared { model, replies, broken, disk, .. } = shared;
            // Looking is ours: the trouble of the disk is the product's alone.
            let before = disk.quiet(true);
            broken.extend(replies.check_create(model, body));
            disk.quiet(before);
        }
        Some(number)
    }

    async fn crash_if(&self, here: bool) {
        if here {
            self.crash.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl Transport for Wire {
    fn exchange(&self, request: WireRequest) -> Exchanging<'_, WireAnswer> {
        Box::pin(async move {
            tokio::time::sleep(LATENCY).await;
            let number = self.before(&request).ok_or(PortalError::Unreachable)?;
            let (crash, breaks) = {
                let plan = &held(&self.shared).plan;
                (plan.crash, plan.breaks.filter(|(at, _)| *at == number))
            };
            if breaks == Some((number, false)) {
                return Err(PortalError::ConnectionLost);
            }
            self.crash_if(matches!(crash, Some(Crash::Before(at)) if at == number)).await;
            let mut outgoing = Request::new(Bytes::from(request.body.unwrap_or_default()));
            *outgoing.method_mut() = request.method;
            *outgoing.uri_mut() = request.url.as_str().parse().map_err(|_| PortalError::InvalidAddress)?;
            *outgoing.headers_mut() = request.headers;
            let portal = Arc::clone(&self.portal);
            let serving = tokio::spawn(async move { portal.answer(outgoing).await });
            let answer = tokio::time::timeout(request.limit, serving).await;
            self.crash_if(matches!(crash, Some(Crash::After(at)) if at == number)).await;
            let answer =
                answer.map_err(|_| PortalError::Timeout)?.map_err(|_| PortalError::ConnectionLost)?;
            let answer = answer.ok_or(PortalError::ConnectionLost)?;
            Ok(WireAnswer {
                status: answer.status,
                headers: answer.headers,
                length: None,
                body: Box::new(Body { pieces: vec![answer.body.to_vec()], breaks: answer.breaks }),
            })
        })
    }
}

struct Body {
    pieces: Vec<Vec<u8>>,
    breaks: bool,
}

impl WireBody for Body {
    fn next(&mut self) -> Exchanging<'_, Option<Vec<u8>>> {
        let piece = self.pieces.pop();
        let breaks = piece.is_none() && self.breaks;
        Box::pin(async move { if breaks { Err(PortalError::ConnectionLost) } else { Ok(piece) } })
    }
}
