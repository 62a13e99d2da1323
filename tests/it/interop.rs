//! The sync contract against the sample portal, once as each of the servers that it can play. `cargo xtask interop` runs
//! the same checks against a server that nobody here wrote.

use anteroom_tests::interop::{self, Clinician, SignIn, Table, Target, Verdict};
use demo_portal::{DemoPortal, Options, Quirks, RunningPortal};
use secrecy::SecretString;

fn clinician(portal: &RunningPortal, id: &str, in_browser: bool) -> Clinician {
    let sign_in = if in_browser {
        SignIn::Browser { practitioner: id.to_owned() }
    } else {
        SignIn::Bearer(SecretString::from(portal.token(id)))
    };
    Clinician { reference: Some(format!("Practitioner/{id}")), sign_in, alone: false }
}

async fn run(name: &str) -> Table {
    let quirks = Quirks::preset(name).unwrap();
    // Scopes are enforced where Helios is played: there people sign in, with signed tokens.
    let signed_tokens = quirks.scopes_enforced;
    let portal = DemoPortal::start(Options { quirks, signed_tokens, ..Options::default() }).await.unwrap();
    let clinicians = ["dr-adler", "dr-brandt"].map(|id| clinician(&portal, id, signed_tokens));
    let target = Target {
        name: format!("sample portal as {name}"),
        base: portal.base_url(),
        setup: Some(SecretString::from(portal.token("backend"))),
        clinicians,
        many: 620,
    };
    let table = interop::run(&target).await;
    portal.shutdown().await;
    table
}

/// `not_offered`: checks for which the server that is played lacks something.
async fn holds_as(name: &str, not_offered: usize) {
    let table = run(name).await;
    println!("{}", table.text());
    let count = |verdict| table.count(verdict);
    assert_eq!((count(Verdict::Failed), count(Verdict::NotOffered)), (0, not_offered), "{}", table.text());
    assert!(count(Verdict::Passed) >= 25, "{}", table.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sync_contract_holds_with_a_server_that_follows_the_standard() {
    holds_as("none", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sync_contract_holds_with_medplums_quirks() {
    holds_as("medplum", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sync_contract_holds_with_helioss_quirks_and_sign_in() {
    holds_as("helios", 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sync_contract_holds_with_wso2s_quirks() {
    // Subscriptions are stored there, and nothing comes of them.
    holds_as("wso2", 1).await;
}
