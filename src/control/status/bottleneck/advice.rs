//! What would lift a limit, in a sentence for the person who may turn something.

use std::time::Duration;

use super::{Business, Limit, NEAR, Use};

impl Use {
    /// What would lift a limit.
    pub fn advice(&self, limit: Limit) -> String {
        match limit {
            Limit::Paused => "sending is paused: `xabar ctl resume` lets it go on".to_owned(),
            Limit::LinkDown if self.failing => "half of its answers are bad, or it throttles all, and it is tried by a few messages: ask the operator; messages wait, and move to a fallback where one is configured".to_owned(),
            Limit::LinkDown if self.receiving > 0 => format!(
                "none of {} on which messages go out is bound, and receipts come in: the log says why; messages wait, and move to a fallback where one is configured",
                counted(self.sessions, "session")
            ),
            Limit::LinkDown => format!(
                "none of {} is bound: the log says why; messages wait, and move to a fallback where one is configured",
                counted(self.sessions, "session")
            ),
            Limit::Throttled => self.advice_if_throttled(),
            Limit::OperatorTps => self.advice_on_rate(),
            Limit::Window => self.advice_on_window(),
            _ => "nothing waits for it".to_owned(),
        }
    }

    fn advice_if_throttled(&self) -> String {
        let took = format!("the operator asks for fewer and takes {:.0}/s", self.rate);
        match self.tps {
            Some(tps) => {
                let (number, key) = (tps.number(), tps.key());
                format!("{took} of the {number}/s configured: ask it why, or lower {key}")
            }
            None => format!("{took}: set tps to what it allows"),
        }
    }

    fn advice_on_rate(&self) -> String {
        let used = self.windows_used();
        let window = if NEAR * used > self.rate_used() {
            let gives = self.pdus / used;
            format!(", and with it window, which gives no more than {gives:.0}/s")
        } else {
            String::new()
        };
        match self.tps {
            Some(tps) => format!(
                "{:.0}/s of the {}/s allowed are used: raise {} if the operator allows more{window}",
                self.pdus,
                tps.number(),
                tps.key()
            ),
            None => format!("raise the tps of its binds if the operator allows more{window}"),
        }
    }

    fn advice_on_window(&self) -> String {
        let sessions = self.sessions_bound.max(1);
        let Some(response) = self.response_time().filter(|it| !self.is_stalled(*it)) else {
            return format!(
                "window {} is full and little or nothing is answered: the operator stalls",
                self.window
            );
        };
        let millis = response.as_secs_f64() * 1000.0;
        let windows = match (&*self.windows, sessions) {
            ([], 1) => format!("window {} at {millis:.0} ms gives", self.window),
            ([], many) => format!(
                "window {} on each of {many} sessions at {millis:.0} ms gives",
                self.window
            ),
            (own, _) => {
                let own: Vec<String> = own.iter().map(ToString::to_string).collect();
                format!("windows {} at {millis:.0} ms give", own.join("+"))
            }
        };
        let gives = format!("{windows} {:.0}/s", self.pdus);
        // An order gives such a login no larger one.
        let by = match self.windows.is_empty() {
            true => "",
            false => ", in the file where an [[operator.bind]] has its own",
        };
        match self.tps {
            Some(tps) => {
                let of_all = f64::from(tps.number()) / (1.0 - self.kept);
                let narrowest = self.windows.iter().min().unwrap_or(&self.window);
                let needed = needed_window(of_all, response, sessions).max(narrowest + 1);
                let rate = match NEAR * self.rate_used() > self.windows_used() {
                    true => format!(", and with it {} if the operator allows more", tps.key()),
                    false => String::new(),
                };
                let number = tps.number();
                format!("{gives} of the {number}/s allowed: raise window to {needed}{by}{rate}")
            }
            None => format!("{gives}: raise window{by}, or sessions"),
        }
    }
}

impl Business {
    pub fn advice(self, limit: Limit) -> String {
        let percent = |part: f64| (part * 100.0).round();
        match limit {
            Limit::Journal => format!(
                "the journal takes {}% of the time: it wants a faster disk, one that is its own",
                percent(self.committing)
            ),
            _ => format!(
                "deciding takes {}% of one core's time: it wants a faster one, and not to share it",
                percent(self.deciding)
            ),
        }
    }
}

/// The window that a TPS needs at this response time, over so many sessions.
fn needed_window(tps: f64, response: Duration, sessions: usize) -> usize {
    let sessions = u32::try_from(sessions).unwrap_or(u32::MAX);
    let window = tps * response.as_secs_f64() / f64::from(sessions);
    // What is measured has noise: a little less than a whole number is that number.
    let window = (window - 0.05).ceil().max(1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number; `as` saturates"
    )]
    let window = window as usize;
    window
}

fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
