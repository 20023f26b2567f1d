//! All that is known of one subscriber, for who asks by the law on personal data.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;
use xabar_events::{Msisdn, UnixMillis};

use super::schema;
use super::story::{Story, story};
use crate::clock::WallTimes;
use crate::delivery::receipt::last_digits;
use crate::journal::{JournalError, Message, Question, Reader};

/// All that is known.
#[derive(Debug, Serialize, ToSchema)]
pub struct Known {
    /// In full.
    pub msisdn: String,
    pub language: Option<&'static str>,
    /// Whether messages of agencies are unwanted, but for those named apart.
    pub stopped: bool,
    pub apart: Vec<String>,
    /// The last times when messages were submitted to the number, kept for the limits, also after it was erased; oldest first.
    pub submissions: Vec<Submission>,
    /// Receipts that name the number and fit no message yet, as they came.
    pub receipts: Vec<Receipt>,
    /// Oldest first.
    pub messages: Vec<Sent>,
}

/// That a message was submitted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Submission {
    #[schema(schema_with = schema::moment)]
    pub at: UnixMillis,
}

/// A receipt that fits no message yet.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    pub operator: Option<String>,
    #[schema(schema_with = schema::moment)]
    pub at: UnixMillis,
    /// The PDU in hexadecimal digits: `xabar pdu` reads it.
    pub octets: String,
}

/// A message with what was said.
#[derive(Debug, Serialize, ToSchema)]
pub struct Sent {
    #[serde(flatten)]
    pub story: Story,
    /// The values of its text.
    pub params: BTreeMap<String, String>,
    /// As it was sent, if it was kept.
    pub text: Option<String>,
}

/// What the journal knows of a subscriber.
///
/// # Errors
/// If it cannot be read.
pub fn known(reader: &mut dyn Reader, msisdn: Msisdn) -> Result<Known, JournalError> {
    let question = Question {
        msisdn: Some(msisdn),
        ..Question::default()
    };
    let messages = reader.find(&question, usize::MAX)?;
    let choices = reader.choices(msisdn)?;
    let submitted = reader.submitted_to(msisdn)?.submitted;
    let wall_times = reader.wall_times()?;
    let mut receipts = Vec::new();
    for held in reader.held_of(msisdn, last_digits(msisdn))? {
        receipts.push(Receipt {
            operator: reader.operator_name(held.operator)?,
            at: wall_times.at(held.at).into(),
            octets: hexadecimal(&held.octets),
        });
    }
    let messages = messages
        .iter()
        .map(|message| sent(reader, &wall_times, message));
    Ok(Known {
        msisdn: msisdn.digits(),
        language: choices.language.map(|language| language.as_str()),
        stopped: choices.is_stopped(),
        apart: choices.apart().map(str::to_owned).collect(),
        submissions: submitted
            .iter()
            .map(|at| Submission {
                at: wall_times.at(*at).into(),
            })
            .collect(),
        receipts,
        messages: messages.collect::<Result<_, _>>()?,
    })
}

fn sent(
    reader: &mut dyn Reader,
    wall_times: &WallTimes,
    message: &Message,
) -> Result<Sent, JournalError> {
    let content = &message.content;
    let params = content.params.iter();
    Ok(Sent {
        story: story(message, wall_times, None, |operator| {
            reader.operator_name(operator)
        })?,
        params: params
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
        text: message.progress.attempt.text.as_deref().map(str::to_owned),
    })
}

fn hexadecimal(octets: &[u8]) -> String {
    let digit = |of: u8| char::from_digit(of.into(), 16).unwrap_or_default();
    let digits = octets
        .iter()
        .flat_map(|it| [digit(it >> 4), digit(it & 15)]);
    digits.collect()
}
