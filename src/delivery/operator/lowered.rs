//! Says that the window is lower and why, and not again and again while it goes up and down.

use std::time::{Duration, Instant};

use tracing::info;
use xabar_smpp::Status;

use crate::delivery::Class;
use crate::delivery::dispatch::Heard;

/// After so long a window that is no lower than what was told is told again.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(600);

/// What was told last, for either reason: a window, and when.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    refused: Option<(usize, Instant)>,
    late: Option<(usize, Instant)>,
}

impl Lowered {
    /// What was refused may have been too much at once; if it was not, responses take too long.
    pub(super) fn tell(&mut self, operator: &str, heard: &Heard, window: usize, now: Instant) {
        let status = heard.status;
        let may_be_refusal = matches!(heard.class, Class::Throttled | Class::RetryTwice);
        let is_refusal = may_be_refusal && status != Status::RTHROTTLED;
        let told = match is_refusal {
            true => &mut self.refused,
            false => &mut self.late,
        };
        if told.is_some_and(|(least, at)| least <= window && now < at + TOLD_AGAIN_AFTER) {
            return;
        }
        *told = Some((window, now));
        if is_refusal {
            info!(operator, %status, window, "the operator takes less at once: window lowered");
        } else {
            info!(
                operator,
                window, "the operator answers too late: window lowered"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;
    use crate::clock::instant;
    use crate::delivery::{sample, usual};
    use crate::log_lines::LogLines;

    fn heard(status: Status) -> Heard {
        Heard {
            token: sample::token(1),
            class: usual(status),
            status,
            congestion: None,
        }
    }

    #[test]
    fn a_window_that_is_lower_for_late_responses_is_no_refusal() {
        let lines = LogLines::listen(Level::INFO);
        let told = |status| {
            Lowered::default().tell("ucell", &heard(status), 3, instant());
            lines.take()
        };
        for status in [Status::RMSGQFUL, Status::RSUBMITFAIL] {
            let told = told(status);
            assert!(told.contains("takes less at once") && told.contains(&status.to_string()));
        }
        for status in [Status::ROK, Status::RINVDSTADR, Status::RTHROTTLED] {
            let told = told(status);
            assert!(
                told.contains("answers too late") && !told.contains("status"),
                "{told}"
            );
        }
    }

    #[test]
    fn a_window_that_goes_up_and_down_is_told_again_only_when_it_is_lower_or_long_after() {
        let lines = LogLines::listen(Level::INFO);
        let start = instant();
        let mut lowered = Lowered::default();
        let mut is_told = |seconds, window, status| {
            let now = start + Duration::from_secs(seconds);
            lowered.tell("ucell", &heard(status), window, now);
            !lines.take().is_empty()
        };
        let full = Status::RMSGQFUL;
        assert!(is_told(0, 2, full));
        assert!(!is_told(5, 2, full) && !is_told(10, 3, full));
        assert!(is_told(15, 1, full), "lower");
        assert!(is_told(20, 1, Status::ROK), "for another reason");
        assert!(!is_told(614, 1, full));
        assert!(is_told(615, 1, full), "long after");
    }
}
