//! Starting, pausing and stopping a portal.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::clinic;
use crate::control::Control;
use crate::in_process::{self, InProcessPortal};
use crate::jwt::{Issuer, Signer};
use crate::net::{Door, Wire, Wires, open_port};
use crate::options::Options;
use crate::portal::Portal;
use crate::store::{Store, VersionStyle};
use crate::subscriptions::{self, SubscriptionForm};

/// The way to start a portal.
pub struct DemoPortal;

/// A practitioner of the running clinic.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Practitioner {
    /// Resource id, for example `dr-adler`.
    pub id: String,
    /// `Practitioner/id`.
    pub reference: String,
    /// Name as shown.
    pub name: String,
}

/// A portal that answers. Dropping it stops it too.
pub struct RunningPortal {
    portal: Arc<Portal>,
    server: Arc<Server>,
    arrivals: Option<JoinHandle<()>>,
    pauses: JoinHandle<()>,
    tokens: BTreeMap<String, String>,
    practitioners: Vec<String>,
}

struct Server {
    port: u16,
    wires: Wires,
    router: Router,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl DemoPortal {
    /// Builds the clinic and opens the port.
    ///
    /// # Errors
    /// When the port cannot be opened.
    pub async fn start(options: Options) -> io::Result<RunningPortal> {
        let listener = open_port(options.port).await?;
        let port = listener.local_addr()?.port();
        let building = options.clone();
        let built = tokio::task::spawn_blocking(move || build(&building));
        let (store, practitioners) = built.await.map_err(io::Error::other)?;
        let origin = format!("http://127.0.0.1:{port}");
        let issuer = issuer(&options, &origin)?;
        let tokens = tokens(&options, &issuer, &practitioners);
        let (asks, mut asked) = tokio::sync::mpsc::unbounded_channel();
        let every = options.arrivals;
        let portal = Arc::new(Portal::new(origin, options, store, &tokens, issuer, asks));
        let router = Router::new().fallback(crate::http::handle).with_state(Arc::clone(&portal));
        let server = Arc::new(Server { port, wires: Wires::default(), router, task: Mutex::new(None) });
        server.serve(listener);
        let pausing = Arc::clone(&server);
        let pauses = tokio::spawn(async move {
            while let Some(milliseconds) = asked.recv().await {
                // The answer to the request that asked must still leave.
                tokio::time::sleep(Duration::from_millis(20)).await;
                pausing.close().await;
                tokio::time::sleep(Duration::from_millis(milliseconds)).await;
                let _ = pausing.open().await;
            }
        });
        let arrivals =
            every.map(|every| tokio::spawn(clinic::arrivals::run(Control(Arc::clone(&portal)), every)));
        Ok(RunningPortal { portal, server, arrivals, pauses, tokens, practitioners })
    }

    /// The same portal without a port: it answers in process, by the clock of tokio's runtime, for simulations that
    /// cannot afford sockets. Nothing arrives by itself. Call it inside a runtime.
    ///
    /// # Errors
    /// When the machine gives no random numbers.
    pub fn in_process(options: Options) -> io::Result<InProcessPortal> {
        let (store, practitioners) = build(&options);
        let origin = in_process::ORIGIN.to_owned();
        let issuer = issuer(&options, &origin)?;
        let tokens = tokens(&options, &issuer, &practitioners);
        let (asks, _) = tokio::sync::mpsc::unbounded_channel();
        let portal = Portal::new(origin, options, store, &tokens, issuer, asks);
        Ok(InProcessPortal::new(Arc::new(portal), tokens))
    }
}

fn build(options: &Options) -> (Store, Vec<String>) {
    let now = options.now.unwrap_or_else(chrono::Utc::now);
    let quirks = &options.quirks;
    let mut store =
        Store::new(VersionStyle { uuid: quirks.uuid_versions, whole_seconds: quirks.whole_seconds });
    let ids = clinic::build(&mut store, options, now);
    if quirks.subscriptions == SubscriptionForm::Topic {
        let at = store.reserve(now.timestamp_millis());
        store.put("Basic", "topic-communication", subscriptions::topic(), at);
    }
    (store, ids)
}

/// The fixed tokens: those given, and fresh ones for everybody else.
fn tokens(options: &Options, issuer: &Issuer, practitioners: &[String]) -> BTreeMap<String, String> {
    // A key lives as long as its portal: what an earlier one signed is worth nothing.
    let mut tokens = if options.signed_tokens { BTreeMap::new() } else { options.tokens.clone() };
    let now = options.now.unwrap_or_else(chrono::Utc::now).timestamp_millis();
    for id in practitioners.iter().map(String::as_str).chain(["backend"]) {
        tokens.entry(id.to_owned()).or_insert_with(|| crate::auth::fixed_token(issuer, id, now));
    }
    tokens
}

fn issuer(options: &Options, origin: &str) -> io::Result<Issuer> {
    let name = format!("{origin}/fhir");
    let audience = options.audience.as_deref().map(|given| given.trim_end_matches('/').to_owned());
    let audience = audience.unwrap_or_else(|| name.clone());
    Ok(Issuer { signer: Signer::new()?, name, audience, signed_access: options.signed_tokens })
}

impl Server {
    fn serve(&self, listener: TcpListener) {
        let door = Door { listener, wires: self.wires.clone() };
        let service = self.router.clone().into_make_service_with_connect_info::<Wire>();
        let task = tokio::spawn(async move {
            // `serve` on an accepting listener does not end by itself; it is aborted.
            let _ = axum::serve(door, service).await;
        });
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task);
    }

    async fn close(&self) {
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = task {
            task.abort();
            let _ = task.await;
        }
        self.wires.cut_all();
    }

    async fn open(&self) -> io::Result<()> {
        if self.task.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            return Ok(());
        }
        let listener = open_port(self.port).await?;
        self.serve(listener);
        Ok(())
    }
}

impl RunningPortal {
    /// The FHIR base address, for example `http://127.0.0.1:40123/fhir`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.portal.base()
    }

    /// The port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port
    }

    /// The fixed bearer token of a practitioner (`dr-adler`) or of `backend`, which sees everything. Empty for an
    /// unknown id.
    #[must_use]
    pub fn token(&self, id: &str) -> &str {
        self.tokens.get(id).map(String::as_str).unwrap_or_default()
    }

    /// All fixed tokens by practitioner id, and `backend`.
    #[must_use]
    pub fn tokens(&self) -> &BTreeMap<String, String> {
        &self.tokens
    }

    /// The clinic's practitioners, the first one first.
    #[must_use]
    pub fn practitioners(&self) -> Vec<Practitioner> {
        let control = self.control();
        let named = |id: &String| {
            let value = control.resource("Practitioner", id)?;
            let name = value["name"][0]["text"].as_str()?.to_owned();
            Some(Practitioner { reference: format!("Practitioner/{id}"), id: id.clone(), name })
        };
        self.practitioners.iter().filter_map(named).collect()
    }

    /// The handle for faults, messages and looks behind the interface.
    #[must_use]
    pub fn control(&self) -> Control {
        Control(Arc::clone(&self.portal))
    }

    /// Closes the port and cuts every connection: the portal is down. What it holds stays.
    pub async fn pause(&self) {
        self.server.close().await;
    }

    /// Opens the same port again. Does nothing when it is open.
    ///
    /// # Errors
    /// When another process has taken the port meanwhile.
    pub async fn resume(&self) -> io::Result<()> {
        self.server.open().await
    }

    /// Stops the portal and closes its port.
    pub async fn shutdown(self) {
        self.server.close().await;
    }
}

impl Drop for RunningPortal {
    fn drop(&mut self) {
        if let Some(arrivals) = &self.arrivals {
            arrivals.abort();
        }
        self.pauses.abort();
        if let Some(task) = self.server.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
        self.server.wires.cut_all();
    }
}
