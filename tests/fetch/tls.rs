//! Whom we believe to be the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::*;

const AUTHORITY: &str = include_str!("tls/ca.pem");

/// A server that shows a certificate for `localhost` of an authority of its own, and counts what it reads; its port.
async fn server() -> (u16, Arc<AtomicUsize>) {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let read = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&read);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut bytes = [0; 4096];
            counted.fetch_add(stream.read(&mut bytes).await.unwrap_or_default(), Ordering::SeqCst);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await.ok();
            stream.shutdown().await.ok();
        }
    });
    (port, read)
}

#[tokio::test]
async fn an_authority_of_the_operators_own_is_believed() {
    let (port, read) = server().await;
    let connection = Connection { ca: Some(AUTHORITY.to_owned()), ..connection(&format!("https://localhost:{port}")) };
    assert_eq!(fetch(connection).send(&post("/", "{}")).await, replied(200, "{}"));
    assert!(read.load(Ordering::SeqCst) > 0);
}

#[tokio::test]
async fn a_certificate_that_is_not_accepted_sent_nothing() {
    let (port, read) = server().await;
    let unknown = connection(&format!("https://localhost:{port}"));
    assert_eq!(fetch(unknown).send(&post("/", "{}")).await, not_sent("certificate not accepted"));
    let misnamed = Connection { ca: Some(AUTHORITY.to_owned()), ..connection(&format!("https://127.0.0.1:{port}")) };
    assert_eq!(fetch(misnamed).send(&post("/", "{}")).await, not_sent("certificate not accepted"));
    assert_eq!(read.load(Ordering::SeqCst), 0);
}
