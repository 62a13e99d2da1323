//! One socket, from the upgrade to its end.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::Response;
use axum::http::request::Parts;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{SubscriptionForm, resource};
use crate::net::Wire;
use crate::portal::Portal;
use crate::reply::outcome;

/// How often a frozen socket looks whether it still is.
const FROZEN: Duration = Duration::from_millis(20);

/// The path of the form's sockets.
pub(super) fn path(form: SubscriptionForm) -> &'static str {
    if form == SubscriptionForm::Topic { "/fhir/ws/subscriptions/bind" } else { "/ws/subscriptions-r4" }
}

/// Whether a request asks for a socket.
pub(crate) fn is_socket(portal: &Portal, at: &str) -> bool {
    let form = portal.quirks.subscriptions;
    matches!(form, SubscriptionForm::Criteria | SubscriptionForm::Topic) && at == path(form)
}

/// Answers the upgrade. In Helios's form the sign-in is checked here too.
pub(crate) async fn upgrade(portal: Arc<Portal>, wire: Wire, mut parts: Parts) -> Response<Body> {
    if portal.quirks.subscriptions == SubscriptionForm::Topic && !portal.quirks.no_auth {
        let given = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let token = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if portal.logins().access(token, portal.now().timestamp_millis()).is_none() {
            return axum::http::StatusCode::UNAUTHORIZED.into_response();
        }
    }
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.on_upgrade(move |socket| serve(portal, wire, socket)),
        Err(refusal) => refusal.into_response(),
    }
}

async fn serve(portal: Arc<Portal>, wire: Wire, mut socket: WebSocket) {
    let (sender, notices) = unbounded_channel();
    let id = portal.sockets().enter(sender, wire);
    run(&portal, id, &mut socket, notices).await;
    let bound = portal.sockets().leave(id);
    if portal.quirks.subscriptions == SubscriptionForm::Criteria {
        let mut store = portal.write();
        for subscription in bound {
            let at = store.reserve(portal.now().timestamp_millis());
            store.delete("Subscription", &subscription, at);
        }
    }
}

/// Ends when either side closes.
async fn run(portal: &Portal, id: u64, socket: &mut WebSocket, mut notices: UnboundedReceiver<String>) {
    let form = portal.quirks.subscriptions;
    let every = portal.sockets().heartbeat;
    let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + every, every);
    loop {
        while portal.sockets().frozen {
            tokio::time::sleep(FROZEN).await;
        }
        let sent = tokio::select! {
            notice = notices.recv() => match notice {
                Some(text) => socket.send(Message::Text(text.into())).await.is_ok(),
                None => false,
            },
            _ = beat.tick() => {
                let bound = portal.sockets().bound(id);
                if form == SubscriptionForm::Topic || bound.is_empty() {
                    true
                } else {
                    socket.send(Message::Text(resource::heartbeat(form, &bound).into())).await.is_ok()
                }
            }
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => hear(portal, id, socket, text.as_str()).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => false,
                // A ping is answered by the protocol itself.
                Some(Ok(_)) => true,
            },
        };
        if !sent {
            return;
        }
    }
}

/// Acts on one text; whether the socket goes on.
async fn hear(portal: &Portal, id: u64, socket: &mut WebSocket, text: &str) -> bool {
    let form = portal.quirks.subscriptions;
    let answer = if form == SubscriptionForm::Topic {
        match bind_topic(portal, id, text) {
            Ok(answer) => answer,
            Err(reason) => {
                let frame = CloseFrame { code: 1008, reason: reason.into() };
                // It ends either way.
                let _ = socket.send(Message::Close(Some(frame))).await;
                return false;
            }
        }
    } else {
        converse(portal, id, text)
    };
    match answer {
        Some(answer) => socket.send(Message::Text(answer.into())).await.is_ok(),
        None => true,
    }
}

/// Helios: one bind, as plain text; everything else before it ends the socket.
fn bind_topic(portal: &Portal, id: u64, text: &str) -> Result<Option<String>, &'static str> {
    let token = text.strip_prefix("bind-with-token ").map(str::trim);
    let mut sockets = portal.sockets();
    let bound = !sockets.bound(id).is_empty();
    let Some(token) = token else {
        return if bound { Ok(None) } else { Err("expected-bind-with-token") };
    };
    if bound {
        return Err("single-bind-only");
    }
    let now = portal.now().timestamp_millis();
    let binding = sockets.redeem(token, SubscriptionForm::Topic, now).ok_or("invalid-or-expired-token")?;
    let subscription = binding.subscription.clone();
    sockets.bind(id, binding);
    Ok(Some(resource::handshake(SubscriptionForm::Topic, &subscription)))
}

/// Medplum: JSON, several binds, unbind, ping.
fn converse(portal: &Portal, id: u64, text: &str) -> Option<String> {
    let message: Value = serde_json::from_str(text).ok()?;
    let kind = message["type"].as_str()?;
    if kind == "ping" {
        return Some(json!({"type": "pong"}).to_string());
    }
    let token = message["payload"]["token"].as_str()?;
    let mut sockets = portal.sockets();
    let now = portal.now().timestamp_millis();
    let Some(binding) = sockets.redeem(token, SubscriptionForm::Criteria, now) else {
        let refusal = outcome("error", "invalid", "Token failed to validate. Check token expiry.");
        return Some(refusal.to_string());
    };
    let subscription = binding.subscription.clone();
    match kind {
        "bind-with-token" => {
            sockets.bind(id, binding);
            Some(resource::handshake(SubscriptionForm::Criteria, &subscription))
        }
        "unbind-from-token" => {
            sockets.unbind(id, &subscription);
            None
        }
        _ => None,
    }
}
