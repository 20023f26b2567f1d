//! The command line: one file a command, with its arguments and what it does.
//!
//! A command prints its answer to standard output through [`mod@print`] and returns; why it could
//! not is a [`Failure`], which goes to standard error and decides the exit code: 0 done,
//! 1 failed, 2 wrong usage.

mod bench;
mod check;
mod completions;
mod config;
mod ctl;
mod demo;
mod failure;
mod pdu;
pub mod print;
mod publish;
mod report;
mod run;
mod smsc;
mod subscriber;
mod text;
mod token;
mod trace;

pub use config::ConfigFile;
pub use failure::Failure;

/// An SMS and USSD gateway: events about citizens' applications in, short messages out.
#[derive(Debug, clap::Parser)]
#[command(name = "xabar", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  xabar demo                                 the whole system at work, nothing to install
  xabar run --config config/xabar.toml       the gateway itself
  xabar check --config config/xabar.toml     every mistake in the configuration at once
  xabar publish --config config/xabar.toml --count 1000
                                             sample events into RabbitMQ
  xabar trace --config config/xabar.toml 48120973
                                             why a citizen got a message, or did not
  xabar report balance --config config/xabar.toml --day 2026-11-28
                                             what became of all that was accepted
  xabar ctl status --config config/xabar.toml
                                             how a running gateway does, and what limits it
  xabar token add --config config/xabar.toml anna --role operator
                                             whom HTTP lets in, and for what
  xabar smsc --tps 300 --latency 20ms        an operator to try things against
  xabar bench                                what the gateway costs, beside the bare minimum
  xabar text \"Arizangiz ko‘rib chiqildi\"     what a text costs, and how it would be sent
  xabar pdu 00000010000000150000000000000001 what a PDU says

Exit codes: 0 done, 1 failed, 2 wrong usage. `xabar help COMMAND` tells more of a command.";

/// What can be done, in the order in which people meet it.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Demo(demo::Demo),
    Run(run::Run),
    Check(check::Check),
    Publish(publish::Publish),
    Smsc(Box<smsc::Smsc>),
    Bench(Box<bench::Bench>),
    Trace(trace::Trace),
    Report(report::ReportCommand),
    Subscriber(subscriber::SubscriberCommand),
    Ctl(ctl::Ctl),
    Token(token::TokenCommand),
    Text(text::TextCost),
    Pdu(pdu::Decode),
    Completions(completions::Completions),
}

impl Command {
    pub fn run(self) -> Result<(), Failure> {
        match self {
            Self::Demo(demo) => demo.run(),
            Self::Run(run) => run.run(),
            Self::Check(check) => check.run(),
            Self::Trace(trace) => trace.run(),
            Self::Report(report) => report.run(),
            Self::Subscriber(subscriber) => subscriber.run(),
            Self::Ctl(ctl) => ctl.run(),
            Self::Token(token) => token.run(),
            Self::Publish(publish) => publish.run(),
            Self::Smsc(smsc) => smsc.run(),
            Self::Bench(bench) => bench.run(),
            Self::Text(text) => text.run(),
            Self::Pdu(decode) => decode.run(),
            Self::Completions(completions) => completions.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_tells_what_it_does() {
        let cli = Cli::command();
        cli.clone().debug_assert();
        for command in cli.get_subcommands() {
            assert!(command.get_about().is_some(), "{}", command.get_name());
        }
    }

    #[test]
    fn values_are_named_in_upper_case() {
        let mut cli = Cli::command();
        cli.build();
        for argument in cli.get_subcommands().flat_map(clap::Command::get_arguments) {
            for name in argument.get_value_names().unwrap_or_default() {
                assert!(name.starts_with(char::is_uppercase), "{argument}");
            }
        }
    }
}
