//! Laws that hold whatever two ends and the wire between them do.

use std::collections::{HashMap, HashSet};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::tests::{bind, bind_resp, frames, settings, t0};
use super::*;
use crate::pdu::SubmitSm;
use crate::{Body, Octets, Pdu};

/// One thing that happens. Numbers that choose among what is there are taken modulo its count.
#[derive(Clone, Debug)]
enum Step {
    /// An application has requests.
    Request {
        end: usize,
        count: u64,
    },
    /// An application answers a request of the peer's.
    Answer {
        end: usize,
        which: usize,
    },
    /// A PDU arrives, not necessarily the oldest.
    Deliver {
        to: usize,
        which: usize,
    },
    /// A PDU is lost.
    Lose {
        to: usize,
        which: usize,
    },
    /// A PDU arrives and will arrive again.
    Double {
        to: usize,
        which: usize,
    },
    /// The peer sends a header of its own invention.
    Forge {
        to: usize,
        header: [u32; 3],
    },
    Wait {
        seconds: u64,
    },
    Window {
        end: usize,
        size: usize,
    },
    Unbind {
        end: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let end = 0..2_usize;
    let which = any::<usize>();
    let command = prop_oneof![
        3 => select(CommandId::NAMED).prop_map(u32::from),
        1 => any::<u32>(),
    ];
    let header = (command, 0..3_u32, 0..20_u32).prop_map(<[u32; 3]>::from);
    prop_oneof![
        6 => (end.clone(), 1..4_u64).prop_map(|(end, count)| Step::Request { end, count }),
        8 => (end.clone(), which).prop_map(|(end, which)| Step::Answer { end, which }),
        20 => (end.clone(), which).prop_map(|(to, which)| Step::Deliver { to, which }),
        1 => (end.clone(), which).prop_map(|(to, which)| Step::Lose { to, which }),
        1 => (end.clone(), which).prop_map(|(to, which)| Step::Double { to, which }),
        1 => (end.clone(), header).prop_map(|(to, header)| Step::Forge { to, header }),
        2 => (0..40_u64).prop_map(|seconds| Step::Wait { seconds }),
        1 => (end.clone(), 0..6_usize).prop_map(|(end, size)| Step::Window { end, size }),
        1 => end.prop_map(|end| Step::Unbind { end }),
    ]
}

/// One end with its application, and the wire that leads to it.
struct End {
    session: Session,
    wire: Vec<Frame>,
    /// Requests of the peer's that its application has not answered.
    asked: Vec<Frame>,
    given: u64,
    window: usize,
    /// Tokens whose requests left for the wire.
    left: HashSet<u64>,
    timed_out: HashSet<u64>,
    /// Tokens that came back in a response.
    answered: HashMap<u64, u32>,
}

impl End {
    fn new(opening: Opening, now: Instant) -> Self {
        let settings = settings();
        Self {
            window: settings.window,
            session: Session::new(opening, settings, now),
            wire: Vec::new(),
            asked: Vec::new(),
            given: 0,
            left: HashSet::new(),
            timed_out: HashSet::new(),
            answered: HashMap::new(),
        }
    }

    /// Requests whose texts are their tokens, so that the wire shows who left.
    fn request(&mut self, role: Role, count: u64) -> Requests {
        let mut requests = Requests::new();
        for token in self.given..self.given + count {
            let text = token.to_string();
            let fields = SubmitSm {
                short_message: Octets(text.as_bytes()),
                ..SubmitSm::default()
            };
            let body = match role {
                Role::Esme => Body::SubmitSm(fields),
                Role::Smsc => Body::DeliverSm(fields),
            };
            requests.push(token, body).unwrap();
        }
        self.given += count;
        requests
    }

    fn answer(&mut self, which: usize) -> Option<Input> {
        let frame = pick(&mut self.asked, which)?;
        let header = frame.header();
        let octets = if Bind::of(header.command_id).is_some() {
            bind_resp(header.sequence_number, Status::ROK)
                .octets()
                .clone()
        } else {
            let command = header.command_id.response();
            header_only(command, Status::ROK, header.sequence_number)
                .to_vec()
                .into()
        };
        Some(Input::Responses(octets.into()))
    }

    /// Takes what goes out and checks that the window holds.
    fn output(&mut self, now: Instant) -> Vec<Frame> {
        let before = self.session.in_flight();
        let mut output = std::mem::take(self.session.output(now));
        assert!(self.session.in_flight() <= self.window.max(before));
        let out: Vec<_> = frames(&mut output).collect();
        for frame in &out {
            if let Ok(Pdu {
                body: Body::SubmitSm(fields) | Body::DeliverSm(fields),
                ..
            }) = frame.decode()
            {
                let token = fields.short_message.as_str().unwrap().parse().unwrap();
                assert!(self.left.insert(token), "a request leaves once");
            }
        }
        out
    }

    fn hear(&mut self) {
        for event in self.session.take_events() {
            match event {
                Event::Response { token, frame, late } => {
                    assert_eq!(late, self.timed_out.contains(&token));
                    let own = match self.session.role() {
                        Role::Esme => CommandId::SUBMIT_SM_RESP,
                        Role::Smsc => CommandId::DELIVER_SM_RESP,
                    };
                    let answer = frame.header().command_id;
                    assert!([own, CommandId::GENERIC_NACK].contains(&answer), "{answer}");
                    *self.answered.entry(token).or_default() += 1;
                }
                Event::TimedOut { token } => {
                    assert!(!self.answered.contains_key(&token));
                    assert!(self.timed_out.insert(token), "a request times out once");
                }
                Event::Request(frame) => self.asked.push(frame),
                Event::Bound { .. }
                | Event::Fault(_)
                | Event::PeerUnbinds
                | Event::TakenAfterAll { .. } => {}
                Event::Sent { .. } | Event::Closed(_) => unreachable!("not in this simulation"),
            }
        }
    }

    fn settle(mut self, now: Instant) {
        self.session
            .handle(now, Input::Lost(CloseReason::PeerClosed));
        let closed = self.session.finish();
        let mut fates = self.answered;
        for token in closed.unanswered {
            assert!(self.left.contains(&token), "{token} is unanswered unasked");
            *fates.entry(token).or_default() += 1;
        }
        for token in closed.unsent {
            assert!(!self.left.contains(&token), "{token} left");
            *fates.entry(token).or_default() += 1;
        }
        for token in 0..self.given {
            assert_eq!(fates.remove(&token), Some(1), "fates of {token}");
        }
        assert!(fates.is_empty(), "tokens that nobody gave: {fates:?}");
    }
}

fn pick(frames: &mut Vec<Frame>, which: usize) -> Option<Frame> {
    // Mostly the oldest, or no two ends would ever be bound.
    let index = match which % 4 {
        0 => which.checked_rem(frames.len())?,
        _ => 0,
    };
    (index < frames.len()).then(|| frames.remove(index))
}

/// The two ends: the ESME, then the SMSC.
struct World {
    ends: [End; 2],
    now: Instant,
}

impl World {
    fn new() -> Self {
        let now = t0();
        let mut world = Self {
            ends: [
                End::new(Opening::Bind(bind()), now),
                End::new(Opening::Listen, now),
            ],
            now,
        };
        world.turn();
        world
    }

    fn step(&mut self, step: Step) {
        let now = self.now;
        match step {
            Step::Request { end, count } => {
                let role = self.ends[end].session.role();
                let requests = self.ends[end].request(role, count);
                self.handle(end, Input::Requests(requests));
            }
            Step::Answer { end, which } => {
                if let Some(input) = self.ends[end].answer(which) {
                    self.handle(end, input);
                }
            }
            Step::Deliver { to, which } => {
                if let Some(frame) = pick(&mut self.ends[to].wire, which) {
                    self.handle(to, Input::Frame(frame));
                }
            }
            Step::Lose { to, which } => drop(pick(&mut self.ends[to].wire, which)),
            Step::Double { to, which } => {
                if let Some(frame) = pick(&mut self.ends[to].wire, which) {
                    self.ends[to].wire.push(frame.clone());
                    self.handle(to, Input::Frame(frame));
                }
            }
            Step::Forge { to, header } => {
                let [command, status, sequence] = header;
                let octets = header_only(CommandId(command), Status(status), sequence);
                let frame = Frame::new(octets.to_vec().into()).unwrap();
                self.handle(to, Input::Frame(frame));
            }
            Step::Wait { seconds } => self.wait_until(now + Duration::from_secs(seconds)),
            Step::Window { end, size } => {
                self.ends[end].window = size;
                self.handle(end, Input::Window(size));
            }
            Step::Unbind { end } => self.handle(end, Input::Unbind),
        }
    }

    fn handle(&mut self, end: usize, input: Input) {
        self.ends[end].session.handle(self.now, input);
        self.turn();
    }

    /// Carries output to the other end's wire and events to the applications.
    fn turn(&mut self) {
        for from in 0..2 {
            let out = self.ends[from].output(self.now);
            self.ends[1 - from].wire.extend(out);
            self.ends[from].hear();
        }
    }

    /// Lets time pass as a driver does: from deadline to deadline.
    fn wait_until(&mut self, end: Instant) {
        loop {
            let next = self.ends.iter().filter_map(|end| end.session.deadline());
            let Some(next) = next.min().filter(|next| *next <= end) else {
                break;
            };
            self.now = self.now.max(next);
            self.handle(0, Input::Tick);
            self.handle(1, Input::Tick);
            let later = self.ends.iter().filter_map(|end| end.session.deadline());
            assert!(
                later.min().is_none_or(|later| later > self.now),
                "a tick settles what is due"
            );
        }
        self.now = end;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The window holds, every token has one fate and it is true, and nothing panics.
    #[test]
    fn every_request_has_one_fate_over_any_wire(steps in vec(step(), 0..200)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        let now = world.now;
        world.ends.into_iter().for_each(|end| end.settle(now));
    }

    #[test]
    fn no_stream_of_headers_upsets_a_session(
        smsc: bool,
        headers in vec((prop_oneof![select(CommandId::NAMED).prop_map(u32::from), any::<u32>()], any::<u32>(), any::<u32>()), 0..100),
    ) {
        let now = t0();
        let opening = if smsc { Opening::Listen } else { Opening::Bind(bind()) };
        let mut session = Session::new(opening, settings(), now);
        for (command, status, sequence) in headers {
            let octets = header_only(CommandId(command), Status(status), sequence);
            let frame = Frame::new(octets.to_vec().into()).unwrap();
            session.handle(now, Input::Frame(frame));
        }
    }
}

/// On a sound wire nobody is left behind: the same world, played to its good end.
#[test]
fn over_a_sound_wire_every_request_is_answered() {
    let mut world = World::new();
    for _ in 0..2_000 {
        for end in [0, 1] {
            world.step(Step::Request { end, count: 1 });
            world.step(Step::Deliver { to: end, which: 1 });
            world.step(Step::Answer { end, which: 1 });
        }
    }
    world.step(Step::Unbind { end: 0 });
    for _ in 0..20_000 {
        for end in [0, 1] {
            world.step(Step::Deliver { to: end, which: 1 });
            world.step(Step::Answer { end, which: 1 });
        }
    }
    let [esme, smsc] = world.ends;
    assert_eq!(esme.session.close_reason(), Some(CloseReason::Unbound));
    assert_eq!(smsc.session.close_reason(), Some(CloseReason::PeerUnbound));
    assert_eq!(esme.answered.len(), 2_000);
}
