//! HTTP in and out: reads a request, lets it meet its fault, and sends every answer with the portal's Date.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Response};
use futures_util::{StreamExt, stream};
use url::form_urlencoded;

use crate::allowance::Allowance;
use crate::capability::smart_configuration;
use crate::faults::{Fault, FaultKind, When};
use crate::net::Wire;
use crate::portal::{Portal, SeenRequest};
use crate::reply::{Fail, Reply};
use crate::rest::{Call, Caller, look, perform};
use crate::store::kind_of;
use crate::{auth_pages, bundle, control, dates, subscriptions};

const LARGE: usize = 64 * 1024 * 1024;
const SMALL: usize = 1024 * 1024;

/// The pairs of a query string or form.
pub(crate) fn pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// A request with its body read.
#[derive(Clone)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    fn call(&self) -> Call {
        let path = self.path.strip_prefix("/fhir").unwrap_or(&self.path);
        let mut query = pairs(&self.query);
        if path.ends_with("/_search") {
            query.extend(form_urlencoded::parse(&self.body).into_owned());
        }
        Call {
            method: if self.method == Method::HEAD { Method::GET } else { self.method.clone() },
            path: path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
            query,
            if_match: self.header("if-match"),
            if_none_match: self.header("if-none-match"),
            if_none_exist: self.header("if-none-exist"),
            content_type: self.header("content-type").unwrap_or_default(),
            accept: self.header("accept").unwrap_or_default(),
            minimal: self.header("prefer").is_some_and(|prefer| prefer.contains("return=minimal")),
            body: self.body.to_vec(),
        }
    }
}

/// The one handler of the portal.
pub(crate) async fn handle(
    State(portal): State<Arc<Portal>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let method = parts.method.clone();
    let path = parts.uri.path().to_owned();
    if subscriptions::is_socket(&portal, &path) {
        let response = subscriptions::upgrade(Arc::clone(&portal), wire, parts).await;
        let status = response.status().as_u16();
        portal.remember(SeenRequest { method: method.to_string(), path, status, bytes: 0 });
        return response;
    }
    let limit = if portal.quirks.small_bodies { SMALL } else { LARGE };
    let body = to_bytes(body, limit).await.ok();
    let answered = respond(&portal, parts, body).await;
    send(&portal, &wire, answered, method == Method::HEAD)
}

/// Answers a request, or lets it meet its fault. Without a body: it was larger than the portal takes.
pub(crate) async fn respond(portal: &Arc<Portal>, parts: Parts, body: Option<Bytes>) -> Answer {
    let path = parts.uri.path().to_owned();
    let uncontrolled = !path.starts_with("/_control");
    let fault = if uncontrolled { portal.faults().take(parts.method.as_str(), &path) } else { None };
    let told = if uncontrolled { portal.allowance().as_mut().map(Allowance::take) } else { None };
    let medplum = portal.quirks.rate_limit_header;
    let refusal = told.and_then(|told| told.refusal(medplum, portal.quirks.html_errors));
    let answered = match (refusal, body) {
        (Some(refusal), _) => Answer::Whole(refusal),
        (None, None) => Answer::Whole(Fail::new(413, "too-long", "The body is too large").reply(false)),
        (None, Some(body)) => {
            let incoming = Incoming {
                method: parts.method.clone(),
                path,
                query: parts.uri.query().unwrap_or_default().to_owned(),
                headers: parts.headers,
                body,
            };
            with_fault(portal, &incoming, fault).await
        }
    };
    let answered = match (told, answered) {
        (Some(told), Answer::Whole(reply)) => Answer::Whole(told.on(reply, medplum)),
        (_, other) => other,
    };
    let (status, bytes) = match &answered {
        Answer::Whole(reply) | Answer::Half(reply) => (reply.status, reply.body.len()),
        Answer::Cut => (0, 0),
    };
    if uncontrolled {
        let path = parts.uri.to_string();
        portal.remember(SeenRequest { method: parts.method.to_string(), path, status, bytes });
    }
    answered
}

/// What is to go over the wire.
pub(crate) enum Answer {
    /// All of it.
    Whole(Reply),
    /// The first half of the body, then the connection breaks.
    Half(Reply),
    /// Nothing: the connection is cut.
    Cut,
}

async fn with_fault(portal: &Arc<Portal>, incoming: &Incoming, fault: Option<Fault>) -> Answer {
    let Some(fault) = fault else { return Answer::Whole(answer(portal, incoming).await) };
    if fault.kind == FaultKind::Slow {
        let mut incoming = incoming.clone();
        if fault.when == When::Before {
            let settled = portal.quirks.races_creates && finds_nothing(portal, &incoming);
            tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
            if settled {
                incoming.headers.remove("if-none-exist");
            }
        }
        let reply = answer(portal, &incoming).await;
        if fault.when == When::After {
            tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
        }
        return Answer::Whole(reply);
    }
    let damaged = matches!(fault.kind, FaultKind::Truncated | FaultKind::InvalidJson);
    let runs = fault.when == When::After || (damaged && incoming.method == Method::GET);
    let reply = if runs { Some(answer(portal, incoming).await) } else { None };
    damage(portal, incoming, &fault, reply).await
}

/// Whether the condition of a create holds now.
fn finds_nothing(portal: &Portal, incoming: &Incoming) -> bool {
    let value = |condition: String| Some(condition.rsplit_once('|')?.1.to_owned());
    let value = incoming.header("if-none-exist").and_then(value);
    value.is_some_and(|value| portal.read().with_identifier("Communication", None, &value).is_empty())
}

async fn damage(portal: &Portal, incoming: &Incoming, fault: &Fault, reply: Option<Reply>) -> Answer {
    let seconds = fault.retry_after;
    let fail = |status, code, text: &str| Fail::new(status, code, text).reply(portal.quirks.html_errors);
    Answer::Whole(match fault.kind {
        FaultKind::Unavailable => {
            fail(503, "transient", "Unavailable").with("retry-after", seconds.to_string())
        }
        FaultKind::TooMany if portal.quirks.rate_limit_header => fail(429, "throttled", "Too many requests")
            .with("ratelimit", format!("\"requests\";r=0;t={seconds}")),
        FaultKind::TooMany => {
            fail(429, "throttled", "Too many requests").with("retry-after", seconds.to_string())
        }
        FaultKind::Unauthorized => fail(401, "login", "Unauthorized"),
        FaultKind::ServerError | FaultKind::Slow => fail(500, "exception", "Internal error"),
        FaultKind::Gone => fail(410, "expired", "This page is no longer available"),
        FaultKind::Html => Reply::html(200, "<!doctype html><html><body><h1>Maintenance</h1></body></html>"),
        FaultKind::InvalidJson => Reply::fhir(200, "{\"resourceType\":\"Bundle\",\"entry\":[{]"),
        FaultKind::Redirect => {
            Reply::empty(307).with("location", format!("https://portal.example.net{}", incoming.path))
        }
        FaultKind::Truncated => {
            let whole = reply
                .unwrap_or_else(|| Reply::fhir(200, "{\"resourceType\":\"Communication\",\"id\":\"1\"}"));
            return Answer::Half(whole);
        }
        FaultKind::Drop => return Answer::Cut,
        FaultKind::Stall => {
            // Longer than any client waits; the connection's end drops this future.
            tokio::time::sleep(Duration::from_secs(600)).await;
            return Answer::Cut;
        }
    })
}

fn send(portal: &Portal, wire: &Wire, answer: Answer, head: bool) -> Response<Body> {
    let (reply, half) = match answer {
        Answer::Cut => {
            wire.cut();
            return Response::new(Body::empty());
        }
        Answer::Half(reply) => (reply, true),
        Answer::Whole(reply) => (reply, false),
    };
    let mut builder = Response::builder().status(reply.status);
    builder = builder.header("date", dates::http_date(portal.now().timestamp_millis()));
    for (name, value) in &reply.headers {
        builder = builder.header(*name, value);
    }
    let body = if head {
        Body::empty()
    } else if half {
        let length = reply.body.len();
        builder = builder.header("content-length", length);
        let first = Bytes::copy_from_slice(&reply.body[..length / 2]);
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        // The pause lets headers and first half leave before the connection is cut.
        let broken = stream::once(async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(broken)
        });
        Body::from_stream(stream::iter([Ok(first)]).chain(broken))
    } else {
        Body::from(reply.body)
    };
    builder.body(body).unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// The portal's answer without faults.
async fn answer(portal: &Arc<Portal>, incoming: &Incoming) -> Reply {
    let path = incoming.path.as_str();
    if let Some(rest) = path.strip_prefix("/_control") {
        return if portal.options.control {
            control::over_http(portal, rest, incoming)
        } else {
            Reply::empty(404)
        };
    }
    if path.starts_with("/auth/") {
        return auth_pages::answer(portal, incoming);
    }
    if let Some(id) = path.strip_prefix("/storage/") {
        let store = portal.read();
        let body = store.find("Binary", id).and_then(|(_, row)| row.body());
        let raw = body.ok_or_else(Fail::not_found).and_then(crate::rules::raw_binary);
        return raw.unwrap_or_else(|fail| fail.reply(portal.quirks.html_errors));
    }
    if matches!(path, "/fhir/.well-known/smart-configuration" | "/.well-known/smart-configuration") {
        return Reply::json(200, &smart_configuration(portal));
    }
    if path == "/fhir" || path.starts_with("/fhir/") {
        return fhir(portal, incoming).await.unwrap_or_else(|fail| fail.reply(portal.quirks.html_errors));
    }
    Fail::not_found().reply(false)
}

async fn fhir(portal: &Arc<Portal>, incoming: &Incoming) -> Result<Reply, Fail> {
    let call = incoming.call();
    let open = call.path.first().is_some_and(|first| first == "metadata") || portal.quirks.no_auth;
    let practitioner = if open {
        None
    } else {
        let token = incoming.header("authorization").unwrap_or_default();
        let token = token.strip_prefix("Bearer ").unwrap_or_default();
        let now = portal.now().timestamp_millis();
        let access = portal.logins().access(token, now).cloned();
        let access = access.ok_or_else(|| Fail::new(401, "login", "A valid token is required"))?;
        let kind = call.path.first().map(String::as_str).unwrap_or_default();
        if portal.quirks.scopes_enforced && kind_of(kind).is_some() && !access.covers(kind) {
            return Err(Fail::new(403, "forbidden", "The token has no scope for this resource"));
        }
        access.practitioner
    };
    if call.is_read() {
        let store = portal.read();
        let viewer = portal.viewer(&store, practitioner.as_deref());
        return look(&Caller { portal, viewer, practitioner, reserved: Cell::new(None) }, &store, &call);
    }
    let reserved = late(portal).await;
    let mut store = portal.write();
    let viewer = portal.viewer(&store, practitioner.as_deref());
    let caller = Caller { portal, viewer, practitioner, reserved: Cell::new(reserved) };
    if call.path.is_empty() && call.method == Method::POST {
        return bundle::perform_all(&caller, &mut store, &call.body);
    }
    perform(&caller, &mut store, &call).map(|(reply, _)| reply)
}

/// With the quirk of late commits: takes the instant now and lets the commit wait.
async fn late(portal: &Portal) -> Option<i64> {
    let wait = portal.quirks.late_commit_ms;
    if wait == 0 {
        return None;
    }
    let at = portal.write().reserve(portal.now().timestamp_millis());
    tokio::time::sleep(Duration::from_millis(wait)).await;
    Some(at)
}
