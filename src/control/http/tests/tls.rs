//! HTTP under TLS.

use super::*;
use crate::tls::certificates::{Ca, Pair};
use crate::tls::{Certificates, Client, Identity, Key, Roots, Server as Tls};

/// What a pair of files makes.
fn identity(folder: &Folder, Pair { certificate, key }: &Pair) -> Identity {
    std::fs::write(folder.path("it.pem"), certificate).unwrap();
    std::fs::write(folder.path("it.key"), key).unwrap();
    let certificates = Certificates::read(&folder.path("it.pem")).unwrap();
    Identity::new(certificates, Key::read(&folder.path("it.key")).unwrap()).unwrap()
}

fn roots(folder: &Folder, ca: &Ca) -> Roots {
    std::fs::write(folder.path("ca.pem"), ca.certificate()).unwrap();
    Roots::read(&folder.path("ca.pem")).unwrap()
}

/// What a client with this certificate is answered, or why it is not.
async fn ask(server: &Server, client: &Client) -> Result<String, String> {
    let address = server.address.to_string();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let mut stream = client.connect(stream, &address).await?;
    let trouble = stream.trouble();
    let asked = async {
        let request = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.to_lowercase())
    };
    let answer = asked.await;
    answer.map_err(|error| trouble.get().map_or(error.to_string(), str::to_owned))
}

#[tokio::test]
async fn who_asks_for_certificates_lets_in_those_that_are_good() {
    let (ca, other, folder) = (Ca::new("A CA"), Ca::new("Another"), Folder::new());
    let ours = identity(&folder, &ca.issue(&["127.0.0.1"]));
    let tls = Tls::new(ours, Some(roots(&folder, &ca))).unwrap();
    let server = started(accepting(), None, Some(watch::channel(tls).1)).await;
    let client = |pair: Option<Pair>| {
        let identity = pair.map(|pair| identity(&folder, &pair));
        Client::new(roots(&folder, &ca), identity, None).unwrap()
    };
    let answer = ask(&server, &client(Some(ca.issue(&["staff"]))))
        .await
        .unwrap();
    assert!(answer.starts_with("http/1.1 200"), "{answer}");
    for refused in [
        None,
        Some(other.issue(&["staff"])),
        Some(ca.issue_expired("staff")),
    ] {
        let answer = ask(&server, &client(refused)).await;
        assert!(answer.is_err(), "{answer:?}");
    }
    let noted: Vec<Value> = access::audited(&server, 3).await;
    let noted = noted.iter().map(|line| {
        assert_eq!(
            (&line["refused"], &line["address"]),
            (&json!("certificate"), &json!("127.0.0.1"))
        );
        line["detail"].as_str().unwrap()
    });
    let noted: std::collections::BTreeSet<&str> = noted.collect();
    let expected = [
        "it shows no certificate",
        "its certificate has expired",
        "its certificate is of no CA in `client_ca`",
    ];
    assert_eq!(noted, expected.into());
    // Who speaks no TLS is let go, and the next is served.
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    drop(plain.read_to_end(&mut Vec::new()).await);
    assert!(
        ask(&server, &client(Some(ca.issue(&["staff"]))))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_client_that_knows_the_certificate_takes_no_other() {
    let (ca, folder) = (Ca::new("A CA"), Folder::new());
    let pair = ca.issue(&["gateway"]);
    let ours = identity(&folder, &pair);
    let (renewed, tls) = watch::channel(Tls::new(ours, None).unwrap());
    let server = started(accepting(), None, Some(tls)).await;
    std::fs::write(folder.path("it.pem"), &pair.certificate).unwrap();
    let known = Certificates::read(&folder.path("it.pem")).unwrap();
    let client = Client::pinned(&known, None).unwrap();
    assert!(ask(&server, &client).await.is_ok());
    let other = identity(&folder, &ca.issue(&["gateway"]));
    renewed.send_replace(Tls::new(other, None).unwrap());
    assert!(ask(&server, &client).await.is_err());
}

#[tokio::test]
async fn every_answer_says_what_browsers_may_not_do_with_it() {
    let plain = server(accepting()).await;
    let (ca, folder) = (Ca::new("A CA"), Folder::new());
    let ours = identity(&folder, &ca.issue(&["127.0.0.1"]));
    let tls = watch::channel(Tls::new(ours, None).unwrap()).1;
    let secured = started(accepting(), None, Some(tls)).await;
    let client = Client::new(roots(&folder, &ca), None, None).unwrap();
    let under_tls = ask(&secured, &client).await.unwrap();
    let answers = [
        plain.get("/healthz").await.head,
        plain.get("/v9").await.head,
    ];
    for head in answers.iter().chain([&under_tls]) {
        for header in [
            "x-content-type-options: nosniff",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "content-security-policy: default-src 'none'",
        ] {
            assert!(head.contains(header), "{head}");
        }
    }
    let hsts = "strict-transport-security: max-age=";
    assert!(under_tls.contains(hsts) && !answers[0].contains(hsts));
}
