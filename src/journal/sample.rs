//! Messages and outcomes for tests.

use xabar_events::{Agency, EventKey, Msisdn, State};

use super::*;

/// The operator of all samples.
pub(crate) const OPERATOR: OperatorId = OperatorId(1);

pub(crate) fn key(number: u64) -> EventKey {
    EventKey {
        agency: Agency::from_name("kadastr").unwrap(),
        id: format!("e{number}").parse().unwrap(),
    }
}

pub(crate) fn msisdn(number: u64) -> Msisdn {
    Msisdn::from_u64(998_900_000_000 + number).unwrap()
}

/// A message that waits, with its event, thread and subscriber of the same number.
pub(crate) fn waiting(number: u64) -> Message {
    let identity = Identity {
        id: MessageId(number),
        key: key(number),
        application: format!("{number}").into(),
        trace: None,
    };
    let origin = Origin {
        identity: identity.into(),
        msisdn: msisdn(number),
        thread: ThreadKey(number),
        lane: Lane::Normal,
        time: UnixMillis(1),
        accepted_at: UnixMillis(2),
        not_before: None,
        expires: UnixMillis(1_000_000),
        content: Content {
            service: "land-registration".into(),
            status: "approved".into(),
            language: None,
            params: vec![],
            legal: false,
            extensions: vec![],
        },
    };
    let progress = Progress {
        phase: Phase::Waiting,
        operator: OPERATOR,
        due: UnixMillis(3),
        dealt: None,
        attempt: Attempt::default(),
        history: vec![told(State::Accepted)],
    };
    Message::new(origin, progress)
}

pub(crate) fn told(state: State) -> Told {
    Told {
        state,
        reason: None,
        at: UnixMillis(4),
        until: None,
        code: None,
        by: None,
        attempted: None,
        limit: None,
    }
}

/// The first outcome of the waiting message of the same number.
pub(crate) fn outgoing(number: u64) -> Outgoing {
    Outgoing::of(&waiting(number), number, 1).unwrap()
}
