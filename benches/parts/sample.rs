//! The message that all parts are measured with: the example of the contract.

use std::time::{Duration, Instant};

use xabar::clock::{Now, UnixMillis};
use xabar::journal::{
    Attempt, Content, Identity, Lane, Message, MessageId, OperatorId, Origin, Phase, Progress,
    ThreadKey,
};
use xabar_events::{Agency, EventKey, Msisdn};

pub(crate) const OPERATOR: OperatorId = OperatorId(1);

pub(crate) const APPLICATION: &str = "48120973";

/// 2026-11-23T09:15:00+05:00
pub(crate) const START: UnixMillis = UnixMillis(1_795_407_300_000);

/// The n-th message, of a thread and a subscriber of its own, due now.
pub(crate) fn message(number: u64) -> Message {
    let agency = Agency::from_name("kadastr").expect("it is a name");
    let id = format!("01JD8Z6Q4T{:016}", scattered(number));
    let identity = Identity {
        id: MessageId(number),
        key: EventKey {
            agency,
            id: id.parse().expect("it is an id"),
        },
        application: APPLICATION.into(),
        trace: None,
    };
    let origin = Origin {
        identity: identity.into(),
        msisdn: Msisdn::from_u64(998_900_000_000 + scattered(number)).expect("it is a number"),
        thread: ThreadKey(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        lane: Lane::Normal,
        time: START,
        accepted_at: START,
        not_before: None,
        expires: UnixMillis::NEVER,
        content: content(),
    };
    let progress = Progress {
        phase: Phase::Waiting,
        operator: OPERATOR,
        due: START,
        dealt: None,
        attempt: Attempt::default(),
        history: Vec::new(),
    };
    Message::new(origin, progress)
}

/// A number below a hundred million, another one for each.
fn scattered(number: u64) -> u64 {
    const HUNDRED_MILLION: u64 = 100_000_000;
    number % HUNDRED_MILLION * 61_803_399 % HUNDRED_MILLION
}

pub(crate) fn content() -> Content {
    let params = [("office", "Yunusobod DXM"), ("deadline", "2026-12-01")];
    Content {
        service: "land-registration".into(),
        status: "approved".into(),
        language: None,
        params: params.map(|(name, text)| (name.into(), text.into())).into(),
        legal: false,
        extensions: Vec::new(),
    }
}

/// That long after the start.
#[expect(
    clippy::disallowed_methods,
    reason = "any instant does; time is simulated"
)]
pub(crate) fn after(wait: Duration) -> Now {
    Now {
        instant: Instant::now(),
        steady: START.after(wait),
        wall: START.after(wait),
    }
}
