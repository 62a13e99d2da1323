//! A refresh token that rotates is spent once, however many clients share a vault.

use std::sync::Arc;
use std::time::Duration;

use inbox_domain::SystemClock;
use inbox_portal::{Auth, Portal, PortalError, TokenStore};
use inbox_sync::VaultTokens;
use serde_json::json;
use wiremock::matchers::{body_string_contains, header, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::rig::{Rig, limits};

/// A server that takes `new` and refuses `old`, and gives `new` for the first refresh token.
async fn rotating(refreshes: u64) -> (MockServer, Auth) {
    let server = MockServer::start().await;
    let page = ResponseTemplate::new(200).set_body_json(json!({"resourceType": "Bundle"}));
    for (token, answer) in [("Bearer new", page), ("Bearer old", ResponseTemplate::new(401))] {
        let search = Mock::given(path("/Communication")).and(header("Authorization", token));
        search.respond_with(answer).mount(&server).await;
    }
    let tokens = json!({"access_token": "new", "refresh_token": "r2", "expires_in": 300});
    Mock::given(path("/token"))
        .and(body_string_contains("refresh_token=r1"))
        .respond_with(ResponseTemplate::new(200).set_body_json(tokens).set_delay(Duration::from_millis(50)))
        .expect(refreshes)
        .mount(&server)
        .await;
    let auth = serde_json::from_value(json!({"kind": "authorization_code", "client_id": "c",
        "token_endpoint": format!("{}/token", server.uri()), "revocation_endpoint": null,
        "tokens": {"access": "old", "refresh": "r1", "expires_at": null}}));
    (server, auth.unwrap())
}

#[tokio::test]
async fn two_clients_of_one_vault_make_one_refresh() {
    let rig = Rig::empty().await;
    let (server, auth) = rotating(1).await;
    let tokens = || Arc::new(VaultTokens::new(Arc::clone(&rig.vault), Arc::new(SystemClock)));
    tokens().store(&auth).unwrap();
    let client = || Portal::new(&server.uri(), auth.clone(), tokens(), limits()).unwrap();
    let (first, second, late) = (client(), client(), client());
    let both = tokio::join!(first.search("Communication", &[]), second.search("Communication", &[]));
    assert!(both.0.is_ok() && both.1.is_ok());
    assert!(late.search("Communication", &[]).await.is_ok(), "it takes over what is stored");
}

#[tokio::test]
async fn a_closed_vault_spends_no_refresh_token() {
    let rig = Rig::empty().await;
    let (server, auth) = rotating(0).await;
    let tokens = VaultTokens::new(Arc::clone(&rig.vault), Arc::new(SystemClock));
    tokens.store(&auth).unwrap();
    let portal = Portal::new(&server.uri(), auth, Arc::new(tokens), limits()).unwrap();
    rig.vault.close();
    assert_eq!(portal.search("Communication", &[]).await.unwrap_err(), PortalError::TokenStore);
}
