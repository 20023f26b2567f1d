//! Ids of any length, and none.

use xabar_smpp::pdu::Body;
use xabar_smpp::values::InterfaceVersion;
use xabar_smpp::{CommandId, Octets, Status};

use super::rig::{Esme, Smsc, serves, token};
use crate::delivery::{Event, OperatorSettings};
use crate::log_lines::LogLines;

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

#[tokio::test]
async fn an_id_without_its_end_is_taken_and_that_there_is_none_is_told_where_receipts_are_awaited()
{
    const TOLD: &str = "gives no id for them";
    let log = LogLines::listen(tracing::Level::WARN);
    for receipts in [true, false] {
        let smsc = Smsc::listen().await;
        let mut esme = Esme::start(&OperatorSettings {
            receipts,
            ..Esme::settings(&smsc.address())
        });
        let mut peer = smsc.session().await;
        for (message, id, is_told) in [(1, "38601fa", false), (2, "", receipts), (3, "", false)] {
            esme.submit([token(message)]).await;
            let submit = peer.request().await;
            let body = Body::Unknown {
                command_id: CommandId::SUBMIT_SM_RESP,
                octets: Octets(id.as_bytes()),
            };
            peer.answer(&submit, Status::ROK, body).await;
            let event = esme.event().await;
            assert!(
                matches!(&event, Event::Answered { smsc_id, .. } if **smsc_id == *id),
                "{event:?}"
            );
            assert_eq!(log.take().contains(TOLD), is_told, "{message} {receipts}");
        }
        esme.stop().await;
    }
}
