//! Operators whose limits nobody told us, in virtual time: how near their limits the link gets, and
//! how much is throttled on the way.

mod smsc;
mod windows;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use xabar_smpp::Status;

use self::smsc::{Limit, Smsc};
use super::dispatch::{Bounds, Dispatch, Heard};
use super::retry::{self, Next, Policy};
use super::sample::{submission, token};
use super::{Class, Submission, Token, usual};
use crate::clock::instant;

const SECOND: Duration = Duration::from_secs(1);
const RESPONSE: Duration = Duration::from_secs(30);

/// An answer on its way, in the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Answer {
    at: Instant,
    id: u64,
    segment: u8,
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

/// Texts of so many segments each, for a link of so many sessions.
#[derive(Clone, Copy, Debug)]
struct Texts {
    segments: u8,
    sessions: usize,
}

/// An attempt at those segments of a message that are not taken yet.
#[derive(Debug, Default)]
struct Flight {
    tries: Tries,
    unanswered: usize,
    refused: Vec<u8>,
    /// The worst of the refusals decides.
    class: Option<Class>,
}

/// Segments of a message that are due again, then.
type Again = Reverse<(Instant, u64, Tries, Vec<u8>)>;

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
    let texts = Texts {
        segments: 1,
        sessions: 2,
    };
    run_texts(texts, bounds, latency, length, deaf, change)
}

fn run_texts(
    texts: Texts,
    bounds: Bounds,
    latency: Duration,
    length: Duration,
    deaf: bool,
    change: impl Fn(Duration) -> Limit,
) -> Figures {
    let start = instant();
    let mut now = start;
    let mut dispatch = Dispatch::new(texts.sessions, bounds, now);
    (0..texts.sessions).for_each(|session| dispatch.bound(session));
    let mut smsc = Smsc::new(change(Duration::ZERO), latency, now);
    let mut answers: BinaryHeap<Reverse<Answer>> = BinaryHeap::new();
    // What was refused comes again, before what is new.
    let mut again: BinaryHeap<Again> = BinaryHeap::new();
    let mut flights: HashMap<u64, Flight> = HashMap::new();
    // Segments of attempts that have begun.
    let mut begun: VecDeque<Token> = VecDeque::new();
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
            smsc.answered(answer.session, status);
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
            let mut flight = flights.remove(&answer.id).expect("it is under way");
            let heard = Heard {
                token: Token {
                    segment: answer.segment,
                    ..attempt_after(flight.tries.submitted, answer.id)
                },
                class: if deaf { Class::Accepted } else { usual(status) },
                status,
                congestion: matches!(smsc.limit, Limit::Congested).then_some(100),
            };
            if !status.is_ok() {
                let class = match deaf {
                    true => Class::Throttled,
                    false => dispatch.charged(&heard),
                };
                let worst = flight.class.into_iter().chain([class]);
                flight.class = worst.max_by_key(|class| class.severity());
                flight.refused.push(answer.segment);
            }
            dispatch.answered(answer.session, heard, now);
            flight.unanswered -= 1;
            if flight.unanswered > 0 {
                flights.insert(answer.id, flight);
            } else if let Some(class) = flight.class {
                let mut tries = flight.tries;
                tries.submitted += 1;
                match class {
                    Class::Throttled => tries.throttled += 1,
                    _ => (tries.throttled, tries.refused) = (0, tries.refused + 1),
                }
                match policy.next(class, tries.refused, tries.throttled, answer.id) {
                    Next::Retry(pause) => {
                        again.push(Reverse((now + pause, answer.id, tries, flight.refused)));
                    }
                    Next::GiveUp | Next::Refused => figures.failed += 1,
                }
            }
        }
        let granted = dispatch.offer(now).granted;
        let mut next = || {
            if begun.is_empty() {
                let is_due = |Reverse((at, ..)): &Again| *at <= now;
                let (id, tries, segments) = if again.peek().is_some_and(is_due) {
                    let Reverse((_, id, tries, segments)) = again.pop()?;
                    (id, tries, segments)
                } else {
                    new += 1;
                    (new - 1, Tries::default(), (0..texts.segments).collect())
                };
                let flight = Flight {
                    tries,
                    unanswered: segments.len(),
                    ..Flight::default()
                };
                flights.insert(id, flight);
                let attempt = attempt_after(tries.submitted, id);
                let of_attempt = |segment| Token { segment, ..attempt };
                begun.extend(segments.into_iter().map(of_attempt));
            }
            let token = begun.pop_front()?;
            let tries = flights.get(&token.message.0)?.tries;
            Some(Submission {
                stubborn: retry::is_throttled_again_and_again(tries.throttled),
                ..submission(token, now)
            })
        };
        dispatch.submit((given..granted).filter_map(|_| next()).collect());
        given = granted.max(given);
        while let Some((session, submission)) = dispatch.next(now) {
            let (status, at) = smsc.submit(session, submission.token, now);
            answers.push(Reverse(Answer {
                at,
                id: submission.token.message.0,
                segment: submission.token.segment,
                session,
                status: status.0,
                written: now,
            }));
        }
        begun.extend(dispatch.stale(now));
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
fn after_a_congestion_of_seconds_the_rate_is_back_within_twelve() {
    let congested = SECOND..3 * SECOND;
    let change = |at: Duration| match congested.contains(&at) {
        true => Limit::Congested,
        false => Limit::Sliding(1000.0),
    };
    for (tps, latency) in [(200, SECOND / 50), (200, SECOND / 4), (100, SECOND / 50)] {
        let length = WARM_UP + SECOND;
        let figures = run(bounds(Some(tps), 100), latency, length, false, change);
        println!("{tps}, {latency:?}: {figures:?}");
        let back = figures.seconds.split_at(12).1;
        let is_back = |taken: &u32| *taken * 100 >= tps * 90;
        assert!(back.iter().all(is_back), "{tps} {latency:?}: {figures:?}");
        assert_eq!(figures.tps, Some(f64::from(tps)), "{tps} {latency:?}");
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
