//! One session in virtual time, with an SMSC that answers what it likes and when it likes.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::clock::instant;

const TICK: Duration = Duration::from_millis(500);
const SECOND: Duration = Duration::from_secs(1);
const RESPONSE: Duration = Duration::from_secs(30);
const GRACE: Duration = Duration::from_secs(20);

/// A submission that awaits its answer.
#[derive(Clone, Copy, Debug)]
struct Flight {
    written: Instant,
    /// When it is answered, if ever.
    answer: Option<Instant>,
    overdue: bool,
}

/// A session, up to its end.
struct World {
    now: Instant,
    silence: Silence,
    window: usize,
    flights: Vec<Flight>,
    left: bool,
}

impl World {
    fn new(window: usize) -> Self {
        Self {
            now: instant(),
            silence: Silence::default(),
            window,
            flights: Vec::new(),
            left: false,
        }
    }

    /// Something is submitted if there is room, to be answered after so long, or never.
    fn submit(&mut self, answered_after: Option<Duration>) {
        if self.left || self.silence.is_draining() || self.flights.len() >= self.window {
            return;
        }
        self.flights.push(Flight {
            written: self.now,
            answer: answered_after.map(|after| self.now + after),
            overdue: false,
        });
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end && !self.left {
            self.now += TICK;
            self.hear();
            self.act();
        }
    }

    fn hear(&mut self) {
        let now = self.now;
        let awaiting = self.flights.len();
        self.flights
            .retain(|flight| flight.answer.is_none_or(|at| at > now));
        if self.flights.len() < awaiting {
            self.silence.heard(now);
        }
        for flight in &mut self.flights {
            if !flight.overdue && now >= flight.written + RESPONSE {
                flight.overdue = true;
                self.silence.overdue(now - flight.written, now);
            }
        }
    }

    fn act(&mut self) {
        let unanswered = Unanswered {
            in_flight: self.flights.len(),
            overdue: self.flights.iter().filter(|flight| flight.overdue).count(),
            window: self.window,
        };
        match self.silence.next(unanswered, GRACE) {
            Some((at, Step::Drain)) if at <= self.now => self.silence.drain(),
            Some((at, Step::Leave)) if at <= self.now => self.leave(),
            _ => {}
        }
    }

    /// The law: what is still unanswered is not answered within its grace.
    fn leave(&mut self) {
        self.left = true;
        for flight in &self.flights {
            let grace_ends = flight.written + RESPONSE + GRACE;
            let lost = flight.answer.is_some_and(|at| at < grace_ends);
            assert!(!lost, "left before an answer that settles: {flight:?}");
        }
    }
}

/// Whether a session on which this is submitted, second by second, gets nothing more in the end.
fn is_given_up(answers: impl IntoIterator<Item = Option<Duration>>) -> bool {
    let mut world = World::new(64);
    for answer in answers {
        world.submit(answer);
        world.pass(SECOND);
    }
    world.pass(RESPONSE + GRACE + SECOND);
    world.silence.is_draining()
}

const AT_ONCE: Option<Duration> = Some(SECOND);
const LATE: Option<Duration> = Some(Duration::from_secs(40));

#[test]
fn three_in_a_row_without_an_answer_within_their_graces_are_enough_and_two_are_not() {
    assert!(!is_given_up([AT_ONCE, None, None]));
    assert!(is_given_up([AT_ONCE, None, None, None]));
    assert!(!is_given_up([None, None, AT_ONCE, None, None]));
    assert!(!is_given_up([None, None, None, LATE]));
}

#[test]
fn an_smsc_that_loses_one_of_two_is_not_silent() {
    let answers = (0..60).map(|nth| if nth % 2 == 0 { AT_ONCE } else { None });
    assert!(!is_given_up(answers));
}

#[test]
fn a_window_full_of_what_is_overdue_is_waited_for_until_the_last_grace_is_over() {
    for window in [1, 2, 5] {
        let mut world = World::new(window);
        for _ in 0..window {
            world.submit(None);
            world.pass(SECOND);
        }
        world.pass(RESPONSE + GRACE - SECOND - TICK);
        assert!(!world.left, "{window}");
        world.pass(TICK);
        assert!(world.left, "{window}");
    }
}

proptest! {
    /// Whatever is answered when, no session is left before an answer that settles something; and one that answers nothing more
    /// is left.
    #[test]
    fn no_late_answer_is_lost_and_no_silent_session_kept(
        window in select(vec![1, 2, 5, 64]),
        submissions in vec((0..16_u32, option::of(0..180_u32)), 0..60),
    ) {
        let mut world = World::new(window);
        for (pause, answer) in submissions {
            world.submit(answer.map(|ticks| TICK * ticks));
            world.pass(TICK * pause);
        }
        // By then the last late answer has come; from the first on, none comes.
        for _ in 0..300 {
            world.submit(None);
            world.pass(SECOND);
        }
        prop_assert!(world.left);
    }
}
