//! Sign-in with the browser: PKCE, state, one code, one exchange.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use inbox_portal::{BrowserSignIn, HttpLimits, PortalError};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

async fn server() -> MockServer {
    let server = MockServer::start().await;
    let configuration = json!({
        "authorization_endpoint": format!("{}/authorize", server.uri()),
        "token_endpoint": format!("{}/token", server.uri()),
        "scopes_supported": ["user/Group.rs"]
    });
    Mock::given(path("/.well-known/smart-configuration"))
        .respond_with(ResponseTemplate::new(200).set_body_json(configuration))
        .mount(&server)
        .await;
    server
}

fn value(url: &Url, name: &str) -> String {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// What a browser does at the end: asks the redirect address.
async fn visit(redirect: &str, query: &str) {
    let url = Url::parse(redirect).unwrap();
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", url.port().unwrap())).await.unwrap();
    let request = format!("GET {}?{query} HTTP/1.1\r\nHost: x\r\n\r\n", url.path());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
}

#[tokio::test]
async fn the_code_is_exchanged_once_with_its_verifier() {
    let server = server().await;
    let id_token = format!(
        "x.{}.y",
        URL_SAFE_NO_PAD.encode(r#"{"fhirUser":"https://h.example/fhir/Practitioner/dr-a"}"#)
    );
    let tokens = json!({"access_token": "a", "refresh_token": "r", "expires_in": 300, "id_token": id_token});
    Mock::given(method("POST"))
        .and(path("/token"))
        .respond_with(ResponseTemplate::new(200).set_body_json(tokens))
        .expect(1)
        .mount(&server)
        .await;
    let sign_in = BrowserSignIn::start(&server.uri(), "anteroom", None, HttpLimits::default()).await.unwrap();
    let url = sign_in.url().clone();
    assert_eq!(value(&url, "code_challenge_method"), "S256");
    assert!(value(&url, "scope").contains("user/Group.rs") && !value(&url, "scope").contains("AuditEvent"));
    let redirect = value(&url, "redirect_uri");
    let query = format!("code=c1&state={}", value(&url, "state"));
    let (auth, ()) = tokio::join!(sign_in.finish(Duration::from_secs(5)), visit(&redirect, &query));
    assert_eq!(auth.unwrap().fhir_user(), Some("Practitioner/dr-a"));
    let requests = server.received_requests().await.unwrap();
    let exchange = requests.iter().find(|request| request.url.path() == "/token").unwrap();
    let form: Vec<(String, String)> = url::form_urlencoded::parse(&exchange.body).into_owned().collect();
    let sent = |name: &str| {
        form.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(sent("code_verifier").as_bytes()));
    assert_eq!(challenge, value(&url, "code_challenge"));
    assert_eq!(sent("redirect_uri"), redirect);
}

#[tokio::test]
async fn a_wrong_state_ends_the_sign_in_without_an_exchange() {
    let server = server().await;
    Mock::given(path("/token")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let sign_in = BrowserSignIn::start(&server.uri(), "anteroom", None, HttpLimits::default()).await.unwrap();
    let redirect = value(sign_in.url(), "redirect_uri");
    let (auth, ()) =
        tokio::join!(sign_in.finish(Duration::from_secs(5)), visit(&redirect, "code=c1&state=forged"));
    assert_eq!(auth.unwrap_err(), PortalError::SignIn { step: "state" });
}

#[tokio::test]
async fn a_server_whose_pkce_is_not_s256_is_refused() {
    let server = MockServer::start().await;
    let configuration = json!({
        "authorization_endpoint": format!("{}/authorize", server.uri()),
        "token_endpoint": format!("{}/token", server.uri()),
        "code_challenge_methods_supported": ["plain"]
    });
    Mock::given(path("/.well-known/smart-configuration"))
        .respond_with(ResponseTemplate::new(200).set_body_json(configuration))
        .mount(&server)
        .await;
    let refused = BrowserSignIn::start(&server.uri(), "anteroom", None, HttpLimits::default()).await;
    assert_eq!(refused.unwrap_err(), PortalError::SignIn { step: "pkce" });
}
