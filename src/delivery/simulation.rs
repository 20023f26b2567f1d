//! Operators whose limits nobody told us, in virtual time: how near their limits the link gets, and
//! how much is throttled on the way.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use xabar_smpp::Status;
use xxhash_rust::xxh3::xxh3_64;

use super::dispatch::{Bounds, Dispatch, Heard};
use super::retry::{self, Next, Policy};
use super::sample::{submission, token};
use super::{Class, Submission, Token, usual};
use crate::clock::instant;

const SECOND: Duration = Duration::from_secs(1);
const RESPONSE: Duration = Duration::from_secs(30);

/// What an operator does with what is too much for it.
#[derive(Clone, Copy, Debug)]
enum Limit {
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

/// An answer on its way, in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    at: Instant,
    id: u64,
    tries: Tries,
    session: usize,
    status: u32,
    written: Instant,
}

/// How often a message was submitted before, in a row throttled, and refused in ways that use up an attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Tries {
    submitted: u16,
    throttled: u16,
    refused: u16,
}

struct Smsc {
    limit: Limit,
    latency: Duration,
    taken: VecDeque<Instant>,
    bucket: f64,
    leaked: Instant,
    free_at: Instant,
    /// What awaits a response on each session.
    waiting: [usize; 2],
    /// When there is room again on each session, where that is not when its answer is read.
    room: [VecDeque<Instant>; 2],
}

impl Smsc {
    /// The status of a submission, and when it is told.
    fn submit(&mut self, session: usize, token: Token, now: Instant) -> (Status, Instant) {
        let id = token.message.0;
        let answered = now + self.latency;
        let fits = match self.limit {
            Limit::Poisoned(poisoned, _) if id < poisoned => false,
            Limit::Sliding(limit) | Limit::FullQueue(limit) | Limit::Poisoned(_, limit) => {
                while self.taken.front().is_some_and(|at| *at + SECOND <= now) {
                    self.taken.pop_front();
                }
                let fits = (self.taken.len() as f64) < limit;
                if fits {
                    self.taken.push_back(now);
                }
                fits
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
                while room.front().is_some_and(|at| *at <= now) {
                    room.pop_front();
                }
                if room.len() >= limit {
                    return (Status::RSUBMITFAIL, now + ahead);
                }
                room.push_back(answered - ahead);
                true
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
}

/// What a run came to, after its first minute.
#[derive(Debug, Default)]
struct Figures {
    /// A second, taken by the operator.
    rate: f64,
    /// Of all answers.
    throttled: f64,
    /// Messages that were given up.
    failed: u32,
    longest_response: Duration,
    window: usize,
    /// At the end, as far as the link is held to one.
    tps: Option<f64>,
    /// Taken in each of the first seconds.
    seconds: [u32; 15],
}

const WARM_UP: Duration = Duration::from_secs(60);

/// All that goes out was tried so often, and refused for other reasons: that says nothing of the rate.
const ATTEMPTS_BEFORE: u8 = 4;

/// The attempt at a message that was submitted so often before.
fn attempt_after(submitted: u16, id: u64) -> Token {
    let submitted = u8::try_from(submitted).expect("pauses that grow to a minute");
    Token {
        attempt: ATTEMPTS_BEFORE + submitted,
        ..token(id)
    }
}

/// An endless backlog for one operator. `change` gives its limit at a time since the start; with
/// `deaf` the link does not hear that it is throttled, as one with a fixed rate.
fn run(
    bounds: Bounds,
    latency: Duration,
    length: Duration,
    deaf: bool,
    change: impl Fn(Duration) -> Limit,
) -> Figures {
    let start = instant();
    let mut now = start;
    let mut dispatch = Dispatch::new(2, bounds, now);
    (0..2).for_each(|session| dispatch.bound(session));
    let mut smsc = Smsc {
        limit: change(Duration::ZERO),
        latency,
        taken: VecDeque::new(),
        bucket: 0.0,
        leaked: now,
        free_at: now,
        waiting: [0; 2],
        room: Default::default(),
    };
    let mut answers: BinaryHeap<Reverse<Answer>> = BinaryHeap::new();
    // What was throttled comes again, before what is new.
    let mut again: BinaryHeap<Reverse<(Instant, u64, Tries)>> = BinaryHeap::new();
    let mut under_way = HashMap::new();
    let policy = Policy::default();
    let (mut given, mut new) = (0, 0);
    let (mut accepted, mut throttled) = (0, 0);
    let mut figures = Figures::default();
    while now < start + length {
        smsc.limit = change(now - start);
        let is_due = |Reverse(next): &Reverse<Answer>| next.at <= now;
        while let Some(Reverse(answer)) = answers.peek().copied().filter(is_due) {
            answers.pop();
            let status = Status::from(answer.status);
            if status.is_ok() && matches!(smsc.limit, Limit::Window(_) | Limit::EachWindow(..)) {
                smsc.waiting[answer.session] -= 1;
            }
            let second = usize::try_from((now - start).as_secs()).expect("a few");
            if let Some(taken) = figures.seconds.get_mut(second) {
                *taken += u32::from(status.is_ok());
            }
            if now >= start + WARM_UP {
                accepted += u32::from(status.is_ok());
                throttled += u32::from(!status.is_ok());
            }
            if answer.written >= start + WARM_UP {
                let took = now - answer.written;
                figures.longest_response = figures.longest_response.max(took);
            }
            let heard = Heard {
                token: attempt_after(answer.tries.submitted, answer.id),
                class: if deaf { Class::Accepted } else { usual(status) },
                status,
                congestion: matches!(smsc.limit, Limit::Congested).then_some(100),
            };
            if !status.is_ok() {
                let mut tries = answer.tries;
                tries.submitted += 1;
                let class = match deaf {
                    true => Class::Throttled,
                    false => dispatch.charged(&heard),
                };
                match class {
                    Class::Throttled => tries.throttled += 1,
                    _ => (tries.throttled, tries.refused) = (0, tries.refused + 1),
                }
                match policy.next(class, tries.refused, tries.throttled, answer.id) {
                    Next::Retry(pause) => again.push(Reverse((now + pause, answer.id, tries))),
                    Next::GiveUp | Next::Refused => figures.failed += 1,
                }
            }
            dispatch.answered(answer.session, heard, now);
        }
        let granted = dispatch.offer(now).granted;
        let mut next = || {
            let is_due = |Reverse((at, ..)): &Reverse<(Instant, u64, Tries)>| *at <= now;
            let (id, tries) = if again.peek().is_some_and(is_due) {
                let Reverse((_, id, tries)) = again.pop()?;
                (id, tries)
            } else {
                new += 1;
                (new - 1, Tries::default())
            };
            let submission = Submission {
                stubborn: retry::is_throttled_again_and_again(tries.throttled),
                ..submission(attempt_after(tries.submitted, id), now)
            };
            under_way.insert(submission.token, tries);
            Some(submission)
        };
        dispatch.submit((given..granted).filter_map(|_| next()).collect());
        given = granted.max(given);
        while let Some((session, submission)) = dispatch.next(now) {
            let (status, at) = smsc.submit(session, submission.token, now);
            answers.push(Reverse(Answer {
                at,
                id: submission.token.message.0,
                tries: under_way.remove(&submission.token).expect("it was given"),
                session,
                status: status.0,
                written: now,
            }));
        }
        dispatch.stale(now);
        let answer = answers.peek().map(|Reverse(next)| next.at);
        let soonest = [answer, dispatch.deadline(now)].into_iter().flatten().min();
        now = soonest
            .unwrap_or(now + SECOND)
            .clamp(now + Duration::from_micros(100), now + SECOND);
    }
    figures.rate = f64::from(accepted) / (length - WARM_UP).as_secs_f64();
    figures.throttled = f64::from(throttled) / f64::from(accepted + throttled);
    figures.window = dispatch.state().window;
    figures.tps = dispatch.state().rate;
    figures
}

fn bounds(tps: Option<u32>, window: usize) -> Bounds {
    Bounds {
        window,
        tps,
        kept: 0,
        response: RESPONSE,
    }
}

const MINUTES: Duration = Duration::from_secs(240);

#[test]
fn the_rate_settles_near_a_limit_that_nobody_told_and_little_is_throttled() {
    let fast = Duration::from_millis(50);
    let slow = Duration::from_millis(400);
    println!("limit              tps    latency   taken/s  throttled  fixed: taken/s  throttled");
    for (limit, of) in [(10.0, 20), (100.0, 500)] {
        for kind in [Limit::Sliding(limit), Limit::Bucket(limit)] {
            for (tps, latency) in [(Some(of), fast), (Some(of), slow), (None, fast)] {
                let bounds = bounds(tps, 100);
                let found = run(bounds, latency, MINUTES, false, |_| kind);
                let fixed = run(bounds, latency, MINUTES, true, |_| kind);
                println!(
                    "{:<16} {:>6} {:>7} ms {:>9.1} {:>9.2}% {:>15.1} {:>9.1}%",
                    format!("{kind:?}"),
                    tps.map_or("none".to_owned(), |tps| tps.to_string()),
                    latency.as_millis(),
                    found.rate,
                    found.throttled * 100.0,
                    fixed.rate,
                    fixed.throttled * 100.0
                );
                assert!(found.rate >= 0.88 * limit, "{kind:?} {tps:?} {found:?}");
                assert!(found.throttled < 0.02, "{kind:?} {tps:?} {found:?}");
                assert!(fixed.throttled > 0.3, "{kind:?} {tps:?} {fixed:?}");
            }
        }
    }
}

#[test]
fn a_limit_that_changes_is_followed_down_and_up() {
    let change = |at: Duration| match at.as_secs() {
        0..150 => Limit::Sliding(200.0),
        150..300 => Limit::Sliding(60.0),
        _ => Limit::Sliding(200.0),
    };
    let length = Duration::from_secs(450);
    let figures = run(bounds(Some(400), 100), SECOND / 20, length, false, change);
    println!("{figures:?}");
    let possible = (90.0 * 200.0 + 150.0 * 60.0 + 150.0 * 200.0) / 390.0;
    assert!(figures.rate > 0.8 * possible, "{figures:?} of {possible}");
    assert!(figures.throttled < 0.02, "{figures:?}");
}

#[test]
fn an_operators_own_window_is_found() {
    let latency = Duration::from_millis(200);
    // Eleven on each of the sessions, of which the operator knows the sum only.
    let figures = run(bounds(None, 64), latency, MINUTES, false, |_| {
        Limit::Window(22)
    });
    println!("{figures:?}");
    assert!((5..=13).contains(&figures.window), "{figures:?}");
    assert!(figures.throttled < 0.02, "{figures:?}");
    assert!(figures.rate > 0.7 * 110.0, "{figures:?}");
}

#[test]
fn a_window_far_below_ours_is_soon_found_and_leaves_the_rate_as_it_is() {
    let latency = SECOND / 10;
    for (limit, tps) in [(2, 100), (5, 200), (20, 500)] {
        let figures = run(bounds(Some(tps), 50), latency, MINUTES, false, |_| {
            Limit::EachWindow(limit, Status::RMSGQFUL)
        });
        println!("{limit}: {figures:?}");
        let possible = 2.0 * 10.0 * limit as f64;
        assert!(figures.rate > 0.9 * possible, "{limit}: {figures:?}");
        assert!(figures.throttled < 0.02, "{limit}: {figures:?}");
        let found = limit..=limit + limit.div_ceil(10);
        assert!(found.contains(&figures.window), "{limit}: {figures:?}");
        assert_eq!(figures.tps, Some(f64::from(tps)), "{limit}");
        let soon = &figures.seconds[3..];
        let is_near = |taken: &u32| f64::from(*taken) > 0.65 * possible;
        assert!(soon.iter().all(is_near), "{limit}: {figures:?}");
    }
}

#[test]
fn nothing_fails_because_a_window_is_full_though_the_operator_calls_it_a_failure() {
    for (limit, tps, window) in [(2, 100, 10), (2, 200, 50), (20, 500, 50)] {
        let latency = SECOND / 10;
        let figures = run(bounds(Some(tps), window), latency, MINUTES, false, |_| {
            Limit::EachWindow(limit, Status::RSUBMITFAIL)
        });
        println!("{limit} of {window}: {figures:?}");
        assert_eq!(figures.failed, 0, "{limit} of {window}: {figures:?}");
        let possible = 2.0 * 10.0 * limit as f64;
        assert!(figures.rate > 0.9 * possible, "{limit}: {figures:?}");
        assert!(figures.throttled < 0.06, "{limit}: {figures:?}");
    }
}

#[test]
fn nothing_fails_because_a_window_is_full_that_has_room_again_before_its_answers_are_read() {
    for (limit, window, ahead) in [(2, 3, 30), (2, 10, 30), (2, 50, 60), (20, 50, 30)] {
        let ahead = Duration::from_millis(ahead);
        let figures = run(bounds(None, window), SECOND / 10, MINUTES, false, |_| {
            Limit::AheadWindow(limit, ahead)
        });
        println!("{limit} of {window}, {ahead:?}: {figures:?}");
        assert_eq!(figures.failed, 0, "{limit} {ahead:?}: {figures:?}");
        let possible = 2.0 * 10.0 * limit as f64;
        assert!(figures.rate > 0.9 * possible, "{limit}: {figures:?}");
        assert!(figures.throttled < 0.1, "{limit} {ahead:?}: {figures:?}");
    }
}

#[test]
fn a_blacklist_makes_no_window_smaller_and_uses_up_attempts() {
    let figures = run(bounds(None, 50), SECOND / 4, MINUTES, false, |_| {
        Limit::Blacklist(50)
    });
    println!("{figures:?}");
    assert!(figures.rate > 0.9 * 400.0, "{figures:?}");
    assert!(figures.window >= 40, "{figures:?}");
    assert!(figures.failed > 1200, "{figures:?}");
}

#[test]
fn failures_that_come_by_chance_or_to_the_same_numbers_leave_window_and_rate_about_as_they_are() {
    for (limit, least) in [
        (Limit::MoodyFailure(10), 0.9),
        (Limit::MoodyFailure(5), 0.85),
        (Limit::Blacklist(7), 0.6),
    ] {
        for (tps, window) in [(Some(300), 64), (None, 10)] {
            let figures = run(bounds(tps, window), SECOND / 20, MINUTES, false, |_| limit);
            println!("{limit:?} at {tps:?}: {figures:?}");
            let all = tps.map_or(2.0 * 20.0 * window as f64, f64::from);
            // What is refused takes its turn as well.
            let answered = figures.rate / (1.0 - figures.throttled);
            assert!(answered > least * all, "{limit:?} {tps:?}: {figures:?}");
            assert_eq!(figures.tps, tps.map(f64::from), "{limit:?}");
        }
    }
}

#[test]
fn a_window_that_becomes_larger_is_soon_used() {
    let change = |at: Duration| match at < WARM_UP {
        true => Limit::EachWindow(2, Status::RMSGQFUL),
        false => Limit::EachWindow(40, Status::RMSGQFUL),
    };
    let length = WARM_UP + Duration::from_secs(60);
    let figures = run(bounds(None, 40), SECOND / 10, length, false, change);
    println!("{figures:?}");
    assert!(figures.rate > 0.6 * 800.0, "{figures:?}");
    assert_eq!((figures.window, figures.tps), (40, None));
}

#[test]
fn a_full_queue_may_mean_the_rate_or_nothing_as_well() {
    for (tps, latency) in [
        (Some(300), SECOND / 50),
        (Some(300), SECOND / 2),
        (None, SECOND / 20),
    ] {
        let figures = run(bounds(tps, 100), latency, MINUTES, false, |_| {
            Limit::FullQueue(100.0)
        });
        println!("{tps:?} {latency:?}: {figures:?}");
        assert!(figures.rate > 88.0, "{tps:?} {latency:?}: {figures:?}");
        assert!(figures.throttled < 0.03, "{tps:?} {latency:?}: {figures:?}");
    }
    for (one_in, latency) in [(50, SECOND / 50), (50, SECOND / 4), (100, SECOND / 4)] {
        let figures = run(bounds(Some(300), 100), latency, MINUTES, false, |_| {
            Limit::MoodyQueue(one_in)
        });
        println!("one in {one_in}, {latency:?}: {figures:?}");
        assert!(figures.rate > 0.8 * 300.0, "one in {one_in}: {figures:?}");
    }
}

#[test]
fn an_operator_that_lets_everything_queue_is_not_driven_into_timeouts() {
    let latency = Duration::from_millis(50);
    let figures = run(bounds(None, 2000), latency, MINUTES, false, |_| {
        Limit::Queue(40.0)
    });
    println!("{figures:?}");
    assert!(figures.rate > 39.0, "{figures:?}");
    assert!(figures.longest_response < RESPONSE / 4, "{figures:?}");
}

#[test]
fn an_operator_that_throttles_a_few_in_a_hundred_whatever_the_rate_is_served_nearly_as_fast() {
    for (one_in, tps, latency, least) in [
        (33, 300, 20, 0.7),
        (50, 300, 20, 0.9),
        (50, 50, 20, 0.7),
        (50, 100, 500, 0.9),
        (100, 300, 20, 0.9),
        (100, 1000, 50, 0.9),
        (1000, 300, 20, 0.9),
    ] {
        let latency = Duration::from_millis(latency);
        let figures = run(bounds(Some(tps), 100), latency, MINUTES, false, |_| {
            Limit::Moody(one_in)
        });
        println!("one in {one_in} at {tps}, {latency:?}: {figures:?}");
        let least = least * f64::from(tps);
        assert!(
            figures.rate > least,
            "one in {one_in} at {tps}: {figures:?}"
        );
    }
}

#[test]
fn what_was_cut_for_what_is_usual_is_soon_taken_back() {
    let length = WARM_UP + SECOND;
    let figures = run(bounds(Some(300), 100), SECOND / 50, length, false, |_| {
        Limit::Moody(50)
    });
    println!("{figures:?}");
    let (_, late) = figures.seconds.split_at(8);
    assert!(late.iter().all(|taken| *taken > 250), "{figures:?}");
}

#[test]
fn one_throttled_answer_at_the_start_does_not_slow_down_an_operator_that_takes_all() {
    let length = WARM_UP + SECOND;
    for window in [10, 50] {
        let figures = run(bounds(None, window), SECOND / 20, length, false, |_| {
            Limit::ButTheFirst
        });
        println!("{window}: {figures:?}");
        let slow = figures.seconds.iter().filter(|taken| **taken < 150).count();
        assert!(slow <= 6, "{window}: {figures:?}");
    }
}

#[test]
fn one_message_that_is_throttled_every_second_does_not_slow_down_the_others() {
    let latency = SECOND / 20;
    let figures = run(bounds(Some(100), 100), latency, MINUTES, false, |_| {
        Limit::OneASecond
    });
    println!("{figures:?}");
    assert!(figures.rate > 90.0, "{figures:?}");
}

#[test]
fn messages_that_are_throttled_for_ever_do_not_slow_down_the_others() {
    // The first time they say that the rate is too high, and at a low one three say so loudly.
    for (tps, poisoned, least) in [(5, 1, 0.9), (10, 1, 0.9), (10, 3, 0.6), (100, 3, 0.9)] {
        let limit = Limit::Poisoned(poisoned, f64::from(tps));
        let figures = run(bounds(Some(tps), 10), SECOND / 20, MINUTES, false, |_| {
            limit
        });
        println!("{poisoned} at {tps}: {figures:?}");
        let least = least * f64::from(tps);
        assert!(figures.rate > least, "{poisoned} at {tps}: {figures:?}");
    }
}

#[test]
fn a_limit_is_found_beside_messages_that_are_throttled_for_ever() {
    for (tps, limit) in [(20, 10.0), (500, 100.0), (100, 2.0)] {
        let poisoned = Limit::Poisoned(3, limit);
        let figures = run(bounds(Some(tps), 100), SECOND / 20, MINUTES, false, |_| {
            poisoned
        });
        println!("{limit}: {figures:?}");
        assert!(figures.rate > 0.7 * limit, "{limit}: {figures:?}");
        assert!(figures.throttled < 0.1, "{limit}: {figures:?}");
    }
}

#[test]
fn after_nothing_was_taken_for_a_while_the_rate_is_soon_back() {
    for (tps, window) in [(Some(100), 100), (None, 10)] {
        for seconds in [5, 40] {
            let refusing = WARM_UP.as_secs() - seconds..WARM_UP.as_secs();
            let change = |at: Duration| match refusing.contains(&at.as_secs()) {
                true => Limit::Nothing,
                false => Limit::Sliding(1000.0),
            };
            let length = WARM_UP + Duration::from_secs(20);
            let figures = run(bounds(tps, window), SECOND / 5, length, false, change);
            println!("{tps:?}, nothing for {seconds} s: {figures:?}");
            assert!(figures.rate > 50.0, "{tps:?} {seconds} {figures:?}");
            assert!(figures.throttled < 0.02, "{tps:?} {seconds} {figures:?}");
        }
    }
}

#[test]
fn a_limit_far_below_the_rate_is_found() {
    for tps in [Some(100), None] {
        let figures = run(bounds(tps, 100), SECOND / 20, MINUTES, false, |_| {
            Limit::Sliding(2.0)
        });
        println!("{tps:?}: {figures:?}");
        assert!(figures.rate > 1.5, "{tps:?} {figures:?}");
        assert!(figures.throttled < 0.1, "{tps:?} {figures:?}");
    }
}

#[test]
fn an_operator_that_always_says_it_is_congested_is_still_served() {
    // Without a configured TPS its first second counts, in which two windows of 100 are written.
    for (tps, least) in [(Some(200), 20.0), (Some(10), 1.0), (None, 20.0)] {
        let figures = run(bounds(tps, 100), SECOND / 20, MINUTES, false, |_| {
            Limit::Congested
        });
        println!("{tps:?}: {figures:?}");
        assert!(figures.rate > 0.95 * least, "{tps:?} {figures:?}");
        assert!(figures.rate < 2.0 * least, "{tps:?} {figures:?}");
    }
}

#[test]
fn an_operator_that_is_not_congested_any_more_gets_what_it_takes_though_nobody_told_its_limit() {
    let change = |at: Duration| match at.as_secs() {
        0..150 => Limit::Congested,
        _ => Limit::Sliding(200.0),
    };
    let length = Duration::from_secs(450);
    let figures = run(bounds(None, 100), SECOND / 20, length, false, change);
    println!("{figures:?}");
    let possible = (90.0 * 20.0 + 300.0 * 200.0) / 390.0;
    assert!(figures.rate > 0.75 * possible, "{figures:?} of {possible}");
    assert!(figures.throttled < 0.02, "{figures:?}");
}
