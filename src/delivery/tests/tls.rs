//! Sessions under TLS, and peers that are not whom they should be.

use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use xabar_smpp::session::{Event as SmppEvent, Opening, Settings};

use super::rig::{Esme, Peer, Silent, Smsc, serves, soon};
use crate::delivery::connection::Connection;
use crate::delivery::{Event, OperatorSettings, Reach};
use crate::host::Turn;
use crate::scratch::Folder;
use crate::tls::certificates::{Ca, Pair};
use crate::tls::{Certificates, Client, Identity, Key, Name, Roots, Server};

const PATIENCE: Duration = Duration::from_secs(20);

/// Reads a text as a file is read.
fn read<T>(text: &str, read: impl FnOnce(&Path) -> T) -> T {
    read(&Folder::with([("file.pem", text)]).path("file.pem"))
}

fn roots(ca: &Ca) -> Roots {
    read(&ca.certificate(), Roots::read).unwrap()
}

fn identity(pair: &Pair) -> Identity {
    let certificates = read(&pair.certificate, Certificates::read).unwrap();
    Identity::new(certificates, read(&pair.key, Key::read).unwrap()).unwrap()
}

/// An SMSC's end for a host, whose certificate `ca` has signed.
fn server(ca: &Ca, host: &str) -> Server {
    Server::new(identity(&ca.issue(&[host])), None).unwrap()
}

fn trusting(ca: &Ca) -> Client {
    Client::new(roots(ca), None, None).unwrap()
}

fn settings(addresses: Vec<String>, tls: Client) -> OperatorSettings {
    let mut settings = OperatorSettings {
        tls: Some(tls),
        ..Esme::settings("")
    };
    settings.binds[0].reach = Reach::Connect(addresses);
    settings
}

/// Binds the next connection.
async fn bound(smsc: &Smsc, tls: &Server) -> Peer {
    let mut peer = smsc.secured(tls).await.expect("a handshake");
    let bind = peer.request().await;
    peer.accept_bind(&bind).await;
    peer
}

#[tokio::test]
async fn messages_and_requests_flow_where_both_ends_show_certificates() {
    let ca = Ca::new("An operator");
    let smsc = Smsc::listen().await;
    let tls = Server::new(identity(&ca.issue(&["127.0.0.1"])), Some(roots(&ca))).unwrap();
    let client = Client::new(roots(&ca), Some(identity(&ca.issue(&["gateway"]))), None).unwrap();
    let mut esme = Esme::start(&settings(vec![smsc.address()], client));
    let mut peer = bound(&smsc, &tls).await;
    serves(&mut esme, &mut peer, 1).await;
    peer.deliver(7);
    let event = esme.event().await;
    assert!(matches!(event, Event::Inbound { .. }), "{event:?}");
    esme.stop().await;
}

#[tokio::test]
async fn a_server_name_stands_for_the_host_of_the_address() {
    let ca = Ca::new("An operator");
    let smsc = Smsc::listen().await;
    let name = Name::parse("smsc.example.uz");
    let client = Client::new(roots(&ca), None, name).unwrap();
    let esme = Esme::start(&settings(vec![smsc.address()], client));
    bound(&smsc, &server(&ca, "smsc.example.uz")).await;
    esme.stop().await;
}

/// Why there is no connection to an SMSC that answers with this identity.
async fn refused(identity: Identity, tls: &Client) -> String {
    let smsc = Smsc::listen().await;
    let server = Server::new(identity, None).unwrap();
    let address = smsc.address();
    let turn = Turn::default();
    let open = Connection::open(&address, Some(tls), PATIENCE, &turn);
    let (opened, _) = tokio::join!(open, smsc.secured(&server));
    opened.expect_err("it is refused")
}

#[tokio::test]
async fn who_is_not_whom_the_certificate_should_name_is_refused_in_words() {
    let (ca, another) = (Ca::new("An operator"), Ca::new("Another"));
    let tls = trusting(&ca);
    let cases = [
        (
            another.issue(&["127.0.0.1"]),
            "of a CA that is not trusted here",
        ),
        (
            ca.issue(&["smsc.example.uz"]),
            "not for 127.0.0.1: set `server_name`",
        ),
        (ca.issue_expired("127.0.0.1"), "has expired"),
    ];
    for (pair, expected) in cases {
        let told = refused(identity(&pair), &tls).await;
        assert!(told.contains(expected), "{told}");
    }
}

#[tokio::test]
async fn who_speaks_no_tls_is_refused_in_words() {
    let tls = trusting(&Ca::new("An operator"));
    let smsc = Smsc::listen().await;
    let address = smsc.address();
    let turn = Turn::default();
    let open = || Connection::open(&address, Some(&tls), PATIENCE, &turn);

    let talks = async {
        smsc.stream()
            .await
            .write_all(b"220 hello\r\n")
            .await
            .unwrap()
    };
    let (told, ()) = tokio::join!(open(), talks);
    let told = told.expect_err("it speaks no TLS");
    assert!(told.contains("it does not speak TLS"), "{told}");

    let (told, _) = tokio::join!(open(), async { drop(smsc.stream().await) });
    let told = told.expect_err("it hangs up");
    assert!(told.contains("does it speak TLS at this port?"), "{told}");
}

#[tokio::test]
async fn a_handshake_that_does_not_end_is_given_up() {
    let tls = trusting(&Ca::new("An operator"));
    let smsc = Smsc::listen().await;
    let address = smsc.address();
    let turn = Turn::default();
    let open = Connection::open(&address, Some(&tls), Duration::from_millis(300), &turn);
    let told = soon("the end of waiting", open)
        .await
        .expect_err("it is given up");
    assert_eq!(
        told,
        "it is connected, but there is no TLS handshake within 0.3 s"
    );
}

#[tokio::test]
async fn a_missing_client_certificate_is_told_though_our_handshake_was_over() {
    let ca = Ca::new("An operator");
    let smsc = Smsc::listen().await;
    let address = smsc.address();
    let server = Server::new(identity(&ca.issue(&["127.0.0.1"])), Some(roots(&ca))).unwrap();
    let tls = trusting(&ca);
    let turn = Turn::default();
    let open = Connection::open(&address, Some(&tls), PATIENCE, &turn);
    let (opened, peer) = tokio::join!(open, smsc.secured(&server));
    assert!(peer.is_none());
    let (_link, mut events, trouble) = opened.unwrap().start(Opening::Listen, Settings::default());
    while let Some(events) = soon("the end", events.recv()).await {
        if events
            .iter()
            .any(|event| matches!(event, SmppEvent::Closed(_)))
        {
            break;
        }
    }
    let told = trouble.get().unwrap_or_default();
    assert!(told.contains("asks for a client certificate"), "{told}");
}

#[tokio::test]
async fn an_smsc_that_is_not_trusted_is_tried_again_until_it_is() {
    let (ca, another) = (Ca::new("An operator"), Ca::new("Another"));
    let smsc = Smsc::listen().await;
    let mut esme = Esme::start(&settings(vec![smsc.address()], trusting(&ca)));
    for _ in 0..2 {
        assert!(smsc.secured(&server(&another, "127.0.0.1")).await.is_none());
    }
    let mut peer = bound(&smsc, &server(&ca, "127.0.0.1")).await;
    serves(&mut esme, &mut peer, 1).await;
    esme.stop().await;
}

#[tokio::test]
async fn an_address_that_is_not_trusted_is_followed_by_the_next() {
    let (ca, another) = (Ca::new("An operator"), Ca::new("Another"));
    let (first, second) = (Smsc::listen().await, Smsc::listen().await);
    let addresses = vec![first.address(), second.address()];
    let mut esme = Esme::start(&settings(addresses, trusting(&ca)));
    assert!(
        first
            .secured(&server(&another, "127.0.0.1"))
            .await
            .is_none()
    );
    let mut peer = bound(&second, &server(&ca, "127.0.0.1")).await;
    serves(&mut esme, &mut peer, 1).await;
    esme.stop().await;
}

#[tokio::test]
async fn a_preferred_address_is_returned_to_only_if_it_shakes_hands() {
    let (ca, another) = (Ca::new("An operator"), Ca::new("Another"));
    let (first, second) = (Silent::address().await, Smsc::listen().await);
    let settings = OperatorSettings {
        return_after: Duration::from_millis(100),
        ..settings(vec![first.get(), second.address()], trusting(&ca))
    };
    let mut esme = Esme::start(&settings);
    let mut stand_in = bound(&second, &server(&ca, "127.0.0.1")).await;
    let first = first.listen().await;
    for message in 1..=2 {
        assert!(
            first
                .secured(&server(&another, "127.0.0.1"))
                .await
                .is_none()
        );
        serves(&mut esme, &mut stand_in, message).await;
    }
    let trusted = server(&ca, "127.0.0.1");
    // It only looks.
    assert!(first.secured(&trusted).await.is_some());
    let mut peer = bound(&first, &trusted).await;
    serves(&mut esme, &mut peer, 3).await;
    esme.stop().await;
}
