//! What an operator's refusal means, and what to do about it.

use std::time::Duration;

use xabar_smpp::Status;

/// What a status of a `submit_sm_resp` asks of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Accepted,
    /// The session is not bound, whatever we think: rebind, then the same again.
    Session,
    /// The same again after a pause.
    RetrySoon,
    /// Slower, then the same again; it does not use up an attempt.
    Throttled,
    /// This account or operator cannot take it now.
    RetryElsewhere,
    /// This subscriber will not get it.
    Permanent,
    /// The PDU or our settings are wrong: the same again would fail again, and someone must look.
    OurBug,
}

/// Most submissions of one message that the operator may refuse before it is given up.
const MOST_ATTEMPTS: u16 = 8;

/// Most submissions for statuses behind which operators hide what will not get better.
const MOST_ATTEMPTS_IF_VAGUE: u16 = 3;

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
const THROTTLED_PAUSE: Duration = Duration::from_secs(1);

/// The class of a status, where the operator says nothing else.
pub fn class(status: Status) -> Class {
    match status.0 {
        0x00 => Class::Accepted,
        0x14 | 0x58 => Class::Throttled,
        0x04 => Class::Session,
        0x08 | 0x45 | 0x64 => Class::RetrySoon,
        0x0B | 0x65 | 0x66 | 0xFE => Class::Permanent,
        0x102 | 0x103 => Class::RetryElsewhere,
        0x01..=0x03 | 0x05..=0x07 | 0x0A | 0x0C..=0x0F | 0x11 | 0x13 | 0x15 => Class::OurBug,
        0x33 | 0x34 | 0x40 | 0x42..=0x44 | 0x48..=0x51 | 0x53..=0x55 | 0x61..=0x63 | 0x67 => {
            Class::OurBug
        }
        0xC0..=0xC4 | 0x100 | 0x101 | 0x104..=0x112 => Class::OurBug,
        _ => Class::RetrySoon,
    }
}

/// Most submissions of one message of which none has an answer, before its fate counts as unknown: more
/// would be copies to a subscriber who may have the first.
const MOST_UNCERTAIN: u16 = 4;

/// How long a message whose submissions have no answer waits, its grace over, before it is submitted again; `None`
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

/// Decides by the status, the submissions so far (this one included), and a number that spreads
/// the retries of different messages.
pub fn next(status: Status, attempts: u16, spread: u64) -> Next {
    let most = if vague(status) {
        MOST_ATTEMPTS_IF_VAGUE
    } else {
        MOST_ATTEMPTS
    };
    match class(status) {
        Class::Throttled | Class::Session => Next::Retry(spread_out(THROTTLED_PAUSE, spread)),
        Class::Accepted | Class::Permanent | Class::OurBug => Next::Refused,
        Class::RetrySoon | Class::RetryElsewhere if attempts >= most => Next::GiveUp,
        Class::RetrySoon | Class::RetryElsewhere => {
            let doublings = u32::from(attempts.saturating_sub(1)).min(16);
            let pause = FIRST_PAUSE
                .saturating_mul(1 << doublings)
                .min(LONGEST_PAUSE);
            Next::Retry(spread_out(pause, spread))
        }
    }
}

/// ESME_RSUBMITFAIL, ESME_RUNKNOWNERR, and what the SMSC's vendor or nobody defined.
fn vague(status: Status) -> bool {
    !matches!(status.0, 0x08 | 0x64 | 0x102 | 0x103)
}

/// Between 75% and 125% of the pause.
fn spread_out(pause: Duration, spread: u64) -> Duration {
    let percent = u32::try_from(spread % 51).unwrap_or(0) + 75;
    pause.saturating_mul(percent) / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_attempts_end() {
        let pauses: Vec<_> = (1..MOST_ATTEMPTS)
            .map(|attempts| next(Status::RSYSERR, attempts, 25))
            .collect();
        let seconds = [5, 10, 20, 40, 80, 160, 320].map(|s| Next::Retry(Duration::from_secs(s)));
        assert_eq!(pauses, seconds);
        assert_eq!(next(Status::RSYSERR, MOST_ATTEMPTS, 25), Next::GiveUp);
    }

    #[test]
    fn throttling_uses_up_no_attempt() {
        assert_eq!(
            next(Status::RTHROTTLED, 5000, 25),
            Next::Retry(Duration::from_secs(1))
        );
    }

    #[test]
    fn a_lost_bind_is_the_sessions_fault_and_not_the_messages() {
        assert_eq!(class(Status::RINVBNDSTS), Class::Session);
        assert!(matches!(next(Status::RINVBNDSTS, 5000, 25), Next::Retry(_)));
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
        assert_eq!(next(Status::RINVDSTADR, 1, 0), Next::Refused);
        assert_eq!(next(Status::RINVSRCADR, 1, 0), Next::Refused);
    }

    #[test]
    fn a_status_that_nobody_defined_is_tried_three_times() {
        let status = Status::from(0x0432);
        assert!(matches!(next(status, 2, 0), Next::Retry(_)));
        assert_eq!(next(status, 3, 0), Next::GiveUp);
    }
}
