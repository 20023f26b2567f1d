//! What the journal costs a message, from acceptance to delivery, as it grows.
//!
//! `cargo run --release --example journal_cost -- 200000 500` writes that many messages, so many
//! a commit: each commit accepts a batch, submits the one before and settles the one before that,
//! with three outcomes a message, each of a thread and a subscriber of its own. CPU is that of the writing thread.
#![expect(clippy::print_stdout, reason = "it is run to be read")]

use parts::journal::{Folder, Life};
use xabar::clock::instant;

#[path = "../benches/parts/mod.rs"]
mod parts;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse());
    let messages: u64 = numbers.next().transpose()?.unwrap_or(100_000);
    let batch: u64 = numbers.next().transpose()?.unwrap_or(500);
    let folder = Folder::new();
    let mut life = Life::new(folder.journal());
    println!(
        "{:>9} {:>14} {:>12} {:>9}",
        "messages", "CPU us/message", "messages/s", "MB"
    );
    let (mut done, mut shown) = (0, 0);
    let mut before = (thread_cpu_micros(), instant());
    while done < messages {
        life.beat(batch);
        done += batch;
        if done >= 1000.max(shown * 2) || done >= messages {
            let now = (thread_cpu_micros(), instant());
            let count = (done - shown) as f64;
            let each = now.0.saturating_sub(before.0) as f64 / count;
            let rate = count / (now.1 - before.1).as_secs_f64();
            let octets = std::fs::metadata(folder.file())?.len();
            println!("{done:>9} {each:>14.1} {rate:>12.0} {:>9}", octets >> 20);
            (shown, before) = (done, now);
        }
    }
    Ok(())
}

/// The CPU time of this thread, by the kernel's scheduler.
fn thread_cpu_micros() -> u64 {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    schedstat
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse::<u64>().ok())
        .unwrap_or(0)
        / 1000
}
