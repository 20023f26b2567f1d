//! The program: reads the command line, runs the command, tells how it ended.

use std::process::ExitCode;

use clap::Parser;
use tikv_jemallocator::Jemalloc;
use xabar::commands::Cli;

/// A message is many small allocations on its way; the C library's cost a quarter of it all.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
