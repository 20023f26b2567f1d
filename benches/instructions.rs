//! How many instructions each part of a message's way takes, beside what it took before.
//!
//! `cargo bench --bench instructions` counts them with valgrind and fails if one takes more than
//! the figure in `benches/instructions.toml` allows; `-- --keep` writes the new figures there.
//!
//! Unlike time, instructions are the same on a busy machine, so commits can be compared. Another
//! compiler or C library shifts them, which is why the bound is generous.
#![expect(clippy::print_stdout, reason = "it is run to be read")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use parts::{Part, ROOMS};

#[path = "parts/mod.rs"]
mod parts;

/// How many times the kept figure may be counted.
const MOST: f64 = 1.25;

/// How often a part is done in the shorter of two runs. Their difference is free of what starting
/// and preparing take.
const TIMES: u32 = 2000;

/// The argument with which this program starts itself under valgrind.
const RUN: &str = "--run";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [run, title, runs] = arguments.as_slice()
        && run == RUN
    {
        run_part(title, runs.parse()?);
        return Ok(ExitCode::SUCCESS);
    }
    let counted = count_all()?;
    if arguments.iter().any(|argument| argument == "--keep") {
        std::fs::write(kept_path(), written(&counted))?;
        println!("instructions: {} figures are kept", counted.len());
        return Ok(ExitCode::SUCCESS);
    }
    Ok(judge(&read_kept()?, &counted))
}

/// Instructions by the titles of parts.
type Figures = BTreeMap<String, u64>;

fn titled() -> impl Iterator<Item = (String, &'static Part)> {
    let parts = |room: &'static parts::Room| room.parts.iter().map(|part| (room.title(part), part));
    ROOMS.iter().flat_map(parts)
}

/// Prints a line a part, and fails if one takes too much or the kept figures are of other parts.
fn judge(kept: &Figures, counted: &Figures) -> ExitCode {
    println!("{:46} {:>8} {:>8} {:>6}", "", "kept", "now", "ratio");
    let mut wrong = 0;
    for (title, now) in counted {
        let Some(before) = kept.get(title) else {
            println!("{title:46} {:>8} {now:>8} {:>6}  IS NOT KEPT", "-", "-");
            wrong += 1;
            continue;
        };
        let ratio = *now as f64 / *before as f64;
        let verdict = match ratio {
            ratio if ratio > MOST => "  TOO MANY",
            // Perhaps it does no longer what it is to count.
            ratio if ratio < 1.0 / MOST => "  FAR FEWER",
            _ => "",
        };
        println!("{title:46} {before:>8} {now:>8} {ratio:>6.2}{verdict}");
        wrong += u32::from(!verdict.is_empty());
    }
    for title in kept.keys().filter(|title| !counted.contains_key(*title)) {
        println!("{title:46} IS KEPT BUT NO PART");
        wrong += 1;
    }
    if wrong == 0 {
        println!(
            "instructions: all {} parts within {MOST} times what is kept",
            counted.len()
        );
        return ExitCode::SUCCESS;
    }
    println!(
        "instructions: {wrong} WRONG; at most {MOST} times what is kept may be counted, and not so much less. If \
         that is what you want, say why in the commit and keep it: cargo bench --bench instructions -- --keep"
    );
    ExitCode::FAILURE
}

fn count_all() -> Result<Figures, Box<dyn Error>> {
    let count = |(title, part): (String, &Part)| {
        let figure = count(&title, part)?;
        Ok((title, figure))
    };
    titled().map(count).collect()
}

/// The instructions of a part done once.
fn count(title: &str, part: &Part) -> Result<u64, Box<dyn Error>> {
    let runs = (TIMES / part.times).max(1);
    let (shorter, longer) = (valgrind(title, runs)?, valgrind(title, 2 * runs)?);
    let (shorter, longer) = (collected(shorter)?, collected(longer)?);
    Ok(longer.saturating_sub(shorter) / u64::from(runs * part.times))
}

/// Starts this program under valgrind, to do one part.
fn valgrind(title: &str, runs: u32) -> Result<Child, String> {
    let this = std::env::current_exe().map_err(|error| format!("no program to run: {error}"))?;
    Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args([RUN, title, &runs.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("valgrind does not start ({error}); apt-get install valgrind"))
}

/// What callgrind says at its end: `==123== Collected : 4567`.
fn collected(child: Child) -> Result<u64, Box<dyn Error>> {
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let figure = said
        .lines()
        .find_map(|line| line.split_once("Collected :"))
        .and_then(|(_, figure)| figure.trim().parse().ok());
    match figure {
        Some(figure) if output.status.success() => Ok(figure),
        _ => Err(format!("valgrind failed:\n{said}").into()),
    }
}

fn run_part(title: &str, runs: u32) {
    let (_, part) = titled()
        .find(|(other, _)| other == title)
        .expect("it is started by the title of a part");
    let mut run = (part.prepare)();
    (0..runs).for_each(|_| run());
}

fn kept_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/instructions.toml")
}

fn read_kept() -> Result<Figures, Box<dyn Error>> {
    Ok(toml::from_str(&std::fs::read_to_string(kept_path())?)?)
}

fn written(figures: &Figures) -> String {
    let mut text = HEADER.to_owned();
    for (title, figure) in figures {
        writeln!(text, "\"{title}\" = {figure}").expect("a String takes every text");
    }
    text
}

const HEADER: &str = "\
# Instructions that each part of a message's way takes, as `benches/instructions.rs` counts them.
# Written by `cargo bench --bench instructions -- --keep`; CI fails if one takes a quarter more, or as much less.
";
