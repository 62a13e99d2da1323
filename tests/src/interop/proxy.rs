//! A loopback proxy between one vault and its server: it sees every request, and can lose an answer, lose a request, refuse
//! a token, or hide a resource as a server does whose commit is still under way.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use super::table::Trouble;

/// What the next matching request meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// The server acts and its answer is lost.
    AnswerLost,
    /// The server never hears of it.
    RequestLost,
    /// 401.
    Unauthorized,
}

/// A request that passed.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
}

#[derive(Debug, Default)]
struct State {
    seen: Vec<Seen>,
    hidden: HashSet<String>,
    /// Method and mishap; each is met once.
    waiting: Vec<(String, Mishap)>,
}

/// A running proxy, stopped on drop.
#[derive(Debug)]
pub(super) struct Proxy {
    /// The base address in its place.
    pub(super) base: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// In front of `base`.
    pub(super) async fn start(base: &str) -> Result<Self, Trouble> {
        let upstream = Url::parse(base)?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let here = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
        let there = upstream.origin().ascii_serialization();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(60))
            .build()?;
        let state = Arc::new(Mutex::new(State::default()));
        let relay = Relay { http, here: here.clone(), there, state: Arc::clone(&state) };
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let relay = relay.clone();
                // A connection that breaks is the client's to notice.
                tokio::spawn(async move { relay.serve(stream).await });
            }
        });
        Ok(Self { base: format!("{here}{}", upstream.path()), state, task })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next request of this method meets a mishap.
    pub(super) fn expect(&self, method: &str, mishap: Mishap) {
        self.state().waiting.push((method.to_owned(), mishap));
    }

    /// Mishaps that no request has met.
    pub(super) fn unmet(&self) -> usize {
        self.state().waiting.len()
    }

    /// Leaves a resource out of every answer.
    pub(super) fn hide(&self, id: &str) {
        self.state().hidden.insert(id.to_owned());
    }

    /// Shows everything again.
    pub(super) fn show_all(&self) {
        self.state().hidden.clear();
    }

    /// Every request so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }
}

#[derive(Debug, Clone)]
struct Relay {
    http: reqwest::Client,
    here: String,
    there: String,
    state: Arc<Mutex<State>>,
}

struct Request {
    method: String,
    target: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Relay {
    /// One request a connection. `None`: it broke or is meant to.
    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let request = read_request(&mut stream).await?;
        let (mishap, hidden) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.seen.push(Seen { method: request.method.clone(), target: request.target.clone() });
            let at = state.waiting.iter().position(|(method, _)| *method == request.method);
            (at.map(|at| state.waiting.remove(at).1), state.hidden.clone())
        };
        match mishap {
            Some(Mishap::RequestLost) => return None,
            Some(Mishap::Unauthorized) => {
                let refused = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                return stream.write_all(refused).await.ok();
            }
            _ => {}
        }
        let path = request.target.split('?').next().unwrap_or_default();
        if path.rsplit('/').next().is_some_and(|id| hidden.contains(id)) {
            let missing = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            return stream.write_all(missing).await.ok();
        }
        let (head, body) = self.forward(request, &hidden).await?;
        if mishap == Some(Mishap::AnswerLost) {
            return None;
        }
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(&body).await.ok()?;
        stream.shutdown().await.ok()
    }

    async fn forward(&self, request: Request, hidden: &HashSet<String>) -> Option<(String, Vec<u8>)> {
        let method = reqwest::Method::from_bytes(request.method.as_bytes()).ok()?;
        // The client's addresses are the proxy's: page links lead through it, both ways.
        let url = format!("{}{}", self.there, request.target);
        let mut headers = request.headers;
        for name in ["host", "connection", "content-length", "accept-encoding"] {
            headers.remove(name);
        }
        let answer = self.http.request(method, url).headers(headers).body(request.body).send().await.ok()?;
        let mut head = format!("HTTP/1.1 {}\r\n", answer.status().as_u16());
        for (name, value) in answer.headers() {
            if ["connection", "transfer-encoding", "content-length", "content-encoding"]
                .contains(&name.as_str())
            {
                continue;
            }
            let value = value.to_str().ok()?.replace(&self.there, &self.here);
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let body = answer.bytes().await.ok()?.to_vec();
        let body = match String::from_utf8(body) {
            Ok(text) => without(text.replace(&self.there, &self.here), hidden).into_bytes(),
            Err(bytes) => bytes.into_bytes(),
        };
        head.push_str(&format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()));
        Some((head, body))
    }
}

/// A bundle without the hidden resources.
fn without(text: String, hidden: &HashSet<String>) -> String {
    if !hidden.iter().any(|id| text.contains(id.as_str())) {
        return text;
    }
    let Ok(mut value) = serde_json::from_str::<Value>(&text) else { return text };
    let Some(entries) = value["entry"].as_array_mut() else { return text };
    entries.retain(|entry| entry["resource"]["id"].as_str().is_none_or(|id| !hidden.contains(id)));
    value.to_string()
}

async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut buffer = Vec::new();
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut buffer).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(buffer[..end].to_vec()).ok()?;
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_str(value.trim()).ok()?);
    }
    let length: usize = match headers.get("content-length") {
        Some(length) => length.to_str().ok()?.parse().ok()?,
        None => 0,
    };
    let mut body = buffer.split_off(end + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { method, target, headers, body })
}
