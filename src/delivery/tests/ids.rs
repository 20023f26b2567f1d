//! Ids of any length.

use xabar_smpp::Status;
use xabar_smpp::values::InterfaceVersion;

use super::rig::{Esme, Smsc, serves, token};
use crate::delivery::{Event, OperatorSettings};

#[tokio::test]
async fn ids_as_long_as_allowed_and_longer_are_taken_in_each_version() {
    for interface_version in [InterfaceVersion::V3_4, InterfaceVersion::V5_0] {
        let smsc = Smsc::listen().await;
        let mut esme = Esme::start(&OperatorSettings {
            interface_version,
            ..Esme::settings(&smsc.address())
        });
        let mut peer = smsc.session().await;
        for (message, len) in [(1, 1), (2, 64), (3, 65), (4, 200)] {
            let id = "k".repeat(len);
            esme.submit([token(message)]).await;
            let submit = peer.request().await;
            peer.answer_submit(&submit, Status::ROK, &id).await;
            let event = esme.event().await;
            assert!(
                matches!(&event, Event::Answered { token: it, smsc_id, .. } if *it == token(message) && **smsc_id == *id),
                "{len}: {event:?}"
            );
        }
        serves(&mut esme, &mut peer, 5).await;
        esme.stop().await;
    }
}
