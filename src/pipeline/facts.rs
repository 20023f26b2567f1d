//! What a USSD menu asks of the journal: a citizen's applications, messages and choices.
//!
//! A citizen is told of what went, or is to go, to the very number that asks; all else is as if it did not exist, and so
//! is all that went to a number which belongs to somebody else now.

use xabar_events::{Language, State};
use xxhash_rust::xxh3::xxh3_64;

use super::beat::Beat;
use super::core::Core;
use super::looks::For;
use crate::dialogue::menu::{About, Application, Facts, Listed, Question, Sms, Which};
use crate::dialogue::ussd::Phone;
use crate::dialogue::{Known, Reply, Standing, Wish, respond, standing_of};
use crate::journal::{Choices, JournalError, Message};

/// Messages that a phone is shown again.
const MESSAGES_SHOWN: usize = 5;

/// Messages that are looked at for the language in which a subscriber was written to.
const NEWEST: usize = 5;

impl Core {
    /// What is known of a subscriber who dials; `None` if that takes a look, and this beat has none left.
    pub(super) fn about(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
    ) -> Result<Option<About>, JournalError> {
        let mut about = self.about_at_once(beat, phone)?;
        if about.language.is_none() {
            if !beat.looks.are_left(For::Screen) {
                return Ok(None);
            }
            about.language = self.language_of_messages(beat, phone)?;
        }
        Ok(Some(about))
    }

    /// The same without a look: in a dialogue, the language of the messages is known.
    pub(super) fn about_at_once(
        &mut self,
        beat: &Beat,
        phone: Phone,
    ) -> Result<About, JournalError> {
        let choices = self.choices(beat, phone.msisdn)?;
        Ok(About {
            language: choices.language,
            default: self.settings.default_language,
            stopped: choices.hears_nobody(),
            sms: self.can_send_text(phone),
        })
    }

    /// The language of the last messages to a subscriber; none of a number on a list. An answer may be in the default
    /// one, so it counts only where messages may be behind those that are looked at.
    fn language_of_messages(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
    ) -> Result<Option<Language>, JournalError> {
        if self.suppressed(phone.msisdn).is_some() {
            return Ok(None);
        }
        let newest = self.journal.newest_to(phone.msisdn, NEWEST)?;
        beat.looks.take(For::Screen, newest.len());
        let told = newest.iter().filter(|message| !message.is_answer());
        let others = newest.iter().filter(|_| newest.len() == NEWEST);
        let language = |message: &Message| message.content.language;
        Ok(told.chain(others).find_map(language))
    }

    /// Answers a menu's question about the subscriber whose phone it is, in a language.
    pub(super) fn facts(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
        language: Language,
        question: Question,
    ) -> Result<Facts, JournalError> {
        match question {
            Question::Applications => {
                let messages = self.told_to(beat, phone)?;
                let all = match self.look_up(beat, phone, &messages, applications)? {
                    Reply::Applications(all) => all,
                    _ => Vec::new(),
                };
                let listed = all.iter().map(|standing| Listed {
                    thread: standing.thread,
                    application: self.application(standing, language),
                });
                Ok(Facts::Applications(listed.collect()))
            }
            Question::Status(which) => {
                if let Which::Typed(number) = &which
                    && !self
                        .ussd
                        .may_ask_for_number(phone.msisdn, number, beat.now.steady)
                {
                    return Ok(Facts::Refused);
                }
                let messages = self.told_to(beat, phone)?;
                match self.look_up(beat, phone, &messages, |known| status_of(&which, known))? {
                    Reply::Status(found) => {
                        Ok(Facts::Status(Some(self.application(&found, language))))
                    }
                    // A screen has room for one, the last to change; the list has all.
                    Reply::Several(found) => {
                        let newest = found.first();
                        let newest = newest.map(|found| self.application(found, language));
                        Ok(Facts::Status(newest))
                    }
                    _ => Ok(Facts::Status(None)),
                }
            }
            Question::LastMessages => {
                let messages = self.told_to(beat, phone)?;
                let sent = messages.iter().filter(|message| was_sent(message));
                let texts = sent.filter_map(|message| self.text_of(message, language));
                let told = texts.filter(|text| !text.trim().is_empty());
                Ok(Facts::Messages(told.take(MESSAGES_SHOWN).collect()))
            }
            Question::Language(language) => self.choose(beat, phone, |choices| {
                choices.language = Some(language);
                true
            }),
            Question::OptOut(agency) => self.choose(beat, phone, |choices| {
                choices.stop(agency.as_deref()) == agency.as_deref()
            }),
            Question::OptIn(agency) => {
                self.choose(beat, phone, |choices| choices.start(agency.as_deref()))
            }
            Question::Sms(sms) => self.send_text(beat, phone, language, sms),
        }
    }

    /// How an application stands, in words.
    fn application(&self, standing: &Standing, language: Language) -> Application {
        let (service, status) = (&standing.service, &standing.status);
        let number = crate::compose::application(&standing.application);
        Application {
            // The texts of menus have the sign themselves, where there is to be one.
            number: number.trim_start_matches(['№', ' ']).into(),
            service: self.catalog.service_name(language, service).into(),
            status: self.catalog.status_name(language, status).into(),
        }
    }

    /// What a message says in a language.
    fn text_of(&self, message: &Message, language: Language) -> Option<String> {
        let default = self.settings.default_language;
        let composed = self.catalog.compose_in(language, message.into(), default);
        composed.ok().map(|text| text.text)
    }

    /// The messages to a subscriber, newest first; none to a number on a list.
    fn told_to(&mut self, beat: &mut Beat, phone: Phone) -> Result<Vec<Message>, JournalError> {
        if self.suppressed(phone.msisdn).is_some() {
            return Ok(Vec::new());
        }
        let messages = self.messages_to(beat, phone.msisdn)?;
        beat.looks.take(For::Screen, messages.len());
        Ok(messages)
    }

    /// What is answered by these messages to a subscriber, and older ones if need be.
    fn look_up(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
        messages: &[Message],
        ask: impl Fn(&Known<'_>) -> Reply,
    ) -> Result<Reply, JournalError> {
        let choices = self.choices(beat, phone.msisdn)?;
        let known = Known {
            messages,
            choices: &choices,
            agencies: &self.settings.dialogue.agencies,
            wall: beat.now.wall,
        };
        let reply = ask(&known);
        if reply.may_lack_messages()
            && let Some(older) =
                self.older_messages_to(beat, For::Screen, (phone.msisdn, messages))?
        {
            return Ok(ask(&Known {
                messages: &older,
                choices: &choices,
                agencies: &self.settings.dialogue.agencies,
                wall: beat.now.wall,
            }));
        }
        Ok(reply)
    }

    /// Keeps what a subscriber chooses, if that can be; it is durable before the screen that says so.
    fn choose(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
        choose: impl FnOnce(&mut Choices) -> bool,
    ) -> Result<Facts, JournalError> {
        let before = self.choices(beat, phone.msisdn)?;
        let mut choices = before.clone();
        if !choose(&mut choices) {
            return Ok(Facts::Refused);
        }
        if choices != before {
            self.keep_choices(beat, phone.msisdn, choices);
        }
        Ok(Facts::Done)
    }

    /// Whether a subscriber can be sent what they ask for.
    fn can_send_text(&self, phone: Phone) -> bool {
        let answers = self.operators.get(&phone.operator);
        let has_number = answers.is_some_and(|it| it.senders.of_answers().is_some());
        has_number && self.suppressed(phone.msisdn).is_none()
    }

    /// Sends what was asked for as an SMS, if the subscriber may have one more answer.
    fn send_text(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
        language: Language,
        sms: Sms,
    ) -> Result<Facts, JournalError> {
        let messages = self.told_to(beat, phone)?;
        let to = (phone.msisdn, &*messages);
        if !self.can_send_text(phone) || !self.may_answer(beat, For::Screen, to)? {
            return Ok(Facts::Refused);
        }
        let reply = self.look_up(beat, phone, &messages, |known| match &sms {
            Sms::Applications => applications(known),
            Sms::Status(which) => status_of(which, known),
        })?;
        let whole = match &reply {
            Reply::Status(found) => {
                let mut about = messages.iter().filter(|it| it.thread == found.thread);
                let latest = about.find(|it| it.content.status == found.status);
                latest.and_then(|message| self.text_of(message, language))
            }
            _ => None,
        };
        let text = whole.or_else(|| self.wording(&reply, language));
        let asked = format!("{} {}", phone.msisdn.as_u64(), self.next_message);
        let hash = xxh3_64(asked.as_bytes());
        let (Some(text), Some(key)) = (text, super::dialogue::key(hash, beat.now.steady.0)) else {
            return Ok(Facts::Refused);
        };
        let to = (phone.operator, phone.msisdn);
        let params = vec![(super::answering::TEXT.into(), text.into())];
        self.send_answer(beat, to, (key, hash), reply.template(), params, language);
        Ok(Facts::Done)
    }
}

fn applications(known: &Known<'_>) -> Reply {
    respond(Wish::Applications, known).1
}

fn status_of(which: &Which, known: &Known<'_>) -> Reply {
    match which {
        Which::Typed(number) => respond(Wish::Status(number.to_string()), known).1,
        Which::Picked(picked) => standing_of(picked.thread, known)
            .map_or_else(|| Reply::Unknown(picked.number.to_string()), Reply::Status),
    }
}

/// Whether an agency's message went to its phone.
fn was_sent(message: &Message) -> bool {
    let mut told = message.progress.history.iter();
    !message.is_answer() && told.any(|told| told.state == State::Submitted)
}
