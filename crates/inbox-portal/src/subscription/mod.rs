//! Subscriptions over WebSocket: the server says that something is new, and the sync asks what. A push is a hint to poll and
//! never the data: nothing of its content is used, and nothing depends on its arrival.
//!
//! Two forms are in use in R4. In the first `criteria` is a search, and the Subscription ends with its socket (Medplum). In the
//! second `criteria` is the address of a topic (R5 backport; Helios), and the Subscription stays. Which one a server has is
//! found by trying, since neither says so in `/metadata`.

mod resource;
mod socket;

use std::time::Duration;

use chrono::{DateTime, Utc};
use inbox_domain::PortalId;
use reqwest::Method;
use reqwest::header::ACCEPT;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::PortalError;
use crate::http::{Answer, Outgoing};
use crate::mapping::parse_reference;
use crate::portal::Portal;
use socket::Socket;

const FHIR_JSON: &str = "application/fhir+json";

/// The topic that is asked for where the server does not show its topics: an administrator can offer it under this name.
pub const DEFAULT_TOPIC: &str = "urn:anteroom:topic:communication";

/// In which form a server has subscriptions over WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionForm {
    /// In none.
    Absent,
    /// `criteria` is a search for Communications.
    Criteria,
    /// `criteria` is the address of this topic.
    Topic(String),
}

/// Limits of a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedLimits {
    /// Time to connect, and to be bound.
    pub open: Duration,
    /// Silence after which the server is asked whether it is there.
    pub silence: Duration,
    /// Time for its answer.
    pub answer: Duration,
    /// Largest message in bytes; a larger one ends the socket.
    pub message: usize,
}

impl Default for FeedLimits {
    fn default() -> Self {
        Self {
            open: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            answer: Duration::from_secs(10),
            message: 1024 * 1024,
        }
    }
}

/// What is to be subscribed to.
#[derive(Debug, Clone, Default)]
pub struct FeedRequest {
    /// The references under which messages are addressed to the clinician.
    pub recipients: Vec<String>,
    /// The Subscription of an earlier socket, where it may have stayed.
    pub kept: Option<PortalId>,
    /// Limits.
    pub limits: FeedLimits,
}

/// What a [`Feed`] gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeedEvent {
    /// Something may be new.
    Hint,
    /// The binding ends soon: open another feed.
    Ending,
}

/// An open, bound socket.
#[derive(Debug)]
pub struct Feed {
    socket: Socket,
    form: SubscriptionForm,
    subscription: PortalId,
    ends: Option<tokio::time::Instant>,
}

impl Feed {
    /// In which form.
    pub fn form(&self) -> &SubscriptionForm {
        &self.form
    }

    /// The Subscription, where it stays when the socket ends: to be given as [`FeedRequest::kept`].
    pub fn kept(&self) -> Option<&PortalId> {
        matches!(self.form, SubscriptionForm::Topic(_)).then_some(&self.subscription)
    }

    /// Waits for the next event. May be dropped and called again.
    ///
    /// # Errors
    /// [`PortalError::ConnectionLost`] when the socket ended, [`PortalError::Timeout`] when the server is silent,
    /// [`PortalError::TooLarge`], [`PortalError::Forbidden`] when the server ended the Subscription.
    pub async fn next(&mut self) -> Result<FeedEvent, PortalError> {
        let ends = self.ends;
        let ending = async {
            match ends {
                Some(ends) => tokio::time::sleep_until(ends).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            hint = self.socket.hint() => hint.map(|()| FeedEvent::Hint),
            () = ending => Ok(FeedEvent::Ending),
        }
    }

    /// Says goodbye; takes a second at most.
    pub async fn close(mut self) {
        self.socket.close().await;
    }
}

/// What `$get-ws-binding-token` gave.
struct Ticket {
    token: SecretString,
    address: Url,
    expires: Option<DateTime<Utc>>,
    /// The server's clock when it was given.
    date: Option<DateTime<Utc>>,
}

impl Portal {
    /// Subscribes to messages for `request.recipients` and opens the socket; `None` where the server has no subscriptions
    /// over WebSocket. What was found is learnt into the capability record.
    ///
    /// # Errors
    /// Any [`PortalError`]; [`PortalError::InsecureAddress`] and [`PortalError::LinkRefused`] when the server names a socket that
    /// is not encrypted or is on another host.
    pub async fn subscribe(&self, request: &FeedRequest) -> Result<Option<Feed>, PortalError> {
        let record = self.capabilities();
        if !record.offers("Subscription", "create") {
            return Ok(None);
        }
        let forms = match record.learnt.subscription.clone() {
            Some(form) if form != SubscriptionForm::Absent => vec![form],
            // A server that had none may have learnt it.
            _ => self.likely_forms().await?,
        };
        for form in forms {
            if let Some((subscription, ticket)) = self.ticket(&form, request).await? {
                self.learn(|learnt| learnt.subscription = Some(form.clone()));
                return self.open_feed(form, subscription, ticket, request.limits).await.map(Some);
            }
        }
        self.learn(|learnt| learnt.subscription = Some(SubscriptionForm::Absent));
        Ok(None)
    }

    /// A topic that the server shows decides; else what is more common comes first.
    async fn likely_forms(&self) -> Result<Vec<SubscriptionForm>, PortalError> {
        if self.capabilities().searches("Basic", "code") {
            let params = [("code", "SubscriptionTopic".to_owned()), ("_count", "100".to_owned())];
            match self.search("Basic", &params).await {
                Ok(page) => {
                    let mut topics = page.entries.iter().filter(|entry| entry.is_match && entry.readable);
                    if let Some(topic) = topics.find_map(|entry| resource::topic_of_messages(&entry.raw)) {
                        return Ok(vec![SubscriptionForm::Topic(topic)]);
                    }
                }
                // The sign-in may not see topics.
                Err(error) if error.is_definite_refusal() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(vec![SubscriptionForm::Criteria, SubscriptionForm::Topic(DEFAULT_TOPIC.to_owned())])
    }

    /// A Subscription in this form with a token for its socket; `None` where the server does not take the form.
    async fn ticket(
        &self,
        form: &SubscriptionForm,
        request: &FeedRequest,
    ) -> Result<Option<(PortalId, Ticket)>, PortalError> {
        if let Some(kept) = request.kept.as_ref().filter(|_| matches!(form, SubscriptionForm::Topic(_)))
            && let Some(ticket) = refused_is_none(self.binding_token(kept).await)?
        {
            return Ok(Some((kept.clone(), ticket)));
        }
        let body = resource::subscription(form, &request.recipients);
        let Some(subscription) = refused_is_none(self.create_subscription(body).await)? else {
            return Ok(None);
        };
        match self.binding_token(&subscription).await {
            Ok(ticket) => Ok(Some((subscription, ticket))),
            Err(error) => {
                // Whether or not it can be taken back, the first error is the one to tell.
                let _ = self.delete_subscription(&subscription).await;
                refused_is_none(Err(error))
            }
        }
    }

    async fn create_subscription(&self, body: String) -> Result<PortalId, PortalError> {
        let request = Outgoing::post(self.join("Subscription")?, FHIR_JSON, body.into_bytes());
        let answer = self.exchange(request.header(ACCEPT, FHIR_JSON)).await?.success()?;
        let location = answer.location().and_then(|location| self.base().join(location).ok());
        let named = location.and_then(|address| parse_reference(self.base().as_str(), address.as_str()));
        let id = named.map(|found| found.id).or_else(|| resource::id_of(&answer.body));
        id.map(PortalId).ok_or(PortalError::InvalidAnswer)
    }

    async fn binding_token(&self, subscription: &PortalId) -> Result<Ticket, PortalError> {
        let address = self.join(&format!("Subscription/{subscription}/$get-ws-binding-token"))?;
        let answer: Answer = self.get(address).await?.success()?;
        let given = resource::binding(&answer.body).ok_or(PortalError::InvalidAnswer)?;
        let address = socket::check_socket(self.base(), &given.address)?;
        Ok(Ticket { token: given.token, address, expires: given.expires, date: answer.date() })
    }

    /// Takes a Subscription back.
    ///
    /// # Errors
    /// Any [`PortalError`].
    pub async fn delete_subscription(&self, subscription: &PortalId) -> Result<(), PortalError> {
        let mut request = Outgoing::get(self.join(&format!("Subscription/{subscription}"))?);
        request.method = Method::DELETE;
        self.exchange(request.header(ACCEPT, FHIR_JSON)).await?.success().map(|_| ())
    }

    async fn open_feed(
        &self,
        form: SubscriptionForm,
        subscription: PortalId,
        ticket: Ticket,
        limits: FeedLimits,
    ) -> Result<Feed, PortalError> {
        let sign_in = self.access_token().await?;
        let bind = resource::bind_message(&form, &ticket.token);
        let opening = Socket::open(&ticket.address, sign_in.as_ref(), limits, bind);
        let opened = tokio::time::timeout(limits.open, opening).await.unwrap_or(Err(PortalError::Timeout));
        let socket = match opened {
            Ok(socket) => socket,
            Err(error) => {
                if form == SubscriptionForm::Criteria {
                    // Not bound, so no socket's end takes it away; a server that cannot be reached keeps it.
                    let _ = self.delete_subscription(&subscription).await;
                }
                return Err(error);
            }
        };
        // With a search as criteria the token's end silences the socket; a topic's token is spent by the bind.
        let life = match (&form, ticket.expires) {
            (SubscriptionForm::Criteria, Some(end)) => {
                (end - ticket.date.unwrap_or_else(Utc::now)).to_std().ok()
            }
            _ => None,
        };
        // `Date` has whole seconds, so the token may end a second earlier.
        let safe = |life: Duration| life.saturating_sub(Duration::from_secs(1)).mul_f32(0.9);
        let ends = life.map(|life| tokio::time::Instant::now() + safe(life));
        Ok(Feed { socket, form, subscription, ends })
    }
}

/// A definite refusal says that the server does not take this form; everything else says nothing about it.
fn refused_is_none<T>(outcome: Result<T, PortalError>) -> Result<Option<T>, PortalError> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_definite_refusal() || error == (PortalError::Server { status: 501 }) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
