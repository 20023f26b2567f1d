//! An operator's link in virtual time: all that decides there, with an SMSC at its other end that is no more than how fast it
//! answers and how much it takes.
//!
//! In: what the pipeline gives, and the time. Out: what the pipeline would hear. No sockets, no clocks.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::{Duration, Instant};

use xabar_smpp::{EncodeError, Status};

use super::binds::lines;
use super::dispatch::{Bounds, Dispatch, Heard};
use super::tuning::Tuning;
use super::{Directive, Event, LinkState, Offer, OperatorSettings, Report, Token, usual};
use crate::journal::OperatorId;

/// What is known of an operator's SMSC.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Smsc {
    /// How long a response takes.
    pub response: Duration,
    /// How many PDUs it takes in any second, if that is less than it is given; others are throttled.
    pub takes: Option<f64>,
}

/// A link whose sessions are all bound.
#[derive(Debug)]
pub struct Link {
    id: OperatorId,
    smsc: Smsc,
    taken: InASecond,
    dispatch: Dispatch,
    /// On their way, the first one on top.
    answers: BinaryHeap<Reverse<Answer>>,
    /// What the pipeline has not heard yet.
    events: Vec<Event>,
    /// What it takes now, and what of that was reported last.
    offer: Offer,
    reported: Offer,
    looked_at: Instant,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    at: Instant,
    token: u64,
    session: usize,
    throttled: bool,
}

/// Rates are looked at least this often.
const TICK: Duration = Duration::from_secs(1);

impl Link {
    /// The link of an operator, as configured and then set.
    ///
    /// # Errors
    /// If its binds cannot be written.
    pub fn new(
        id: OperatorId,
        (settings, tuning): (&OperatorSettings, Tuning),
        smsc: Smsc,
        now: Instant,
    ) -> Result<Self, EncodeError> {
        let lines = lines(&settings.binds, settings.interface_version)?;
        let limits: Vec<_> = settings.binds.iter().map(|bind| bind.tps).collect();
        let rooms = lines.iter().map(|line| line.room);
        let bounds = Bounds::of(settings, &lines);
        let mut dispatch = Dispatch::of_logins(rooms, &limits, bounds, now);
        dispatch.tune(tuning, now);
        let wanted = tuning.sessions.of(usize::MAX, |set| set);
        let wanted = wanted.unwrap_or(usize::MAX);
        for (index, line) in lines.iter().enumerate() {
            if line.ordinal < wanted {
                dispatch.bound(index);
            }
        }
        Ok(Self {
            id,
            smsc,
            taken: InASecond::default(),
            dispatch,
            answers: BinaryHeap::new(),
            events: Vec::new(),
            offer: Offer::default(),
            reported: Offer::default(),
            looked_at: now,
        })
    }

    /// Takes what the pipeline gives.
    pub fn take(&mut self, directive: Directive, now: Instant) {
        self.dispatch.submit(directive.submissions);
        let taken_back = self.dispatch.take_back(&directive.take_back);
        self.events
            .extend(taken_back.into_iter().map(Event::Returned));
        self.write(now);
        self.offer = self.dispatch.offer(now);
    }

    /// Lets happen what is due; gives what the pipeline is to hear, if that is news.
    pub fn look(&mut self, now: Instant) -> Option<Report> {
        self.looked_at = now;
        let is_due = |Reverse(next): &Reverse<Answer>| next.at <= now;
        while let Some(Reverse(answer)) = self.answers.peek().copied().filter(is_due) {
            self.answers.pop();
            self.hear(answer, now);
        }
        let stale = self.dispatch.stale(now).into_iter().map(Event::Returned);
        self.events.extend(stale);
        self.write(now);
        self.offer = self.dispatch.offer(now);
        let is_news = !self.events.is_empty() || self.offer != self.reported;
        self.reported = self.offer;
        is_news.then(|| Report {
            operator: self.id,
            events: std::mem::take(&mut self.events),
            apart: Vec::new(),
            offer: self.offer,
        })
    }

    /// When to look again if nothing is given.
    pub fn deadline(&self, now: Instant) -> Instant {
        if self.offer != self.reported {
            return now;
        }
        let answer = self.answers.peek().map(|Reverse(next)| next.at);
        let due = [answer, self.dispatch.deadline(now)].into_iter().flatten();
        due.min()
            .unwrap_or(self.looked_at + TICK)
            .min(self.looked_at + TICK)
    }

    /// How it does.
    pub fn state(&self) -> LinkState {
        self.dispatch.state()
    }

    fn write(&mut self, now: Instant) {
        while let Some((session, submission)) = self.dispatch.next(now) {
            let takes = self.smsc.takes;
            let throttled = takes.is_some_and(|limit| !self.taken.take(limit, now));
            self.answers.push(Reverse(Answer {
                at: now + self.smsc.response,
                token: submission.token.into(),
                session,
                throttled,
            }));
        }
    }

    fn hear(&mut self, answer: Answer, now: Instant) {
        let status = match answer.throttled {
            true => Status::RTHROTTLED,
            false => Status::ROK,
        };
        let heard = Heard {
            token: Token::from(answer.token),
            class: usual(status),
            status,
            congestion: None,
        };
        self.events.push(Event::Answered {
            token: heard.token,
            class: self.dispatch.charged(&heard),
            status,
            smsc_id: Box::default(),
        });
        self.dispatch.answered(answer.session, heard, now);
    }
}

/// What was taken in the last second.
#[derive(Debug, Default)]
pub(super) struct InASecond(VecDeque<Instant>);

impl InASecond {
    /// Takes one more unless that makes more than so many in a second; says whether.
    pub(super) fn take(&mut self, limit: f64, now: Instant) -> bool {
        const SECOND: Duration = Duration::from_secs(1);
        while self.0.front().is_some_and(|at| *at + SECOND <= now) {
            self.0.pop_front();
        }
        let taken = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let fits = f64::from(taken) < limit;
        if fits {
            self.0.push_back(now);
        }
        fits
    }
}
