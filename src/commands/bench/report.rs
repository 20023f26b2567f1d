//! The figures, as a table and as JSON.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::Failure;
use super::course::Cost;
use super::disk;
use super::latency::Latency;
use super::preload::Preload;
use super::scenario::{Pair, name};
use super::statistics::Spread;
use crate::commands::print::{self, Cell, FAINT, HEADING, Table, WARN, styled};

/// All that was measured.
pub(super) struct Report {
    pub(super) messages: u64,
    pub(super) subscribers: u64,
    pub(super) sessions: u16,
    pub(super) window: u16,
    pub(super) preload: Preload,
    pub(super) runs: u32,
    pub(super) rows: Vec<Row>,
    pub(super) latency: Option<Latency>,
    pub(super) limits: Limits,
}

/// The runs at one number of agencies and one size of batches.
pub(super) struct Row {
    agencies: u32,
    batch: u32,
    pub(super) pairs: Vec<Pair>,
}

/// What publisher and simulator do by themselves, a second.
#[derive(Default)]
pub(super) struct Limits {
    /// If it was measured by itself.
    pub(super) publisher: Option<f64>,
    pub(super) simulator: Option<f64>,
}

impl Latency {
    fn json(&self) -> Value {
        let of = |per_mille| rounded(self.publish_to_submit.per_mille(per_mille), 3);
        json!({"rate": self.rate, "p50": of(500), "p99": of(990), "p999": of(999)})
    }

    fn commits_json(&self) -> Value {
        let of = |per_mille| rounded(self.commits.millis(per_mille), 3);
        json!({"p50": of(500), "p99": of(990)})
    }

    fn disk_json(&self) -> Value {
        let of = |per_mille| rounded(self.disk.per_mille(per_mille), 3);
        json!({"octets": disk::OCTETS, "p50": of(500), "p99": of(990)})
    }
}

impl Row {
    pub(super) fn new(agencies: u32, batch: u32) -> Self {
        Self {
            agencies,
            batch,
            pairs: Vec::new(),
        }
    }

    fn floor(&self) -> Costs {
        Costs::of(self.pairs.iter().map(|pair| pair.floor))
    }

    fn gateway(&self) -> Costs {
        Costs::of(self.pairs.iter().map(|pair| pair.gateway))
    }

    /// Each within its run.
    fn ratios(&self) -> [Spread; 2] {
        let ratio = |of: fn(&Cost) -> f64| {
            let ratios = self.pairs.iter();
            Spread::of(ratios.map(|pair| of(&pair.gateway) / of(&pair.floor)))
        };
        [ratio(|cost| cost.rate), ratio(|cost| cost.cpu_us)]
    }

    fn json(&self) -> Value {
        let [rate, cpu] = self.ratios();
        json!({
            "agencies": self.agencies,
            "batch": self.batch,
            "floor": self.floor().json(),
            "gateway": self.gateway().json(),
            "ratio": {
                "rate": rounded(rate.median, 3),
                "cpu": rounded(cpu.median, 3),
                "spread": {"rate": spread(rate, 3), "cpu": spread(cpu, 3)},
            },
        })
    }

    fn fill(&self, table: &mut Table) {
        let head = |text: &str| Cell::number(text).style(FAINT);
        table.row([
            Cell::new(name(self.agencies, self.batch)).style(HEADING),
            head("messages/s"),
            head("CPU µs a message"),
            head("peak RSS MiB"),
            head("the broker's CPU µs"),
        ]);
        for (who, costs) in [("floor", self.floor()), ("gateway", self.gateway())] {
            table.row([
                Cell::new(format!("  {who}")),
                Cell::number(shown(costs.rate, 0)),
                Cell::number(shown(costs.cpu_us, 1)),
                Cell::number(shown(costs.rss_kib.map(|kib| kib / 1024.0), 1)),
                Cell::number(costs.broker_us.map_or("-".into(), |us| shown(us, 1))),
            ]);
        }
        let [rate, cpu] = self.ratios();
        table.row([
            Cell::new("  gateway / floor"),
            Cell::number(shown(rate, 2)),
            Cell::number(shown(cpu, 2)),
        ]);
    }
}

/// What one of the two cost in all runs.
struct Costs {
    rate: Spread,
    cpu_us: Spread,
    rss_kib: Spread,
    /// Of a broker of our own.
    broker_us: Option<Spread>,
}

impl Costs {
    fn of(costs: impl Iterator<Item = Cost> + Clone) -> Self {
        let broker: Option<Vec<f64>> = costs.clone().map(|cost| cost.broker_us).collect();
        Self {
            broker_us: broker.map(Spread::of),
            rate: Spread::of(costs.clone().map(|cost| cost.rate)),
            cpu_us: Spread::of(costs.clone().map(|cost| cost.cpu_us)),
            rss_kib: Spread::of(costs.map(|cost| cost.rss_kib as f64)),
        }
    }

    fn json(&self) -> Value {
        json!({
            "rate": rounded(self.rate.median, 0),
            "cpu_us": rounded(self.cpu_us.median, 2),
            "rss_kib": rounded(self.rss_kib.median, 0),
            "broker_us": self.broker_us.map(|broker| rounded(broker.median, 2)),
            "spread": {
                "rate": spread(self.rate, 0),
                "cpu_us": spread(self.cpu_us, 2),
                "rss_kib": spread(self.rss_kib, 0),
            },
        })
    }
}

impl Report {
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        print::for_scripts_or_people(json, || self.json(), |out| self.table(out))?;
        Ok(())
    }

    fn json(&self) -> Value {
        let mut report = Map::new();
        let mut tell = |name: &str, value: Value| report.insert(name.to_owned(), value);
        tell("messages", self.messages.into());
        tell("short", self.is_short().into());
        // What scripts look at: the first row.
        if let Some(Value::Object(first)) = self.rows.first().map(Row::json) {
            for (name, value) in first {
                tell(&name, value);
            }
        }
        if let Some(latency) = &self.latency {
            tell("latency_ms", latency.json());
            tell("commit_ms", latency.commits_json());
            tell("fsync_ms", latency.disk_json());
        }
        tell("runs", self.rows.iter().map(Row::json).collect());
        let whole = |rate: Option<f64>| rate.map(|rate| rounded(rate, 0));
        let (publisher, simulator) = (whole(self.publisher()), whole(self.limits.simulator));
        tell(
            "limits",
            json!({"publisher": publisher, "simulator": simulator}),
        );
        tell("medians_of", self.runs.into());
        tell("subscribers", self.subscribers.into());
        tell("sessions", self.sessions.into());
        tell("window", self.window.into());
        tell("preload", self.preload.settled.into());
        tell("waiting", self.preload.waiting.into());
        tell("known_subscribers", self.preload.known.into());
        report.into()
    }

    /// What the publisher does by itself: the queues of all runs were filled while nobody read them.
    fn publisher(&self) -> Option<f64> {
        let pairs = self.rows.iter().flat_map(|row| &row.pairs);
        let filled = pairs.map(|pair| pair.published);
        let filled = (!self.rows.is_empty()).then(|| Spread::of(filled).median);
        self.limits.publisher.or(filled)
    }

    /// Whether a run of so few messages says little.
    fn is_short(&self) -> bool {
        self.messages < LONG
    }

    fn table(&self, out: &mut impl Write) -> std::io::Result<()> {
        let mut settings = format!(
            "{} messages to {} subscribers, {} × window {}",
            self.messages, self.subscribers, self.sessions, self.window
        );
        if self.preload.settled > 0 {
            settings += &format!(", {} settled before", self.preload.settled);
        }
        if self.preload.waiting > 0 {
            settings += &format!(", {} that wait", self.preload.waiting);
        }
        if self.preload.known > 0 {
            settings += &format!(", {} subscribers known", self.preload.known);
        }
        if self.runs > 1 {
            settings += &format!("; medians of {} runs (least..most)", self.runs);
        }
        writeln!(out, "{}", styled(FAINT, settings))?;
        warn_unoptimized(out)?;
        if self.is_short() {
            let short = format!("short: starting takes its share; give at least {LONG} --messages");
            writeln!(out, "{}", styled(WARN, short))?;
        }
        for row in &self.rows {
            writeln!(out)?;
            let mut table = Table::default();
            row.fill(&mut table);
            table.print(out)?;
        }
        writeln!(out)?;
        self.others().print(out)
    }

    fn others(&self) -> Table {
        let mut table = Table::default();
        if let Some(latency) = &self.latency {
            let times = &latency.publish_to_submit;
            let shown = |per_mille| format!("{:.2} ms", times.per_mille(per_mille));
            table.row([
                Cell::new(format!("publish to submit at {}/s", latency.rate)),
                Cell::new(format!("p50 {}", shown(500))),
                Cell::new(format!("p99 {}", shown(990))),
                Cell::new(format!("p99.9 {}", shown(999))),
            ]);
            let shown = |per_mille| format!("{:.2} ms", latency.commits.millis(per_mille));
            table.row([
                Cell::new("of that a commit of the journal"),
                Cell::new(format!("p50 {}", shown(500))),
                Cell::new(format!("p99 {}", shown(990))),
            ]);
            let shown = |per_mille| format!("{:.2} ms", latency.disk.per_mille(per_mille));
            table.row([
                Cell::new("the disk alone, 16 KiB durable"),
                Cell::new(format!("p50 {}", shown(500))),
                Cell::new(format!("p99 {}", shown(990))),
            ]);
        }
        let limits = [
            ("publisher alone", self.publisher()),
            ("simulator alone", self.limits.simulator),
        ];
        for (name, rate) in limits {
            if let Some(rate) = rate {
                table.row([Cell::new(name), Cell::new(format!("{rate:.0}/s"))]);
            }
        }
        table
    }
}

/// Figures of a debug build say little.
pub(super) fn warn_unoptimized(out: &mut impl Write) -> std::io::Result<()> {
    if !cfg!(debug_assertions) {
        return Ok(());
    }
    let unoptimized = "not optimized: build with `cargo build --release`";
    writeln!(out, "{}", styled(WARN, unoptimized))
}

/// With fewer messages a run is half a second, in which caches and connections are cold.
const LONG: u64 = 20_000;

/// `20113 (19800..21000)`, without the range if there is none.
fn shown(spread: Spread, decimals: usize) -> String {
    let Spread {
        median,
        least,
        most,
    } = spread;
    match least < most {
        true => format!("{median:.decimals$} ({least:.decimals$}..{most:.decimals$})"),
        false => format!("{median:.decimals$}"),
    }
}

fn spread(spread: Spread, decimals: i32) -> Value {
    json!([
        rounded(spread.least, decimals),
        rounded(spread.most, decimals)
    ])
}

/// No more digits than mean something.
pub(super) fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_publishers_rate_is_the_median_of_all_runs_unless_it_was_measured_by_itself() {
        let cost = Cost {
            rate: 1.0,
            cpu_us: 1.0,
            rss_kib: 1,
            broker_us: None,
        };
        let pair = |published| Pair {
            floor: cost,
            gateway: cost,
            published,
        };
        let row = |published: &[f64]| Row {
            pairs: published.iter().copied().map(pair).collect(),
            ..Row::new(1, 100)
        };
        let mut report = Report {
            messages: 1000,
            subscribers: 1000,
            sessions: 1,
            window: 1,
            preload: Preload {
                settled: 0,
                waiting: 0,
                known: 0,
            },
            runs: 2,
            rows: Vec::new(),
            latency: None,
            limits: Limits::default(),
        };
        assert_eq!(report.publisher(), None);
        report.rows = vec![row(&[30.0, 10.0]), row(&[90.0])];
        assert_eq!(report.publisher(), Some(30.0));
        report.limits.publisher = Some(50.0);
        assert_eq!(report.publisher(), Some(50.0));
    }
}
