//! How much an operator holds of what a session writes, seen by what it takes.
//!
//! Of what awaits a response when a submission is written, the operator takes so many until that one is answered: that much
//! it held at once. It refuses one for the window's sake if more awaited a response with that one than it held of late;
//! else the rate is why, or the message itself, unless `retries.rs` says otherwise.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::super::submission::Token;

/// How many submissions "of late" are.
const SAMPLES: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Held {
    awaited: FxHashMap<Token, Written>,
    /// How many were ever written, and how many when the window shrank last.
    written: u64,
    written_before: u64,
    /// Whether none was taken since.
    none_taken: bool,
    /// How many each session was ever answered as taken.
    taken: Vec<u64>,
    /// Of the last submissions that were taken, how many were held with each, itself included.
    samples: VecDeque<usize>,
}

/// What a submission was written beside.
#[derive(Clone, Copy, Debug)]
struct Written {
    session: usize,
    number: u64,
    /// What awaited a response on its session, itself included.
    in_flight: usize,
    taken: u64,
}

/// A refusal for the window's sake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beyond {
    /// What awaited a response on its session, itself included.
    pub(super) in_flight: usize,
    /// The most that the operator held of a session of late.
    pub(super) held: usize,
    /// Whether it was written before the window shrank last.
    pub(super) is_known: bool,
    /// Whether it is too much also where the operator refuses one in ten for the messages' sake, and so holds less.
    pub(super) is_clear: bool,
}

impl Held {
    pub(super) fn written(&mut self, session: usize, token: Token, in_flight: usize) {
        self.written += 1;
        if self.taken.len() <= session {
            self.taken.resize(session + 1, 0);
        }
        let written = Written {
            session,
            number: self.written,
            in_flight,
            taken: self.taken_on(session),
        };
        self.awaited.insert(token, written);
    }

    /// Whether a submission that is refused was too much at once, if refusing it may mean that.
    pub(super) fn beyond(&self, token: Token) -> Option<Beyond> {
        let written = self.awaited.get(&token)?;
        let held = self.samples.iter().copied().max().unwrap_or_default();
        let is_known = written.number <= self.written_before;
        // Who takes nothing at all does not refuse for the window's sake.
        let is_beyond = written.in_flight > held.max(1) && (is_known || !self.none_taken);
        is_beyond.then_some(Beyond {
            in_flight: written.in_flight,
            held,
            is_known,
            is_clear: is_known || 10 * held < 9 * written.in_flight,
        })
    }

    /// Whether a submission that is refused had others beside it, where it is known that these are why.
    pub(super) fn beside_others(&self, token: Token) -> Option<Beyond> {
        let written = self.awaited.get(&token)?;
        (written.in_flight > 1).then_some(Beyond {
            in_flight: written.in_flight,
            held: written.in_flight - 1,
            is_known: written.number <= self.written_before,
            is_clear: true,
        })
    }

    /// The window has shrunk because of what was written so far.
    pub(super) fn window_shrank(&mut self) {
        (self.written_before, self.none_taken) = (self.written, true);
    }

    /// A submission was taken.
    pub(super) fn taken(&mut self, token: Token) {
        let Some(written) = self.awaited.remove(&token) else {
            return;
        };
        self.none_taken = false;
        if let Some(taken) = self.taken.get_mut(written.session) {
            *taken += 1;
        }
        let since = self.taken_on(written.session) - written.taken;
        let held = usize::try_from(since).unwrap_or(usize::MAX);
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back(held.min(written.in_flight));
    }

    /// A submission awaits no response any more, taken or not.
    pub(super) fn answered(&mut self, token: Token) {
        self.awaited.remove(&token);
    }

    /// A session is gone, with all that awaits a response on it.
    pub(super) fn unbound(&mut self, session: usize) {
        self.awaited.retain(|_, written| written.session != session);
    }

    fn taken_on(&self, session: usize) -> u64 {
        self.taken.get(session).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::sample::token;

    /// So many written at once on a session, from this number on.
    fn write(held: &mut Held, session: usize, from: u64, count: u64) {
        for (number, in_flight) in (from..from + count).zip(1..) {
            held.written(session, token(number), in_flight);
        }
    }

    #[test]
    fn what_is_refused_beyond_all_that_was_held_at_once_was_too_much_at_once() {
        let mut held = Held::default();
        write(&mut held, 0, 0, 10);
        (0..4).for_each(|number| held.taken(token(number)));
        let beyond = |in_flight, held| {
            Some(Beyond {
                in_flight,
                held,
                is_known: false,
                is_clear: true,
            })
        };
        assert_eq!(held.beyond(token(4)), beyond(5, 4));
        (4..10).for_each(|number| held.answered(token(number)));
        write(&mut held, 1, 20, 5);
        assert_eq!(held.beyond(token(23)), None, "another session held as many");
        assert_eq!(held.beyond(token(24)), beyond(5, 4));
        held.unbound(1);
        assert_eq!(held.beyond(token(24)), None);
    }

    #[test]
    fn where_others_are_known_to_be_why_one_less_is_held_than_awaited_a_response() {
        let mut held = Held::default();
        write(&mut held, 0, 0, 3);
        assert_eq!(held.beside_others(token(0)), None, "it was alone");
        let beyond = held.beside_others(token(2)).unwrap();
        assert_eq!((beyond.in_flight, beyond.held), (3, 2));
        assert!(beyond.is_clear && !beyond.is_known);
    }

    #[test]
    fn what_comes_one_by_one_is_held_one_by_one_however_much_is_refused_beside() {
        let mut held = Held::default();
        for number in 0..100 {
            held.written(0, token(2 * number), 1);
            held.written(0, token(2 * number + 1), 2);
            held.taken(token(2 * number));
            assert_eq!(
                held.beyond(token(2 * number + 1)).map(|it| it.held),
                Some(1)
            );
            held.answered(token(2 * number + 1));
        }
    }

    #[test]
    fn what_was_held_long_ago_is_forgotten() {
        let mut held = Held::default();
        write(&mut held, 0, 0, 10);
        (0..10).for_each(|number| held.taken(token(number)));
        for number in 10..10 + SAMPLES as u64 {
            held.written(0, token(1000), 5);
            assert_eq!(held.beyond(token(1000)), None, "{number}");
            held.written(0, token(number), 1);
            held.taken(token(number));
        }
        assert_eq!(held.beyond(token(1000)).map(|it| it.held), Some(1));
    }

    #[test]
    fn after_the_window_shrank_it_is_to_blame_again_only_where_something_is_taken() {
        let mut held = Held::default();
        write(&mut held, 0, 0, 10);
        held.window_shrank();
        assert!(held.beyond(token(9)).is_some_and(|beyond| beyond.is_known));
        write(&mut held, 1, 20, 5);
        assert_eq!(held.beyond(token(24)), None);
        held.taken(token(20));
        assert!(
            held.beyond(token(24))
                .is_some_and(|beyond| !beyond.is_known)
        );
    }

    #[test]
    fn one_that_is_alone_is_never_too_much_at_once() {
        let mut held = Held::default();
        write(&mut held, 0, 0, 1);
        assert_eq!(held.beyond(token(0)), None);
    }
}
