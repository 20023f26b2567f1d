//! USSD dialogues: steps of phones in, screens out.
//!
//! A screen goes once its beat is committed, so what it confirms is durable (R9). It is no message: nothing of it
//! stands in the journal.

use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

use tracing::warn;
use xabar_events::{Language, Msisdn};
use xabar_smpp::pdu::{DeliverSm, Pdu};
use xabar_smpp::{Frame, Status};
use xabar_ussd::{Dialect, Said, Shown, is_ussd, with_code_dialled};

use super::beat::Beat;
use super::core::Core;
use super::looks::For;
use super::operator::Operator;
use super::posted::{NotShown, Posted, PostedReply};
use super::seldom::Seldom;
use super::time_up::Standing;
use crate::clock::UnixMillis;
use crate::delivery::{Screen, SessionKey};
use crate::dialogue::is_international;
use crate::dialogue::menu::{Menus, Place, Question, Step};
use crate::dialogue::ussd::{Allowance, Counts, Phone, Sessions, Times, Turn};
use crate::journal::{JournalError, OperatorId};

/// What the pipeline goes by for one operator's USSD.
#[derive(Clone, Copy, Debug)]
pub struct UssdRules {
    pub dialect: Dialect,
    pub times: Times,
}

/// The dialogues of all operators.
#[derive(Debug)]
pub(super) struct Ussd {
    menus: Menus,
    sessions: Sessions<Standing>,
    counts: Counts,
    /// What a beat had no look left for.
    waiting: VecDeque<Waiting>,
    /// Steps that were not understood, by operator, with what the first of them lacked.
    unfit: Seldom<OperatorId, String>,
    /// Steps that are to come again, since nothing could be shown for them.
    crowded: Seldom<OperatorId>,
}

/// A dialogue that waits for the journal to be asked.
#[derive(Debug)]
struct Waiting {
    phone: Phone,
    way: Way,
    before: Before,
}

/// What a dialogue stands before.
enum Before {
    Begin {
        dialled: String,
    },
    Question {
        place: Place,
        question: Question,
    },
    /// The last screen of one that is forgotten.
    Forgotten,
}

/// Tells how much was dialled, not what.
impl fmt::Debug for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { dialled } => f.debug_tuple("Begin").field(&dialled.len()).finish(),
            Self::Question { question, .. } => question.fmt(f),
            Self::Forgotten => f.write_str("Forgotten"),
        }
    }
}

/// Where a screen goes.
#[derive(Debug)]
enum Way {
    Smpp(Brought),
    Http(PostedReply),
}

/// A phone's step over SMPP, and the link that brought it, over which its screen goes.
#[derive(Debug)]
pub(super) struct Brought {
    /// Of those of one login, any may bring a step.
    pub(super) operator: OperatorId,
    pub(super) session: SessionKey,
    /// By which the operator is answered; `None`: it was before.
    pub(super) number: Option<u32>,
    pub(super) step: Frame,
    pub(super) dialect: Dialect,
}

impl Brought {
    /// The step as it is read.
    pub(super) fn delivered(&self) -> Option<DeliverSm<'_>> {
        let pdu: Pdu<'_> = self.step.decode().ok()?;
        pdu.body.delivered()
    }
}

impl Way {
    /// Over which a phone can be shown something unasked.
    fn line(&self) -> Option<&Brought> {
        match self {
            Self::Smpp(brought) => Some(brought),
            Self::Http(_) => None,
        }
    }

    fn is_over(&self, operator: OperatorId) -> bool {
        self.line().is_some_and(|line| line.operator == operator)
    }
}

/// Dialogues that may wait for the journal; more are asked to come again.
const MOST_WAITING: usize = 5_000;

/// Questions that a menu may ask between two screens.
const MOST_QUESTIONS: usize = 8;

impl Ussd {
    pub(super) fn new(menus: Menus) -> Self {
        Self {
            menus,
            sessions: Sessions::default(),
            counts: Counts::default(),
            waiting: VecDeque::new(),
            unfit: Seldom::default(),
            crowded: Seldom::default(),
        }
    }

    /// Shows other menus, if they are. A dialogue that is open has no place in them: its time is up, as after a restart.
    pub(super) fn change_menus(&mut self, menus: &Menus) {
        if self.menus == *menus {
            return;
        }
        self.menus = menus.clone();
        self.sessions = Sessions::default();
        self.waiting
            .retain(|waiting| matches!(waiting.before, Before::Begin { .. }));
    }

    /// Counts a number of an application that is asked for; says whether it is to be looked for.
    pub(super) fn may_ask_for_number(
        &mut self,
        msisdn: Msisdn,
        number: &str,
        now: UnixMillis,
    ) -> bool {
        self.counts.number(msisdn, number, now)
    }

    /// The dialogues under way.
    pub(super) fn sessions(&self) -> &Sessions<Standing> {
        &self.sessions
    }

    /// The phones whose citizens did not answer in time, of so many that may be.
    pub(super) fn over(&mut self, now: UnixMillis, looks: usize) -> Vec<(Phone, Standing)> {
        self.sessions.over(now, looks)
    }

    /// When the next phone may be to be told that its time is up.
    pub(super) fn next_over(&self) -> Option<UnixMillis> {
        self.sessions.next_over()
    }

    /// What a phone is shown then.
    pub(super) fn time_is_up(&self, place: &Place, language: Language) -> String {
        self.menus.forgotten(Some(place), language)
    }

    /// Whether no more dialogues may wait for the journal.
    fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    /// Whether dialogues wait for the next beat.
    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }
}

impl Core {
    /// A phone's step, if that is what an operator brought in this frame, and it may have any; gives what the operator
    /// is told.
    pub(super) fn ussd_step(
        &mut self,
        beat: &mut Beat,
        operator: OperatorId,
        session: SessionKey,
        (frame, pdu, until): (&Frame, &DeliverSm<'_>, Instant),
    ) -> Result<Option<Status>, JournalError> {
        if !is_ussd(pdu) {
            return Ok(None);
        }
        let (phone, dialect, step) = match self.read_step(operator, pdu) {
            Ok(read) => read,
            Err(why) => {
                self.ussd.unfit.count(operator, why);
                return Ok(Some(Status::RX_R_APPN));
            }
        };
        if self.push_spoken_of(beat, phone, &step) {
            return Ok(Some(Status::ROK));
        }
        // What the operator is told to bring again is acted on when it comes again.
        let is_refused = beat.stopping || until <= beat.now.instant;
        if is_refused && !matches!(step.said, Said::Ended | Said::Noticed) {
            return Ok(Some(Status::RX_T_APPN));
        }
        if self.is_crowded(beat, operator, &step.said) {
            self.ussd.crowded.count(operator, ());
            return Ok(Some(Status::RX_T_APPN));
        }
        let now = beat.now.steady;
        let allowance = match step.said {
            Said::Begin { .. } | Said::Answer(_) => self.ussd.counts.step(phone.msisdn, now),
            Said::Ended | Said::Noticed => Allowance::Left,
        };
        let with_code = match pdu.destination_addr.is_empty() {
            true => {
                let dialled = match &step.said {
                    Said::Begin { dialled } => with_code_dialled(pdu, dialled),
                    _ => None,
                };
                let stands_at = self.ussd.sessions.stands_at(phone);
                dialled.or_else(|| stands_at?.with_code(pdu))
            }
            false => None,
        };
        let way = Way::Smpp(Brought {
            operator,
            session,
            number: Some(frame.header().sequence_number),
            step: with_code.unwrap_or_else(|| frame.clone()),
            dialect,
        });
        match allowance {
            Allowance::Left => {
                let times = self.times(phone.operator);
                let turn = self.ussd.sessions.heard(now, phone, step, times);
                self.take_ussd_turn(beat, phone, way, turn)?;
            }
            Allowance::JustSpent => self.break_off(beat, phone, way)?,
            // So the operator ends it.
            Allowance::Spent => return Ok(Some(Status::RX_R_APPN)),
        }
        Ok(Some(Status::ROK))
    }

    /// What a phone says in its operator's dialect, and which phone it is; or why that is not known.
    fn read_step<'a>(
        &self,
        operator: OperatorId,
        pdu: &DeliverSm<'a>,
    ) -> Result<(Phone, Dialect, xabar_ussd::Step<'a>), String> {
        let rules = self.ussd_rules(operator);
        let dialect = rules.ok_or("the operator has no [operator.ussd]")?.dialect;
        let step = dialect.read(pdu).map_err(|unfit| unfit.to_string())?;
        let msisdn = step.from.as_str().and_then(|from| from.parse().ok());
        let whole = |msisdn: &Msisdn| !self.may_lack_its_country(*msisdn, is_international(pdu));
        let msisdn = msisdn.filter(whole);
        let msisdn = msisdn.ok_or("source_addr is no international number")?;
        Ok((self.phone(operator, msisdn), dialect, step))
    }

    /// Whether a step is to come again, since no screen could go out for it in time.
    fn is_crowded(&self, beat: &Beat, operator: OperatorId, said: &Said) -> bool {
        let link = self.operators.get(&operator);
        let is_full = self.ussd.is_full() || link.is_some_and(|link| link.offer.screens_full);
        let screens_left = link.map_or(0, Operator::screens_left);
        match said {
            Said::Begin { .. } => is_full || !self.may_begin(beat, operator, screens_left),
            Said::Answer(_) => is_full,
            Said::Ended | Said::Noticed => false,
        }
    }

    /// Whether one more dialogue may begin, where so many more screens may go. Those that wait for the journal want
    /// screens, too.
    fn may_begin(&self, beat: &Beat, operator: OperatorId, most: usize) -> bool {
        let left = most.saturating_sub(beat.screens(operator));
        let waiting = self.ussd.waiting.iter();
        let waiting = waiting.filter(|waiting| waiting.way.is_over(operator));
        left > 0 && waiting.take(left).count() < left
    }

    /// A phone's step that came over HTTP. What is not answered here, nobody is led on by.
    pub(super) fn posted(&mut self, beat: &mut Beat, posted: Posted) -> Result<(), JournalError> {
        let Posted {
            operator,
            msisdn,
            form,
            reply,
        } = posted;
        let now = beat.now.steady;
        if self.may_lack_its_country(msisdn, form.phone.starts_with('+')) {
            // Nobody waits any more if the aggregator hung up.
            drop(reply.send(Err(NotShown::NoCountry)));
            return Ok(());
        }
        let phone = self.phone(operator, msisdn);
        let times = self.times(phone.operator);
        if self.ussd.sessions.reports_end(phone, &form) {
            let turn = self.ussd.sessions.posted(now, phone, form, times);
            if matches!(turn, Turn::Ended) {
                self.ussd.waiting.retain(|waiting| waiting.phone != phone);
            }
            drop(reply.send(Err(NotShown::Ended)));
            return Ok(());
        }
        if self.ussd.is_full() {
            self.ussd.crowded.count(operator, ());
            return Ok(());
        }
        let way = Way::Http(reply);
        match self.ussd.counts.step(msisdn, now) {
            Allowance::Left => {
                let turn = self.ussd.sessions.posted(now, phone, form, times);
                self.take_ussd_turn(beat, phone, way, turn)
            }
            Allowance::JustSpent => self.break_off(beat, phone, way),
            Allowance::Spent => Ok(()),
        }
    }

    /// Ends a dialogue with a phone that asks for more than a person does.
    fn break_off(&mut self, beat: &mut Beat, phone: Phone, way: Way) -> Result<(), JournalError> {
        self.ussd.waiting.retain(|waiting| waiting.phone != phone);
        let place = self.ussd.sessions.close(phone).map(|it| it.place);
        let language = self.language(beat, phone, place.as_ref())?;
        let text = self.ussd.menus.refused(place.as_ref(), language);
        show(beat, way, &Shown::last(text));
        Ok(())
    }

    /// Goes on with the dialogues that the last beats had no look left for.
    pub(super) fn resume_ussd(&mut self, beat: &mut Beat) -> Result<(), JournalError> {
        while beat.looks.are_left(For::Screen)
            && let Some(Waiting { phone, way, before }) = self.ussd.waiting.pop_front()
        {
            match before {
                Before::Begin { dialled } => self.begin(beat, phone, way, dialled)?,
                Before::Forgotten => self.forgotten(beat, phone, way)?,
                Before::Question { place, question } => {
                    self.follow(beat, phone, way, Step::Ask { place, question })?;
                }
            }
        }
        Ok(())
    }

    fn take_ussd_turn(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
        way: Way,
        turn: Turn<Standing>,
    ) -> Result<(), JournalError> {
        // What the phone waited for, before it dialled again or left, would stand on another screen than it shows.
        if !matches!(turn, Turn::Nothing | Turn::Forgotten) {
            self.ussd.waiting.retain(|waiting| waiting.phone != phone);
        }
        let step = match turn {
            Turn::Begin { dialled } => return self.begin(beat, phone, way, dialled),
            Turn::Answer { place: at, typed } => {
                let about = self.about_at_once(beat, phone)?;
                self.ussd.menus.answer(at.place, &typed, &about)
            }
            Turn::Resume { place: at } => {
                let about = self.about_at_once(beat, phone)?;
                self.ussd.menus.resume(at.place, &about)
            }
            Turn::Again(shown) => {
                show(beat, way, &shown);
                return Ok(());
            }
            Turn::Forgotten => return self.forgotten(beat, phone, way),
            Turn::Ended | Turn::Nothing => return Ok(()),
        };
        self.follow(beat, phone, way, step)
    }

    fn begin(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
        way: Way,
        dialled: String,
    ) -> Result<(), JournalError> {
        let Some(about) = self.about(beat, phone)? else {
            let before = Before::Begin { dialled };
            self.ussd.waiting.push_back(Waiting { phone, way, before });
            return Ok(());
        };
        let step = self.ussd.menus.begin(&dialled, &about);
        self.follow(beat, phone, way, step)
    }

    /// Goes on until there is something to show, or no look left in this beat for what has to be asked.
    fn follow(
        &mut self,
        beat: &mut Beat,
        phone: Phone,
        way: Way,
        mut step: Step,
    ) -> Result<(), JournalError> {
        let now = beat.now.steady;
        for _ in 0..MOST_QUESTIONS {
            let (place, question) = match step {
                Step::Show { text, place } => {
                    let times = self.times(phone.operator);
                    let shown = Shown::asking_for(self.ussd.menus.wanted(&place), text);
                    let standing = Standing::new(place, way.line());
                    let sessions = &mut self.ussd.sessions;
                    sessions.shows(now, phone, standing, &shown, times);
                    show(beat, way, &shown);
                    return Ok(());
                }
                Step::End { text } => {
                    self.ussd.sessions.ends(now, phone, &text);
                    show(beat, way, &Shown::last(text));
                    return Ok(());
                }
                Step::Ask { place, question } => (place, question),
            };
            if asks_for_messages(&question) && !beat.looks.are_left(For::Screen) {
                let before = Before::Question { place, question };
                self.ussd.waiting.push_back(Waiting { phone, way, before });
                return Ok(());
            }
            let facts = self.facts(beat, phone, place.language(), question)?;
            step = self.ussd.menus.told(place, facts);
        }
        let place = match &step {
            Step::Ask { place, .. } | Step::Show { place, .. } => Some(place),
            Step::End { .. } => None,
        };
        let language = place.map_or(self.settings.default_language, Place::language);
        let text = self.ussd.menus.forgotten(place, language);
        self.ussd.sessions.ends(now, phone, &text);
        show(beat, way, &Shown::last(text));
        Ok(())
    }

    /// What is gone by for an operator's phones: by that of its login which says it, where it does not itself.
    pub(super) fn ussd_rules(&self, operator: OperatorId) -> Option<UssdRules> {
        let rules = |id: OperatorId| self.operators.get(&id)?.ussd;
        rules(operator).or_else(|| rules(self.leading(operator)))
    }

    /// The operator of whose dialogues a phone's is, whichever of its login brings the steps: the first with USSD.
    fn leading(&self, operator: OperatorId) -> OperatorId {
        let peers = self.peers(operator);
        let has_ussd =
            |id: &&OperatorId| self.operators.get(id).is_some_and(|it| it.ussd.is_some());
        peers.iter().find(has_ussd).copied().unwrap_or(operator)
    }

    pub(super) fn phone(&self, operator: OperatorId, msisdn: Msisdn) -> Phone {
        Phone {
            operator: self.leading(operator),
            msisdn,
        }
    }

    fn times(&self, operator: OperatorId) -> Times {
        let rules = self.ussd_rules(operator);
        rules.map(|rules| rules.times).unwrap_or_default()
    }

    /// Ends a dialogue that is forgotten, as after a restart.
    fn forgotten(&mut self, beat: &mut Beat, phone: Phone, way: Way) -> Result<(), JournalError> {
        let stood_at = self.ussd.sessions.stands_at(phone);
        let stood_at = stood_at.map(|it| it.place.clone());
        let language = if stood_at.is_some() {
            self.language(beat, phone, stood_at.as_ref())?
        } else if let Some(about) = self.about(beat, phone)? {
            about.language.unwrap_or(about.default)
        } else {
            let before = Before::Forgotten;
            self.ussd.waiting.push_back(Waiting { phone, way, before });
            return Ok(());
        };
        let text = self.ussd.menus.forgotten(stood_at.as_ref(), language);
        show(beat, way, &Shown::last(text));
        Ok(())
    }

    /// The language of the last words to a phone at this place, without a look.
    pub(super) fn language(
        &mut self,
        beat: &Beat,
        phone: Phone,
        place: Option<&Place>,
    ) -> Result<Language, JournalError> {
        let about = self.about_at_once(beat, phone)?;
        let shown = place.map(Place::language);
        Ok(about.language.or(shown).unwrap_or(about.default))
    }

    /// The operators that brought steps in another dialect than theirs: what the first lacked, and how many since that
    /// was told last.
    pub fn unfit_steps(&mut self, now: UnixMillis) -> Vec<(Box<str>, String, u64)> {
        let due = self.ussd.unfit.due(now).into_iter();
        due.filter_map(|(operator, why, count)| {
            let name = self.operators.get(&operator)?.name.clone();
            Some((name, why, count))
        })
        .collect()
    }

    /// The operators that are to bring steps again, since too many wait, and how many since that was told last.
    pub fn crowded_steps(&mut self, now: UnixMillis) -> Vec<(Box<str>, u64)> {
        let due = self.ussd.crowded.due(now).into_iter();
        due.filter_map(|(operator, (), count)| {
            Some((self.operators.get(&operator)?.name.clone(), count))
        })
        .collect()
    }
}

/// A screen goes out with the end of this beat.
fn show(beat: &mut Beat, way: Way, shown: &Shown) {
    match way {
        Way::Http(reply) => beat.shown.push((reply, shown.clone())),
        Way::Smpp(brought) => {
            if let Some(screen) = screen(beat, &brought, shown) {
                beat.show(brought.operator, screen);
            }
        }
    }
}

/// The screen that answers a step, if one can be written.
pub(super) fn screen(beat: &Beat, brought: &Brought, shown: &Shown) -> Option<Screen> {
    match brought.dialect.answer(&brought.delivered()?, shown) {
        Ok(frame) => Some(Screen {
            decided: beat.now.instant,
            session: brought.session,
            step: brought.number,
            awaited: true,
            frame,
        }),
        Err(error) => {
            warn!(%error, ?shown, "a USSD screen cannot be written");
            None
        }
    }
}

/// Whether a question asks the journal for all that went to the subscriber.
fn asks_for_messages(question: &Question) -> bool {
    !matches!(
        question,
        Question::Language(_) | Question::OptOut(_) | Question::OptIn(_)
    )
}
