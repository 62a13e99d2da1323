//! What a portal is started with.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::quirks::Quirks;

/// The sample clinic has the structure of the study: 38 patients.
pub const STUDY_PATIENTS: usize = 38;
/// The sample clinic has the structure of the study: 274 messages.
pub const STUDY_MESSAGES: usize = 274;

/// The options of a portal. `Options::default()` is the sample clinic on a free port, without arrivals.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Everything generated follows from it.
    pub seed: u64,
    /// Number of patients; the first 38 are the sample clinic's.
    pub patients: usize,
    /// Number of psychiatrists; the first four are the sample clinic's. Further patients are spread evenly over all.
    pub practitioners: usize,
    /// Number of messages (headers not counted); from 274 on the sample clinic's are the first of them,
    /// fewer are generated. 0 makes a clinic of people without messages.
    pub messages: usize,
    /// Time between new patient messages; `None`: nothing arrives by itself.
    pub arrivals: Option<Duration>,
    /// Deviations from FHIR R4.
    pub quirks: Quirks,
    /// The largest page that a search returns, whatever `_count` asks.
    pub page_cap: usize,
    /// The portal's clock at its start; `None`: the system's.
    pub now: Option<DateTime<Utc>>,
    /// The secret of the client `anteroom-backend`.
    pub backend_secret: String,
    /// Fixed bearer tokens by practitioner id (and `backend`); missing ones are drawn at random.
    pub tokens: BTreeMap<String, String>,
    /// Access tokens are signed JWTs, which another server can verify by `/auth/jwks`; `tokens` is not used then.
    pub signed_tokens: bool,
    /// Base address of the FHIR server that takes the tokens, where it is not this portal.
    pub audience: Option<String>,
    /// Scopes that a sign-in is never given, whatever it asks.
    pub denied_scopes: Vec<String>,
    /// Lifetime of access tokens from a sign-in.
    pub token_life: Duration,
    /// The only redirect address, where `exact_redirect` is on.
    pub redirect_uri: Option<String>,
    /// Serves `/_control/...` to other processes.
    pub control: bool,
    /// Share of requests, 0 to 1, that meet a random fault; drawn from the seed.
    pub fault_rate: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            seed: 1,
            patients: STUDY_PATIENTS,
            practitioners: 4,
            messages: STUDY_MESSAGES,
            arrivals: None,
            quirks: Quirks::default(),
            page_cap: 1000,
            now: None,
            backend_secret: "demo-backend-secret".to_owned(),
            tokens: BTreeMap::new(),
            signed_tokens: false,
            audience: None,
            denied_scopes: Vec::new(),
            token_life: Duration::from_secs(3600),
            redirect_uri: None,
            control: false,
            fault_rate: 0.0,
        }
    }
}
