//! What citizens write, once it is whole (`texts.rs`): read, kept and answered.
//!
//! Their choices and our answers are committed before the operator is told that it was read (R9). An answer is a
//! message of its own, in the lane of answers; its key says which text it answers, so that one text that is brought
//! again, after a crash too, is not acted on again. An answer that must not be sent to what chose something is there all
//! the same, and over at once.

use std::time::Duration;

use tracing::debug;
use xabar_events::{Agency, EventKey, Language, Msisdn, Reason, State};

use super::answering::{REFERENCE, param, was_to_go};
use super::beat::Beat;
use super::core::Core;
use super::in_flight::InFlight;
use super::looks::For;
use super::telling::Details;
use crate::clock::UnixMillis;
use crate::dialogue::{Asked, Known, Reply, Written, of_own_applications, respond};
use crate::journal::{Ask, Choices, JournalError, Message};

/// Messages to a subscriber that are looked at for an answer, or for a receipt.
pub(super) const MESSAGES: usize = 200;

/// The same for an answer that these do not give, or a receipt of none of these: whom so many went to has others behind them.
pub(super) const MOST_MESSAGES: usize = 2_000;

/// A text that is brought again within this time is the same one.
pub(super) const SAME: Duration = Duration::from_secs(10 * 60);

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
            self.keep_choices(beat, written.from, chosen);
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

    /// What a subscriber has chosen, in this beat or before.
    pub(super) fn choices(&mut self, beat: &Beat, msisdn: Msisdn) -> Result<Choices, JournalError> {
        match beat.choices.get(&msisdn) {
            Some(choices) => Ok(choices.clone()),
            None => self.journal.choices(msisdn),
        }
    }

    /// Keeps what a subscriber chose. What they want no more and is not written yet is not to be, unless the operator has a part
    /// of it.
    pub(super) fn keep_choices(&mut self, beat: &mut Beat, msisdn: Msisdn, chosen: Choices) {
        for InFlight { message, .. } in self.in_flight.values() {
            let progress = &message.progress;
            let is_unwanted = message.msisdn == msisdn && is_opted_out(message, &chosen);
            if is_unwanted && !progress.attempt.has_reached() {
                beat.take_back(progress.operator, message.id);
            }
        }
        beat.choices.insert(msisdn, chosen);
    }

    /// How a new message ends that its subscriber does not want.
    pub(super) fn opted_out(
        &mut self,
        beat: &Beat,
        message: &Message,
    ) -> Result<Option<(State, Reason)>, JournalError> {
        let choices = self.choices(beat, message.msisdn)?;
        let opted_out = is_opted_out(message, &choices);
        Ok(opted_out.then_some((State::Suppressed, Reason::OptedOut)))
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

/// Whether the subscriber of a message who has chosen so does not want it.
fn is_opted_out(message: &Message, choices: &Choices) -> bool {
    let is_for_all = message.content.legal || message.is_answer();
    !is_for_all && !choices.hears(message.key.agency.name())
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
    let asks = matches!(
        reply,
        Reply::Status(_) | Reply::Several(_) | Reply::Applications(_)
    );
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

/// Whether an answer is that to a text of this hash.
fn is_of(answer: &Message, hash: u64) -> bool {
    let (of, _) = answer.key.id.as_str().split_once('-').unwrap_or_default();
    of == format!("{hash:016x}")
}
