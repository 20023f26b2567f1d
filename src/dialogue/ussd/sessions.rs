//! The dialogues by their phones.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::time::Duration;

use rustc_hash::FxHashMap;
use xabar_events::Msisdn;
use xabar_ussd::form::{Form, added};
use xabar_ussd::{Said, SessionKey, Shown, Step};

use super::dialogue::{Counted, Dialogue, Last, Mark};
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
    /// How long a citizen may think.
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
    /// It is of a dialogue that is forgotten: to be said so.
    Forgotten,
    /// Nothing can be shown any more, or it is the step again that is being answered.
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
            Self::Forgotten => f.write_str("Forgotten"),
            Self::Nothing => f.write_str("Nothing"),
        }
    }
}

/// All dialogues under way; `P` is a place in the menus.
#[derive(Debug)]
pub struct Sessions<P> {
    open: FxHashMap<Phone, Dialogue<P>>,
    /// When to look whether a dialogue is to be forgotten, which may turn out to be later.
    looks: BinaryHeap<Reverse<(UnixMillis, Phone)>>,
    most: usize,
}

/// Dialogues at once; the next one takes the place of that which nobody has answered for the longest time.
pub(super) const MOST_OPEN: usize = 100_000;

/// How long a last screen is remembered, if it can be known that its step came again.
const REPEATED: Duration = Duration::from_secs(60);

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
            looks: BinaryHeap::new(),
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
        self.looks.len()
    }

    fn find(&mut self, phone: Phone, session: SessionKey) -> Option<&mut Dialogue<P>> {
        let dialogue = self.open.get_mut(&phone);
        dialogue.filter(|dialogue| dialogue.session == session)
    }

    fn look_at(&mut self, at: UnixMillis, phone: Phone) {
        self.looks.push(Reverse((at, phone)));
        if self.looks.len() > 2 * self.open.len() + 1_000 {
            let open = self.open.iter();
            self.looks = open
                .map(|(phone, it)| Reverse((it.until, *phone)))
                .collect();
        }
    }

    /// Forgets what is over, and what there is no room for.
    fn forget(&mut self, now: UnixMillis, most: usize) {
        while let Some(Reverse((at, phone))) = self.looks.peek().copied() {
            if at > now && self.open.len() <= most {
                return;
            }
            self.looks.pop();
            match self.open.get(&phone).map(|dialogue| dialogue.until) {
                Some(until) if until > at => self.looks.push(Reverse((until, phone))),
                Some(_) => drop(self.open.remove(&phone)),
                None => {}
            }
        }
    }
}

impl<P: Clone> Sessions<P> {
    /// Whether a phone is in this dialogue.
    pub fn is_in(&self, phone: Phone, session: SessionKey) -> bool {
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
        self.forget(now, self.most);
        let (session, count) = (step.session, step.count);
        match step.said {
            Said::Begin { dialled } => {
                let last = Last::Counted(Counted::begin(count));
                self.begun(now, phone, session, dialled, last, times)
            }
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
                let Some(place) = dialogue.place.clone() else {
                    return Turn::Forgotten;
                };
                dialogue.note(count, &typed);
                dialogue.pending = true;
                Turn::Answer { place, typed }
            }
            // Nothing of ours that is known was pushed.
            Said::Ended | Said::Noticed => self.ended(now, phone, session, times),
        }
    }

    /// Takes what a phone says over HTTP. The same form again is answered as before, and a report of the end is one only
    /// if nothing was typed that is not known yet.
    pub fn posted(&mut self, now: UnixMillis, phone: Phone, form: Form, times: Times) -> Turn<P> {
        self.forget(now, self.most);
        let session = SessionKey::named(&form.session);
        let text = form.text;
        let Some(dialogue) = self.find(phone, session) else {
            let last = Last::Inputs(Box::default());
            return match text.is_empty() {
                _ if form.over => Turn::Nothing,
                true => self.begun(now, phone, session, form.code, last, times),
                false => Turn::Forgotten,
            };
        };
        let before = match &dialogue.last {
            Last::Inputs(inputs) => &**inputs,
            Last::Counted(_) => "",
        };
        let typed = added(before, &text).map(str::to_owned);
        let place = dialogue.place.clone();
        if form.over && (dialogue.pending || typed.is_none() || place.is_none()) {
            return self.ended(now, phone, session, times);
        }
        if dialogue.pending {
            return Turn::Nothing;
        }
        let Some(typed) = typed else {
            return Turn::Again(dialogue.shown());
        };
        let Some(place) = place else {
            return Turn::Forgotten;
        };
        dialogue.last = Last::Inputs(text.into());
        dialogue.pending = true;
        Turn::Answer { place, typed }
    }

    fn ended(
        &mut self,
        now: UnixMillis,
        phone: Phone,
        session: SessionKey,
        times: Times,
    ) -> Turn<P> {
        if let Some(dialogue) = self.find(phone, session) {
            let until = dialogue.until.min(now.after(times.resume));
            dialogue.until = until;
            self.look_at(until, phone);
        }
        Turn::Nothing
    }

    /// A code was dialled. Where the same one led of late, the dialogue goes on; the step that begins it may
    /// also have come twice.
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
        let same = |it: &&mut Dialogue<P>| it.code == code;
        if let Some(dialogue) = self.open.get_mut(&phone).filter(same) {
            let twice = session != SessionKey::Unnamed && dialogue.session == session;
            if twice && dialogue.pending {
                return Turn::Nothing;
            }
            let resumes = twice || !times.resume.is_zero();
            if let Some(place) = dialogue.place.clone().filter(|_| resumes) {
                dialogue.session = session;
                dialogue.last = last;
                dialogue.pending = true;
                dialogue.until = now.after(times.answer + times.resume);
                return Turn::Resume { place };
            }
        }
        if !self.open.contains_key(&phone) {
            self.forget(now, self.most.saturating_sub(1));
        }
        let dialogue = Dialogue {
            session,
            code,
            place: None,
            text: Box::default(),
            pending: true,
            last,
            until: now.after(times.answer),
        };
        let until = dialogue.until;
        self.open.insert(phone, dialogue);
        self.look_at(until, phone);
        Turn::Begin { dialled }
    }

    /// The phone is shown this, and stands there now.
    pub fn shows(&mut self, now: UnixMillis, phone: Phone, place: P, text: &str, times: Times) {
        if let Some(dialogue) = self.open.get_mut(&phone) {
            dialogue.place = Some(place);
            dialogue.text = text.into();
            dialogue.pending = false;
            dialogue.until = now.after(times.answer + times.resume);
        }
    }

    /// The phone is shown this last.
    pub fn ends(&mut self, now: UnixMillis, phone: Phone, text: &str) {
        match self.open.get_mut(&phone) {
            Some(dialogue) if dialogue.knows_its_last_step() => {
                dialogue.place = None;
                dialogue.text = text.into();
                dialogue.pending = false;
                dialogue.until = now.after(REPEATED);
            }
            _ => drop(self.open.remove(&phone)),
        }
    }
}
