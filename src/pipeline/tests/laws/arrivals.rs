//! What is known to have arrived: what phones say of pushes, and receipts by our reference.

use super::{Attempt, Fate, Laws};
use crate::clock::Now;
use crate::delivery::{Answer, Token};
use crate::journal::OperatorId;

impl Laws {
    /// A phone says whether it shows a push, which this answer would acknowledge.
    pub(crate) fn word_brought(
        &mut self,
        operator: OperatorId,
        answer: Answer,
        token: Token,
        is_shown: bool,
    ) {
        self.words.push((operator, answer, token, is_shown));
    }

    /// A receipt that returns our reference, and says that a segment arrived, is brought, which this answer would acknowledge.
    pub(crate) fn arrival_brought(&mut self, operator: OperatorId, answer: Answer, token: Token) {
        self.arrivals.push((operator, answer, token));
    }

    /// What of that the gateway acknowledges, it heeds.
    pub(super) fn hear_of_arrivals(&mut self, now: &Now, operator: OperatorId, answers: &[Answer]) {
        let acknowledged = |word: &mut (OperatorId, Answer, Token, bool)| {
            word.0 == operator && answers.contains(&word.1)
        };
        let words: Vec<_> = self.words.extract_if(.., acknowledged).collect();
        for (_, _, token, is_shown) in words {
            match self.is_given_up(now, token) {
                false => self.push_told(token, is_shown),
                true if !is_shown => self.may_not_be_shown(token),
                true => {}
            }
        }
        let acknowledged =
            |it: &mut (OperatorId, Answer, Token)| it.0 == operator && answers.contains(&it.1);
        let arrivals: Vec<_> = self.arrivals.extract_if(.., acknowledged).collect();
        for (_, _, token) in arrivals {
            self.arrived_for_certain(token);
        }
    }

    /// The time for the word on a push is over: it is heard only in the very beat that would give it up.
    fn is_given_up(&self, now: &Now, push: Token) -> bool {
        let known = self.messages.get(&push.message);
        let last = known.and_then(|known| known.attempts.last());
        let fate = last.and_then(|last| last.segments.get(&push.segment));
        matches!(fate, Some(Fate::Unanswered(since)) if since.after(self.uncertain) <= now.steady)
    }

    /// Whether the SMS repeats a push that may have been given up before its phone said that it does not show it, nobody can tell.
    fn may_not_be_shown(&mut self, push: Token) {
        self.push_told(push, false);
        let known = self.messages.get_mut(&push.message);
        let last = known.and_then(|known| known.attempts.last_mut());
        if let Some(last) = last.filter(|last| last.octet == push.attempt) {
            last.doubtful.insert(push.segment);
        }
    }

    /// It is to be heard whether a push is shown.
    pub(crate) fn push_told(&mut self, token: Token, is_shown: bool) {
        let known = self.messages.get_mut(&token.message);
        let last = known.and_then(|known| known.attempts.last_mut());
        if let Some(fate) = last.and_then(|last| last.segments.get_mut(&token.segment)) {
            *fate = match is_shown {
                true => Fate::Accepted,
                false => Fate::Nowhere,
            };
        }
    }

    /// Whether the operator said that it took this very copy.
    fn is_taken(&self, copy: Token) -> bool {
        let attempts = &self.messages[&copy.message].attempts;
        let mut of_it = attempts.iter().filter(|it| it.octet == copy.attempt);
        of_it.any(|it| it.segments.get(&copy.segment) == Some(&Fate::Accepted))
    }

    /// What had no answer has one by such a receipt, and what was refused is there all the same: of several attempts the last one is
    /// taken for it, unless another one was taken.
    fn arrived_for_certain(&mut self, token: Token) {
        let (id, segment) = (token.message, token.segment);
        // Of what was refused, said not to have arrived, and taken after that under one id, the first word holds.
        let is_denied = self.not_arrived.contains(&(id, token.attempt, segment));
        if is_denied && self.is_taken(token) {
            return;
        }
        self.certain.insert((id, segment));
        // What is over by then stays so, and a refusal with it.
        let known = self.messages.get_mut(&id);
        let Some(known) = known.filter(|it| !it.told.1.is_terminal()) else {
            return;
        };
        let attempts = &mut known.attempts;
        let is_there = attempts.iter().any(Attempt::counts);
        // A push has the reference, too: without its phone's word it may be what arrived.
        let fates =
            |it: &Attempt| [segment, Token::PUSH].map(|named| it.segments.get(&named).copied());
        let are_nothing = attempts
            .iter()
            .flat_map(fates)
            .flatten()
            .all(Fate::is_nothing);
        let written = |it: &&mut Attempt| {
            let fate = it.segments.get(&segment);
            fate.is_some_and(|fate| *fate != Fate::Unwritten)
        };
        let Some(last) = attempts.iter_mut().rev().find(written) else {
            return;
        };
        let counted = last.counts();
        match last.segments.get_mut(&segment) {
            Some(fate @ (Fate::Sent | Fate::Unanswered(_))) => *fate = Fate::Accepted,
            Some(fate @ Fate::Nowhere) if are_nothing => {
                *fate = Fate::Accepted;
                // Of a text of which some is there, or may be, it is no message more.
                last.is_rest |= is_there && !counted;
            }
            _ => {}
        }
    }
}

impl Attempt {
    /// Whether any of it may have reached its phone.
    fn counts(&self) -> bool {
        self.segments.values().any(|fate| !fate.is_nothing())
    }
}
