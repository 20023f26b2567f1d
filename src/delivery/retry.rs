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

/// The pause after what is no fault of the message's.
const SHORT_PAUSE: Duration = Duration::from_secs(1);

/// So often in a row an operator that takes too little for the rate may throttle one message. One that it throttles more often
/// it may mean for itself.
const USUAL_THROTTLINGS: u16 = 3;

/// The pause after further ones doubles up to this: it may be the rate after all, and that recovers.
const LONGEST_THROTTLED_PAUSE: Duration = Duration::from_secs(60);

/// Whether an operator that throttled a message so often in a row may mean the message itself if it does so once more.
pub fn is_throttled_again_and_again(times: u16) -> bool {
    times >= USUAL_THROTTLINGS
}

/// So often in a row a message may meet a fault of its session, which is none of its own. One that meets it more often the SMSC
/// may mean by it, and each time a session is left for it.
const USUAL_FAULTS_OF_SESSIONS: u16 = 10;

/// How long a message waits that met what is no fault of its own, so many times in a row more than is usual.
fn pause_in_a_row(more: u16, longest: Duration) -> Duration {
    let doublings = u32::from(more).min(16);
    SHORT_PAUSE.saturating_mul(1 << doublings).min(longest)
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
    /// the message was throttled or met a fault of its session, whichever this is, and a number that spreads the retries of different messages.
    pub fn next(&self, class: Class, attempts: u16, in_a_row: u16, spread: u64) -> Next {
        let most = match class {
            Class::Throttled => {
                let more = in_a_row.saturating_sub(USUAL_THROTTLINGS);
                let pause = pause_in_a_row(more, LONGEST_THROTTLED_PAUSE);
                return Next::Retry(spread_out(pause, spread));
            }
            Class::Session => {
                let more = in_a_row.saturating_sub(USUAL_FAULTS_OF_SESSIONS);
                let pause = pause_in_a_row(more, self.longest);
                return Next::Retry(spread_out(pause, spread));
            }
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
    fn a_lost_bind_uses_up_no_attempt_but_who_meets_it_again_and_again_waits_ever_longer() {
        let pause = |times| Policy::default().next(Class::Session, 5000, times, 25);
        let pauses = [1, 10, 11, 12, 19, 20, 5000].map(pause);
        let seconds = [1, 1, 2, 4, 512, 900, 900].map(|s| Next::Retry(Duration::from_secs(s)));
        assert_eq!(pauses, seconds);
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
