//! The program: reads the command line, runs the command, tells how it ended.

use std::process::ExitCode;

use clap::Parser;
use xabar::commands::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
