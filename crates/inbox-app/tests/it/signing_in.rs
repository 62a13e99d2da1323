//! The vault and its code come before any network; signing in comes after, and again when the portal asks for it.

use std::sync::Arc;

use demo_portal::{DemoPortal, Fault, FaultKind, Options, RunningPortal};
use inbox_app::{Credential, Session, Surroundings, create_vault, dto::SignInRequest, notify::NoticeAnswer};
use inbox_domain::SystemClock;
use tempfile::TempDir;
use url::Url;

use crate::rig::{PASSPHRASE, Rig, sign_in};

fn bare() -> SignInRequest {
    SignInRequest { portal_url: String::new(), practitioner: String::new(), token: None, redirect_port: None }
}

/// A vault without a window, and the portal that it is to be signed in to.
struct Desk {
    portal: RunningPortal,
    session: Arc<Session>,
    _dir: TempDir,
}

impl Desk {
    async fn new(options: Options) -> Self {
        Self::with_messages(Options { messages: 0, ..options }).await
    }

    async fn with_messages(options: Options) -> Self {
        let portal = DemoPortal::start(options).await.unwrap();
        let dir = TempDir::with_prefix("anteroom-app-").unwrap();
        let vault = dir.path().join("vault");
        let policy = inbox_app::policy::PolicySource::none();
        create_vault(&vault, "Test", PASSPHRASE.into(), false, Some("Europe/Berlin"), &policy).unwrap();
        let around = Surroundings::headless(Arc::new(SystemClock));
        let session = Session::open(&vault, &PASSPHRASE.into(), around).unwrap();
        Self { portal, session, _dir: dir }
    }

    /// Signs in with a browser in which somebody chooses herself.
    async fn sign_in_as(&self, who: &'static str, port: Option<u16>) -> Result<String, String> {
        let open = Box::new(move |address: &str| drop(tokio::spawn(choose(address.to_owned(), who))));
        let credential = Credential::Browser { open, port };
        let login = self.session.login(&self.portal.base_url(), None, credential).await;
        login.map(|record| record.practitioner).map_err(|error| error.code)
    }

    async fn status_with(&self, token: &str) -> u16 {
        let url = format!("{}/Communication", self.portal.base_url());
        reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
    }

    /// How many requests the portal saw at this path.
    fn asked(&self, path: &str) -> usize {
        self.portal.control().requests(false).iter().filter(|seen| seen.path == path).count()
    }
}

pub(crate) async fn choose(address: String, who: &str) {
    let page = Url::parse(&address).unwrap();
    let mut form: Vec<(String, String)> = page.query_pairs().into_owned().collect();
    form.push(("practitioner".to_owned(), who.to_owned()));
    let mut target = page;
    target.set_query(None);
    // Redirects are followed, as a browser does, to the listener.
    reqwest::Client::new().post(target).form(&form).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_is_made_without_asking_any_portal_and_says_that_it_has_none() {
    let rig = Rig::unconnected(Arc::new(SystemClock), NoticeAnswer::Dismissed).await;
    assert!(rig.portal.control().requests(false).is_empty());
    assert_eq!(rig.session().load_overview().unwrap().staleness.problem.unwrap().code, "not_connected");
    let nowhere = SignInRequest { portal_url: " ".into(), practitioner: String::new(), ..bare() };
    assert_eq!(rig.app.sign_in(nowhere).await.unwrap_err().code, "portal_needed");
    rig.app.sign_in(sign_in(&rig.portal, rig.portal.practitioners().remove(0))).await.unwrap();
    rig.until(|rig| rig.session().load_overview().unwrap().staleness.last_success.is_some()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_sign_in_is_not_asked_again_until_somebody_signs_in() {
    let rig = Rig::filled().await;
    let code = |rig: &Rig| rig.session().load_overview().unwrap().staleness.problem.map(|found| found.code);
    let good = rig.portal.token(&rig.portal.practitioners()[0].id).to_owned();
    let refusals = Fault::new(FaultKind::Unauthorized).times(100);
    rig.portal.control().add_fault(refusals);
    for _ in 0..3 {
        rig.session().sync_now().unwrap();
        rig.until(|rig| !rig.session().load_overview().unwrap().staleness.syncing && code(rig).is_some())
            .await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    rig.until(|rig| code(rig).as_deref() == Some("sign_in_needed")).await;
    rig.portal.control().clear_faults();
    drop(rig.portal.control().requests(true));
    rig.app.set_focused(false);
    rig.app.set_focused(true);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert!(rig.portal.control().requests(false).is_empty(), "nobody signed in");
    let kept =
        SignInRequest { portal_url: String::new(), practitioner: String::new(), token: Some(good), ..bare() };
    rig.app.sign_in(kept).await.unwrap();
    rig.until(|rig| code(rig).is_none() && !rig.session().load_overview().unwrap().staleness.syncing).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vault_is_hers_for_good() {
    let desk = Desk::new(Options::default()).await;
    assert_eq!(desk.sign_in_as("dr-adler", None).await.unwrap(), "Practitioner/dr-adler");
    assert_eq!(desk.sign_in_as("dr-brandt", None).await.unwrap_err(), "other_practitioner");
    // The login as somebody else is over on the portal too, hers goes on.
    assert_eq!(desk.asked("/auth/revoke"), 2);
    desk.session.sync(false).await.unwrap();
    assert_eq!(desk.session.connection().unwrap().practitioner, "Practitioner/dr-adler");
    let other = desk.portal.token("dr-brandt").to_owned();
    let wrong = Credential::Token(other.into());
    let refused = desk.session.login(&desk.portal.base_url(), Some("Practitioner/dr-brandt"), wrong).await;
    assert_eq!(refused.unwrap_err().code, "other_practitioner");
    desk.session.sign_out().await.unwrap();
    assert_eq!(desk.sign_in_as("dr-brandt", None).await.unwrap_err(), "other_practitioner");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_in_as_somebody_else_is_not_taken_for_hers() {
    let desk = Desk::new(Options::default()).await;
    let open = Box::new(|address: &str| drop(tokio::spawn(choose(address.to_owned(), "dr-brandt"))));
    let credential = Credential::Browser { open, port: None };
    let login = desk.session.login(&desk.portal.base_url(), Some("Practitioner/dr-adler"), credential).await;
    assert_eq!(login.unwrap_err().code, "other_practitioner");
    assert!(!desk.session.is_connected());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_tells_the_portal_and_forgets_the_tokens() {
    let desk = Desk::new(Options::default()).await;
    desk.sign_in_as("dr-adler", None).await.unwrap();
    desk.session.sync(false).await.unwrap();
    let done = desk.session.sign_out().await.unwrap();
    assert_eq!((done.revoked, done.reason), (true, None));
    assert!(!desk.session.is_connected() && !desk.session.connection().unwrap().signed_in);
    assert_eq!(desk.session.sync(false).await.unwrap_err().code, "not_connected");
    let again = desk.session.sign_out().await.unwrap();
    assert_eq!((again.revoked, again.reason.as_deref()), (false, Some("not_connected")));
    desk.sign_in_as("dr-adler", None).await.unwrap();
    desk.session.sync(false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_that_the_portal_cannot_be_told_says_so() {
    let desk = Desk::new(Options::default()).await;
    let token = desk.portal.token("dr-adler").to_owned();
    let fixed = Credential::Token(token.clone().into());
    desk.session.login(&desk.portal.base_url(), Some("Practitioner/dr-adler"), fixed).await.unwrap();
    let done = desk.session.sign_out().await.unwrap();
    assert_eq!((done.revoked, done.reason.as_deref()), (false, Some("not_offered")));
    assert_eq!(desk.status_with(&token).await, 200, "a fixed token stays good on the portal");
    desk.sign_in_as("dr-adler", None).await.unwrap();
    desk.portal.pause().await;
    let done = desk.session.sign_out().await.unwrap();
    assert_eq!((done.revoked, done.reason.as_deref()), (false, Some("portal_unreachable")));
    assert!(!desk.session.is_connected());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fixed_port_is_kept_for_the_next_time() {
    let desk = Desk::new(Options::default()).await;
    let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    desk.sign_in_as("dr-adler", Some(port)).await.unwrap();
    assert_eq!(desk.session.connection().unwrap().redirect_port, Some(port));
    desk.sign_in_as("dr-adler", None).await.unwrap();
    let pages = desk.portal.control().requests(false);
    let asked = pages.iter().filter(|seen| seen.method == "POST" && seen.path == "/auth/authorize").count();
    assert_eq!(asked, 2);
    let taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    assert_eq!(desk.sign_in_as("dr-adler", None).await.unwrap_err(), "sign_in_failed");
    drop(taken);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_granted_is_told_and_messages_are_needed() {
    let denied = |scope: &str| Options { denied_scopes: vec![scope.to_owned()], ..Options::default() };
    let desk = Desk::new(denied("user/Task.cruds")).await;
    let open = Box::new(|address: &str| drop(tokio::spawn(choose(address.to_owned(), "dr-adler"))));
    let credential = Credential::Browser { open, port: None };
    let login = desk.session.login(&desk.portal.base_url(), None, credential).await.unwrap();
    let off: Vec<_> = login.capabilities.off.iter().map(|off| off.feature.as_str()).collect();
    assert_eq!(off, ["shared_work"]);
    desk.session.sync(true).await.unwrap();
    // Without the scope for her role the hours cannot be published: said before it is tried, and after.
    let desk = Desk::new(denied("user/PractitionerRole.rus")).await;
    let open = Box::new(|address: &str| drop(tokio::spawn(choose(address.to_owned(), "dr-adler"))));
    desk.session
        .login(&desk.portal.base_url(), None, Credential::Browser { open, port: None })
        .await
        .unwrap();
    desk.session.save_zone("Europe/Berlin").unwrap();
    let view = desk.session.publish_hours().unwrap();
    assert_eq!(view.not_allowed.as_deref(), Some("scope_missing"));
    desk.session.sync(false).await.unwrap();
    let failed = desk.session.hours_publication().unwrap().failed.unwrap();
    assert_eq!(failed.code, "scope_missing");
    let desk = Desk::new(denied("user/Communication.cruds")).await;
    assert_eq!(desk.sign_in_as("dr-adler", None).await.unwrap_err(), "messages_not_granted");
    assert!(!desk.session.is_connected());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_portal_is_not_taken_for_the_vaults_own() {
    let desk = Desk::with_messages(Options::default()).await;
    desk.sign_in_as("dr-adler", None).await.unwrap();
    desk.session.sync(false).await.unwrap();
    let messages = desk.session.verify().unwrap().messages;
    let login = async |portal: &RunningPortal| {
        let token = Credential::Token(portal.token("dr-adler").to_owned().into());
        desk.session.login(&portal.base_url(), Some("Practitioner/dr-adler"), token).await
    };
    // It has the clinician, and none of her messages.
    let other = DemoPortal::start(Options { messages: 0, ..Options::default() }).await.unwrap();
    assert_eq!(login(&other).await.unwrap_err().code, "other_portal");
    assert_eq!(desk.session.connection().unwrap().portal_url, format!("{}/", desk.portal.base_url()));
    let full = desk.session.sync(true).await.unwrap();
    assert_eq!((full.withdrawn, desk.session.verify().unwrap().messages), (0, messages));
    // The same clinic at another address is the same portal.
    let moved = DemoPortal::start(Options::default()).await.unwrap();
    login(&moved).await.unwrap();
    let full = desk.session.sync(true).await.unwrap();
    assert_eq!((full.withdrawn, desk.session.verify().unwrap().messages), (0, messages));
}
