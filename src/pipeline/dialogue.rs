//! What citizens write, once it is whole (`texts.rs`): read, kept and answered.
//!
//! Their choices and our answers are committed before the operator is told that it was read (R9). An answer is a
//! message of its own, in the lane of answers; its key says which text it answers, so that one text that is brought
//! again, after a crash too, is not acted on again. An answer that must not be sent to what chose something is there all
//! the same, and over at once.

use std::borrow::Cow;
use std::time::Duration;

use tracing::debug;
use xabar_events::{Agency, EventKey, Language, Msisdn, Reason, State};

use super::beat::Beat;
use super::core::Core;
use super::looks::For;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::compose::{Text, application};
use crate::dialogue::{Asked, Known, Reply, Standing, Written, of_own_applications, respond};
use crate::journal::{
    Ask, Attempt, Choices, Content, Facts, Identity, JournalError, Lane, Message, MessageId,
    OperatorId, Origin, Phase, Progress, ThreadKey,
};

/// The parameter that holds an answer's text.
pub(super) const TEXT: &str = "text";

/// The parameter that holds the number that an answer comes from, where that is not the configured one.
const NUMBER: &str = "number";

/// The parameter that holds the reference of the text that is answered, if it had one.
const REFERENCE: &str = "reference";

/// Messages to a subscriber that are looked at for an answer, or for a receipt.
const MESSAGES: usize = 200;

/// The same for an answer that these do not give: whom so many went to has other applications behind them.
const MOST_MESSAGES: usize = 2_000;

/// A text that is brought again within this time is the same one.
pub(super) const SAME: Duration = Duration::from_secs(10 * 60);

/// An answer that could not be sent by then is of no use.
const USEFUL: Duration = Duration::from_secs(3600);

/// What came of a text that was read.
struct Obeyed {
    reply: Reply,
    /// Which the answer is to be in.
    language: Option<Language>,
    /// Whether the citizen's choices are others than before.
    is_change: bool,
}

/// How a text is understood, by what is known of who wrote it.
struct Understood {
    /// What it chooses, if that changes anything.
    chosen: Option<Choices>,
    reply: Reply,
    /// In which it is written.
    language: Option<Language>,
    /// Whether it might be understood otherwise if older messages were known.
    may_lack_messages: bool,
}

impl Core {
    /// Reads a text, and answers it.
    pub(super) fn read(&mut self, beat: &mut Beat, written: Written) -> Result<(), JournalError> {
        let Some(key) = self.new_answer(beat, &written)? else {
            beat.looks.take(For::Text, 0);
            return Ok(());
        };
        let messages = self.messages_to(beat, written.from)?;
        beat.looks.take(For::Text, messages.len());
        let Obeyed {
            reply,
            language,
            is_change,
        } = self.obey(beat, &written, &messages)?;
        // What changes something now is no repeat: somebody chose otherwise in between, over USSD.
        let is_repeat =
            !is_change && is_answered_last(&messages, &written, &reply, beat.now.steady);
        let language = language.unwrap_or(self.settings.default_language);
        if !is_repeat
            && self.may_answer(beat, For::Text, (written.from, &messages))?
            && self.may_explain(beat, &reply, (written.from, &messages))?
            && let Some(text) = self.answer_text(&reply, language)
        {
            self.answer_citizen(beat, &written, key, (&reply, text), language);
        } else {
            self.note_obeyed(beat, &written, key, (&reply, language));
        }
        Ok(())
    }

    /// Reads a text that is not answered, for what it chooses.
    pub(super) fn read_aside(
        &mut self,
        beat: &mut Beat,
        written: &Written,
    ) -> Result<(), JournalError> {
        if !self.keywords.read(&written.text).wish.is_choice() {
            return Ok(());
        }
        let Some(key) = self.new_answer(beat, written)? else {
            beat.looks.take(For::Text, 0);
            return Ok(());
        };
        let messages = self.messages_to(beat, written.from)?;
        beat.looks.take(For::Text, messages.len());
        let obeyed = self.obey(beat, written, &messages)?;
        let language = obeyed.language.unwrap_or(self.settings.default_language);
        self.note_obeyed(beat, written, key, (&obeyed.reply, language));
        Ok(())
    }

    /// What a text chose is not confirmed; brought again, it is to be known all the same. Without a reference it would not be.
    fn note_obeyed(
        &mut self,
        beat: &mut Beat,
        written: &Written,
        key: EventKey,
        (reply, language): (&Reply, Language),
    ) {
        let Some(reference) = written.reference.filter(|_| reply.is_to_a_choice()) else {
            return;
        };
        let params = vec![(REFERENCE.into(), reference.to_string().into())];
        let of = (written.operator, written.from, (key, written.hash));
        let now = beat.now.wall;
        let mut message = self.new_message(beat, of, now, reply.template(), params, language);
        let over = (State::Expired, Reason::Deadline);
        let details = Details::default();
        self.teller
            .settle(beat, &mut message, over.0, Some(over.1), details);
        beat.accept(message);
    }

    /// Keeps what a text chooses.
    fn obey(
        &mut self,
        beat: &mut Beat,
        written: &Written,
        messages: &[Message],
    ) -> Result<Obeyed, JournalError> {
        let choices = self.choices(beat, written.from)?;
        let mut understood = self.understand(beat, written, messages, &choices);
        if understood.may_lack_messages
            && let Some(messages) =
                self.older_messages_to(beat, For::Text, (written.from, messages))?
        {
            understood = self.understand(beat, written, &messages, &choices);
        }
        let Understood {
            chosen,
            reply,
            language,
            ..
        } = understood;
        debug!(reply = reply.template(), "a citizen wrote");
        let of_choices = chosen.as_ref().unwrap_or(&choices).language;
        let of_events = || messages.iter().find_map(|message| message.content.language);
        let language = of_choices.or(language).or_else(of_events);
        let is_change = chosen.is_some();
        if let Some(chosen) = chosen {
            beat.choices.insert(written.from, chosen);
        }
        Ok(Obeyed {
            reply,
            language,
            is_change,
        })
    }

    fn understand(
        &self,
        beat: &Beat,
        written: &Written,
        messages: &[Message],
        choices: &Choices,
    ) -> Understood {
        let known = Known {
            messages,
            choices,
            agencies: &self.settings.dialogue.agencies,
            wall: beat.now.wall,
        };
        let asked = self.keywords.read(&written.text);
        let Asked { wish, language } = of_own_applications(asked, &written.text, &known);
        let names_an_agency = wish.names_an_agency();
        let (chosen, reply) = respond(wish, &known);
        // Of a name that is not known all messages stop.
        let is_of_nobody = names_an_agency && reply == Reply::Stopped(None);
        Understood {
            may_lack_messages: is_of_nobody || reply.may_lack_messages(),
            chosen,
            reply,
            language,
        }
    }

    /// The key of the answer to a text; `None` if a text with its reference was answered before.
    fn new_answer(
        &mut self,
        beat: &Beat,
        written: &Written,
    ) -> Result<Option<EventKey>, JournalError> {
        let number = i64::try_from(self.next_message).unwrap_or(i64::MAX);
        let of_its_own = key(written.hash, number);
        if written.reference.is_none() || written.is_shared {
            return Ok(of_its_own);
        }
        let period = i64::try_from(SAME.as_millis()).unwrap_or(i64::MAX);
        let number = beat.now.steady.0.div_euclid(period);
        let (Some(before), Some(key)) = (key(written.hash, number - 1), key(written.hash, number))
        else {
            return Ok(None);
        };
        let asks = [&before, &key].map(|key| Ask { key, about: None });
        for facts in self.journal.facts(&asks)? {
            let Some(id) = facts.duplicate_of else {
                continue;
            };
            let message = self.journal.message(id)?;
            let at = message.map_or(beat.now.steady, |message| message.accepted_at);
            if at.after(SAME) > beat.now.steady {
                let is_shared = self.was_shared(beat, written)?;
                return Ok(of_its_own.filter(|_| is_shared));
            }
        }
        Ok(beat.accepted_as(&key).is_none().then_some(key))
    }

    /// Whether the phone's last text, in an earlier life, had the same reference in other words, as far as its answer tells.
    fn was_shared(&mut self, beat: &Beat, written: &Written) -> Result<bool, JournalError> {
        let messages = self.messages_to(beat, written.from)?;
        let mut answers = messages.iter().filter(|message| message.is_answer());
        let reference = written.reference.map(|it| it.to_string());
        Ok(answers.next().is_some_and(|last| {
            !is_of(last, written.hash) && param(last, REFERENCE) == reference.as_deref()
        }))
    }

    /// The newest messages to a subscriber, those of this beat too, newest first.
    pub(super) fn messages_to(
        &mut self,
        beat: &Beat,
        msisdn: Msisdn,
    ) -> Result<Vec<Message>, JournalError> {
        self.newest_to(beat, msisdn, MESSAGES)
    }

    /// These and older ones, where there are any.
    pub(super) fn older_messages_to(
        &mut self,
        beat: &mut Beat,
        what: For,
        (msisdn, newest): (Msisdn, &[Message]),
    ) -> Result<Option<Vec<Message>>, JournalError> {
        if newest.len() < MESSAGES {
            return Ok(None);
        }
        let messages = self.newest_to(beat, msisdn, MOST_MESSAGES)?;
        beat.looks.take(what, messages.len());
        Ok(Some(messages))
    }

    fn newest_to(
        &mut self,
        beat: &Beat,
        msisdn: Msisdn,
        most: usize,
    ) -> Result<Vec<Message>, JournalError> {
        let now = beat.accepted().iter().rev();
        let mut messages: Vec<Message> = now.filter(|it| it.msisdn == msisdn).cloned().collect();
        for message in self.journal.newest_to(msisdn, most)? {
            let now = beat.message(message.id).cloned();
            messages.push(now.unwrap_or(message));
        }
        Ok(messages)
    }

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
    fn may_explain(
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
    fn answer_text(&self, reply: &Reply, language: Language) -> Option<String> {
        let default = self.settings.default_language;
        self.wording(reply, self.catalog.answering(language, default))
    }

    fn answer_citizen(
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

    fn new_message(
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
            Reply::Unknown(application) => self.say(reply, language, |name| {
                (name == "application").then(|| Cow::from(application.as_str()))
            }),
            Reply::Stopped(agency) | Reply::Started(agency) => self.say(reply, language, |name| {
                let agency = agency.as_deref().filter(|_| name == "agency");
                agency.map(|agency| Cow::from(agency.to_uppercase()))
            }),
            Reply::Applications(standings) => self.list(reply, language, standings),
            Reply::NoAgency | Reply::TooMany | Reply::Language(_) | Reply::Help => {
                self.say(reply, language, |_| None)
            }
        };
        text.map(|text| text.text)
    }

    /// As many applications as fit, and how many more there are.
    fn list(&self, reply: &Reply, language: Language, standings: &[Standing]) -> Option<Text> {
        let shown = |standing: &Standing| {
            let status = self.catalog.status_name(language, &standing.status);
            format!("{} {status}", application(&standing.application))
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

    /// What a subscriber has chosen, in this beat or before.
    pub(super) fn choices(&mut self, beat: &Beat, msisdn: Msisdn) -> Result<Choices, JournalError> {
        match beat.choices.get(&msisdn) {
            Some(choices) => Ok(choices.clone()),
            None => self.journal.choices(msisdn),
        }
    }

    /// How a new message ends that its subscriber does not want.
    pub(super) fn opted_out(
        &mut self,
        beat: &Beat,
        message: &Message,
    ) -> Result<Option<(State, Reason)>, JournalError> {
        if message.content.legal || message.is_answer() {
            return Ok(None);
        }
        let hears = self
            .choices(beat, message.msisdn)?
            .hears(message.key.agency.name());
        Ok((!hears).then_some((State::Suppressed, Reason::OptedOut)))
    }

    /// Why a message whose turn it is must not be begun any more, if so. What the operator has a part of is begun.
    pub(super) fn unwanted(
        &mut self,
        beat: &Beat,
        message: &Message,
    ) -> Result<Option<Reason>, JournalError> {
        if let Some(reason) = self.suppressed(message.msisdn) {
            return Ok(Some(reason));
        }
        let opted_out = self.opted_out(beat, message)?;
        let opted_out = opted_out.filter(|_| !message.progress.attempt.has_reached());
        Ok(opted_out.map(|(_, reason)| reason))
    }
}

/// The key of the answer to a text: of one with a reference by the period in which it came, so that it is found
/// again; else by the answer's own number, since the same words may be a new text.
pub(super) fn key(hash: u64, number: i64) -> Option<EventKey> {
    Some(EventKey {
        agency: Agency::gateway(),
        id: format!("{hash:016x}-{number}").parse().ok()?,
    })
}

/// Whether a text is the one that was answered last, in an earlier life too, and no news came since, of which it may ask:
/// what is suppressed is none, but for who asks how things stand and is told so in no other way, having opted out. What it
/// chooses is kept all the same: something else may have come in between that was not answered.
fn is_answered_last(
    messages: &[Message],
    written: &Written,
    reply: &Reply,
    now: UnixMillis,
) -> bool {
    let asks = matches!(reply, Reply::Status(_) | Reply::Applications(_));
    let is_news = |message: &&Message| {
        let last = message.progress.history.last();
        let suppressed = last.filter(|told| told.state == State::Suppressed);
        message.is_answer()
            || suppressed.is_none_or(|told| asks && told.reason == Some(Reason::OptedOut))
    };
    let last = messages.iter().filter(is_news).max_by_key(|it| it.id);
    let same =
        |answer: &Message| is_of(answer, written.hash) && answer.accepted_at.after(SAME) > now;
    last.is_some_and(|last| was_to_go(last) && same(last))
}

/// Whether a message is an answer that the subscriber was to get.
fn was_to_go(message: &Message) -> bool {
    message.is_answer() && message.expires > message.time
}

/// Whether an answer is that to a text of this hash.
fn is_of(answer: &Message, hash: u64) -> bool {
    let (of, _) = answer.key.id.as_str().split_once('-').unwrap_or_default();
    of == format!("{hash:016x}")
}

/// The text of an answer.
pub(super) fn text(message: &Message) -> Option<&str> {
    param(message, TEXT)
}

/// The number that an answer comes from, where that is not the configured one.
pub(super) fn number(message: &Message) -> Option<&str> {
    param(message, NUMBER).filter(|_| message.is_answer())
}

fn param<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    let mut params = message.content.params.iter();
    let param = params.find(|(other, _)| **other == *name)?;
    Some(&param.1)
}
