//! The program: reads the command line, runs the command, tells how it ended.

use std::process::ExitCode;

use clap::Parser;
use xabar::commands::Cli;

/// Messages come in by the thousand, live a second and go on other threads: a third of the CPU and of the
/// memory that the C library's allocator takes for that is saved.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
