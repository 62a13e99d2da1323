//! Authorization code with PKCE S256 and a loopback redirect (RFC 7636, RFC 8252).
//!
//! The listener answers one redirect and closes. A wrong state ends the sign-in; the code is exchanged exactly once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use super::smart::{SmartEndpoints, read_token_answer, wanted_scopes};
use super::token::Auth;
use crate::error::PortalError;
use crate::http::{HttpClient, HttpLimits, Outgoing};
use crate::portal::parse_base;

const PAGE: &str =
    "<!doctype html><meta charset=utf-8><title>Anteroom</title><p>Signed in. You can close this page.";

/// A sign-in that waits for the browser.
#[derive(Debug)]
pub struct BrowserSignIn {
    listener: TcpListener,
    endpoints: SmartEndpoints,
    client_id: String,
    redirect: String,
    state: String,
    verifier: String,
    url: Url,
    limits: HttpLimits,
}

fn step(step: &'static str) -> PortalError {
    PortalError::SignIn { step }
}

fn random_word() -> Result<String, PortalError> {
    let mut bytes = [0u8; 32];
    getrandom::fill(&mut bytes).map_err(|_| step("listener"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

impl BrowserSignIn {
    /// Discovers the endpoints and listens on 127.0.0.1, on `port` or on a free one (some servers match the redirect
    /// exactly, so that the port must be fixed).
    ///
    /// # Errors
    /// Any [`PortalError`].
    pub async fn start(
        base: &str,
        client_id: &str,
        port: Option<u16>,
        limits: HttpLimits,
    ) -> Result<Self, PortalError> {
        let endpoints = SmartEndpoints::discover(base, limits).await?;
        if !endpoints.has_s256() {
            return Err(step("pkce"));
        }
        let listener =
            TcpListener::bind(("127.0.0.1", port.unwrap_or(0))).await.map_err(|_| step("listener"))?;
        let port = listener.local_addr().map_err(|_| step("listener"))?.port();
        let redirect = format!("http://127.0.0.1:{port}/callback");
        let (state, verifier) = (random_word()?, random_word()?);
        let mut url = endpoints.authorization_endpoint.clone().ok_or(step("discovery"))?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", &redirect)
            .append_pair("scope", &wanted_scopes(&endpoints.scopes_supported))
            .append_pair("state", &state)
            .append_pair("aud", parse_base(base)?.as_str().trim_end_matches('/'))
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(Self {
            listener,
            endpoints,
            client_id: client_id.to_owned(),
            redirect,
            state,
            verifier,
            url,
            limits,
        })
    }

    /// The address to open in the system's browser.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Waits for the redirect and exchanges its code, once.
    ///
    /// # Errors
    /// [`PortalError::SignIn`] with the step that failed; `answer_lost` where the code may have been exchanged, since it is
    /// never exchanged again: the clinician signs in anew.
    pub async fn finish(self, wait: Duration) -> Result<Auth, PortalError> {
        let code = tokio::time::timeout(wait, self.receive_code()).await.map_err(|_| step("timeout"))??;
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", &code)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("client_id", &self.client_id)
            .append_pair("code_verifier", &self.verifier)
            .finish();
        let endpoint = self.endpoints.token_endpoint.clone();
        let request =
            Outgoing::post(endpoint.clone(), "application/x-www-form-urlencoded", form.into_bytes());
        let answer =
            HttpClient::new(self.limits)?.exchange(request, None).await.map_err(|error| match error {
                PortalError::Unreachable | PortalError::CertificateRefused => error,
                _ => step("answer_lost"),
            })?;
        if answer.status >= 500 {
            return Err(step("answer_lost"));
        }
        let tokens = read_token_answer(&answer.success().map_err(|_| step("token"))?.body)?;
        Ok(Auth::AuthorizationCode {
            client_id: self.client_id,
            token_endpoint: endpoint,
            revocation_endpoint: self.endpoints.revocation_endpoint,
            tokens,
        })
    }

    async fn receive_code(&self) -> Result<String, PortalError> {
        loop {
            let (stream, _) = self.listener.accept().await.map_err(|_| step("listener"))?;
            if let Some(redirected) = read_redirect(stream).await {
                return self.read_code(&redirected);
            }
        }
    }

    fn read_code(&self, redirected: &Url) -> Result<String, PortalError> {
        let value = |name: &str| {
            redirected.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        if value("state").as_deref() != Some(self.state.as_str()) {
            return Err(step("state"));
        }
        value("code").filter(|code| !code.is_empty()).ok_or(step("denied"))
    }
}

/// Reads one request; `None` for anything but the redirect (a browser also asks for an icon).
async fn read_redirect(mut stream: TcpStream) -> Option<Url> {
    let mut buffer = vec![0u8; 16 * 1024];
    let mut length = 0;
    while length < buffer.len() && !buffer[..length].contains(&b'\n') {
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut buffer[length..]))
            .await
            .ok()?
            .ok()?;
        if read == 0 {
            return None;
        }
        length += read;
    }
    let line = String::from_utf8_lossy(&buffer[..length]);
    let path = line.lines().next()?.strip_prefix("GET ")?.split(' ').next()?.to_owned();
    let found = path.starts_with("/callback?");
    let (status, body) = if found { ("200 OK", PAGE) } else { ("404 Not Found", "") };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()?;
    found.then(|| Url::parse(&format!("http://127.0.0.1{path}")).ok()).flatten()
}
