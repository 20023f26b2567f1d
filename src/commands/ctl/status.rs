//! `xabar ctl status` and `operators`: how a gateway does.

use std::cmp::Reverse;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anstyle::Style;
use serde_json::Value;
use tokio::time::interval;

use super::client::{Which, read};
use super::set::{told, told_limits};
use crate::commands::Failure;
use crate::commands::print::{self, BAD, Cell, FAINT, GOOD, HEADING, Table, WARN, styled};
use crate::control::standing::{Key, Pace};
use crate::control::status::{
    Draining, Limit, LinkStanding, OperatorStatus, OutcomesStatus, State, Status as Shown,
};

/// How the gateway does, what limits it, and what would lift that
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    #[command(flatten)]
    which: Which,
    /// Shows it again every second, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Prints one JSON object, or one each second
    #[arg(long)]
    json: bool,
}

/// How each operator's link does
#[derive(Debug, clap::Args)]
pub(super) struct Operators {
    #[command(flatten)]
    which: Which,
    /// Prints one JSON array
    #[arg(long)]
    json: bool,
}

const EVERY: Duration = Duration::from_secs(1);

/// Moves to the upper left corner and clears what is below it.
const FROM_THE_TOP: &str = "\u{1b}[H\u{1b}[J";

/// Clears the whole terminal.
const CLEAR: &str = "\u{1b}[2J";

impl Status {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.which.client()?;
        if !self.watch {
            return self.show(&client.get("/v1/status").await?);
        }
        let redraws = !self.json && io::stdout().is_terminal();
        if redraws {
            write!(io::stdout(), "{CLEAR}")?;
        }
        let mut looks = interval(EVERY);
        loop {
            looks.tick().await;
            let status = client.get("/v1/status").await;
            if redraws {
                write!(io::stdout(), "{FROM_THE_TOP}")?;
            }
            match status {
                Ok(status) => self.show(&status)?,
                // It may be back with the next look.
                Err(failure) => drop(failure.tell()),
            }
        }
    }

    fn show(&self, status: &Value) -> Result<(), Failure> {
        match self.json {
            true => print::json(status)?,
            false => render(&read(status)?, &mut print::stdout())?,
        }
        Ok(())
    }
}

impl Operators {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let operators = self.which.client()?.get("/v1/operators").await?;
        match self.json {
            true => print::json(&operators)?,
            false => links(&read::<Vec<_>>(&operators)?, &mut print::stdout())?,
        }
        Ok(())
    }
}

fn render(status: &Shown, out: &mut impl Write) -> io::Result<()> {
    let state = match status.state {
        State::Running => GOOD,
        State::NotReady => BAD,
        State::Draining => WARN,
    };
    writeln!(
        out,
        "{} · {:.0}/s · {} waiting{}",
        styled(state, word(status.state, status.drain)),
        status.rate,
        status.backlog,
        deferred(status)
    )?;
    let bottleneck = &status.bottleneck;
    let operator = bottleneck.operator.as_deref();
    let of = operator
        .map(|name| format!(" of {name}"))
        .unwrap_or_default();
    let limit = styled(style(bottleneck.limit), bottleneck.limit);
    writeln!(out, "limit: {limit}{of} · {}", bottleneck.advice)?;
    for paused in &status.paused {
        writeln!(out, "{}", super::orders::told(paused))?;
    }
    paced(&status.set, out)?;
    if let Some(lookup) = status.lookup.filter(|lookup| lookup.missed > 0) {
        let missed = styled(WARN, lookup.missed);
        let all = lookup.numbers;
        writeln!(
            out,
            "lookup: {missed} of {all} numbers in 5 s went by prefix, without an answer"
        )?;
    }
    if let Some(queue) = status.queue.filter(|queue| queue.events > 0) {
        let (events, at) = (queue.events, queue.at);
        match status.state {
            State::Running => writeln!(out, "queue: {events} events wait at the broker")?,
            _ => writeln!(out, "queue: {events} events waited at the broker at {at}")?,
        }
    }
    outcomes(&status.outcomes, out)?;
    writeln!(out)?;
    links(&status.operators, out)
}

/// What staff has set of how messages are paced.
fn paced(set: &Pace, out: &mut impl Write) -> io::Result<()> {
    let heading = styled(WARN, "set");
    if let Some(limits) = &set.limits {
        writeln!(out, "{heading} · {}", told_limits(Some(limits)))?;
    }
    for (agency, weight) in &set.weights {
        writeln!(
            out,
            "{heading} · {agency}: {}",
            told(Key::Weight, Some(weight))
        )?;
    }
    Ok(())
}

/// The state; a drain that is over is told as `xabar ctl drain` tells it.
fn word(state: State, drain: Option<Draining>) -> &'static str {
    match drain {
        Some(drain) if drain.done => "drained",
        _ => state.name(),
    }
}

/// So many wait where agencies' queues or the broker take less than there is; fewer are on their way.
const MANY_OUTCOMES: u64 = 10_000;

/// What agencies are not told yet, unless that is soon over.
fn outcomes(outcomes: &OutcomesStatus, out: &mut impl Write) -> io::Result<()> {
    let waiting = outcomes.waiting;
    match &outcomes.held_by {
        Some(why) => {
            let held = styled(BAD, "cannot be published");
            writeln!(out, "outcomes: {waiting} wait, since they {held} · {why}")
        }
        None if waiting >= MANY_OUTCOMES => {
            let waiting = styled(WARN, waiting);
            writeln!(out, "outcomes: {waiting} wait to be published")
        }
        None => Ok(()),
    }
}

/// Every operator's link, and below that which logins rest and what staff has set.
fn links(operators: &[OperatorStatus], out: &mut impl Write) -> io::Result<()> {
    table(operators).print(out)?;
    for operator in operators {
        for login in &operator.resting {
            let (rests, name) = (styled(WARN, "rests"), &operator.name);
            writeln!(
                out,
                "{rests} · {name}: {login} does not do its work while another login does; single messages try it"
            )?;
        }
    }
    for operator in operators {
        for (key, set) in &operator.set {
            let told = told(*key, Some(set));
            writeln!(out, "{} · {}: {told}", styled(WARN, "set"), operator.name)?;
        }
    }
    Ok(())
}

/// Why how many wait, the most first.
fn deferred(status: &Shown) -> String {
    let mut deferred: Vec<(&String, &u64)> = status.deferred.iter().collect();
    deferred.sort_by_key(|(_, count)| Reverse(**count));
    let deferred = deferred.iter().map(|(why, count)| format!("{why} {count}"));
    match deferred.collect::<Vec<_>>() {
        none if none.is_empty() => String::new(),
        all => format!(" ({})", all.join(", ")),
    }
}

fn table(operators: &[OperatorStatus]) -> Table {
    let mut table = Table::default();
    let heading = |text: &str| Cell::new(text).style(HEADING);
    let right = |text: &str| Cell::number(text).style(HEADING);
    table.row([
        heading("operator"),
        heading("state"),
        right("sessions"),
        right("rate"),
        right("tps"),
        right("window"),
        right("in flight"),
        right("p50 ms"),
        right("p99 ms"),
        heading("limit"),
    ]);
    for operator in operators {
        table.row(row(operator));
    }
    table
}

fn row(operator: &OperatorStatus) -> [Cell; 10] {
    let standing = match operator.state {
        LinkStanding::Bound => GOOD,
        LinkStanding::PartlyBound | LinkStanding::Paused => WARN,
        LinkStanding::Connecting => BAD,
    };
    let tps = match (operator.tps, operator.allowed) {
        (Some(tps), Some(now)) if now < f64::from(tps) => format!("{now:.0} of {tps}"),
        (Some(tps), _) => tps.to_string(),
        (None, Some(now)) => format!("{now:.0}"),
        (None, None) => String::new(),
    };
    let most = match operator.windows.is_empty() {
        true => operator.window.to_string(),
        false => {
            let windows: Vec<_> = operator.windows.iter().map(usize::to_string).collect();
            windows.join("+")
        }
    };
    let window = match operator.window_now < operator.window {
        true => format!("{} of {most}", operator.window_now),
        false => most,
    };
    let millis = |of: fn(&crate::control::status::ResponseMillis) -> f64| {
        let millis = operator.response_ms.as_ref().map(of);
        millis
            .map(|millis| format!("{millis:.1}"))
            .unwrap_or_default()
    };
    let bound = operator.sessions;
    let configured = operator
        .sessions_wanted
        .unwrap_or(operator.sessions_configured);
    [
        Cell::new(&operator.name),
        Cell::new(operator.state.name()).style(standing),
        Cell::number(format!("{bound} of {configured}")),
        Cell::number(format!("{:.0}/s", operator.rate)),
        Cell::number(tps),
        Cell::number(window),
        Cell::number(operator.in_flight),
        Cell::number(millis(|response| response.p50)),
        Cell::number(millis(|response| response.p99)),
        Cell::new(operator.limit.name()).style(style(operator.limit)),
    ]
}

/// What stands still is wrong, what is slower than it could be deserves a look.
fn style(limit: Limit) -> Style {
    match limit {
        Limit::Idle => FAINT,
        Limit::LinkDown | Limit::Broker | Limit::Journal => BAD,
        Limit::QuietHours | Limit::SubscriberLimits => Style::new(),
        Limit::OperatorTps | Limit::Window | Limit::Throttled | Limit::Paused | Limit::Cpu => WARN,
    }
}

#[cfg(test)]
mod tests {
    use xabar_events::UnixMillis;

    use super::*;
    use crate::control::standing::{Key, Set, Values};
    use crate::control::status::{Bottleneck, LookupStatus, QueueStatus, ResponseMillis};

    fn ucell() -> OperatorStatus {
        OperatorStatus {
            name: "ucell".to_owned(),
            state: LinkStanding::PartlyBound,
            sessions: 1,
            receiving: 1,
            sessions_configured: 2,
            sessions_wanted: None,
            tps: Some(300),
            allowed: Some(291.4),
            rate: 55.2,
            window: 10,
            window_now: 10,
            windows: Vec::new(),
            in_flight: 10,
            response_ms: Some(ResponseMillis {
                p50: 180.0,
                p99: 203.75,
                mean: 181.0,
            }),
            failing: false,
            resting: Vec::new(),
            set: Values::new(),
            limit: Limit::Window,
        }
    }

    #[test]
    fn people_read_what_limits_it_above_a_table_of_operators() {
        let silent = OperatorStatus {
            name: "uzmobile".to_owned(),
            state: LinkStanding::Connecting,
            sessions: 0,
            tps: None,
            allowed: None,
            rate: 0.0,
            windows: vec![5, 10],
            resting: vec!["xabar-2".to_owned()],
            in_flight: 0,
            response_ms: None,
            limit: Limit::Idle,
            set: [(Key::Tps, 200, None), (Key::Window, 54, Some(54))]
                .map(|(key, to, kept)| (key, Set { to, kept }))
                .into(),
            ..ucell()
        };
        let status = Shown {
            state: State::Running,
            rate: 55.2,
            backlog: 12_345,
            deferred: [("retry", 3), ("quiet-hours", 9000)]
                .map(|(why, count)| (why.to_owned(), count))
                .into(),
            bottleneck: Bottleneck {
                limit: Limit::Window,
                operator: Some("ucell".to_owned()),
                advice: "raise window to 54".to_owned(),
            },
            paused: Vec::new(),
            set: Pace {
                limits: None,
                weights: [(
                    "kadastr".to_owned(),
                    Set {
                        to: 3,
                        kept: Some(3),
                    },
                )]
                .into(),
            },
            drain: None,
            lookup: Some(LookupStatus {
                numbers: 5000,
                missed: 1800,
            }),
            queue: Some(QueueStatus {
                events: 4711,
                at: UnixMillis(0),
            }),
            outcomes: OutcomesStatus {
                waiting: 314,
                held_by: Some("127.0.0.1:5672: Connection refused".to_owned()),
            },
            operators: vec![ucell(), silent],
        };
        let mut out = Vec::new();
        render(&status, &mut anstream::StripStream::new(&mut out)).unwrap();
        let expected = "\
running · 55/s · 12345 waiting (quiet-hours 9000, retry 3)
limit: window of ucell · raise window to 54
set · kadastr: weight 3, kept
lookup: 1800 of 5000 numbers in 5 s went by prefix, without an answer
queue: 4711 events wait at the broker
outcomes: 314 wait, since they cannot be published · 127.0.0.1:5672: Connection refused

operator  state         sessions  rate         tps  window  in flight  p50 ms  p99 ms  limit
ucell     partly-bound    1 of 2  55/s  291 of 300      10         10   180.0   203.8  window
uzmobile  connecting      0 of 2   0/s                5+10          0                  idle
rests · uzmobile: xabar-2 does not do its work while another login does; single messages try it
set · uzmobile: tps 200, until the gateway stops
set · uzmobile: window 54, kept
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_drain_that_is_over_is_told_by_the_word_of_the_order() {
        let draining = |done| Draining {
            in_flight: 0,
            sessions: 0,
            outcomes: 0,
            done,
        };
        assert_eq!(word(State::Draining, Some(draining(true))), "drained");
        assert_eq!(word(State::Draining, Some(draining(false))), "draining");
        assert_eq!(word(State::Running, None), "running");
    }

    #[test]
    fn outcomes_are_told_of_while_they_are_held_or_many_wait() {
        let told = |waiting, held_by: Option<&str>| {
            let held_by = held_by.map(str::to_owned);
            let mut out = Vec::new();
            let mut plain = anstream::StripStream::new(&mut out);
            outcomes(&OutcomesStatus { waiting, held_by }, &mut plain).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(told(9999, None), "");
        assert_eq!(told(10_000, None), "outcomes: 10000 wait to be published\n");
        assert_eq!(
            told(0, Some("no")),
            "outcomes: 0 wait, since they cannot be published · no\n"
        );
    }

    #[test]
    fn scripts_and_people_read_the_same_document() {
        let json = serde_json::to_value([ucell()]).unwrap();
        assert_eq!(json[0]["state"], "partly-bound");
        assert_eq!(read::<Vec<OperatorStatus>>(&json).unwrap(), [ucell()]);
        assert!(read::<Vec<OperatorStatus>>(&Value::Null).is_err());
    }
}
