//! `xabar trace`: why a citizen got a message, or did not.

use std::io::Write as _;

use jiff::tz::TimeZone;

use super::{ConfigFile, Failure, print};
use crate::clock::{Clock, UnixMillis, WallTimes};
use crate::control::settings::Settings;
use crate::control::story::{Story, story};
use crate::journal::{self, JournalError, Message, Question, Reader};
use crate::traces::Sampling;

/// The life of a message: every state with its time and reason
///
/// KEY is an event id, an application's number, or a subscriber's number. What the gateway has
/// forgotten (timing.duplicates after the end) is not found.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  xabar trace --config config/xabar.toml 48120973
  xabar trace --config config/xabar.toml +998901234567 --json | jq '.[].state'")]
pub struct Trace {
    #[command(flatten)]
    config: ConfigFile,
    /// An event id, an application's number, or a subscriber's number
    key: String,
    /// Prints one JSON array
    #[arg(long)]
    json: bool,
}

/// Stories told of one key.
const MOST: usize = 1000;

impl Trace {
    pub(super) fn run(self) -> Result<(), Failure> {
        let settings = self.config.load()?;
        let stories = self
            .stories(&settings)
            .map_err(|cause| Failure::caused("cannot read the journal", cause))?;
        if self.json {
            print::json(&stories)?;
        } else {
            let zone = settings
                .subscriber
                .quiet_hours
                .map_or(TimeZone::UTC, |it| it.hours.timezone);
            let now = Clock::starting_after(UnixMillis(0)).now().wall.into();
            let mut out = print::stdout();
            for story in &stories {
                writeln!(out, "{}", story.render(&zone, now, true))?;
            }
            if stories.is_empty() {
                writeln!(out, "Nothing is known of this key.")?;
            }
        }
        if stories.is_empty() {
            Err(Failure::Told)
        } else {
            Ok(())
        }
    }

    fn stories(&self, settings: &Settings) -> Result<Vec<Story>, JournalError> {
        let sampling = settings.traces.as_ref().map(|traces| Sampling {
            one_in: traces.one_in,
        });
        let mut reader = journal::open_reader(&settings.journal.url)?;
        let mut messages: Vec<Message> = Vec::new();
        for question in questions(&self.key) {
            messages.extend(reader.find(&question, MOST)?);
        }
        messages.sort_by_key(|message| message.id);
        messages.dedup_by_key(|message| message.id);
        let wall_times = reader.wall_times()?;
        messages
            .into_iter()
            .map(|message| tell(&mut *reader, &wall_times, &message, sampling))
            .collect()
    }
}

fn tell(
    reader: &mut dyn Reader,
    wall_times: &WallTimes,
    message: &Message,
    sampling: Option<Sampling>,
) -> Result<Story, JournalError> {
    story(message, wall_times, sampling, |operator| {
        reader.operator_name(operator)
    })
}

/// Everything that a key may mean.
fn questions(key: &str) -> impl Iterator<Item = Question> {
    let event = Question {
        event: Some(key.to_owned()),
        ..Question::default()
    };
    let application = Question {
        application: Some(key.to_owned()),
        ..Question::default()
    };
    let subscriber = key.parse().ok().map(|msisdn| Question {
        msisdn: Some(msisdn),
        ..Question::default()
    });
    [event, application].into_iter().chain(subscriber)
}
