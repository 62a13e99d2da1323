//! Subscriptions over WebSocket: which sockets are bound to which Subscription, and what a commit sends to them.
//!
//! Two forms are played. Medplum's: `criteria` is a search, one socket may bind several Subscriptions, heartbeats come, and
//! a Subscription is deleted when its socket closes. Helios's: `criteria` names a topic (a `Basic` resource), a token is
//! good once and for 30 s, one Subscription a socket, no heartbeat. Neither replays what a closed socket missed.

mod resource;
mod socket;

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use crate::auth::random_token;
use crate::net::Wire;
use crate::portal::Portal;

pub(crate) use resource::{binding_token, socket_address, topic};
pub(crate) use socket::{is_socket, upgrade};

/// How the server offers subscriptions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubscriptionForm {
    /// `criteria` is a search (Medplum).
    #[default]
    Criteria,
    /// `criteria` is the address of a topic (Helios, R5 backport).
    Topic,
    /// Subscriptions are stored, and nothing happens (WSO2).
    Stored,
    /// The resource type is not served (Millennium).
    Absent,
}

/// Which Communications a Subscription asks for.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    All,
    Recipient(Vec<String>),
    Sender(Vec<String>),
}

/// What a token binds.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) subscription: String,
    wanted: Wanted,
    practitioner: Option<String>,
    expires: i64,
}

struct Socket {
    bound: Vec<Binding>,
    sender: UnboundedSender<String>,
    wire: Wire,
}

/// What a test sees of the sockets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SocketCount {
    /// Sockets that are bound now.
    pub bound: usize,
    /// Binds since the start.
    pub binds: usize,
    /// Notifications that were due, sent or not.
    pub notifications: usize,
}

/// All sockets and tokens.
pub(crate) struct Sockets {
    open: HashMap<u64, Socket>,
    tokens: HashMap<String, Binding>,
    last: u64,
    /// Notifications are lost on their way.
    pub(crate) silent: bool,
    /// Sockets neither read nor write.
    pub(crate) frozen: bool,
    pub(crate) heartbeat: Duration,
    /// Lifetime of a binding token; that of the form when absent.
    pub(crate) token_life: Option<Duration>,
    pub(crate) count: SocketCount,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            open: HashMap::new(),
            tokens: HashMap::new(),
            last: 0,
            silent: false,
            frozen: false,
            heartbeat: Duration::from_secs(10),
            token_life: None,
            count: SocketCount::default(),
        }
    }
}

impl Sockets {
    fn give_token(&mut self, binding: Binding) -> String {
        let token = random_token();
        self.tokens.insert(token.clone(), binding);
        token
    }

    /// What a token binds now; a token of Helios's form is used up.
    fn redeem(&mut self, token: &str, form: SubscriptionForm, now: i64) -> Option<Binding> {
        let found = match form {
            SubscriptionForm::Topic => self.tokens.remove(token),
            _ => self.tokens.get(token).cloned(),
        };
        found.filter(|binding| now < binding.expires)
    }

    fn enter(&mut self, sender: UnboundedSender<String>, wire: Wire) -> u64 {
        self.last += 1;
        self.open.insert(self.last, Socket { bound: Vec::new(), sender, wire });
        self.last
    }

    fn bind(&mut self, socket: u64, binding: Binding) {
        let Some(socket) = self.open.get_mut(&socket) else { return };
        socket.bound.retain(|other| other.subscription != binding.subscription);
        socket.bound.push(binding);
        self.count.binds += 1;
    }

    fn unbind(&mut self, socket: u64, subscription: &str) {
        if let Some(socket) = self.open.get_mut(&socket) {
            socket.bound.retain(|binding| binding.subscription != subscription);
        }
    }

    fn bound(&self, socket: u64) -> Vec<String> {
        let bound = self.open.get(&socket).map(|socket| socket.bound.as_slice()).unwrap_or_default();
        bound.iter().map(|binding| binding.subscription.clone()).collect()
    }

    /// The Subscriptions that the socket was bound to.
    fn leave(&mut self, socket: u64) -> Vec<String> {
        let bound = self.bound(socket);
        self.open.remove(&socket);
        bound
    }

    pub(crate) fn counted(&self) -> SocketCount {
        let bound = self.open.values().filter(|socket| !socket.bound.is_empty()).count();
        SocketCount { bound, ..self.count }
    }

    /// Cuts every socket without a closing frame.
    pub(crate) fn cut_all(&self) {
        self.open.values().for_each(|socket| socket.wire.cut());
    }

    /// The sockets of a deleted Subscription end.
    pub(crate) fn forget(&mut self, subscription: &str) {
        self.tokens.retain(|_, binding| binding.subscription != subscription);
        for socket in self.open.values_mut() {
            let before = socket.bound.len();
            socket.bound.retain(|binding| binding.subscription != subscription);
            if before > 0 && socket.bound.is_empty() {
                socket.wire.cut();
            }
        }
    }

    fn notify(
        &mut self,
        form: SubscriptionForm,
        sees: impl Fn(Option<&str>) -> bool,
        id: &str,
        value: &Value,
        at: i64,
    ) {
        for socket in self.open.values() {
            for binding in &socket.bound {
                // A token that has ended gets nothing more, and nobody is told (Medplum).
                let live = form == SubscriptionForm::Topic || at < binding.expires;
                let wanted = live && resource::matches(&binding.wanted, value);
                if !wanted || !sees(binding.practitioner.as_deref()) {
                    continue;
                }
                self.count.notifications += 1;
                if !self.silent {
                    let text = resource::notification(form, &binding.subscription, id);
                    // A socket that is closing takes nothing more.
                    let _ = socket.sender.send(text);
                }
            }
        }
    }
}

impl Portal {
    /// Tells the sockets of Communications that were just committed.
    pub(crate) fn announce(&self, fresh: &[(String, Value)]) {
        if fresh.is_empty() {
            return;
        }
        let (store, mut sockets) = (self.read(), self.sockets());
        let now = self.now().timestamp_millis();
        for (id, value) in fresh {
            let Some((_, row)) = store.find("Communication", id) else { continue };
            let sees = |practitioner: Option<&str>| self.viewer(&store, practitioner).sees(&store, &row.keys);
            sockets.notify(self.quirks.subscriptions, sees, id, value, now);
        }
    }
}
