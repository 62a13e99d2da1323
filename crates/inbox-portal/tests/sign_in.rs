//! Sign-in against the sample portal: what is granted, what is lost on the way, what a sign-out ends.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use demo_portal::{DemoPortal, Fault, FaultKind, Options, Quirks, RunningPortal};
use inbox_portal::auth::{client_credentials, revoke};
use inbox_portal::{
    Auth, BrowserSignIn, HttpLimits, NoTokenStore, Portal, PortalError, Revocation, TokenStore,
    TokenStoreError,
};
use secrecy::SecretString;
use url::Url;

const TOKEN_PATH: &str = "/auth/token";

async fn portal(options: Options) -> RunningPortal {
    DemoPortal::start(Options { messages: 0, ..options }).await.unwrap()
}

/// Short lives of tokens are not fresh: each request refreshes.
fn short_lived() -> Options {
    Options { token_life: Duration::from_secs(5), ..Options::default() }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Chooses a person on the sign-in page; answers where the browser is sent back to.
async fn choose(page: Url) -> Option<String> {
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push(("practitioner".to_owned(), "dr-adler".to_owned()));
    let mut target = page;
    target.set_query(None);
    let answer = http().post(target).form(&form).send().await.unwrap();
    answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned())
}

async fn try_sign_in(portal: &RunningPortal, port: Option<u16>) -> Result<Auth, PortalError> {
    let waiting =
        BrowserSignIn::start(&portal.base_url(), "anteroom", port, HttpLimits::default()).await.unwrap();
    let back = choose(waiting.url().clone()).await;
    let visit = async {
        if let Some(back) = back {
            http().get(back).send().await.unwrap();
        }
    };
    let (auth, ()) = tokio::join!(waiting.finish(Duration::from_millis(800)), visit);
    auth
}

async fn sign_in(portal: &RunningPortal) -> Auth {
    try_sign_in(portal, None).await.unwrap()
}

/// A store that keeps the latest, as a vault does.
#[derive(Debug)]
struct Kept(Mutex<Auth>);

impl TokenStore for Kept {
    fn store(&self, auth: &Auth) -> Result<(), TokenStoreError> {
        *self.0.lock().unwrap() = auth.clone();
        Ok(())
    }

    fn load(&self) -> Result<Option<Auth>, TokenStoreError> {
        Ok(Some(self.0.lock().unwrap().clone()))
    }
}

fn client(portal: &RunningPortal, auth: &Auth) -> (Portal, Arc<Kept>) {
    let kept = Arc::new(Kept(Mutex::new(auth.clone())));
    let store = Arc::clone(&kept) as Arc<dyn TokenStore>;
    (Portal::new(&portal.base_url(), auth.clone(), store, HttpLimits::default()).unwrap(), kept)
}

async fn ask(client: &Portal) -> Result<(), PortalError> {
    client.search("Communication", &[("_count", "1".to_owned())]).await.map(drop)
}

fn exchanges(portal: &RunningPortal) -> usize {
    portal.control().requests(false).iter().filter(|seen| seen.path == TOKEN_PATH).count()
}

#[tokio::test]
async fn a_code_whose_answer_is_lost_is_never_exchanged_again() {
    let portal = portal(Options::default()).await;
    portal.control().add_fault(Fault::new(FaultKind::Drop).on("POST", TOKEN_PATH).after_commit());
    let error = try_sign_in(&portal, None).await.unwrap_err();
    assert_eq!(error, PortalError::SignIn { step: "answer_lost" });
    assert!(!error.retryable(), "she signs in anew");
    assert_eq!(exchanges(&portal), 1);
}

#[tokio::test]
async fn a_port_that_the_server_knows_can_be_fixed() {
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let redirect_uri = Some(format!("http://127.0.0.1:{port}/callback"));
    let quirks = Quirks { exact_redirect: true, ..Quirks::default() };
    let portal = portal(Options { quirks, redirect_uri, ..Options::default() }).await;
    assert_eq!(try_sign_in(&portal, None).await.unwrap_err(), PortalError::SignIn { step: "timeout" });
    let auth = try_sign_in(&portal, Some(port)).await.unwrap();
    assert_eq!(auth.fhir_user(), Some("Practitioner/dr-adler"));
    // One redirect was answered, and nobody listens any more.
    assert!(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err());
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let portal = portal(Options::default()).await;
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = Some(taken.local_addr().unwrap().port());
    let refused = BrowserSignIn::start(&portal.base_url(), "anteroom", port, HttpLimits::default()).await;
    assert_eq!(refused.unwrap_err(), PortalError::SignIn { step: "listener" });
}

#[tokio::test]
async fn a_refresh_token_whose_answer_is_lost_is_never_used_again() {
    let portal = portal(short_lived()).await;
    let (client, kept) = client(&portal, &sign_in(&portal).await);
    ask(&client).await.unwrap();
    let before = exchanges(&portal);
    portal.control().add_fault(Fault::new(FaultKind::Drop).on("POST", TOKEN_PATH).after_commit());
    assert_eq!(ask(&client).await.unwrap_err(), PortalError::Unauthorized);
    portal.control().expire_access_tokens();
    // Neither this process nor the next one that opens the vault spends it again.
    assert_eq!(ask(&client).await.unwrap_err(), PortalError::Unauthorized);
    let stored = kept.0.lock().unwrap().clone();
    let (next, _) = self::client(&portal, &stored);
    assert_eq!(ask(&next).await.unwrap_err(), PortalError::Unauthorized);
    assert_eq!(exchanges(&portal), before + 1);
}

#[tokio::test]
async fn a_refresh_token_that_never_arrived_is_good_for_the_next_time() {
    let portal = portal(short_lived()).await;
    let (client, _) = client(&portal, &sign_in(&portal).await);
    portal.pause().await;
    assert_eq!(ask(&client).await.unwrap_err(), PortalError::Unreachable);
    portal.resume().await.unwrap();
    ask(&client).await.unwrap();
    portal.control().add_fault(Fault::new(FaultKind::Unavailable).on("POST", TOKEN_PATH));
    assert!(matches!(ask(&client).await.unwrap_err(), PortalError::Unavailable { .. }));
    ask(&client).await.unwrap();
}

#[tokio::test]
async fn a_sign_out_ends_the_login_on_the_server() {
    let portal = portal(Options::default()).await;
    let auth = sign_in(&portal).await;
    let (client, _) = client(&portal, &auth);
    ask(&client).await.unwrap();
    assert_eq!(revoke(&auth, HttpLimits::default()).await.unwrap(), Revocation::Revoked);
    assert_eq!(ask(&client).await.unwrap_err(), PortalError::Unauthorized);
    let token = SecretString::from(portal.token("dr-adler"));
    let fixed = Auth::Bearer { token };
    assert_eq!(revoke(&fixed, HttpLimits::default()).await.unwrap(), Revocation::NotOffered);
    portal.pause().await;
    assert_eq!(revoke(&auth, HttpLimits::default()).await.unwrap_err(), PortalError::Unreachable);
}

#[tokio::test]
async fn a_scope_that_was_not_granted_switches_off_its_feature_alone() {
    let denied_scopes = vec!["user/Task.cruds".to_owned(), "user/Binary.cr".to_owned()];
    let portal = portal(Options { denied_scopes, ..Options::default() }).await;
    let (client, _) = client(&portal, &sign_in(&portal).await);
    let record = client.discover().await.unwrap();
    let off: Vec<&str> = record.off.iter().map(|off| off.feature.as_str()).collect();
    assert_eq!(off, ["shared_work", "attachments", "uploads"]);
    assert!(!record.has("Task") && record.searches("Communication", "recipient"));
    // A fixed token does not say what it may do.
    let token = SecretString::from(portal.token("dr-adler"));
    let fixed = Portal::new(
        &portal.base_url(),
        Auth::Bearer { token },
        Arc::new(NoTokenStore),
        HttpLimits::default(),
    );
    assert!(fixed.unwrap().discover().await.unwrap().off.is_empty());
}

#[tokio::test]
async fn a_backend_signs_in_by_itself_and_again() {
    let portal = portal(short_lived()).await;
    let auth = |secret: &str| {
        let secret = SecretString::from(secret);
        let base = portal.base_url();
        async move { client_credentials(&base, "anteroom-backend", secret, HttpLimits::default()).await.unwrap() }
    };
    let (client, kept) = client(&portal, &auth("demo-backend-secret").await);
    ask(&client).await.unwrap();
    ask(&client).await.unwrap();
    assert!(exchanges(&portal) >= 2);
    let stored = kept.0.lock().unwrap().clone();
    assert_eq!(revoke(&stored, HttpLimits::default()).await.unwrap(), Revocation::Revoked);
    let (wrong, _) = self::client(&portal, &auth("wrong").await);
    assert_eq!(ask(&wrong).await.unwrap_err(), PortalError::Unauthorized);
}
