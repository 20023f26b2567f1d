//! An SMSC that connects to us and introduces itself.

use tokio::net::TcpListener;
use tokio::task::yield_now;
use xabar_smpp::session::{CloseReason, Event as SmppEvent, SmscLogin};

use super::rig::{Esme, Peer, Silent, serves};
use crate::delivery::{OperatorSettings, Reach};

/// Settings for an SMSC that comes to this address as `smsc` with `theirs`.
fn awaiting(address: &Silent) -> OperatorSettings {
    let mut settings = Esme::settings("");
    settings.binds[0].reach = Reach::Outbind {
        listen: address.get().parse().unwrap(),
        smsc: SmscLogin {
            system_id: "smsc".into(),
            password: "theirs".into(),
        },
    };
    settings
}

/// The SMSC, after its outbind.
async fn smsc(address: &Silent) -> Peer {
    Peer::introduced(&address.get(), "smsc", "theirs").await
}

/// The SMSC, bound to.
async fn bound(address: &Silent) -> Peer {
    let mut peer = smsc(address).await;
    let bind = peer.request().await;
    peer.accept_bind(&bind).await;
    peer
}

#[tokio::test]
async fn an_smsc_that_introduces_itself_is_bound_to_whenever_it_comes() {
    let address = Silent::address().await;
    let mut esme = Esme::start(&awaiting(&address));
    for message in 1..=2 {
        let mut peer = bound(&address).await;
        serves(&mut esme, &mut peer, message).await;
        drop(peer);
        esme.until_bound(0).await;
    }
    esme.stop().await;
}

#[tokio::test]
async fn a_stranger_gets_no_bind_and_the_smsc_that_comes_after_it_does() {
    let address = Silent::address().await;
    let mut esme = Esme::start(&awaiting(&address));
    for (system_id, password) in [("smsc", "ours"), ("other", "theirs")] {
        let mut stranger = Peer::introduced(&address.get(), system_id, password).await;
        let event = stranger.event().await;
        assert!(
            matches!(&event, SmppEvent::Closed(it) if it.reason == CloseReason::PeerClosed),
            "{event:?}"
        );
    }
    let mut peer = bound(&address).await;
    serves(&mut esme, &mut peer, 1).await;
    esme.stop().await;
}

#[tokio::test]
async fn sessions_share_the_address_and_who_comes_beyond_them_waits() {
    let address = Silent::address().await;
    let mut settings = awaiting(&address);
    settings.binds[0].sessions = 2;
    let mut esme = Esme::start(&settings);
    let (first, _second) = (bound(&address).await, bound(&address).await);
    esme.until_bound(2).await;
    let mut third = smsc(&address).await;
    drop(first);
    let bind = third.request().await;
    third.accept_bind(&bind).await;
    esme.until_bound(2).await;
    esme.stop().await;
}

#[tokio::test]
async fn an_address_that_is_in_use_is_tried_again() {
    let address = Silent::address().await;
    let other = TcpListener::bind(address.get()).await.unwrap();
    let mut esme = Esme::start(&awaiting(&address));
    // The session tries and fails.
    yield_now().await;
    drop(other);
    let mut peer = bound(&address).await;
    serves(&mut esme, &mut peer, 1).await;
    esme.stop().await;
}
