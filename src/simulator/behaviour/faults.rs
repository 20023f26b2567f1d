//! What the SMSC does to connections.

use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::simulator::delay::parse_duration;

/// What the SMSC does to connections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
#[command(next_help_heading = "Faults")]
pub struct Faults {
    /// Cuts a session's connection with its Nth message, which is accepted but not answered.
    #[arg(long, value_name = "N")]
    pub disconnect_every: Option<u64>,

    /// Cuts a session's connection so long after its bind.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    #[serde(with = "crate::simulator::delay::optional")]
    pub disconnect_after: Option<Duration>,

    /// Refuses binds for so long after the start and after every connection it cut.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    #[serde(with = "crate::simulator::delay::optional")]
    pub refuse_binds: Option<Duration>,

    /// Stops reading from a session so long after its bind.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    #[serde(with = "crate::simulator::delay::optional")]
    pub stall_after: Option<Duration>,

    /// Reads again after so long; never, unless given.
    #[arg(long, value_name = "TIME", value_parser = parse_duration, requires = "stall_after")]
    #[serde(with = "crate::simulator::delay::optional")]
    pub stall_for: Option<Duration>,

    /// Unbinds a session so long after its bind.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    #[serde(with = "crate::simulator::delay::optional")]
    pub unbind_after: Option<Duration>,

    /// Says nothing more on a session so long after its bind, not even to enquire_link, but reads on:
    /// a connection that is half open.
    #[arg(long, value_name = "TIME", value_parser = parse_duration)]
    #[serde(with = "crate::simulator::delay::optional")]
    pub mute_after: Option<Duration>,
}
