//! The dialogues by their phones.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use rustc_hash::FxHashMap;
use xabar_events::Msisdn;
use xabar_ussd::form::{Form, added};
use xabar_ussd::{Said, SessionKey, Shown, Step};

use super::dialogue::{Dialogue, Last, Mark, REPEATED};
use super::looks::Looks;
use crate::clock::UnixMillis;
use crate::journal::OperatorId;

/// Whose phone it is, and over whom it talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone {
    pub operator: OperatorId,
    pub msisdn: Msisdn,
}

/// How long one operator's dialogues are remembered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How long a citizen may think. Then the dialogue is dropped.
    pub answer: Duration,
    /// How long after it was dropped a dialogue goes on where it was, if the same code is dialled again.
    pub resume: Duration,
}

/// What is to be done about a phone's step. With all but the last two, what the phone waited for is of no use any more.
#[derive(PartialEq, Eq)]
pub enum Turn<P> {
    /// A dialogue begins.
    Begin { dialled: String },
    /// This was typed where the dialogue stands.
    Answer { place: P, typed: String },
    /// The same code was dialled again, or that step came twice: the dialogue goes on there.
    Resume { place: P },
    /// An answer came twice, and is answered as before.
    Again(Shown),
    /// The phone left its dialogue: nothing can be shown any more.
    Ended,
    /// It is of a dialogue that is forgotten, or comes too late, or after the phone's next dialogue: to be said so.
    Forgotten,
    /// It is of a dialogue that the phone is not in, which is over, or the step again that is being answered.
    Nothing,
}

/// Tells how much was dialled or typed, not what.
impl<P: fmt::Debug> fmt::Debug for Turn<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { dialled } => f.debug_tuple("Begin").field(&dialled.len()).finish(),
            Self::Answer { place, typed } => f
                .debug_struct("Answer")
                .field("place", place)
                .field("len", &typed.len())
                .finish(),
            Self::Resume { place } => f.debug_struct("Resume").field("place", place).finish(),
            Self::Again(shown) => f.debug_tuple("Again").field(shown).finish(),
            Self::Ended => f.write_str("Ended"),
            Self::Forgotten => f.write_str("Forgotten"),
            Self::Nothing => f.write_str("Nothing"),
        }
    }
}

/// All dialogues under way; `P` is a place in the menus.
#[derive(Debug)]
pub struct Sessions<P> {
    open: FxHashMap<Phone, Dialogue<P>>,
    /// When to look whether a dialogue is to be forgotten.
    looks: Looks,
    /// When to look whether the time for an answer is over.
    asked: Looks,
    /// Those that were forgotten while their phones waited.
    unasked: VecDeque<(Phone, P)>,
    most: usize,
}

/// Dialogues at once; the next one takes the place of that which nobody has answered for the longest time.
pub(super) const MOST_OPEN: usize = 100_000;

/// Forgotten dialogues whose phones are still to be told; of more the network has to tell.
const MOST_UNASKED: usize = 5_000;

impl<P> Default for Sessions<P> {
    fn default() -> Self {
        Self::with_room(MOST_OPEN)
    }
}

impl<P> Sessions<P> {
    /// At most so many at once.
    pub(super) fn with_room(most: usize) -> Self {
        Self {
            open: FxHashMap::default(),
            looks: Looks::default(),
            asked: Looks::default(),
            unasked: VecDeque::new(),
            most,
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    #[cfg(test)]
    pub(super) fn looks(&self) -> usize {
        self.looks.len().max(self.asked.len())
    }

    fn find(&mut self, phone: Phone, session: SessionKey) -> Option<&mut Dialogue<P>> {
        let dialogue = self.open.get_mut(&phone);
        dialogue.filter(|dialogue| dialogue.session == session)
    }

    fn look_at(&mut self, at: UnixMillis, phone: Phone) {
        self.looks.push(at, phone);
        if self.looks.are_stale(self.open.len()) {
            let open = self.open.iter();
            self.looks
                .replace(open.map(|(phone, it)| (it.until, *phone)));
        }
    }

    /// Has the phone told that its time is up, if that is when no answer came.
    fn ask_until(&mut self, answer_by: UnixMillis, phone: Phone) {
        self.asked.push(answer_by, phone);
        if self.asked.are_stale(self.open.len()) {
            let asking = self.open.iter_mut().filter_map(|(phone, it)| {
                it.has_look = it.asks;
                it.asks.then_some((it.answer_by, *phone))
            });
            self.asked.replace(asking);
        }
    }

    /// Forgets what is over, and what there is no room for.
    fn forget(&mut self, now: UnixMillis, most: usize) {
        while let Some((at, phone)) = self.looks.first() {
            if at > now && self.open.len() <= most {
                return;
            }
            self.looks.pop();
            match self.open.get(&phone).map(|dialogue| dialogue.until) {
                Some(until) if until > at => self.looks.push(until, phone),
                Some(_) => self.remove(phone),
                None => {}
            }
        }
    }

    /// Who says something is told what becomes of that, and nothing else.
    fn hear(&mut self, now: UnixMillis, phone: Phone) {
        self.forget(now, self.most);
        self.unasked.retain(|(waiting, _)| *waiting != phone);
    }

    fn remove(&mut self, phone: Phone) {
        let dialogue = self.open.remove(&phone).filter(|it| it.asks);
        if let Some(place) = dialogue.and_then(|it| it.place)
            && self.unasked.len() < MOST_UNASKED
        {
            self.unasked.push_back((phone, place));
        }
    }

    /// When the next phone may be to be told that its time is up.
    pub fn next_over(&self) -> Option<UnixMillis> {
        match self.unasked.is_empty() {
            true => self.asked.first().map(|(at, _)| at),
            false => Some(UnixMillis(0)),
        }
    }

    /// Where a phone's dialogue stands, or stood of late.
    pub fn stands_at(&self, phone: Phone) -> Option<&P> {
        self.open.get(&phone)?.place.as_ref()
    }

    /// A phone's dialogue is over, and nothing of it is remembered; gives where it stood.
    pub fn close(&mut self, phone: Phone) -> Option<P> {
        self.open.remove(&phone)?.place
    }
}

impl<P: Clone> Sessions<P> {
    /// The phones that show what nobody answered in time, and where they stand: those of the next looks, which are no
    /// more than this. They take no answer any more; whoever dials again goes on there for some time.
    pub fn over(&mut self, now: UnixMillis, looks: usize) -> Vec<(Phone, P)> {
        let unasked = self.unasked.len().min(looks);
        let mut over: Vec<(Phone, P)> = self.unasked.drain(..unasked).collect();
        for _ in unasked..looks {
            let Some(phone) = self.asked.next(now) else {
                break;
            };
            let Some(dialogue) = self.open.get_mut(&phone) else {
                continue;
            };
            if dialogue.asks && dialogue.answer_by > now {
                self.asked.push(dialogue.answer_by, phone);
                continue;
            }
            dialogue.has_look = false;
            if std::mem::take(&mut dialogue.asks)
                && let Some(place) = dialogue.place.clone()
            {
                over.push((phone, place));
            }
        }
        over
    }

    /// Whether a phone waits in some dialogue for a screen, or shows one that wants an answer.
    pub fn is_busy(&self, phone: Phone) -> bool {
        let dialogue = self.open.get(&phone);
        dialogue.is_some_and(|it| it.pending || it.asks)
    }

    /// Whether it does so in this dialogue.
    pub fn is_in(&self, phone: Phone, session: SessionKey) -> bool {
        let dialogue = self.open.get(&phone);
        dialogue.is_some_and(|it| it.session == session && (it.pending || it.asks))
    }

    /// Whether what is typed may be an answer in this dialogue, be it too late.
    pub fn may_answer(&self, phone: Phone, session: SessionKey) -> bool {
        let dialogue = self.open.get(&phone);
        dialogue.is_some_and(|it| it.session == session && (it.pending || it.place.is_some()))
    }

    /// Takes what a phone says over SMPP. A step that is brought again is answered as before, where the operator
    /// counts them.
    pub fn heard(
        &mut self,
        now: UnixMillis,
        phone: Phone,
        step: Step<'_>,
        times: Times,
    ) -> Turn<P> {
        self.hear(now, phone);
        let (session, count) = (step.session, step.count);
        let dialogue = self.find(phone, session);
        let of_before = dialogue.is_some_and(|it| it.is_of_before(count));
        match step.said {
            Said::Begin { dialled } => {
                let last = Last::Begun(count);
                self.begun(now, phone, session, dialled, last, times)
            }
            Said::Answer(_) if of_before => Turn::Forgotten,
            Said::Ended | Said::Noticed if of_before => Turn::Nothing,
            Said::Answer(typed) => {
                let Some(dialogue) = self.find(phone, session) else {
                    return Turn::Forgotten;
                };
                if dialogue.pending {
                    return Turn::Nothing;
                }
                if dialogue.has_come(count, &typed) {
                    return Turn::Again(dialogue.shown());
                }
                let Some(place) = dialogue.take_answer(now) else {
                    return Turn::Forgotten;
                };
                dialogue.note(count, &typed);
                Turn::Answer { place, typed }
            }
            // Nothing of ours that is known was pushed.
            Said::Ended | Said::Noticed => self.ended(now, phone, session, times),
        }
    }

    /// Whether a form is nothing but a report of the end.
    pub fn reports_end(&self, phone: Phone, form: &Form) -> bool {
        let session = SessionKey::named(&form.session);
        let dialogue = self.open.get(&phone).filter(|it| it.session == session);
        let brings_nothing = |it: &Dialogue<P>| {
            it.pending || it.place.is_none() || added(it.inputs(), &form.text).is_none()
        };
        form.over && dialogue.is_none_or(brings_nothing)
    }

    /// Takes what a phone says over HTTP. The same form again is answered as before, and a report of the end is one only
    /// if nothing was typed that is not known yet.
    pub fn posted(&mut self, now: UnixMillis, phone: Phone, form: Form, times: Times) -> Turn<P> {
        self.hear(now, phone);
        let session = SessionKey::named(&form.session);
        if self.reports_end(phone, &form) {
            return self.ended(now, phone, session, times);
        }
        let text = form.text;
        let Some(dialogue) = self.find(phone, session) else {
            let last = Last::Inputs(Box::default());
            return match text.is_empty() {
                true => self.begun(now, phone, session, form.code, last, times),
                false => Turn::Forgotten,
            };
        };
        let typed = added(dialogue.inputs(), &text).map(str::to_owned);
        if dialogue.pending {
            return Turn::Nothing;
        }
        let Some(typed) = typed else {
            return Turn::Again(dialogue.shown());
        };
        let Some(place) = dialogue.take_answer(now) else {
            return Turn::Forgotten;
        };
        dialogue.last = Last::Inputs(text.into());
        Turn::Answer { place, typed }
    }

    fn ended(
        &mut self,
        now: UnixMillis,
        phone: Phone,
        session: SessionKey,
        times: Times,
    ) -> Turn<P> {
        let Some(dialogue) = self.find(phone, session) else {
            return Turn::Nothing;
        };
        if std::mem::take(&mut dialogue.pending) && dialogue.place.is_none() {
            // Nothing was shown yet that it could go on with.
            self.open.remove(&phone);
            return Turn::Ended;
        }
        let until = dialogue.until.min(now.after(times.resume));
        dialogue.until = until;
        dialogue.asks = false;
        self.look_at(until, phone);
        Turn::Ended
    }

    /// A code was dialled. Where the same one led of late, the dialogue goes on; the step that begins it may
    /// also have come twice, or late: then the one that the phone is in since is not disturbed.
    fn begun(
        &mut self,
        now: UnixMillis,
        phone: Phone,
        session: SessionKey,
        dialled: String,
        last: Last,
        times: Times,
    ) -> Turn<P> {
        let code = Mark::of(&dialled);
        let begun = last.count_of_begin();
        let known = self.open.get(&phone);
        if known.is_some_and(|it| it.took_place_of(session, begun, now)) {
            return Turn::Forgotten;
        }
        let before = known.and_then(|it| it.before_next(session, begun, now));
        let same = |it: &&mut Dialogue<P>| it.code == code;
        if let Some(dialogue) = self.open.get_mut(&phone).filter(same) {
            let is_named = session != SessionKey::Unnamed;
            let twice = is_named && dialogue.session == session && dialogue.begun == begun;
            if twice && dialogue.pending {
                return Turn::Nothing;
            }
            if twice && dialogue.ended_with(&last) {
                return Turn::Again(dialogue.shown());
            }
            let resumes = twice || !times.resume.is_zero();
            if let Some(place) = dialogue.place.clone().filter(|_| resumes) {
                dialogue.session = session;
                dialogue.begun = begun;
                dialogue.before = before;
                // Brought again, its answers may be, too.
                if !twice {
                    dialogue.last = last;
                }
                dialogue.pending = true;
                dialogue.asks = false;
                dialogue.until = now.after(times.answer + times.resume);
                return Turn::Resume { place };
            }
        }
        if !self.open.contains_key(&phone) {
            self.forget(now, self.most.saturating_sub(1));
        }
        let dialogue = Dialogue {
            session,
            begun,
            before,
            code,
            place: None,
            text: Box::default(),
            wants: None,
            pending: true,
            last,
            asks: false,
            answer_by: now.after(times.answer),
            has_look: false,
            until: now.after(times.answer),
        };
        let until = dialogue.until;
        self.open.insert(phone, dialogue);
        self.look_at(until, phone);
        Turn::Begin { dialled }
    }

    /// The phone is shown this, and stands there now.
    pub fn shows(&mut self, now: UnixMillis, phone: Phone, place: P, shown: &Shown, times: Times) {
        let Some(dialogue) = self.open.get_mut(&phone) else {
            return;
        };
        dialogue.place = Some(place);
        dialogue.text = shown.text.as_str().into();
        dialogue.wants = shown.wants;
        dialogue.pending = false;
        dialogue.asks = true;
        dialogue.answer_by = now.after(times.answer);
        dialogue.until = dialogue.answer_by.after(times.resume);
        if !std::mem::replace(&mut dialogue.has_look, true) {
            let answer_by = dialogue.answer_by;
            self.ask_until(answer_by, phone);
        }
    }

    /// The phone is shown this last.
    pub fn ends(&mut self, now: UnixMillis, phone: Phone, text: &str) {
        match self.open.get_mut(&phone) {
            Some(dialogue) if dialogue.knows_its_last_step() => {
                dialogue.place = None;
                dialogue.text = text.into();
                dialogue.wants = None;
                dialogue.pending = false;
                dialogue.asks = false;
                let until = now.after(REPEATED);
                dialogue.until = until;
                self.look_at(until, phone);
            }
            _ => drop(self.open.remove(&phone)),
        }
    }
}
