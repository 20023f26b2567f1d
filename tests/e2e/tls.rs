//! The whole program and an SMSC that takes TLS only.

use std::path::PathBuf;
use std::time::Duration;

use crate::support::broker;
use crate::support::certificates::{Ca, Pair};
use crate::support::events::stories;
use crate::support::world::{World, smsc_settings};
use xabar::simulator::Settings;
use xabar::tls::{Certificates, Identity, Key, Roots, Server};
use xabar_events::State;

const LONG: Duration = Duration::from_secs(60);

/// What the gateway goes by.
const TLS: &str = r#"
[operator.tls]
ca = "ca.pem"
certificate = "ours.pem"
key = "ours.key"
"#;

/// A folder for the files of an SMSC.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("xabar-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// An SMSC with a certificate of `ca` that lets only those in that show one, too.
fn smsc(ca: &Ca, folder: &Folder) -> Settings {
    let Pair { certificate, key } = ca.issue(&["127.0.0.1"]);
    let certificates = Certificates::read(&folder.put("smsc.pem", &certificate)).unwrap();
    let key = Key::read(&folder.put("smsc.key", &key)).unwrap();
    let clients = Roots::read(&folder.put("ca.pem", &ca.certificate())).unwrap();
    let identity = Identity::new(certificates, key).unwrap();
    Settings {
        tls: Some(Server::new(identity, Some(clients)).unwrap()),
        ..smsc_settings()
    }
}

/// Puts the gateway's files beside its configuration.
fn equip(world: &World, trusted: &Ca, signed_by: &Ca) {
    let Pair { certificate, key } = signed_by.issue(&["gateway"]);
    for (name, text) in [
        ("ca.pem", trusted.certificate()),
        ("ours.pem", certificate),
        ("ours.key", key),
    ] {
        std::fs::write(world.home.path(name), text).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_receipts_go_under_tls_and_connections_that_break_lose_nothing() {
    let (ca, folder) = (Ca::new("An operator"), Folder::new("tls-flow"));
    let mut settings = smsc(&ca, &folder);
    settings.behaviour.faults.disconnect_every = Some(150);
    let mut world = World::with_smsc(broker::shared(), settings, |config| {
        config.more = TLS.to_owned();
    })
    .await;
    equip(&world, &ca, &ca);
    let gateway = world.ready().await;
    world.publish(stories(7, 300, 300)).await;
    world.until_all_ended(LONG).await;
    gateway.stop_within(world.config.shutdown).await;
    let tally = world.check().await;
    assert!(tally.ended(State::Delivered) > 0, "{tally:?}");
    assert_eq!(tally.ended(State::Failed), 0, "{tally:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_without_tls_says_that_its_smsc_speaks_it_and_what_to_set() {
    let (ca, folder) = (Ca::new("An operator"), Folder::new("tls-missing"));
    let world = World::with_smsc(broker::shared(), smsc(&ca, &folder), |_| {}).await;
    let gateway = world.ready().await;
    let told = "the SMSC speaks TLS at this port: give this operator a table [operator.tls]";
    gateway.until_told(told, 1).await;
    gateway.stop_within(world.config.shutdown).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_fails_is_told_in_words_at_either_end_of_the_trust() {
    let (ca, another) = (Ca::new("An operator"), Ca::new("Another"));
    let folder = Folder::new("tls-words");
    let world = World::with_smsc(broker::shared(), smsc(&ca, &folder), |config| {
        config.more = TLS.to_owned();
    })
    .await;
    for (trusted, signed_by, expected) in [
        (&another, &ca, "a CA that is not trusted here"),
        (&ca, &another, "it does not accept our certificate"),
    ] {
        equip(&world, trusted, signed_by);
        let gateway = world.ready().await;
        gateway.until_told(expected, 1).await;
        gateway.stop_within(world.config.shutdown).await;
    }
}
