//! One WebSocket: opened only at the portal's own host, encrypted except on this machine, with limits on what it may send.

use std::fmt;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::header::{AUTHORIZATION, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError, TlsError};
use tokio_tungstenite::tungstenite::protocol::{Message, WebSocketConfig};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::{Host, Url};

use super::FeedLimits;
use super::resource::{Notice, read_notice};
use crate::error::PortalError;

/// Time for the closing frame.
const GOODBYE: Duration = Duration::from_secs(1);

/// The socket's address when it is the portal's own host and port, and encrypted where the portal is.
pub(super) fn check_socket(base: &Url, text: &str) -> Result<Url, PortalError> {
    let address = Url::parse(text).map_err(|_| PortalError::InvalidAddress)?;
    // Only a portal on this machine is http at all (`check_address`).
    let wanted = if base.scheme() == "https" { "wss" } else { "ws" };
    if address.scheme() != wanted {
        return Err(PortalError::InsecureAddress);
    }
    let same = address.host_str() == base.host_str()
        && address.port_or_known_default() == base.port_or_known_default();
    if same { Ok(address) } else { Err(PortalError::LinkRefused) }
}

/// An open socket.
pub(super) struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    limits: FeedLimits,
    heard: Instant,
    asked: Option<Instant>,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Socket")
    }
}

impl Socket {
    /// Connects, sends `bind`, and waits for the handshake. The caller limits the time.
    pub(super) async fn open(
        address: &Url,
        sign_in: Option<&SecretString>,
        limits: FeedLimits,
        bind: String,
    ) -> Result<Self, PortalError> {
        let mut request = address.as_str().into_client_request().map_err(|_| PortalError::InvalidAddress)?;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("Anteroom/", env!("CARGO_PKG_VERSION"))));
        // One server asks for the sign-in here too. The host is the portal's, so it gets nothing that it has not.
        if let Some(token) = sign_in
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let connection = connect(address).await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(limits.message))
            .max_frame_size(Some(limits.message));
        let opened = client_async_tls_with_config(request, connection, Some(config), None).await;
        let (stream, _) = opened.map_err(|error| classify(&error))?;
        let mut socket = Self { stream, limits, heard: Instant::now(), asked: None };
        socket.send(Message::text(bind)).await?;
        loop {
            match socket.notice().await? {
                Notice::Handshake => return Ok(socket),
                Notice::Refused => return Err(PortalError::Forbidden),
                Notice::Heartbeat | Notice::Event | Notice::Other => {}
            }
        }
    }

    /// Waits until the server says that something may be new. May be dropped and called again.
    pub(super) async fn hint(&mut self) -> Result<(), PortalError> {
        loop {
            match self.notice().await? {
                Notice::Event => return Ok(()),
                Notice::Refused => return Err(PortalError::Forbidden),
                Notice::Handshake | Notice::Heartbeat | Notice::Other => {}
            }
        }
    }

    pub(super) async fn close(&mut self) {
        // The socket is dropped next, whatever the server makes of it.
        let _ = tokio::time::timeout(GOODBYE, self.stream.close(None)).await;
    }

    /// The next text. Any frame is a sign of life; after silence the server is asked for one.
    async fn notice(&mut self) -> Result<Notice, PortalError> {
        loop {
            let until = match self.asked {
                Some(asked) => asked + self.limits.answer,
                None => self.heard + self.limits.silence,
            };
            let Ok(received) = tokio::time::timeout_at(until, self.stream.next()).await else {
                if self.asked.is_some() {
                    return Err(PortalError::Timeout);
                }
                self.asked = Some(Instant::now());
                self.send(Message::Ping(Vec::new().into())).await?;
                continue;
            };
            self.heard = Instant::now();
            self.asked = None;
            match received {
                Some(Ok(Message::Text(text))) => return Ok(read_notice(text.as_str())),
                Some(Ok(Message::Close(_))) | None => return Err(PortalError::ConnectionLost),
                // The protocol answers pings by itself.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(classify(&error)),
            }
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), PortalError> {
        let sending = tokio::time::timeout(self.limits.answer, self.stream.send(message)).await;
        sending.map_err(|_| PortalError::Timeout)?.map_err(|error| classify(&error))
    }
}

async fn connect(address: &Url) -> Result<TcpStream, PortalError> {
    let port = address.port_or_known_default().ok_or(PortalError::InvalidAddress)?;
    let connected = match address.host() {
        Some(Host::Domain(name)) => TcpStream::connect((name, port)).await,
        Some(Host::Ipv4(ip)) => TcpStream::connect((ip, port)).await,
        Some(Host::Ipv6(ip)) => TcpStream::connect((ip, port)).await,
        None => return Err(PortalError::InvalidAddress),
    };
    let stream = connected.map_err(|_| PortalError::Unreachable)?;
    // Only slower without it.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

fn classify(error: &WsError) -> PortalError {
    match error {
        WsError::Capacity(CapacityError::MessageTooLong { .. }) => PortalError::TooLarge,
        WsError::Tls(TlsError::Rustls(error)) => match **error {
            rustls::Error::InvalidCertificate(_) => PortalError::CertificateRefused,
            _ => PortalError::ConnectionLost,
        },
        WsError::Http(answer) => match answer.status().as_u16() {
            401 => PortalError::Unauthorized,
            403 => PortalError::Forbidden,
            404 => PortalError::NotFound,
            429 => PortalError::RateLimited { retry_after: None },
            status @ 500.. => PortalError::Server { status },
            status => PortalError::Rejected { status },
        },
        _ => PortalError::ConnectionLost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(base: &str, socket: &str) -> Result<Url, PortalError> {
        check_socket(&Url::parse(base).unwrap(), socket)
    }

    #[test]
    fn a_socket_is_at_the_portals_host_and_encrypted() {
        let base = "https://portal.example/fhir/";
        assert!(checked(base, "wss://portal.example/ws/subscriptions-r4").is_ok());
        assert!(checked(base, "wss://portal.example:443/x").is_ok());
        assert_eq!(checked(base, "ws://portal.example/ws"), Err(PortalError::InsecureAddress));
        assert_eq!(checked(base, "https://portal.example/ws"), Err(PortalError::InsecureAddress));
        assert_eq!(checked(base, "wss://evil.example/ws"), Err(PortalError::LinkRefused));
        assert_eq!(checked(base, "wss://portal.example.evil.example/ws"), Err(PortalError::LinkRefused));
        assert_eq!(checked(base, "wss://portal.example:8443/ws"), Err(PortalError::LinkRefused));
        assert_eq!(checked(base, "not an address"), Err(PortalError::InvalidAddress));
        assert!(checked("http://127.0.0.1:8080/fhir/", "ws://127.0.0.1:8080/ws").is_ok());
        assert_eq!(
            checked("http://127.0.0.1:8080/fhir/", "ws://10.0.0.1:8080/ws"),
            Err(PortalError::LinkRefused)
        );
    }

    #[tokio::test]
    async fn what_does_not_speak_tls_is_no_socket() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n")
                .await
                .unwrap();
        });
        let address = Url::parse(&format!("wss://127.0.0.1:{port}/ws")).unwrap();
        let token = SecretString::from("secret");
        let opened = Socket::open(&address, Some(&token), FeedLimits::default(), String::new()).await;
        assert_eq!(opened.map(|_| ()), Err(PortalError::ConnectionLost));
    }
}
