//! The Helios FHIR server on loopback, with a database that goes with it: open, or trusting the sample portal's tokens.

use std::path::Path;
use std::time::Duration;

use demo_portal::{DemoPortal, Options, RunningPortal};
use secrecy::SecretString;

use super::server::Server;
use super::sign_in::SignIn;
use super::table::Trouble;
use super::{Clinician, Target, sample};
use crate::children::bound;
use crate::{Result, Running, until_async};

/// A running Helios, ended on drop.
pub struct Helios {
    base: String,
    /// Signs people in, where Helios asks for tokens.
    portal: Option<RunningPortal>,
    child: Running,
    _folder: tempfile::TempDir,
}

impl Helios {
    /// Starts it without sign-in. `parameters` is HL7's list of search parameters.
    ///
    /// # Errors
    /// When it does not answer within two minutes.
    pub async fn open(program: &Path, parameters: &Path) -> Result<Self> {
        Self::start(program, parameters, free_port()?, None).await
    }

    /// Starts it with SMART sign-in by a sample portal, whose signed tokens it verifies by the portal's key set.
    ///
    /// # Errors
    /// As [`Helios::open`].
    pub async fn signed_in(program: &Path, parameters: &Path) -> Result<Self> {
        let port = free_port()?;
        let audience = Some(format!("http://127.0.0.1:{port}"));
        let options = Options { messages: 0, signed_tokens: true, audience, ..Options::default() };
        let portal = DemoPortal::start(options).await?;
        Self::start(program, parameters, port, Some(portal)).await
    }

    async fn start(
        program: &Path,
        parameters: &Path,
        port: u16,
        portal: Option<RunningPortal>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::copy(parameters, folder.path().join("search-parameters-r4.json"))?;
        let base = format!("http://127.0.0.1:{port}");
        let mut command = bound(program);
        command
            .current_dir(folder.path())
            .env("HFS_SERVER_HOST", "127.0.0.1")
            .env("HFS_SERVER_PORT", port.to_string())
            .env("HFS_BASE_URL", &base)
            .env("HFS_DATABASE_URL", folder.path().join("helios.db"))
            .env("HFS_DATA_DIR", folder.path())
            .env("HFS_SUBSCRIPTIONS_ENABLED", "true")
            .env("HFS_LOG_LEVEL", "warn");
        if let Some(portal) = &portal {
            let issuer = portal.base_url();
            let pages = issuer.trim_end_matches("/fhir").to_owned() + "/auth";
            command
                .env("HFS_AUTH_ENABLED", "true")
                .env("HFS_AUTH_JWKS_URL", format!("{pages}/jwks"))
                .env("HFS_AUTH_ISSUER", &issuer)
                .env("HFS_AUTH_AUDIENCE", &base)
                .env("HFS_SMART_JWKS_URL", format!("{pages}/jwks"))
                .env("HFS_SMART_AUTHORIZE_ENDPOINT", format!("{pages}/authorize"))
                .env("HFS_SMART_TOKEN_ENDPOINT", format!("{pages}/token"))
                .env("HFS_SMART_REVOCATION_ENDPOINT", format!("{pages}/revoke"));
        }
        let mut child = Running::start("hfs", &mut command, &folder.path().join("helios.log"))?;
        let metadata = format!("{base}/metadata");
        let answered = until_async("Helios answers", Duration::from_secs(120), || async {
            reqwest::get(&metadata).await.ok().filter(|answer| answer.status().is_success())
        });
        if let Err(error) = answered.await {
            let state = if child.is_running() { "it runs" } else { "it ended" };
            return Err(format!("{error}; {state} and said: {}", child.output()).into());
        }
        Ok(Self { base, portal, child, _folder: folder })
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the suite needs to know of it.
    ///
    /// # Errors
    /// When the people who sign in cannot be created.
    pub async fn target(&self) -> Result<Target> {
        let Some(portal) = &self.portal else {
            let clinicians = [Clinician::created(SignIn::Open), Clinician::created(SignIn::Open)];
            return Ok(Target {
                name: "Helios, open".to_owned(),
                base: self.base.clone(),
                setup: None,
                clinicians,
                many: 620,
            });
        };
        let setup = Some(SecretString::from(portal.token("backend")));
        let server = Server::new(&self.base, setup.clone()).map_err(said)?;
        sample::load_people(&server, &portal.control()).await.map_err(said)?;
        let clinicians = ["dr-adler", "dr-brandt"].map(|id| Clinician {
            reference: Some(format!("Practitioner/{id}")),
            sign_in: SignIn::Browser { practitioner: id.to_owned() },
            alone: true,
        });
        let name = "Helios, SMART sign-in by the sample portal".to_owned();
        Ok(Target { name, base: self.base.clone(), setup, clinicians, many: 620 })
    }
}

fn said(trouble: Trouble) -> String {
    match trouble {
        Trouble::Wrong(text) | Trouble::NotOffered(text) => text,
    }
}

/// A port that is free now; the server that takes it says so when it is not any more.
fn free_port() -> Result<u16> {
    Ok(std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
