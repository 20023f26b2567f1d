//! An operator with a limit of some kind, in virtual time.

use std::time::{Duration, Instant};

use xabar_smpp::Status;
use xxhash_rust::xxh3::xxh3_64;

use super::{SECOND, attempt_after};
use crate::delivery::Token;
use crate::delivery::model::InASecond;

/// What an operator does with what is too much for it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    /// So many are taken in any second; others are throttled.
    Sliding(f64),
    /// A bucket of a tenth of a second's worth that leaks at this rate; what does not fit is throttled.
    Bucket(f64),
    /// So many may await a response in all; others are refused.
    Window(usize),
    /// So many may await a response on each session; others are refused at once, with this status.
    EachWindow(usize, Status),
    /// The same with ESME_RSUBMITFAIL, but there is room again so long before the answer that made it is read.
    AheadWindow(usize, Duration),
    /// Of so many messages one is refused whenever it comes, as those to numbers on a blacklist, by ESME_RSUBMITFAIL.
    Blacklist(u64),
    /// One in so many submissions is refused by ESME_RSUBMITFAIL, however few they are.
    MoodyFailure(u64),
    /// So many are taken in any second; for others the queue is full.
    FullQueue(f64),
    /// For one in so many the queue is full, however few they are.
    MoodyQueue(u64),
    /// So many a second are worked off; others queue without end.
    Queue(f64),
    /// All are taken, and each answer says that it is congested.
    Congested,
    /// One in so many is throttled, however few they are.
    Moody(u64),
    /// One a second is throttled, however few they are.
    OneASecond,
    /// The first so many are throttled for ever, and others where there are more than this in any second.
    Poisoned(u64, f64),
    /// All are throttled.
    Nothing,
    /// All are taken but the first, which is throttled once.
    ButTheFirst,
}

pub(super) struct Smsc {
    pub(super) limit: Limit,
    latency: Duration,
    taken: InASecond,
    bucket: f64,
    leaked: Instant,
    free_at: Instant,
    /// What awaits a response on each session.
    waiting: [usize; 2],
    /// When there is room again on each session, where that is not when its answer is read.
    room: [Vec<Instant>; 2],
}

impl Smsc {
    pub(super) fn new(limit: Limit, latency: Duration, now: Instant) -> Self {
        Self {
            limit,
            latency,
            taken: InASecond::default(),
            bucket: 0.0,
            leaked: now,
            free_at: now,
            waiting: [0; 2],
            room: Default::default(),
        }
    }

    /// The status of a submission, and when it is told.
    pub(super) fn submit(
        &mut self,
        session: usize,
        token: Token,
        now: Instant,
    ) -> (Status, Instant) {
        let id = token.message.0;
        let answered = now + self.latency;
        let fits = match self.limit {
            Limit::Poisoned(poisoned, _) if id < poisoned => false,
            Limit::Sliding(limit) | Limit::FullQueue(limit) | Limit::Poisoned(_, limit) => {
                self.taken.take(limit, now)
            }
            Limit::Bucket(limit) => {
                let leaked = now.duration_since(self.leaked).as_secs_f64() * limit;
                (self.bucket, self.leaked) = ((self.bucket - leaked).max(0.0), now);
                let fits = self.bucket + 1.0 <= (limit / 10.0).max(1.0);
                self.bucket += f64::from(u8::from(fits));
                fits
            }
            Limit::Window(limit) => {
                if self.waiting.iter().sum::<usize>() >= limit {
                    return (Status::RMSGQFUL, answered);
                }
                self.waiting[session] += 1;
                true
            }
            Limit::EachWindow(limit, status) => {
                if self.waiting[session] >= limit {
                    return (status, now);
                }
                self.waiting[session] += 1;
                true
            }
            Limit::AheadWindow(limit, ahead) => {
                let room = &mut self.room[session];
                room.retain(|at| *at > now);
                if room.len() >= limit {
                    return (Status::RSUBMITFAIL, now + ahead);
                }
                // Not like clockwork: the same messages would be refused each time.
                let drawn = xxh3_64(&u64::from(token).to_le_bytes()) % 41;
                let percent = 80 + u32::try_from(drawn).expect("below 41");
                let answered = now + self.latency * percent / 100;
                room.push(answered.checked_sub(ahead).unwrap_or(now));
                return (Status::ROK, answered);
            }
            Limit::Congested => true,
            Limit::Nothing => false,
            Limit::ButTheFirst => token != attempt_after(0, 0),
            Limit::OneASecond => {
                let fits = now < self.leaked + SECOND;
                if !fits {
                    self.leaked = now;
                }
                fits
            }
            Limit::Moody(one_in) | Limit::MoodyQueue(one_in) | Limit::MoodyFailure(one_in) => {
                let drawn = xxh3_64(&u64::from(token).to_le_bytes());
                !drawn.is_multiple_of(one_in)
            }
            Limit::Blacklist(one_in) => !xxh3_64(&id.to_le_bytes()).is_multiple_of(one_in),
            Limit::Queue(rate) => {
                self.free_at = self.free_at.max(now) + Duration::from_secs_f64(1.0 / rate);
                return (Status::ROK, self.free_at + self.latency);
            }
        };
        let status = match self.limit {
            _ if fits => Status::ROK,
            Limit::FullQueue(_) | Limit::MoodyQueue(_) => Status::RMSGQFUL,
            Limit::Blacklist(_) | Limit::MoodyFailure(_) => Status::RSUBMITFAIL,
            _ => Status::RTHROTTLED,
        };
        (status, answered)
    }

    /// An answer is read.
    pub(super) fn answered(&mut self, session: usize, status: Status) {
        if status.is_ok() && matches!(self.limit, Limit::Window(_) | Limit::EachWindow(..)) {
            self.waiting[session] -= 1;
        }
    }
}
