//! What citizens are answered: whether they are, in which words, and as what.
//!
//! An answer is a message of its own, in the lane of answers.

use std::borrow::Cow;
use std::time::Duration;

use xabar_events::{EventKey, Language, Msisdn, State};

use super::beat::Beat;
use super::core::Core;
use super::dialogue::{MESSAGES, MOST_MESSAGES};
use super::looks::For;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::compose::{Text, application};
use crate::dialogue::{Reply, Standing, Written};
use crate::journal::{
    Attempt, Content, Facts, Identity, JournalError, Lane, Message, MessageId, OperatorId, Origin,
    Phase, Progress, ThreadKey,
};

/// The parameter that holds an answer's text.
pub(super) const TEXT: &str = "text";

/// The parameter that holds the number that an answer comes from, where that is not the configured one.
const NUMBER: &str = "number";

/// The parameter that holds the reference of the text that is answered, if it had one.
pub(super) const REFERENCE: &str = "reference";

/// An answer that could not be sent by then is of no use.
const USEFUL: Duration = Duration::from_secs(3600);

impl Core {
    /// Whether the subscriber may have one more answer, these being the newest messages to it.
    pub(super) fn may_answer(
        &mut self,
        beat: &mut Beat,
        what: For,
        (msisdn, messages): (Msisdn, &[Message]),
    ) -> Result<bool, JournalError> {
        // Who is nobody's subscriber costs what others charge for it.
        if self.routes.route(msisdn, None, |_| 1.0).is_none() {
            return Ok(false);
        }
        let now = beat.now.steady;
        let since = now.before(self.answer_limits.longest());
        let Some(messages) = self.all_since(beat, what, (msisdn, messages), since)? else {
            return Ok(false);
        };
        let answers = messages.iter().filter(|message| was_to_go(message));
        let mut answered: Vec<UnixMillis> = answers.map(|answer| answer.accepted_at).collect();
        answered.sort_unstable();
        Ok(self.answer_limits.earliest(&answered, now) <= now)
    }

    /// Two programs that do not understand each other stop here.
    pub(super) fn may_explain(
        &mut self,
        beat: &mut Beat,
        reply: &Reply,
        messages: (Msisdn, &[Message]),
    ) -> Result<bool, JournalError> {
        if *reply != Reply::Help {
            return Ok(true);
        }
        let since = beat.now.steady.before(self.settings.dialogue.help);
        let explained = |message: &Message| {
            message.is_answer()
                && *message.content.status == *Reply::Help.template()
                && message.accepted_at > since
        };
        let messages = self.all_since(beat, For::Text, messages, since)?;
        Ok(messages.is_some_and(|messages| !messages.iter().any(explained)))
    }

    /// At least all messages to a subscriber since then, of which these are the newest; `None`: there are more than are looked at.
    fn all_since<'a>(
        &mut self,
        beat: &mut Beat,
        what: For,
        (msisdn, newest): (Msisdn, &'a [Message]),
        since: UnixMillis,
    ) -> Result<Option<Cow<'a, [Message]>>, JournalError> {
        let reach = |messages: &[Message], most: usize| {
            let oldest = messages.last().map(|message| message.accepted_at);
            messages.len() < most || oldest.is_none_or(|oldest| oldest <= since)
        };
        if reach(newest, MESSAGES) {
            return Ok(Some(newest.into()));
        }
        let older = self.older_messages_to(beat, what, (msisdn, newest))?;
        Ok(older
            .filter(|messages| reach(messages, MOST_MESSAGES))
            .map(Cow::from))
    }

    /// The text of an answer in a language, or in one that has it.
    pub(super) fn answer_text(&self, reply: &Reply, language: Language) -> Option<String> {
        let default = self.settings.default_language;
        self.wording(reply, self.catalog.answering(language, default))
    }

    pub(super) fn answer_citizen(
        &mut self,
        beat: &mut Beat,
        written: &Written,
        key: EventKey,
        (reply, text): (&Reply, String),
        language: Language,
    ) {
        let language = self
            .catalog
            .answering(language, self.settings.default_language);
        let to = (written.operator, written.from);
        let operator = self.operators.get(&written.operator);
        let number = operator.and_then(|it| it.senders.other_number(&written.to, written.from));
        let mut params = vec![(TEXT.into(), text.into())];
        params.extend(number.map(|number| (NUMBER.into(), number.into())));
        let reference = written.reference.map(|it| it.to_string());
        params.extend(reference.map(|it| (REFERENCE.into(), it.into())));
        let key = (key, written.hash);
        self.send_answer(beat, to, key, reply.template(), params, language);
    }

    /// Takes in an answer: a message of its own, whose key says what it answers.
    pub(super) fn send_answer(
        &mut self,
        beat: &mut Beat,
        (operator, msisdn): (OperatorId, Msisdn),
        key: (EventKey, u64),
        template: &str,
        params: Vec<(Box<str>, Box<str>)>,
        language: Language,
    ) {
        let (of, expires) = ((operator, msisdn, key), beat.now.wall.after(USEFUL));
        let message = self.new_message(beat, of, expires, template, params, language);
        self.let_wait(beat, message, Facts::default());
    }

    pub(super) fn new_message(
        &mut self,
        beat: &mut Beat,
        (operator, msisdn, (key, hash)): (OperatorId, Msisdn, (EventKey, u64)),
        expires: UnixMillis,
        template: &str,
        params: Vec<(Box<str>, Box<str>)>,
        language: Language,
    ) -> Message {
        let id = MessageId(self.next_message);
        self.next_message += 1;
        let now = beat.now;
        let origin = Origin {
            identity: Identity {
                id,
                application: key.id.as_str().into(),
                key,
                trace: None,
            }
            .into(),
            msisdn,
            thread: ThreadKey(hash ^ id.0),
            lane: Lane::Answers,
            time: now.wall,
            accepted_at: now.steady,
            not_before: None,
            expires,
            content: Content {
                service: "dialogue".into(),
                status: template.into(),
                language: Some(language),
                params,
                legal: false,
                extensions: Vec::new(),
            },
        };
        let progress = Progress {
            phase: Phase::Waiting,
            operator,
            due: now.steady,
            dealt: None,
            attempt: Attempt::default(),
            history: Vec::with_capacity(3),
        };
        let mut message = Message::new(origin, progress);
        let details = Details::default();
        self.teller
            .tell(beat, &mut message, State::Accepted, None, details);
        message
    }

    /// The text of an answer, spelled as it goes out.
    pub(super) fn wording(&self, reply: &Reply, language: Language) -> Option<String> {
        let text = match reply {
            Reply::Status(standing) => self.say(reply, language, |name| match name {
                "application" => Some(application(&standing.application)),
                "service" => Some(self.catalog.service_name(language, &standing.service)),
                "status" => Some(self.catalog.status_name(language, &standing.status)),
                _ => None,
            }),
            Reply::Unknown(typed) => self.say(reply, language, |name| {
                // What was typed leads nowhere, as what agencies give does not.
                (name == "application").then(|| application(typed))
            }),
            Reply::Stopped(agency) | Reply::Started(agency) => self.say(reply, language, |name| {
                let agency = agency.as_deref().filter(|_| name == "agency");
                agency.map(|agency| Cow::from(agency.to_uppercase()))
            }),
            Reply::Applications(standings) | Reply::Several(standings) => {
                self.list(reply, language, standings)
            }
            Reply::NoAgency | Reply::TooMany | Reply::Language(_) | Reply::Help => {
                self.say(reply, language, |_| None)
            }
        };
        text.map(|text| text.text)
    }

    /// As many applications as fit, and how many more there are.
    fn list(&self, reply: &Reply, language: Language, standings: &[Standing]) -> Option<Text> {
        let shown = |standing: &Standing| {
            let number = application(&standing.application);
            let status = self.catalog.status_name(language, &standing.status);
            match reply {
                // The service tells apart what the number does not.
                Reply::Several(_) => {
                    let service = self.catalog.service_name(language, &standing.service);
                    format!("{number} ({service}): {status}")
                }
                _ => format!("{number} {status}"),
            }
        };
        let all: Vec<String> = standings.iter().map(shown).collect();
        let text = |fits: usize| {
            let list = all.get(..fits).unwrap_or_default().join("; ");
            let more = all.len() - fits;
            self.say(reply, language, |name| match name {
                "list" => Some(list.clone().into()).filter(|_| fits > 0),
                "more" => (more > 0).then(|| more.to_string().into()),
                _ => None,
            })
        };
        let fits = |number: &usize| text(*number).is_some_and(|text| text.crowded_out == 0);
        // Each has some letters, so that there is no need to try far more than fit.
        let (mut most, mut too_many) = (0, 1.min(all.len()));
        while too_many > most && fits(&too_many) {
            most = too_many;
            too_many = (2 * most).min(all.len());
        }
        while too_many > most + 1 {
            let between = usize::midpoint(most, too_many);
            match fits(&between) {
                true => most = between,
                false => too_many = between,
            }
        }
        text(most.max(1).min(all.len()))
    }

    fn say<'a>(
        &self,
        reply: &Reply,
        language: Language,
        value: impl Fn(&str) -> Option<Cow<'a, str>>,
    ) -> Option<Text> {
        self.catalog.answer(language, reply.template(), value)
    }
}

/// Whether a message is an answer that the subscriber was to get.
pub(super) fn was_to_go(message: &Message) -> bool {
    message.is_answer() && message.expires > message.time
}

/// The text of an answer.
pub(super) fn text(message: &Message) -> Option<&str> {
    param(message, TEXT)
}

/// The number that an answer comes from, where that is not the configured one.
pub(super) fn number(message: &Message) -> Option<&str> {
    param(message, NUMBER).filter(|_| message.is_answer())
}

pub(super) fn param<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    let mut params = message.content.params.iter();
    let param = params.find(|(other, _)| **other == *name)?;
    Some(&param.1)
}
