//! The course of one run: from the start of the child to its end.

use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tokio::time::sleep;

use super::Failure;
use super::process::{self, Standing, Watched};
use super::stage::Stage;
use crate::clock::instant;
use crate::simulator::{Figures, Handle};

/// What a child process did and took, after its warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    /// Messages a second.
    pub(super) rate: f64,
    /// User and system time a message.
    pub(super) cpu_us: f64,
    /// The most memory that it had at once.
    pub(super) rss_kib: u64,
    /// What the broker took meanwhile, a message, if it is ours.
    pub(super) broker_us: Option<f64>,
}

/// A child at work.
pub(super) struct Course<'a> {
    pub(super) child: &'a mut Watched,
    pub(super) simulator: &'a Handle,
    /// Where the events come from, if not from the child itself.
    pub(super) stage: Option<&'a Stage>,
    /// The broker's process, if it is ours.
    pub(super) broker: Option<u32>,
    pub(super) messages: u64,
    pub(super) progress: &'a ProgressBar,
}

/// When the warm-up was over, how far the child was by then, and what it had taken.
#[derive(Clone, Copy)]
struct Warm {
    at: Instant,
    cpu: Duration,
    broker: Option<Duration>,
    done: f64,
}

/// The same when it had ended.
struct End {
    at: Instant,
    cpu: Duration,
    broker: Option<Duration>,
    rss_kib: u64,
}

impl Warm {
    /// What was done and taken since then, of so many messages.
    fn cost(&self, end: &End, messages: u64) -> Result<Cost, Failure> {
        let all = messages as f64;
        let measured = all - self.done;
        let cpu = end.cpu.saturating_sub(self.cpu);
        if measured < LEAST_MEASURED * all || cpu.is_zero() {
            return Err(Failure::because(format!(
                "{messages} messages were over too soon to measure anything: give more --messages"
            )));
        }
        let seconds = end.at.saturating_duration_since(self.at).as_secs_f64();
        let each = |cpu: Duration| cpu.as_secs_f64() * 1e6 / measured;
        let broker = end.broker.zip(self.broker);
        Ok(Cost {
            rate: measured / seconds.max(f64::MIN_POSITIVE),
            cpu_us: each(cpu),
            rss_kib: end.rss_kib,
            broker_us: broker.map(|(now, then)| each(now.saturating_sub(then))),
        })
    }
}

/// How often the child is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// While it is warming up, when the broker is asked, too: so often, or the sooner the fewer messages there are.
const LOOK_AT_BROKER: Duration = Duration::from_millis(20);
const LOOK_A_MESSAGE: Duration = Duration::from_micros(1);
/// A child that gets nothing done for so long is given up.
const STUCK: Duration = Duration::from_secs(60);
/// The floor ends by itself once it has answered everything. The simulator may need so long to hear
/// its last answers.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// The share of the messages that is the warm-up.
const WARM_UP: f64 = 0.1;
/// The share of them that has to be left by when its end is noticed.
const LEAST_MEASURED: f64 = 0.5;

impl Course<'_> {
    /// Follows the child until every receipt is answered, and to its end: by itself, or told to.
    pub(super) async fn follow(mut self, told_to_end: bool) -> Result<Cost, Failure> {
        let warm = self.until_warm().await?;
        self.until_delivered().await?;
        if told_to_end {
            self.child.terminate()?;
        }
        let (at, cpu) = self.until_ended().await?;
        let end = End {
            at,
            cpu,
            broker: self.broker_cpu()?,
            rss_kib: self.child.peak_rss_kib(),
        };
        warm.cost(&end, self.messages)
    }

    async fn until_warm(&mut self) -> Result<Warm, Failure> {
        let mut patience = Patience::from(instant());
        let pause = match self.stage {
            Some(_) => look_at_broker(self.messages),
            None => LOOK / 5,
        };
        loop {
            let (figures, standing, at) = self.look().await?;
            let done = self.done(&figures).await?;
            if done >= WARM_UP * self.messages as f64 {
                let cpu = standing.cpu;
                let broker = self.broker_cpu()?;
                return Ok(Warm {
                    at,
                    cpu,
                    broker,
                    done,
                });
            }
            if let Some(what) = patience.runs_out(figures.submits, standing, instant()) {
                return Err(self.gave_up(what).await);
            }
            sleep(pause).await;
        }
    }

    async fn until_delivered(&mut self) -> Result<(), Failure> {
        let mut patience = Patience::from(instant());
        loop {
            let (figures, standing, _) = self.look().await?;
            let answered = figures.deliveries.acked;
            if answered >= self.messages {
                return Ok(());
            }
            let done = figures.submits + answered;
            if let Some(what) = patience.runs_out(done, standing, instant()) {
                return Err(self.gave_up(what).await);
            }
            sleep(LOOK).await;
        }
    }

    async fn until_ended(&mut self) -> Result<(Instant, Duration), Failure> {
        let mut patience = Patience::from(instant());
        loop {
            let standing = self.child.look()?;
            if standing.ended {
                let at = instant();
                self.child.ended_well()?;
                return Ok((at, standing.cpu));
            }
            // What it still has to do, it does with CPU time.
            let centis = u64::try_from(standing.cpu.as_millis() / 10).unwrap_or(u64::MAX);
            if let Some(what) = patience.runs_out(centis, standing, instant()) {
                return Err(self.gave_up(what).await);
            }
            sleep(LOOK / 5).await;
        }
    }

    async fn look(&mut self) -> Result<(Figures, Standing, Instant), Failure> {
        let standing = self.child.look()?;
        let figures = self.simulator.figures().await?;
        self.progress.set_position(figures.deliveries.acked);
        if standing.ended {
            self.child.ended_well()?;
        }
        Ok((figures, standing, instant()))
    }

    /// What the child did not do, how far it came, and the last that it said.
    async fn gave_up(&self, what: &str) -> Failure {
        let so_far = so_far(self.simulator, self.stage, self.messages).await;
        self.child.failure(&format!("{what}: {so_far}"))
    }

    fn broker_cpu(&self) -> Result<Option<Duration>, Failure> {
        self.broker.map(process::cpu).transpose()
    }

    /// How many messages were done so far. Taking one in, submitting it, and hearing of its receipt
    /// count a third each, since one side of a child may be far ahead of the other.
    async fn done(&self, figures: &Figures) -> Result<f64, Failure> {
        let (submitted, delivered) = (figures.submits, figures.deliveries.acked);
        let Some(stage) = self.stage else {
            return Ok((submitted + delivered) as f64 / 2.0);
        };
        let waiting = stage.ready(&stage.names.queue).await?;
        let taken = self.messages.saturating_sub(waiting);
        Ok((taken + submitted + delivered) as f64 / 3.0)
    }
}

fn look_at_broker(messages: u64) -> Duration {
    let messages = u32::try_from(messages).unwrap_or(u32::MAX);
    (LOOK_A_MESSAGE * messages).min(LOOK_AT_BROKER)
}

/// How far so many messages came.
pub(super) async fn so_far(simulator: &Handle, stage: Option<&Stage>, messages: u64) -> String {
    // Whoever is gone, too, says nothing.
    let figures = simulator.figures().await.unwrap_or_default();
    let left = match stage {
        Some(stage) => stage.ready(&stage.names.queue).await.ok(),
        None => None,
    };
    told_so_far(&figures, left, messages)
}

fn told_so_far(figures: &Figures, left: Option<u64>, messages: u64) -> String {
    let left = left.map(|left| format!("{left} are left in the queue, "));
    format!(
        "of {messages} messages {}{} were submitted, and {} receipts were answered",
        left.unwrap_or_default(),
        figures.submits,
        figures.deliveries.acked
    )
}

/// Runs out when nothing changes.
struct Patience {
    seen: u64,
    since: Instant,
}

impl Patience {
    fn from(now: Instant) -> Self {
        Self {
            seen: 0,
            since: now,
        }
    }

    /// What the child did not do, if it was given enough time for it.
    fn runs_out(&mut self, seen: u64, standing: Standing, now: Instant) -> Option<&'static str> {
        if seen != self.seen {
            *self = Self { seen, since: now };
        }
        let waited = now.saturating_duration_since(self.since);
        if standing.ended && waited >= LAST_WORDS {
            return Some("ended before it was done");
        }
        (waited >= STUCK).then_some("got nothing done for a minute")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    fn warm(done: f64) -> Warm {
        Warm {
            at: instant(),
            cpu: 30 * MS,
            broker: Some(7 * MS),
            done,
        }
    }

    fn end(warm: &Warm) -> End {
        End {
            at: warm.at + 500 * MS,
            cpu: 48 * MS,
            broker: Some(16 * MS),
            rss_kib: 4096,
        }
    }

    #[test]
    fn only_what_came_after_the_warm_up_counts() {
        let warm = warm(100.0);
        let cost = warm.cost(&end(&warm), 1000).unwrap();
        assert_eq!((cost.rate, cost.rss_kib), (1800.0, 4096));
        assert_eq!((cost.cpu_us, cost.broker_us), (20.0, Some(10.0)));
        let others = End {
            broker: None,
            ..end(&warm)
        };
        assert_eq!(warm.cost(&others, 1000).unwrap().broker_us, None);
    }

    #[test]
    fn a_run_that_was_half_over_at_the_first_look_or_took_no_time_is_refused() {
        let run = |done, cpu| {
            let warm = warm(done);
            let end = End { cpu, ..end(&warm) };
            warm.cost(&end, 1000)
        };
        assert_eq!(run(500.0, 48 * MS).unwrap().rate, 1000.0);
        for (done, cpu) in [(501.0, 48 * MS), (100.0, 30 * MS)] {
            let Failure::Failed(told, None) = run(done, cpu).unwrap_err() else {
                panic!()
            };
            assert!(told.contains("--messages"), "{told}");
        }
    }

    #[test]
    fn a_child_that_gets_nothing_done_is_given_up_after_a_minute_and_one_that_ended_soon() {
        let standing = |ended| Standing {
            cpu: Duration::ZERO,
            ended,
        };
        let start = instant();
        let mut patience = Patience::from(start);
        let mut after = |seconds, seen, ended| {
            let now = start + Duration::from_secs(seconds);
            patience.runs_out(seen, standing(ended), now)
        };
        assert_eq!(after(59, 0, false), None);
        assert_eq!(after(59, 1, false), None, "it got something done");
        assert_eq!(after(118, 1, false), None);
        let stuck = Some("got nothing done for a minute");
        assert_eq!(after(119, 1, false), stuck);
        assert_eq!(
            after(120, 2, true),
            None,
            "its last answers may be under way"
        );
        assert_eq!(after(125, 2, true), Some("ended before it was done"));
    }

    #[test]
    fn how_far_a_lost_event_let_it_come_is_told() {
        let mut figures = Figures {
            submits: 3999,
            ..Figures::default()
        };
        figures.deliveries.acked = 3998;
        let told = "of 4000 messages 0 are left in the queue, 3999 were submitted, and 3998 receipts were answered";
        assert_eq!(told_so_far(&figures, Some(0), 4000), told);
        let told = "of 4000 messages 3999 were submitted, and 3998 receipts were answered";
        assert_eq!(told_so_far(&figures, None, 4000), told);
    }

    #[test]
    fn a_short_run_is_looked_at_sooner() {
        assert_eq!(look_at_broker(1000), MS);
        assert_eq!(look_at_broker(100_000), 20 * MS);
    }
}
