//! What would be if something were set otherwise: the traffic of the last hours goes once more, through the pipeline that sends, by
//! the rules that hold and by those that are asked about.
//!
//! In: a [`Question`], the journal, what was measured of the operators. Out: an [`Answer`]. Nothing is changed by it, and time is
//! virtual: [`answer`] reads no clock, and asks between two steps whether it is to go on.

mod answer;
mod course;
mod drain;
mod fate;
mod gauge;
mod question;
mod quota;
mod sample;
mod traffic;

use serde_json::Value;
use tokio::sync::oneshot;

pub use self::answer::{Answer, Course, Drain, DrainOf, Group, OperatorCourse, Waits};
pub use self::course::{LinkSide, Side};
pub use self::question::{LinkChange, MOST_HOURS, Question};
use self::traffic::Traffic;
use super::settings::Problem;
use crate::clock::Now;
use crate::journal::{JournalError, Reader};

/// A question and who waits for its answer.
#[derive(Debug)]
pub struct Asked {
    /// What was sent, as it came.
    pub body: Value,
    pub reply: oneshot::Sender<Result<Box<Answer>, Refused>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Refused {
    /// What is wrong with the question.
    Wrong(Vec<Problem>),
    /// It could not be found out; the log says why.
    Failed,
}

/// Why a replay did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    #[error("nobody waits for it any more")]
    Unwanted,
    #[error("the journal failed")]
    Journal(#[from] JournalError),
}

/// No more messages are replayed, those that waited before counted apart: they are all in memory.
pub const MOST_MESSAGES: u64 = 10_000;

/// What a question is answered from.
pub struct Sources<'a> {
    pub reader: &'a mut dyn Reader,
    pub now: Now,
    /// Whether to go on.
    pub go_on: &'a mut dyn FnMut() -> bool,
    /// What is taken for granted, a sentence each.
    pub assumed: Vec<String>,
    /// No more messages than these.
    pub most: u64,
}

/// Replays the last hours as everything is, and with the changes if there are any.
///
/// # Errors
/// If nobody waits for it any more, or the journal fails.
pub fn answer(
    question: &Question,
    (held, changed): (&Side, Option<&Side>),
    sources: Sources<'_>,
) -> Result<Answer, Stopped> {
    let Sources {
        reader,
        now,
        go_on,
        mut assumed,
        most,
    } = sources;
    let traffic = Traffic::read(reader, (now, question.hours, most), (held, changed), go_on)?;
    let really = traffic.really(held);
    let mut course = |name: &str, side: &Side| {
        let put_off_by = &held.rules.rules;
        let (course, again) = course::course(side, put_off_by, &traffic, go_on)?;
        if let Some(again) = again {
            let minutes = again.as_secs() / 60;
            assumed.push(format!(
                "{name}: while what waits goes out, traffic comes again for {minutes} minutes only"
            ));
        }
        Ok::<_, Stopped>(course)
    };
    let as_is = course("as it is", held)?;
    let changed = changed.map(|side| course("changed", side)).transpose()?;
    if traffic.is_short() {
        let rate = traffic.rate();
        assumed.push(format!(
            "while what waits goes out, {rate:.1} messages come in a second, as in all of the hours asked for"
        ));
    }
    if traffic.veiled > 0 {
        let veiled = traffic.veiled;
        assumed.push(format!(
            "{veiled} messages are left out, whose numbers are purged or erased"
        ));
    }
    Ok(Answer {
        hours: question.hours,
        from: now.wall_at(traffic.from).into(),
        to: now.wall.into(),
        messages: traffic.messages(),
        cut: traffic.is_cut,
        backlog: traffic.waiting_in_all,
        changes: question.told(),
        assumed,
        really,
        as_is,
        changed,
    })
}
