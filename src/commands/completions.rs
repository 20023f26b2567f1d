//! `xabar completions`: what a shell offers after a tab.

use std::io::Write as _;

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::{Cli, Failure, print};

/// Prints completions for a shell
///
/// For example, in ~/.bashrc: source <(xabar completions bash)
#[derive(Debug, clap::Args)]
pub struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        generate(self.shell, &mut Cli::command(), "xabar", &mut script);
        Ok(print::stdout().write_all(&script)?)
    }
}
