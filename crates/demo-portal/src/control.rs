//! What a test can do to a running portal: faults, messages written, withdrawn and deleted behind the client's back,
//! and a look at what the server really holds. The same acts are served below `/_control` when asked for.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::allowance::Allowance;
use crate::clinic::resource::{self, Draft};
use crate::dates;
use crate::faults::Fault;
use crate::http::Incoming;
use crate::keys::{items, reference};
use crate::portal::{Portal, SeenRequest};
use crate::reply::Reply;
use crate::store::{Store, kind_of};
use crate::subscriptions::SocketCount;

/// A message that a patient or proxy writes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct NewMessage {
    /// The patient's id.
    pub patient: String,
    /// What is written.
    pub text: String,
    /// `sent` as it will stand in the resource; now when absent, no `sent` at all when empty.
    pub sent: Option<String>,
    /// The id of the thread's header; the patient's newest thread when absent.
    pub thread: Option<String>,
    /// Begins a new thread with this topic.
    pub topic: Option<String>,
    /// The FHIR status; `completed` when absent.
    pub status: Option<String>,
    /// `RelatedPerson/id` when a proxy writes.
    pub sender: Option<String>,
    /// `Practitioner/id` for a new thread; `Practitioner/dr-adler` when absent.
    pub recipient: Option<String>,
}

/// What [`Control::add_message`] created.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddedMessage {
    /// Id of the message's Communication.
    pub id: String,
    /// Id of the thread's header.
    pub thread: String,
}

/// Why an act of control was not possible.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The patient does not exist.
    #[error("no such patient")]
    NoPatient,
    /// The resource does not exist or is deleted.
    #[error("no such resource")]
    NoResource,
}

/// A change whose instant is taken and that nobody sees yet. Dropped, it never was.
#[must_use = "nothing is stored before the commit"]
pub struct LateCommit {
    portal: Arc<Portal>,
    kind: &'static str,
    id: String,
    value: Value,
    at: i64,
}

impl LateCommit {
    /// Makes the change visible, at the instant taken before.
    pub fn commit(self) {
        let now = self.portal.now().timestamp_millis();
        let mut store = self.portal.write();
        // A row that somebody else has changed meanwhile is changed after that: its versions have one order.
        let newest = store.find(self.kind, &self.id).map_or(0, |(_, row)| row.at());
        let at = if newest > self.at { store.reserve(now) } else { self.at };
        store.put(self.kind, &self.id, self.value, at);
    }
}

/// A handle on a running portal; clones act on the same portal.
#[derive(Clone)]
pub struct Control(pub(crate) Arc<Portal>);

impl Control {
    /// Lets the next matching requests meet a fault.
    pub fn add_fault(&self, fault: Fault) {
        self.0.faults().add(fault);
    }

    /// Takes back all faults that are still waiting, and random ones too.
    pub fn clear_faults(&self) {
        self.0.faults().clear();
    }

    /// Makes every page link given out so far answer 410.
    pub fn expire_cursors(&self) {
        self.0.expire_cursors();
    }

    /// Makes access tokens from a sign-in expire now; refresh tokens and fixed tokens stay good.
    pub fn expire_access_tokens(&self) {
        self.0.logins().expire_access(self.0.now().timestamp_millis());
    }

    /// Lets time pass on the portal's clock.
    pub fn skip_time(&self, time: std::time::Duration) {
        self.0.skip_time(time);
    }

    /// Lets a practitioner read what an absent one receives (both `Practitioner/id`), or no more.
    pub fn permit_cover(&self, cover: &str, absent: &str, permitted: bool) {
        self.0.permit_cover(cover, absent, permitted);
    }

    /// Writes a message as a patient or proxy.
    ///
    /// # Errors
    /// When patient or thread do not exist.
    pub fn add_message(&self, message: &NewMessage) -> Result<AddedMessage, ControlError> {
        self.begin_message(message).map(|(added, commit)| {
            commit.commit();
            added
        })
    }

    /// As [`Control::add_message`], but only the instant is taken: the message is seen by nobody until it is committed,
    /// and stands at that instant then. So real servers lose messages for clients without overlap.
    ///
    /// # Errors
    /// When patient or thread do not exist.
    pub fn begin_message(&self, message: &NewMessage) -> Result<(AddedMessage, LateCommit), ControlError> {
        let now = self.0.now().timestamp_millis();
        let mut store = self.0.write();
        if store.find("Patient", &message.patient).is_none() {
            return Err(ControlError::NoPatient);
        }
        let given = message.thread.clone().filter(|_| message.topic.is_none());
        let thread = match given.or_else(|| newest_thread(&store, message)) {
            Some(thread) => thread,
            None => begin_thread(&mut store, message, now),
        };
        let header = store.find("Communication", &thread).and_then(|(_, row)| row.value());
        let header = header.ok_or(ControlError::NoResource)?;
        let subject = format!("Patient/{}", message.patient);
        let recipients: Vec<String> =
            items(&header["recipient"]).filter_map(reference).map(str::to_owned).collect();
        let id = Uuid::new_v4().to_string();
        // Two messages in one millisecond would have no order: `sent` grows with the commits.
        let at = store.reserve(now);
        let sent = message.sent.clone().unwrap_or_else(|| dates::text_ms(at));
        let value = resource::message(&Draft {
            subject: &subject,
            sender: message.sender.as_deref().unwrap_or(&subject),
            recipients: &recipients,
            topic: header["topic"]["text"].as_str().unwrap_or_default(),
            thread: &thread,
            answers: None,
            sent: (!sent.is_empty()).then_some(sent.as_str()),
            text: &message.text,
            identifier: &id,
            status: message.status.as_deref().unwrap_or("completed"),
        });
        let value = crate::rules::prepared(&self.0, "Communication", value);
        let commit =
            LateCommit { portal: Arc::clone(&self.0), kind: "Communication", id: id.clone(), value, at };
        Ok((AddedMessage { id, thread }, commit))
    }

    /// Marks a Communication as entered in error.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn void_message(&self, id: &str) -> Result<(), ControlError> {
        self.edit("Communication", id, |value| value["status"] = json!("entered-in-error"))
    }

    /// Changes a resource as another party would: a new version.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn edit(&self, kind: &str, id: &str, change: impl FnOnce(&mut Value)) -> Result<(), ControlError> {
        self.begin_edit(kind, id, change).map(LateCommit::commit)
    }

    /// As [`Control::edit`], but only the instant is taken until the change is committed.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn begin_edit(
        &self,
        kind: &str,
        id: &str,
        change: impl FnOnce(&mut Value),
    ) -> Result<LateCommit, ControlError> {
        let mut store = self.0.write();
        let kind = kind_of(kind).ok_or(ControlError::NoResource)?;
        let mut value =
            store.find(kind, id).and_then(|(_, row)| row.value()).ok_or(ControlError::NoResource)?;
        change(&mut value);
        let at = store.reserve(self.0.now().timestamp_millis());
        Ok(LateCommit { portal: Arc::clone(&self.0), kind, id: id.to_owned(), value, at })
    }

    /// Stores any JSON as a resource of a type, without a check: for broken resources.
    ///
    /// # Errors
    /// When the type is not served.
    pub fn put_raw(&self, kind: &str, id: &str, value: Value) -> Result<(), ControlError> {
        self.begin_raw(kind, id, value).map(LateCommit::commit)
    }

    /// As [`Control::put_raw`], but only the instant is taken until the resource is committed.
    ///
    /// # Errors
    /// When the type is not served.
    pub fn begin_raw(&self, kind: &str, id: &str, value: Value) -> Result<LateCommit, ControlError> {
        let kind = kind_of(kind).ok_or(ControlError::NoResource)?;
        let at = self.0.write().reserve(self.0.now().timestamp_millis());
        Ok(LateCommit { portal: Arc::clone(&self.0), kind, id: id.to_owned(), value, at })
    }

    /// Deletes a resource; a later read answers 410.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete(&self, kind: &str, id: &str) -> Result<(), ControlError> {
        let kind = kind_of(kind).ok_or(ControlError::NoResource)?;
        let mut store = self.0.write();
        let at = store.reserve(self.0.now().timestamp_millis());
        if store.delete(kind, id, at) { Ok(()) } else { Err(ControlError::NoResource) }
    }

    /// How many resources of a type carry this identifier value: 1 proves "exactly once".
    #[must_use]
    pub fn count_identifier(&self, kind: &str, value: &str) -> usize {
        self.0.read().with_identifier(kind, None, value).len()
    }

    /// The newest version of a resource; `None` when absent or deleted.
    #[must_use]
    pub fn resource(&self, kind: &str, id: &str) -> Option<Value> {
        self.0.read().find(kind, id).and_then(|(_, row)| row.value())
    }

    /// Every live resource of a type, in order of creation.
    #[must_use]
    pub fn resources(&self, kind: &str) -> Vec<Value> {
        let store = self.0.read();
        let rows = store.table(kind).map(|table| table.rows.as_slice()).unwrap_or_default();
        rows.iter().filter_map(crate::store::Row::value).collect()
    }

    /// The requests since the start, or since they were last forgotten.
    #[must_use]
    pub fn requests(&self, forget: bool) -> Vec<SeenRequest> {
        self.0.seen(forget)
    }

    /// From now on so many requests are answered in each window, and the others refused; every answer says what is left.
    pub fn allow(&self, requests: u32, window: Duration) {
        *self.0.allowance() = Some(Allowance::new(requests, window));
    }

    /// Ends the limit of [`Control::allow`].
    pub fn allow_all(&self) {
        *self.0.allowance() = None;
    }

    /// Cuts every socket of a subscription without a closing frame.
    pub fn cut_sockets(&self) {
        self.0.sockets().cut_all();
    }

    /// Loses notifications silently, or stops losing them; sockets stay open.
    pub fn drop_notifications(&self, dropped: bool) {
        self.0.sockets().silent = dropped;
    }

    /// Sockets stay open and neither read nor write, or go on.
    pub fn freeze_sockets(&self, frozen: bool) {
        self.0.sockets().frozen = frozen;
    }

    /// How often sockets opened from now on get a heartbeat (Medplum's form).
    pub fn set_heartbeat(&self, every: Duration) {
        self.0.sockets().heartbeat = every.max(Duration::from_millis(1));
    }

    /// How long binding tokens given out from now on are good.
    pub fn set_binding_life(&self, life: Duration) {
        self.0.sockets().token_life = Some(life);
    }

    /// Sockets, binds and notifications so far.
    #[must_use]
    pub fn sockets(&self) -> SocketCount {
        self.0.sockets().counted()
    }

    /// Counts by type, the clock, waiting faults, and the study's three kinds of messages.
    #[must_use]
    pub fn state(&self) -> Value {
        let counts: serde_json::Map<String, Value> = {
            let store = self.0.read();
            crate::store::KINDS
                .iter()
                .map(|kind| {
                    let live = store.table(kind).map_or(0, |table| table.by_updated.len());
                    ((*kind).to_owned(), json!(live))
                })
                .collect()
        };
        json!({
            "now": dates::text_ms(self.0.now().timestamp_millis()),
            "counts": counts,
            "structure": structure(&self.0.read()),
            "faults": self.0.faults().waiting(),
            "sockets": self.sockets(),
        })
    }
}

/// Counts messages as the study did: initial notes, patient responses, replies.
fn structure(store: &Store) -> Value {
    let rows = store.table("Communication").map(|table| table.rows.as_slice()).unwrap_or_default();
    let (mut initial, mut responses, mut replies) = (0, 0, 0);
    let mut begun = std::collections::HashSet::new();
    for row in rows.iter().filter(|row| row.keys.part_of != crate::keys::NONE) {
        let Some(value) = row.value() else { continue };
        let clinician = reference(&value["sender"]).is_some_and(|sender| sender.starts_with("Practitioner"));
        match (begun.insert(row.keys.part_of), clinician) {
            (_, false) => responses += 1,
            (true, true) => initial += 1,
            (false, true) => replies += 1,
        }
    }
    json!({"initial_notes": initial, "patient_responses": responses, "replies": replies,
        "messages": initial + responses + replies})
}

fn newest_thread(store: &Store, message: &NewMessage) -> Option<String> {
    if message.topic.is_some() {
        return None;
    }
    let table = store.table("Communication")?;
    let subject = store.refs.known(&format!("Patient/{}", message.patient))?;
    let rows = table.by_subject.get(&subject)?;
    let headers = rows.iter().rev().map(|row| &table.rows[*row as usize]);
    headers
        .filter(|row| row.keys.part_of == crate::keys::NONE && row.body().is_some())
        .find(|row| row.value().is_some_and(|value| value["payload"].is_null()))
        .map(|row| row.id.to_string())
}

fn begin_thread(store: &mut Store, message: &NewMessage, now: i64) -> String {
    let subject = format!("Patient/{}", message.patient);
    let practitioner = message.recipient.clone().unwrap_or_else(|| "Practitioner/dr-adler".to_owned());
    let id = Uuid::new_v4().to_string();
    let topic = message.topic.as_deref().unwrap_or("Message");
    let recipients = [practitioner, subject.clone()];
    let value = resource::header(&subject, &subject, &recipients, topic, &dates::text_ms(now), &id, true);
    let at = store.reserve(now);
    store.put("Communication", &id, value, at);
    id
}

/// Answers a request below `/_control`.
pub(crate) fn over_http(portal: &Arc<Portal>, path: &str, incoming: &Incoming) -> Reply {
    let control = Control(Arc::clone(portal));
    let query: std::collections::HashMap<String, String> =
        crate::http::pairs(&incoming.query).into_iter().collect();
    let done = |result: Result<Value, ControlError>| match result {
        Ok(value) => Reply::json(200, &value),
        Err(error) => Reply::json(404, &json!({"error": error.to_string()})),
    };
    let kind = query.get("type").map_or("Communication", String::as_str);
    let id = query.get("id").map(String::as_str).unwrap_or_default();
    match (&incoming.method, path) {
        (&Method::GET, "/state") => Reply::json(200, &control.state()),
        (&Method::GET, "/count") => {
            let value = query.get("identifier").map(String::as_str).unwrap_or_default();
            Reply::json(200, &json!({"count": control.count_identifier(kind, value)}))
        }
        (&Method::GET, "/requests") => {
            Reply::json(200, &json!(control.requests(query.contains_key("forget"))))
        }
        (&Method::POST, "/faults") => with_body(incoming, |fault: Fault| {
            control.add_fault(fault);
            Reply::json(200, &json!({"ok": true}))
        }),
        (&Method::DELETE, "/faults") => {
            control.clear_faults();
            Reply::json(200, &json!({"ok": true}))
        }
        (&Method::POST, "/messages") => with_body(incoming, |message: NewMessage| {
            done(control.add_message(&message).map(|added| json!(added)))
        }),
        (&Method::POST, "/void") => done(control.void_message(id).map(|()| json!({"ok": true}))),
        (&Method::POST, "/delete") => done(control.delete(kind, id).map(|()| json!({"ok": true}))),
        (&Method::POST, "/raw") => with_body(incoming, |value: Value| {
            done(control.put_raw(kind, id, value).map(|()| json!({"ok": true})))
        }),
        (&Method::POST, "/expire-cursors") => {
            control.expire_cursors();
            Reply::json(200, &json!({"ok": true}))
        }
        (&Method::POST, "/expire-access-tokens") => {
            control.expire_access_tokens();
            Reply::json(200, &json!({"ok": true}))
        }
        (&Method::POST, "/cut-sockets") => {
            control.cut_sockets();
            Reply::json(200, &json!({"ok": true}))
        }
        (&Method::POST, "/drop-notifications") => {
            control.drop_notifications(!query.contains_key("stop"));
            Reply::json(200, &json!({"ok": true}))
        }
        (&Method::POST, "/freeze-sockets") => {
            control.freeze_sockets(!query.contains_key("stop"));
            Reply::json(200, &json!({"ok": true}))
        }
        (&Method::POST, "/cover") => {
            let named = |key: &str| query.get(key).map(String::as_str).unwrap_or_default();
            control.permit_cover(named("cover"), named("absent"), !query.contains_key("end"));
            Reply::json(200, &json!({"ok": true}))
        }
        (&Method::POST, "/pause") => {
            let milliseconds = query.get("ms").and_then(|text| text.parse().ok()).unwrap_or(1000);
            portal.ask_pause(milliseconds);
            Reply::json(200, &json!({"ok": true}))
        }
        _ => Reply::json(404, &json!({"error": "no such control"})),
    }
}

fn with_body<T: DeserializeOwned>(incoming: &Incoming, act: impl FnOnce(T) -> Reply) -> Reply {
    match serde_json::from_slice(&incoming.body) {
        Ok(value) => act(value),
        Err(_) => Reply::json(400, &json!({"error": "the body cannot be read"})),
    }
}
