//! The sync contract against one FHIR server: a suite that creates its own people and threads there, syncs them into real
//! vaults, and says check by check what held. It touches only what it created and deletes it at the end.
//!
//! What a server does not offer is said as such, by the capability that is missing; it is neither passed nor failed.

mod checks;
mod clinic;
mod desk;
mod helios;
mod proxy;
pub mod sample;
mod server;
mod sign_in;
mod table;

pub use helios::Helios;
pub use sign_in::SignIn;
pub use table::{Row, Table, Verdict};

use secrecy::SecretString;

use checks::Stage;

/// A clinician whose vault is synced.
#[derive(Debug, Clone)]
pub struct Clinician {
    /// `Practitioner/ID`; `None`: the suite creates one.
    pub reference: Option<String>,
    /// How her vault signs in.
    pub sign_in: SignIn,
    /// Nothing on the server names her but what the suite creates, so that her vault must hold exactly that.
    pub alone: bool,
}

/// A server under test.
#[derive(Debug, Clone)]
pub struct Target {
    /// Heading of the table.
    pub name: String,
    /// FHIR base address.
    pub base: String,
    /// With what the suite creates and changes resources; `None`: the server asks for no token.
    pub setup: Option<SecretString>,
    /// Two clinicians: the vault of the first is the one under test.
    pub clinicians: [Clinician; 2],
    /// Messages in the check that needs more than one page of 500.
    pub many: usize,
}

impl Clinician {
    /// One that the suite creates, signed in so.
    pub fn created(sign_in: SignIn) -> Self {
        Self { reference: None, sign_in, alone: true }
    }
}

/// Runs the suite and answers its table.
pub async fn run(target: &Target) -> Table {
    let mut table = Table::new(&target.name);
    let built = table.value("the clinic of the suite is created", Stage::build(target)).await;
    if let Some(mut stage) = built {
        Box::pin(checks::run(&mut stage, &mut table)).await;
        table.run("what the suite created is deleted", stage.clear()).await;
    }
    table
}
