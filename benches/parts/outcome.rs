//! Outcomes as AMQP messages: a commit's worth of one agency's, each by itself and together.

use std::hint::black_box;

use xabar::journal::{Outgoing, Told};
use xabar::outcome::{Wording, messages};
use xabar_events::State;

use super::{Part, Room, Run, sample};

pub(crate) const ROOM: Room = Room {
    name: "outcome",
    parts: &[
        Part::new("a message of its own", single).times(RUN),
        Part::new("one of a hundred in a message", joined).times(RUN),
    ],
    beside: &[],
};

/// Outcomes that are published together.
const RUN: u32 = 300;

fn single() -> Run {
    bundled(1)
}

fn joined() -> Run {
    bundled(100)
}

fn bundled(batch: usize) -> Run {
    let (run, wording): (Vec<_>, _) = ((1..=RUN.into()).map(outgoing).collect(), named());
    Box::new(move || {
        let messages = messages(black_box(&run), &wording, batch);
        assert_eq!(black_box(messages).len(), run.len() / batch);
    })
}

fn named() -> Wording {
    Wording::new([(sample::OPERATOR, "ucell")], None)
}

fn outgoing(number: u64) -> Outgoing {
    let mut message = sample::message(number);
    message.progress.history.push(Told {
        state: State::Submitted,
        reason: None,
        at: sample::START,
        until: None,
        code: None,
        by: None,
        attempted: None,
        limit: None,
    });
    Outgoing::of(&message, number, 1).expect("it has a history")
}
