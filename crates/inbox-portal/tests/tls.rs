//! Certificates: one that nobody vouches for is refused, with a code of its own, and before anything is sent.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use inbox_portal::{Auth, HttpLimits, NoTokenStore, Portal, PortalError, SmartEndpoints};
use secrecy::SecretString;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A TLS server with a certificate of its own making; counts the bytes that came after the handshake.
async fn server(names: &[&str], received: Arc<AtomicUsize>) -> u16 {
    let made =
        rcgen::generate_simple_self_signed(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let made = made.unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, received) = (acceptor.clone(), Arc::clone(&received));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut buffer = [0; 1024];
                while let Ok(read) = stream.read(&mut buffer).await {
                    if read == 0 {
                        return;
                    }
                    received.fetch_add(read, Ordering::SeqCst);
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_that_does_not_verify_is_refused_before_anything_is_sent() {
    let received = Arc::new(AtomicUsize::new(0));
    let port = server(&["localhost"], Arc::clone(&received)).await;
    let base = format!("https://localhost:{port}/fhir");
    let token = SecretString::from("secret");
    let portal =
        Portal::new(&base, Auth::Bearer { token }, Arc::new(NoTokenStore), HttpLimits::default()).unwrap();
    let error = portal.discover().await.unwrap_err();
    assert_eq!((error.code(), error.retryable()), ("certificate_refused", false));
    let found = SmartEndpoints::discover(&base, HttpLimits::default()).await;
    assert_eq!(found.unwrap_err(), PortalError::CertificateRefused);
    assert_eq!(received.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused_too() {
    let received = Arc::new(AtomicUsize::new(0));
    let port = server(&["portal.example.org"], Arc::clone(&received)).await;
    let base = format!("https://127.0.0.1:{port}/fhir");
    let portal = Portal::new(&base, Auth::Open, Arc::new(NoTokenStore), HttpLimits::default()).unwrap();
    assert_eq!(portal.discover().await.unwrap_err(), PortalError::CertificateRefused);
    assert_eq!(received.load(Ordering::SeqCst), 0);
}
