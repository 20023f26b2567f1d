//! Whether and when a message that was refused, or never answered, is submitted again.

use std::time::Duration;

use super::class::Class;

/// How refused messages are tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The pause after the first refusal; each further one is twice as long.
    pub first: Duration,
    pub longest: Duration,
    /// Most submissions of one message that the operator may refuse before it is given up.
    pub attempts: u16,
    /// Whether another operator is to try what one took and could not deliver.
    pub undelivered_elsewhere: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            longest: Duration::from_secs(15 * 60),
            attempts: 8,
            undelivered_elsewhere: false,
        }
    }
}

/// Most submissions for statuses behind which operators hide what will not get better.
const MOST_ATTEMPTS_IF_VAGUE: u16 = 3;

/// A session's fault is none of the message's, unless the same message meets it so often: then the SMSC means the message.
const MOST_FAULTS_OF_SESSIONS: u16 = 20;

const THROTTLED_PAUSE: Duration = Duration::from_secs(1);

/// So often in a row an operator that takes too little for the rate may throttle one message. One that it throttles more often
/// it may mean for itself.
const USUAL_THROTTLINGS: u16 = 3;

/// The pause after further ones doubles up to this: it may be the rate after all, and that recovers.
const LONGEST_THROTTLED_PAUSE: Duration = Duration::from_secs(60);

/// Whether an operator that throttled a message so often in a row may mean the message itself if it does so once more.
pub fn is_throttled_again_and_again(times: u16) -> bool {
    times >= USUAL_THROTTLINGS
}

/// How long a message that was throttled so often in a row waits.
fn throttled_pause(times: u16) -> Duration {
    let doublings = u32::from(times.saturating_sub(USUAL_THROTTLINGS)).min(16);
    let pause = THROTTLED_PAUSE.saturating_mul(1 << doublings);
    pause.min(LONGEST_THROTTLED_PAUSE)
}

/// Most submissions of one message of which none has an answer, before its fate counts as unknown: more
/// would be copies to a subscriber who may have the first.
const MOST_UNCERTAIN: u16 = 4;

/// How long a message of which so many submissions have no answer waits, its grace over, before it is submitted again; `None`
/// if it is not to be submitted again. The first time it does not wait, then each time twice as long.
pub fn repeat_after(attempts: u16, grace: Duration, spread: u64) -> Option<Duration> {
    match attempts {
        MOST_UNCERTAIN.. => None,
        0 | 1 => Some(Duration::ZERO),
        _ => Some(spread_out(
            grace.saturating_mul(1 << (attempts - 1)),
            spread,
        )),
    }
}

/// The class of a refusal of a message whose last submissions, so many in a row, met a session that was not bound.
pub fn charged(class: Class, unbound: u16) -> Class {
    match class {
        Class::Session if unbound >= MOST_FAULTS_OF_SESSIONS => Class::RetryTwice,
        class => class,
    }
}

/// What to do with a refused message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Submit it again after this pause.
    Retry(Duration),
    /// Give it up: it was tried often enough.
    GiveUp,
    /// Give it up: trying again is of no use.
    Refused,
}

impl Policy {
    /// Decides by the class of the refusal, the submissions so far (this one included) that count, how often in a row
    /// the message was throttled, and a number that spreads the retries of different messages.
    pub fn next(&self, class: Class, attempts: u16, throttled: u16, spread: u64) -> Next {
        let most = match class {
            Class::Throttled => return Next::Retry(spread_out(throttled_pause(throttled), spread)),
            Class::Session => return Next::Retry(spread_out(THROTTLED_PAUSE, spread)),
            Class::Accepted | Class::Permanent | Class::OurBug => return Next::Refused,
            Class::RetryTwice => self.attempts.min(MOST_ATTEMPTS_IF_VAGUE),
            Class::RetrySoon | Class::RetryElsewhere => self.attempts,
        };
        if attempts >= most {
            return Next::GiveUp;
        }
        let doublings = u32::from(attempts.saturating_sub(1)).min(16);
        let pause = self.first.saturating_mul(1 << doublings).min(self.longest);
        Next::Retry(spread_out(pause, spread))
    }
}

/// Between 75% and 125% of the pause.
fn spread_out(pause: Duration, spread: u64) -> Duration {
    let percent = u32::try_from(spread % 51).unwrap_or(0) + 75;
    pause.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(class: Class, attempts: u16) -> Next {
        Policy::default().next(class, attempts, 0, 25)
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_attempts_end() {
        let policy = Policy {
            first: Duration::from_secs(2),
            longest: Duration::from_secs(15),
            attempts: 6,
            ..Policy::default()
        };
        let pauses = [1, 2, 3, 4, 5].map(|attempts| policy.next(Class::RetrySoon, attempts, 0, 25));
        let seconds = [2, 4, 8, 15, 15].map(|s| Next::Retry(Duration::from_secs(s)));
        assert_eq!(pauses, seconds);
        assert_eq!(policy.next(Class::RetrySoon, 6, 0, 25), Next::GiveUp);
    }

    #[test]
    fn pauses_of_different_messages_are_spread_by_a_quarter() {
        let spread = |spread| Policy::default().next(Class::RetrySoon, 1, 0, spread);
        assert_eq!(spread(0), Next::Retry(Duration::from_millis(3750)));
        assert_eq!(spread(50), Next::Retry(Duration::from_millis(6250)));
    }

    #[test]
    fn throttling_uses_up_no_attempt_but_who_meets_it_again_and_again_waits_ever_longer() {
        let policy = Policy::default();
        let pause = |times| policy.next(Class::Throttled, 5000, times, 25);
        let pauses = [1, 3, 4, 5, 6, 7, 8, 9, 5000].map(pause);
        let seconds = [1, 1, 2, 4, 8, 16, 32, 60, 60].map(|s| Next::Retry(Duration::from_secs(s)));
        assert_eq!(pauses, seconds);
        let pause = policy.next(Class::RetrySoon, 1, 5000, 25);
        assert_eq!(pause, Next::Retry(Duration::from_secs(5)));
    }

    #[test]
    fn a_lost_bind_is_the_sessions_fault_and_not_the_messages() {
        assert!(matches!(next(Class::Session, 5000), Next::Retry(_)));
    }

    #[test]
    fn a_message_that_no_session_is_good_for_is_given_up() {
        assert_eq!(charged(Class::Session, 19), Class::Session);
        assert_eq!(charged(Class::Session, 20), Class::RetryTwice);
        assert_eq!(charged(Class::Throttled, 5000), Class::Throttled);
    }

    #[test]
    fn what_is_never_answered_is_repeated_ever_later_and_not_for_ever() {
        let grace = Duration::from_secs(30);
        let seconds = |attempts| repeat_after(attempts, grace, 25).map(|pause| pause.as_secs());
        assert_eq!(
            [1, 2, 3, 4].map(seconds),
            [Some(0), Some(60), Some(120), None]
        );
    }

    #[test]
    fn what_cannot_get_better_is_not_repeated() {
        assert_eq!(next(Class::Permanent, 1), Next::Refused);
        assert_eq!(next(Class::OurBug, 1), Next::Refused);
    }

    #[test]
    fn behind_what_operators_hide_the_incurable_is_tried_three_times() {
        assert!(matches!(next(Class::RetryTwice, 2), Next::Retry(_)));
        assert_eq!(next(Class::RetryTwice, 3), Next::GiveUp);
    }
}
