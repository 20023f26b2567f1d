//! What people ask of it.

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};

use xabar_events::{Agency, Msisdn, State};

use super::super::*;
use super::{Column, Model};

impl Reader for Model {
    fn outbox(&mut self, after: u64, limit: usize) -> Result<Vec<Outgoing>, JournalError> {
        let memory = self.memory();
        let after = (Bound::Excluded(after), Bound::Unbounded);
        let waiting = memory.outbox.range(after).take(limit);
        Ok(waiting.map(|(_, one)| one.clone()).collect())
    }

    fn message(&mut self, id: MessageId) -> Result<Option<Message>, JournalError> {
        Journal::message(self, id)
    }

    fn find(&mut self, question: &Question, limit: usize) -> Result<Vec<Message>, JournalError> {
        let mut found = self.memory().select(|message| {
            let state = message.progress.history.last().map(|told| told.state);
            question
                .event
                .as_ref()
                .is_none_or(|event| event == message.key.id.as_str())
                && question
                    .application
                    .as_ref()
                    .is_none_or(|application| **application == *message.application)
                && question
                    .msisdn
                    .is_none_or(|msisdn| msisdn == message.msisdn)
                && (question.state.is_none() || question.state == state)
                && question
                    .agency
                    .as_ref()
                    .is_none_or(|agency| *agency == message.key.agency)
        });
        found.truncate(limit);
        Ok(found)
    }

    fn books(&mut self) -> Result<Vec<Books>, JournalError> {
        let memory = self.memory();
        let of_agency = |(agency, columns): (&Agency, &BTreeMap<Column, u64>)| {
            let mut books = Books {
                agency: agency.name().to_owned(),
                ..Books::default()
            };
            for (column, count) in columns.iter().filter(|(_, count)| **count > 0) {
                books.accepted += count;
                match column {
                    (Some(State::Submitted), _) => {
                        books.waiting += count;
                        books.submitted += count;
                    }
                    (Some(state), _) => books.settled.push((*state, *count)),
                    (None, reason) => {
                        books.waiting += count;
                        books.deferred.extend(reason.map(|reason| (reason, *count)));
                    }
                }
            }
            books
        };
        Ok(memory.books.iter().map(of_agency).collect())
    }

    /// Of all days.
    fn balance(
        &mut self,
        _day: Option<i64>,
        each: &mut dyn FnMut(Message),
    ) -> Result<Vec<Books>, JournalError> {
        self.memory().select(|_| true).into_iter().for_each(each);
        self.books()
    }

    fn traffic(
        &mut self,
        since: UnixMillis,
        most: u64,
        each: &mut dyn FnMut(Message) -> ControlFlow<()>,
    ) -> Result<(), JournalError> {
        let first = self.memory().start.last_message.saturating_sub(most) + 1;
        let traffic = self
            .memory()
            .select(|it| it.is_traffic(MessageId(first), since));
        let mut messages = traffic.into_iter();
        while let Some(message) = messages.next()
            && each(message).is_continue()
        {}
        Ok(())
    }

    fn wall_times(&mut self) -> Result<WallTimes, JournalError> {
        Ok(self.memory().wall_times.clone())
    }

    fn last_message(&mut self) -> Result<u64, JournalError> {
        Ok(self.memory().start.last_message)
    }

    fn accepted_as(
        &mut self,
        questions: &[(OperatorId, Vec<String>)],
    ) -> Result<Vec<Option<Awaiting>>, JournalError> {
        let memory = self.memory();
        let find = |(operator, ids): &(OperatorId, Vec<String>)| {
            let under = |id: &String| {
                let awaiting = memory.awaiting.get(id.as_str()).into_iter().flatten();
                awaiting
                    .filter(|it| it.operator == *operator)
                    .max_by_key(|it| (it.at, it.message, it.segment))
            };
            ids.iter().find_map(under).cloned()
        };
        Ok(questions.iter().map(find).collect())
    }

    fn choices(&mut self, msisdn: Msisdn) -> Result<Choices, JournalError> {
        Journal::choices(self, msisdn)
    }

    fn submitted_to(&mut self, msisdn: Msisdn) -> Result<SubscriberFacts, JournalError> {
        let known = self.memory().subscribers.get(&msisdn).cloned();
        Ok(known.unwrap_or_default())
    }

    fn held_of(
        &mut self,
        msisdn: Msisdn,
        last_digits: u32,
    ) -> Result<Vec<HeldReceipt>, JournalError> {
        let memory = self.memory();
        let held = memory.held.values();
        let held = held.filter(|it| it.last_digits == last_digits && it.names(msisdn));
        Ok(held.cloned().collect())
    }

    fn backlog(&mut self) -> Result<Backlog, JournalError> {
        let mut backlog = Backlog::default();
        for books in self.books()? {
            backlog.messages += books.waiting - books.submitted;
            for (reason, count) in books.deferred {
                *backlog.deferred.entry(reason).or_default() += count;
            }
        }
        Ok(backlog)
    }

    fn operator_name(&mut self, id: OperatorId) -> Result<Option<String>, JournalError> {
        let place = usize::from(id.0).checked_sub(1);
        let name = place.and_then(|place| self.memory().operators.get(place).cloned());
        Ok(name)
    }
}
