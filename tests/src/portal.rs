//! The demo portal on a thread of its own, with a runtime of its own: tests call it plainly, from sync and async code,
//! and it goes on answering while they wait.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use demo_portal::{Control, DemoPortal, NewMessage, Options};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::Result;

/// The clinician whose inbox the tests and the demo open.
const PRACTITIONER: &str = "dr-adler";

enum Ask {
    Pause(mpsc::Sender<()>),
    Resume(mpsc::Sender<()>),
}

/// A running portal, stopped on drop.
pub struct Portal {
    base: String,
    token: String,
    secret: String,
    control: Control,
    asks: Option<UnboundedSender<Ask>>,
    thread: Option<JoinHandle<()>>,
}

struct Started {
    base: String,
    token: String,
    control: Control,
}

impl Portal {
    /// The sample clinic on a free port.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(options: Options) -> Result<Self> {
        let secret = options.backend_secret.clone();
        let (asks, asked) = unbounded_channel();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || serve(options, asked, &tell));
        let started =
            told.recv_timeout(Duration::from_secs(60)).map_err(|_| "the portal did not start")??;
        let Started { base, token, control } = started;
        Ok(Self { base, token, secret, control, asks: Some(asks), thread: Some(thread) })
    }

    /// The FHIR base address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The clinician's reference.
    pub fn practitioner(&self) -> String {
        format!("Practitioner/{PRACTITIONER}")
    }

    /// The clinician's fixed bearer token.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The secret of the backend client.
    pub fn backend_secret(&self) -> &str {
        &self.secret
    }

    /// Faults, messages behind the client's back, looks at what the server holds.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Closes the port and cuts all connections. What the portal holds stays.
    ///
    /// # Errors
    /// When the portal's thread has ended.
    pub fn pause(&self) -> Result<()> {
        self.ask(Ask::Pause)
    }

    /// Opens the same port again.
    ///
    /// # Errors
    /// When the portal's thread has ended.
    pub fn resume(&self) -> Result<()> {
        self.ask(Ask::Resume)
    }

    /// Writes a message as a patient.
    ///
    /// # Errors
    /// When the patient does not exist.
    pub fn patient_writes(&self, patient: &str, text: &str) -> Result<()> {
        let message =
            NewMessage { patient: patient.to_owned(), text: text.to_owned(), ..NewMessage::default() };
        self.control.add_message(&message)?;
        Ok(())
    }

    /// Every text that the portal serves: payloads, topics, notes.
    pub fn texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for resource in self.control.resources("Communication") {
            let payloads = resource["payload"].as_array().cloned().unwrap_or_default();
            texts.extend(
                payloads.iter().filter_map(|payload| payload["contentString"].as_str()).map(str::to_owned),
            );
            texts.extend(resource["topic"]["text"].as_str().map(str::to_owned));
        }
        texts
    }

    /// Family names of all patients.
    pub fn family_names(&self) -> Vec<String> {
        let family = |patient: &Value| Some(patient["name"][0]["family"].as_str()?.to_owned());
        self.control.resources("Patient").iter().filter_map(family).collect()
    }

    /// How many messages carry this identifier: 1 proves "exactly once".
    pub fn count(&self, client_identifier: &str) -> usize {
        self.control.count_identifier("Communication", client_identifier)
    }

    /// How many messages hold exactly this text.
    pub fn count_text(&self, text: &str) -> usize {
        self.texts().iter().filter(|one| one.as_str() == text).count()
    }

    fn ask(&self, ask: impl FnOnce(mpsc::Sender<()>) -> Ask) -> Result<()> {
        let (done, wait) = mpsc::channel();
        let sent = self.asks.as_ref().is_some_and(|asks| asks.send(ask(done)).is_ok());
        if !sent {
            return Err("the portal has ended".into());
        }
        Ok(wait.recv_timeout(Duration::from_secs(20))?)
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the portal's thread has been printed already.
            let _ = thread.join();
        }
    }
}

fn serve(options: Options, mut asked: UnboundedReceiver<Ask>, tell: &mpsc::Sender<Result<Started>>) {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let _ = tell.send(Err(error.into()));
            return;
        }
    };
    runtime.block_on(async {
        let portal = match DemoPortal::start(options).await {
            Ok(portal) => portal,
            Err(error) => {
                let _ = tell.send(Err(error.into()));
                return;
            }
        };
        let token = portal.token(PRACTITIONER).to_owned();
        let _ = tell.send(Ok(Started { base: portal.base_url(), token, control: portal.control() }));
        while let Some(ask) = asked.recv().await {
            match ask {
                Ask::Pause(done) => {
                    portal.pause().await;
                    let _ = done.send(());
                }
                Ask::Resume(done) => {
                    // On a failure nobody is told that it is done, and the caller's limit says so.
                    if portal.resume().await.is_ok() {
                        let _ = done.send(());
                    }
                }
            }
        }
        portal.shutdown().await;
    });
}
