//! One phone's dialogue, and by what a step is known that is brought a second time.

use std::fmt;
use std::hash::BuildHasher;
use std::num::NonZeroU16;
use std::time::Duration;

use rustc_hash::FxBuildHasher;
use xabar_ussd::{SessionKey, Shown, Wanted};
use xxhash_rust::xxh3::xxh3_64;

use crate::clock::UnixMillis;

pub(super) struct Dialogue<P> {
    pub(super) session: SessionKey,
    /// What may count the step that began it: some operators name dialogues by bits that others count steps with.
    pub(super) begun: Option<u16>,
    /// The phone's dialogue before, whose place it took.
    pub(super) before: Option<Before>,
    /// Of what was dialled.
    pub(super) code: Mark,
    /// `None`: nothing is shown yet, or it ended and is kept for a step that may come again.
    pub(super) place: Option<P>,
    /// What the phone shows.
    pub(super) text: Box<str>,
    /// What it is to be answered with; `None`: with nothing.
    pub(super) wants: Option<Wanted>,
    /// Whether a step is not answered yet; what comes meanwhile is that step again.
    pub(super) pending: bool,
    pub(super) last: Last,
    /// Whether the phone shows what wants an answer, as far as we know, and was not told that its time is up.
    pub(super) asks: bool,
    /// Until when an answer is taken.
    pub(super) answer_by: UnixMillis,
    /// Whether a look is due by then.
    pub(super) has_look: bool,
    /// When it is forgotten.
    pub(super) until: UnixMillis,
}

/// A dialogue whose place another one took.
#[derive(Clone, Copy)]
pub(super) struct Before {
    /// Of its session and what may count the step that began it.
    name: Mark,
    /// Since when it is over.
    since: UnixMillis,
}

/// The step before.
pub(super) enum Last {
    /// All inputs so far: over HTTP each step tells them all.
    Inputs(Box<str>),
    /// Over SMPP, the code that was dialled, with what may count it.
    Begun(Option<u16>),
    /// Over SMPP, each tells what was typed, and may count.
    Counted(Counted),
}

/// For so long a step is known again that was the last, or began a session before.
pub(super) const REPEATED: Duration = Duration::from_secs(60);

/// The last answer over SMPP.
pub(super) struct Counted {
    count: Option<u16>,
    typed: Mark,
    /// Whether the step had another count than the one before: some operators always write the same.
    counts: bool,
    /// By how much that was ahead of the one before, if it was.
    rise: Option<NonZeroU16>,
    /// How far the operator is believed to count up: one step that was ahead is a first sign.
    belief: u8,
}

/// Of an operator whose count rose twice by the same: one that writes one of two values never does, and one that writes
/// whatever it likes hardly ever. A step that seems to have come again takes some of it, since that may be a mistake.
const WHOLE: u8 = 3;

/// With less, it is not believed.
const ENOUGH: u8 = 2;

/// By which a text, or the name of a dialogue, is known again without being kept at its length.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark(u64);

impl Mark {
    pub(super) fn of(text: &str) -> Self {
        Self(xxh3_64(text.as_bytes()))
    }

    /// Of a dialogue: some gateways name it by bits that others count its steps with.
    fn of_name(session: SessionKey, begun: Option<u16>) -> Self {
        Self(FxBuildHasher.hash_one((session, begun)))
    }
}

/// Shows nothing: a short number could be found by its hash.
impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mark")
    }
}

impl Last {
    /// What may count it, if it is a code that was dialled.
    pub(super) fn count_of_begin(&self) -> Option<u16> {
        match self {
            Self::Begun(count) => *count,
            Self::Inputs(_) | Self::Counted(_) => None,
        }
    }
}

impl Counted {
    /// Whether a step is this one again, or one before it. Where one seems to be, and then another, the operator may not
    /// count after all.
    fn has_come(&mut self, count: Option<u16>, typed: &str) -> bool {
        if self.counts && self.count == count && self.typed == Mark::of(typed) {
            return true;
        }
        let is_before = self.belief >= ENOUGH && rise(self.count, count).is_none();
        self.belief -= u8::from(is_before);
        is_before
    }
}

/// By how much a count is ahead of the one before, if it is: by less than half of all that there are, since they wrap.
fn rise(before: Option<u16>, count: Option<u16>) -> Option<NonZeroU16> {
    let ahead = NonZeroU16::new(count?.wrapping_sub(before?));
    ahead.filter(|ahead| ahead.get().cast_signed() > 0)
}

impl<P> Dialogue<P> {
    /// What the phone shows.
    pub(super) fn shown(&self) -> Shown {
        Shown {
            text: self.text.to_string(),
            wants: self.wants,
        }
    }

    /// Whether a code that is dialled in this session comes late: it was heard, and the phone is in another one since.
    /// An operator may use a number again; but none for a phone that waits for an answer or for a screen, and so soon.
    pub(super) fn took_place_of(
        &self,
        session: SessionKey,
        begun: Option<u16>,
        now: UnixMillis,
    ) -> bool {
        let name = Mark::of_name(session, begun);
        let before = self.before.filter(|before| before.name == name);
        before.is_some_and(|Before { since, .. }| match session {
            SessionKey::Unnamed => false,
            SessionKey::Name(_) => true,
            SessionKey::Number(_) => (self.pending || self.asks) && now < since.after(REPEATED),
        })
    }

    /// What the next dialogue of its phone takes the place of.
    pub(super) fn before_next(
        &self,
        next: SessionKey,
        begun: Option<u16>,
        now: UnixMillis,
    ) -> Option<Before> {
        let before = Before {
            name: Mark::of_name(self.session, self.begun),
            since: now,
        };
        match self.session == next && self.begun == begun {
            true => self.before,
            false => Some(before),
        }
    }

    /// Whether a step in this session is of the dialogue before, which had the same name but for bits that others count
    /// steps with. They have been those of its first step since this one began, so they are no count; a count that goes on
    /// from there does not come back to where the one before began.
    pub(super) fn is_of_before(&self, count: Option<u16>) -> bool {
        let last = match &self.last {
            Last::Begun(count) => *count,
            Last::Counted(last) => last.count,
            Last::Inputs(_) => None,
        };
        let is_as_begun = last.is_some() && last == self.begun;
        let name = Mark::of_name(self.session, count);
        is_as_begun && count != self.begun && self.before.is_some_and(|it| it.name == name)
    }

    /// Takes an answer, if it comes in time: from where it is to go on.
    pub(super) fn take_answer(&mut self, now: UnixMillis) -> Option<P>
    where
        P: Clone,
    {
        self.asks = false;
        let place = self.place.clone().filter(|_| now < self.answer_by);
        self.pending = place.is_some();
        place
    }

    /// Whether the code that was dialled was answered with the last screen, and this is that step again.
    pub(super) fn ended_with(&self, begin: &Last) -> bool {
        let is_same = matches!((&self.last, begin), (Last::Begun(a), Last::Begun(b)) if a == b);
        is_same && self.place.is_none()
    }

    /// Whether what was typed is the last step over SMPP again, or one before it.
    pub(super) fn has_come(&mut self, count: Option<u16>, typed: &str) -> bool {
        match &mut self.last {
            Last::Counted(last) => last.has_come(count, typed),
            Last::Inputs(_) | Last::Begun(_) => false,
        }
    }

    /// All inputs so far that came over HTTP.
    pub(super) fn inputs(&self) -> &str {
        match &self.last {
            Last::Inputs(inputs) => inputs,
            Last::Begun(_) | Last::Counted(_) => "",
        }
    }

    /// Notes a step over SMPP.
    pub(super) fn note(&mut self, count: Option<u16>, typed: &str) {
        let (before, risen, belief) = match &self.last {
            Last::Counted(last) => (last.count, last.rise, last.belief),
            Last::Begun(count) => (*count, None, 0),
            Last::Inputs(_) => (None, None, 0),
        };
        let rise = rise(before, count);
        self.last = Last::Counted(Counted {
            count,
            typed: Mark::of(typed),
            counts: count.is_some() && count != before,
            rise,
            belief: match rise {
                Some(_) if rise == risen && belief > 0 => WHOLE,
                Some(_) => 1,
                None => 0,
            },
        });
    }

    /// Whether its last step can be known again.
    pub(super) fn knows_its_last_step(&self) -> bool {
        match &self.last {
            Last::Inputs(_) => true,
            Last::Begun(_) => self.session != SessionKey::Unnamed,
            Last::Counted(last) => last.counts,
        }
    }
}

/// Shows neither what was typed nor what the phone shows.
impl<P: fmt::Debug> fmt::Debug for Dialogue<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialogue")
            .field("session", &self.session)
            .field("place", &self.place)
            .field("pending", &self.pending)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
