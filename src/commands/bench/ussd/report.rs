//! The figures of dialogues, as a table and as JSON.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::STEPS;
use crate::commands::Failure;
use crate::commands::bench::report::{rounded, warn_unoptimized};
use crate::commands::print::{self, Cell, FAINT, Table, styled};
use crate::simulator::crowd::Fared;

/// All that was measured.
pub(in crate::commands::bench) struct Report {
    pub(super) dialogues: Dialogues,
    pub(super) opened: Opened,
}

/// Dialogues from end to end.
pub(super) struct Dialogues {
    pub(super) at_once: u16,
    pub(super) fared: Fared,
    /// What the gateway took.
    pub(super) cpu: Duration,
}

/// Dialogues that stay open, and the gateway's memory.
pub(super) struct Opened {
    pub(super) dialogues: u32,
    pub(super) before_kib: u64,
    pub(super) after_kib: u64,
    /// While they went on.
    pub(super) peak_kib: u64,
}

impl Dialogues {
    fn cpu_us_a_step(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.fared.screens.max(1) as f64
    }
}

impl Opened {
    pub(super) fn octets_each(&self) -> u64 {
        let more = self.after_kib.saturating_sub(self.before_kib) * 1024;
        more / u64::from(self.dialogues.max(1))
    }
}

impl Report {
    pub(super) fn print(&self, json: bool) -> Result<(), Failure> {
        print::for_scripts_or_people(json, || self.json(), |out| self.table(out))?;
        Ok(())
    }

    fn json(&self) -> Value {
        let Self { dialogues, opened } = self;
        let fared = &dialogues.fared;
        json!({
            "dialogues": fared.dialogues,
            "at_once": dialogues.at_once,
            "rate": fared.dialogues_per_second,
            "step": {
                "rate": fared.screens_per_second,
                "p50_ms": fared.p50_ms,
                "p99_ms": fared.p99_ms,
                "cpu_us": rounded(dialogues.cpu_us_a_step(), 1),
            },
            "open": {
                "dialogues": opened.dialogues,
                "rss_kib": {
                    "before": opened.before_kib,
                    "after": opened.after_kib,
                    "peak": opened.peak_kib,
                },
                "octets": opened.octets_each(),
            },
        })
    }

    fn table(&self, out: &mut impl Write) -> std::io::Result<()> {
        let Self { dialogues, opened } = self;
        let fared = &dialogues.fared;
        let settings = format!(
            "{} dialogues of {STEPS} steps, {} at once, over one SMPP session",
            fared.dialogues, dialogues.at_once
        );
        writeln!(out, "{}", styled(FAINT, settings))?;
        warn_unoptimized(out)?;
        writeln!(out)?;
        let mut table = Table::default();
        let mut row = |name: &str, figures: [String; 3]| {
            let figures = figures.into_iter().map(Cell::number);
            table.row(std::iter::once(Cell::new(name)).chain(figures));
        };
        let rate = format!("{}/s", fared.dialogues_per_second);
        row("dialogues", [rate, String::new(), String::new()]);
        row(
            "steps",
            [
                format!("{}/s", fared.screens_per_second),
                format!("p50 {:.1} ms", fared.p50_ms),
                format!("p99 {:.1} ms", fared.p99_ms),
            ],
        );
        let cpu = format!("{:.1} µs", dialogues.cpu_us_a_step());
        row("CPU of a step", [cpu, String::new(), String::new()]);
        let mib = |kib: u64| format!("{:.1} MiB", kib as f64 / 1024.0);
        row(
            &format!("{} open", opened.dialogues),
            [
                format!("{} octets each", opened.octets_each()),
                format!("{} before", mib(opened.before_kib)),
                format!("{} with them", mib(opened.after_kib)),
            ],
        );
        row(
            "peak RSS",
            [mib(opened.peak_kib), String::new(), String::new()],
        );
        table.print(out)
    }
}
