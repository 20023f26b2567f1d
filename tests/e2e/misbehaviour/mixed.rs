//! All of it at once.

use std::time::Duration;

use super::{Carried, carry_with};
use crate::support::events::stories;
use xabar::simulator::{
    Announced, Behaviour, Dialect, Faults, IdForm, Numbering, ReceiptAlphabet, ReceiptPdu,
    ReceiptSession, Receipts, RefusalForm, StrayNul, Wording,
};

/// An operator that misbehaves in every way that does not exclude another. It never stops reading,
/// since then it could not tell how fast it was written to.
fn worst() -> Behaviour {
    let share = |text: &str| text.parse().unwrap();
    Behaviour {
        latency: "5ms+30ms".parse().unwrap(),
        tps: Some(60),
        window: 40,
        errors: "ESME_RSYSERR=1%,ESME_RINVDSTADR=1%".parse().unwrap(),
        disorder: share("10%"),
        unanswered: share("3%"),
        late: share("1%"),
        late_by: Duration::from_millis(1_500),
        answered_twice: share("5%"),
        misnamed: share("1%"),
        refused_first: share("2%"),
        interface_version: Announced::V5_0,
        receipts: Receipts {
            delay: "20ms+200ms".parse().unwrap(),
            place: ReceiptPdu::DataSm,
            alphabet: ReceiptAlphabet::Ucs2,
            wording: Wording::Reordered,
            nul: StrayNul::Pdu,
            session: ReceiptSession::Other,
            ids: IdForm::HexThenDecimal,
            receipt_id_width: Some(20),
            first: share("10%"),
            twice: share("10%"),
            disorder: share("10%"),
            undelivered: share("2%"),
            expired: share("1%"),
            intermediate: share("10%"),
            accepted: share("10%"),
            refused: share("50%"),
            repeat: Duration::from_secs(2),
            ..Receipts::default()
        },
        dialect: Dialect {
            refusals: RefusalForm::MessageId,
            congestion: Some(85),
            numbering: Numbering::Same,
            enquire_link: Duration::from_millis(200),
            outbind: true,
            alerts: share("5%"),
            unknown_pdus: share("5%"),
            ..Dialect::default()
        },
        faults: Faults {
            disconnect_every: Some(40),
            unbind_after: Some(Duration::from_secs(3)),
            refuse_binds: Some(Duration::from_millis(300)),
            ..Faults::default()
        },
        ..Behaviour::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_promises_hold_whatever_comes_together() {
    let Carried { tally, figures, .. } = carry_with(worst(), stories(7, 200, 150), |config| {
        config.tps = Some(200);
    })
    .await;
    assert!(figures.disconnects > 0, "{figures:?}");
    assert_eq!(figures.deliveries.refused, 0, "{figures:?}");
    assert!(figures.unanswered > 0, "{figures:?}");
    assert!(figures.throttled > 0, "{figures:?}");
    assert!(tally.accepted > 200, "{tally:?}");
}
