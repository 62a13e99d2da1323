//! Sign-in: PKCE, refresh rotation, client credentials, what a user sees.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use demo_portal::{BACKEND_CLIENT, Options};
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::rig::{Rig, clinic, empty, start};

const REDIRECT: &str = "http://127.0.0.1:47113/callback";
const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-rule-of-43-characters";

async fn configuration(rig: &Rig) -> Value {
    rig.json("/.well-known/smart-configuration").await
}

async fn sign_in(rig: &Rig, practitioner: &str) -> String {
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let base = rig.portal.base_url();
    let form = [
        ("response_type", "code"),
        ("client_id", "anteroom"),
        ("redirect_uri", REDIRECT),
        ("scope", "openid fhirUser offline_access user/Communication.cruds"),
        ("state", "s-1"),
        ("aud", base.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
        ("practitioner", practitioner),
    ];
    let authorize = configuration(rig).await["authorization_endpoint"].as_str().unwrap().to_owned();
    let page = rig.http.get(&authorize).query(&form[..8]).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Dr. A. Adler") && page.contains("Dr. J. Lindqvist"));
    let answer = rig.http.post(&authorize).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let found =
        |name: &str| back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(found("state").as_deref(), Some("s-1"));
    found("code").unwrap()
}

async fn token(rig: &Rig, form: &[(&str, &str)]) -> (u16, Value) {
    let url = configuration(rig).await["token_endpoint"].as_str().unwrap().to_owned();
    let answer = rig.http.post(url).form(form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn exchange<'a>(code: &'a str, verifier: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("client_id", "anteroom"),
        ("code_verifier", verifier),
    ]
}

async fn status_with(rig: &Rig, token: &str) -> u16 {
    let url = format!("{}/Communication?_count=1", rig.portal.base_url());
    rig.http.get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_code_is_good_once_and_only_with_its_verifier() {
    let rig = empty().await;
    let code = sign_in(&rig, "dr-adler").await;
    let (status, answer) = token(&rig, &exchange(&code, VERIFIER)).await;
    assert_eq!(status, 200);
    let access = answer["access_token"].as_str().unwrap().to_owned();
    assert_eq!(answer["fhirUser"], format!("{}/Practitioner/dr-adler", rig.portal.base_url()));
    let claims = answer["id_token"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["fhirUser"], answer["fhirUser"]);
    assert_eq!(status_with(&rig, &access).await, 200);

    // A replayed code revokes the login that it began.
    assert_eq!(token(&rig, &exchange(&code, VERIFIER)).await.0, 400);
    assert_eq!(status_with(&rig, &access).await, 401);

    let code = sign_in(&rig, "dr-adler").await;
    let (status, answer) = token(&rig, &exchange(&code, "another-verifier")).await;
    assert_eq!((status, answer["error"].as_str()), (400, Some("invalid_grant")));
}

/// Checks a JWT by the key set, as another server does, and answers its claims.
async fn verified(rig: &Rig, token: &str) -> Value {
    let keys = configuration(rig).await["jwks_uri"].as_str().unwrap().to_owned();
    let keys: Value = rig.http.get(keys).send().await.unwrap().json().await.unwrap();
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let head: Value = serde_json::from_slice(&part(head)).unwrap();
    let key = &keys["keys"][0];
    assert_eq!((&head["alg"], &head["kid"]), (&key["alg"], &key["kid"]));
    let mut point = vec![4];
    point.extend(part(key["x"].as_str().unwrap()));
    point.extend(part(key["y"].as_str().unwrap()));
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
    key.verify(signed.as_bytes(), &part(signature)).unwrap();
    assert!(key.verify(format!("{signed}x").as_bytes(), &part(signature)).is_err());
    serde_json::from_slice(&part(claims)).unwrap()
}

#[tokio::test]
async fn signed_tokens_are_verified_by_the_key_set() {
    let audience = Some("http://127.0.0.1:1/fhir/".to_owned());
    let rig = start(Options { messages: 0, signed_tokens: true, audience, ..Options::default() }).await;
    let code = sign_in(&rig, "dr-adler").await;
    let (_, answer) = token(&rig, &exchange(&code, VERIFIER)).await;
    let id = verified(&rig, answer["id_token"].as_str().unwrap()).await;
    assert_eq!(id["fhirUser"], "http://127.0.0.1:1/fhir/Practitioner/dr-adler");
    let access = verified(&rig, answer["access_token"].as_str().unwrap()).await;
    assert_eq!(access["aud"], "http://127.0.0.1:1/fhir");
    assert_eq!(access["iss"], configuration(&rig).await["issuer"]);
    assert_eq!(access["scope"], answer["scope"]);
    let backend = verified(&rig, rig.portal.token("backend")).await;
    assert_eq!(backend["scope"], "system/*.cruds");
    assert_eq!(status_with(&rig, rig.portal.token("dr-adler")).await, 200);
}

#[tokio::test]
async fn a_scope_that_is_denied_is_not_granted() {
    let denied_scopes = vec!["user/Communication.cruds".to_owned()];
    let rig = start(Options { messages: 0, denied_scopes, ..Options::default() }).await;
    let code = sign_in(&rig, "dr-adler").await;
    let (_, answer) = token(&rig, &exchange(&code, VERIFIER)).await;
    assert_eq!(answer["scope"], "openid fhirUser offline_access");
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_replay_revokes() {
    let rig = empty().await;
    let code = sign_in(&rig, "dr-brandt").await;
    let (_, first) = token(&rig, &exchange(&code, VERIFIER)).await;
    let old = first["refresh_token"].as_str().unwrap();
    let renew = |refresh: &str| {
        let refresh = refresh.to_owned();
        let rig = &rig;
        async move {
            let form = [
                ("grant_type", "refresh_token"),
                ("refresh_token", refresh.as_str()),
                ("client_id", "anteroom"),
            ];
            token(rig, &form).await
        }
    };
    rig.portal.control().expire_access_tokens();
    assert_eq!(status_with(&rig, first["access_token"].as_str().unwrap()).await, 401);
    let (status, second) = renew(old).await;
    assert_eq!(status, 200);
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    let access = second["access_token"].as_str().unwrap();
    assert_eq!(status_with(&rig, access).await, 200);
    assert_eq!(renew(old).await.0, 400);
    assert_eq!(status_with(&rig, access).await, 401);
    assert_eq!(renew(second["refresh_token"].as_str().unwrap()).await.0, 400);
}

#[tokio::test]
async fn sign_out_revokes_and_foreign_redirects_are_refused() {
    let rig = empty().await;
    let code = sign_in(&rig, "dr-adler").await;
    let (_, answer) = token(&rig, &exchange(&code, VERIFIER)).await;
    let revoke = configuration(&rig).await["revocation_endpoint"].as_str().unwrap().to_owned();
    let form = [("token", answer["refresh_token"].as_str().unwrap())];
    assert_eq!(rig.http.post(revoke).form(&form).send().await.unwrap().status(), 200);
    assert_eq!(status_with(&rig, answer["access_token"].as_str().unwrap()).await, 401);

    let authorize = configuration(&rig).await["authorization_endpoint"].as_str().unwrap().to_owned();
    let query = [("response_type", "code"), ("redirect_uri", "https://example.net/callback")];
    let refused = rig.http.get(authorize).query(&query).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(!refused.headers().contains_key("location"));
}

#[tokio::test]
async fn a_clinician_sees_her_own_messages_and_the_backend_sees_all() {
    let rig = clinic().await;
    let url = format!("{}/Communication?_summary=count", rig.portal.base_url());
    assert_eq!(rig.http.get(&url).send().await.unwrap().status(), 401);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", BACKEND_CLIENT),
        ("client_secret", "demo-backend-secret"),
        ("scope", "system/*.cruds"),
    ];
    let (_, answer) = token(&rig, &form).await;
    let count = async |token: &str| {
        let page: Value = rig.http.get(&url).bearer_auth(token).send().await.unwrap().json().await.unwrap();
        page["total"].as_u64().unwrap()
    };
    // 274 messages and 61 headers; the team's thread of Dr. Lindqvist (1 + 5) is seen by everyone.
    assert_eq!(count(answer["access_token"].as_str().unwrap()).await, 335);
    let (adler, brandt) =
        (count(rig.portal.token("dr-adler")).await, count(rig.portal.token("dr-brandt")).await);
    assert_eq!((adler, brandt), (109 + 25 + 6, 59 + 13 + 6));
    let (status, _) = token(&rig, &[("grant_type", "client_credentials"), ("client_secret", "wrong")]).await;
    assert_eq!(status, 401);

    let brandt = rig.all("/Communication?sender=Practitioner/dr-brandt").await;
    assert!(brandt.is_empty());
    let hidden = rig.portal.control().resources("Communication");
    let hidden = hidden.iter().find(|one| one["sender"]["reference"] == "Practitioner/dr-brandt").unwrap();
    assert_eq!(rig.get(&format!("/Communication/{}", hidden["id"].as_str().unwrap())).await.status(), 404);
}
