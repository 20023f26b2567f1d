//! The books: that of every message accepted it is known where it stands, and what operators count beside that.
//!
//! In: the messages of the journal one by one, its books, an operator's [`Statement`]. Out: a [`Balance`], which serde writes for
//! scripts. Each message is counted once, in one [`Column`]; one whose outcome is missing is named.

mod statement;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use xabar_events::{Agency, State};

pub use statement::{Line, Said, Statement, WrongStatement, read_line};

use crate::clock::{UnixMillis, WallTimes};
use crate::control::story::EventName;
use crate::journal::{Books, Message, OperatorId, Phase, Segment};

/// What is reckoned up, and by which time an outcome should be there.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The day of acceptance, counted from 1970-01-01 UTC.
    pub day: Option<i64>,
    pub agency: Option<Agency>,
    /// Wall time.
    pub now: UnixMillis,
    pub wall_times: WallTimes,
    /// How long a receipt is waited for.
    pub receipt: Duration,
    /// How long a submission waits for its answer, and an uncertain one for what settles it.
    pub uncertain: Duration,
}

/// The account of one agency or operator: accepted = settled + waiting + without an outcome.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    pub accepted: u64,
    /// Those whose fate is told, by state.
    #[serde(flatten)]
    pub settled: BTreeMap<State, u64>,
    /// Those that wait, also for their receipts.
    pub waiting: u64,
    /// Those of them that their operators took.
    pub submitted: u64,
    /// Those that are over without an outcome: always none.
    pub untold: u64,
}

/// Where a message stands in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Settled(State),
    Waiting,
    Submitted,
    Untold,
}

impl Column {
    fn of(message: &Message) -> Self {
        let last = message.progress.history.last().map(|told| told.state);
        match (message.progress.phase, last) {
            (Phase::Settled, Some(state)) if state.is_terminal() => Self::Settled(state),
            (Phase::Settled, _) => Self::Untold,
            (Phase::Submitted, _) => Self::Submitted,
            (Phase::Waiting | Phase::InFlight, _) => Self::Waiting,
        }
    }
}

impl Account {
    fn enter(&mut self, column: Column, count: u64) {
        self.accepted += count;
        match column {
            Column::Settled(state) => *self.settled.entry(state).or_default() += count,
            Column::Waiting => self.waiting += count,
            Column::Submitted => {
                self.waiting += count;
                self.submitted += count;
            }
            Column::Untold => self.untold += count,
        }
    }

    /// As the journal's own books have it.
    fn of(books: &Books) -> Self {
        let mut account = Self::default();
        account.enter(Column::Waiting, books.waiting - books.submitted);
        account.enter(Column::Submitted, books.submitted);
        for (state, count) in &books.settled {
            let column = match state.is_terminal() {
                true => Column::Settled(*state),
                false => Column::Untold,
            };
            account.enter(column, *count);
        }
        account
    }

    /// Names the states of which there is none as well.
    fn complete(&mut self) {
        for state in State::ALL.iter().copied().filter(|it| it.is_terminal()) {
            self.settled.entry(state).or_default();
        }
    }

    /// Whether the sum is right.
    pub fn balances(&self) -> bool {
        self.accepted == self.settled.values().sum::<u64>() + self.waiting + self.untold
    }
}

/// An agency's account, those forgotten included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AgencyAccount {
    pub name: String,
    #[serde(flatten)]
    pub account: Account,
    /// Those that are settled and which the journal does not hold any more.
    pub forgotten: u64,
    /// Whether the books and the messages agree.
    pub agrees: bool,
}

/// An operator's account, of what the journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OperatorAccount {
    /// `None`: what none carries.
    pub name: Option<String>,
    #[serde(flatten)]
    pub account: Account,
    /// Segments that it accepted, copies included; of these, those that arrived.
    pub segments: u64,
    pub segments_delivered: u64,
    /// What it counts itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theirs: Option<Theirs>,
    /// Whether that is the same, if it is known.
    pub agrees: bool,
}

/// What an operator counts itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Theirs {
    pub segments: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivered: Option<u64>,
    /// Those of its list that are of no message here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strangers: Option<u64>,
}

/// Why a message is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// It is over, and no outcome was told.
    Untold,
    /// It waits although its deadline is over.
    Overdue,
    /// Its receipt was waited for long enough.
    NoReceipt,
    /// Its operator does not list it.
    NotListed,
    /// Its operator lists more or fewer of its segments than it accepted.
    Segments,
    /// Its operator says otherwise what became of it.
    Fate,
    /// It may be counted otherwise by its operator, whose count differs: it was repeated, or its fate is unknown.
    InDoubt,
}

impl Why {
    /// Whether it came out beside an operator's list.
    fn is_theirs(self) -> bool {
        matches!(self, Self::NotListed | Self::Segments | Self::Fate)
    }

    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Untold => "is over without an outcome",
            Self::Overdue => "waits although its deadline is over",
            Self::NoReceipt => "waits for a receipt longer than timing.receipt",
            Self::NotListed => "is not in the operator's list",
            Self::Segments => "has another number of segments in the operator's list",
            Self::Fate => "ended otherwise by the operator's list",
            Self::InDoubt => "was repeated or is unknown: the operator may count it otherwise",
        }
    }
}

/// A message that a difference is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named {
    pub why: Why,
    pub id: String,
    pub event: EventName,
    pub application: String,
    /// The last that was told.
    pub state: Option<State>,
    pub operator: Option<String>,
    #[serde(skip)]
    carrier: OperatorId,
}

/// What it came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Balance {
    /// Whether every sum is right and nothing differs.
    pub balanced: bool,
    pub agencies: Vec<AgencyAccount>,
    pub operators: Vec<OperatorAccount>,
    pub messages: Vec<Named>,
    /// Those that are not named since there are too many.
    pub more: u64,
    /// Ids of operators' lists that are of no message here, the first of them.
    pub strange_ids: Vec<String>,
}

/// Messages that are named at most.
const MOST: usize = 1000;

/// The sum on its way.
#[derive(Debug, Default)]
pub struct Reckoning {
    scope: Scope,
    statement: Statement,
    agencies: BTreeMap<String, Account>,
    operators: BTreeMap<OperatorId, OperatorAccount>,
    named: Vec<Named>,
    doubtful: BTreeMap<OperatorId, Vec<Named>>,
    more: u64,
}

impl Reckoning {
    pub fn new(scope: Scope, statement: Statement) -> Self {
        Self {
            scope,
            statement,
            ..Self::default()
        }
    }

    /// The day whose books it is to be closed with.
    pub fn day(&self) -> Option<i64> {
        self.scope.day
    }

    /// Counts a message, if it is asked for.
    pub fn take(&mut self, message: &Message) {
        let scope = &self.scope;
        let agency = scope.agency.as_ref();
        if scope
            .day
            .is_some_and(|day| day != scope.wall_times.day_of(message.accepted_at))
            || agency.is_some_and(|agency| *agency != message.key.agency)
        {
            return;
        }
        let column = Column::of(message);
        let name = message.key.agency.name();
        match self.agencies.get_mut(name) {
            Some(account) => account.enter(column, 1),
            None => {
                let account = self.agencies.entry(name.to_owned()).or_default();
                account.enter(column, 1);
            }
        }
        let carrier = message.progress.operator;
        let (segments, delivered) = segments(message);
        let said = self.statement.said_of(carrier, message.id);
        let operator = self.operators.entry(carrier).or_default();
        operator.account.enter(column, 1);
        operator.segments += segments;
        operator.segments_delivered += delivered;
        if let Some(said) = said {
            let theirs = operator.theirs.get_or_insert_default();
            theirs.segments += u64::from(said.segments);
        }
        let why = self.missing(message, column);
        let why = why.or_else(|| self.differs(message, segments, column, said?));
        if let Some(why) = why {
            self.name(why, message);
        } else if is_doubtful(message) {
            let doubtful = self.doubtful.entry(carrier).or_default();
            if doubtful.len() < MOST {
                doubtful.push(named(Why::InDoubt, message));
            }
        }
    }

    fn name(&mut self, why: Why, message: &Message) {
        if self.named.len() < MOST {
            self.named.push(named(why, message));
        } else {
            self.more += 1;
        }
    }

    /// Why a message without an outcome should have one by now.
    fn missing(&self, message: &Message, column: Column) -> Option<Why> {
        let scope = &self.scope;
        let progress = &message.progress;
        let is_over = |at: UnixMillis, wait| at.after(wait).after(LEEWAY) < scope.now;
        match column {
            Column::Untold => Some(Why::Untold),
            Column::Waiting => is_over(message.expires, scope.uncertain).then_some(Why::Overdue),
            Column::Submitted => {
                let mut told = progress.history.iter().rev();
                let since = told.find(|told| told.state == State::Submitted);
                let since =
                    since.map_or_else(|| scope.wall_times.at(progress.attempt.at), |told| told.at);
                is_over(since, scope.receipt).then_some(Why::NoReceipt)
            }
            Column::Settled(_) => None,
        }
    }

    /// Where the operator's list says something else.
    fn differs(&self, message: &Message, segments: u64, column: Column, said: Said) -> Option<Why> {
        // What was submitted after the day is in the next list.
        let day_over = self.scope.day.map(|day| (day + 1) * 86_400_000);
        let attempted_at = self.scope.wall_times.at(message.progress.attempt.at);
        let is_later = day_over.is_some_and(|end| attempted_at.0 >= end);
        match said.segments {
            0 if segments == 0 || is_later => None,
            0 => Some(Why::NotListed),
            listed if u64::from(listed) != segments => Some(Why::Segments),
            _ => {
                let delivered = column == Column::Settled(State::Delivered);
                let open = matches!(
                    column,
                    Column::Submitted | Column::Waiting | Column::Settled(State::Unknown)
                );
                let other = (said.failed && delivered)
                    || (said.delivered && !said.failed && !delivered)
                    || (said.failed && open);
                other.then_some(Why::Fate)
            }
        }
    }

    /// What it comes to beside the books of the journal, with the operators' names.
    ///
    /// # Errors
    /// If a name cannot be read.
    pub fn close<E>(
        mut self,
        books: &[Books],
        mut name: impl FnMut(OperatorId) -> Result<Option<String>, E>,
    ) -> Result<Balance, E> {
        let agencies = self.agencies(books);
        for id in self.statement.operators() {
            self.operators.entry(id).or_default();
        }
        let mut operators = Vec::new();
        for (id, mut account) in std::mem::take(&mut self.operators) {
            account.name = name(id)?;
            account.account.complete();
            self.compare(id, &mut account);
            operators.push(account);
        }
        let mut messages = std::mem::take(&mut self.named);
        for message in &mut messages {
            message.operator = name(message.carrier)?;
        }
        let balanced = agencies.iter().all(|it| it.agrees)
            && operators.iter().all(|it| it.agrees)
            && messages.is_empty();
        Ok(Balance {
            balanced,
            agencies,
            operators,
            messages,
            more: self.more,
            strange_ids: self.statement.strange_ids(),
        })
    }

    /// Sets what an operator counts beside what is counted here; where only totals differ, names what they may differ by.
    fn compare(&mut self, id: OperatorId, account: &mut OperatorAccount) {
        account.agrees = true;
        if let Some(strangers) = self.statement.strangers_of(id) {
            let theirs = account.theirs.get_or_insert_default();
            theirs.segments += strangers;
            theirs.strangers = Some(strangers);
            let is_of = |named: &Named| named.carrier == id && named.why.is_theirs();
            account.agrees = strangers == 0 && !self.named.iter().any(is_of);
        } else if let Some(theirs) = self.statement.count(id) {
            let delivered = theirs.delivered;
            account.agrees = theirs.segments == account.segments
                && delivered.is_none_or(|it| it == account.segments_delivered);
            account.theirs = Some(theirs.clone());
            if !account.agrees {
                let doubtful = self.doubtful.remove(&id).unwrap_or_default();
                let room = MOST.saturating_sub(self.named.len());
                self.more += doubtful.len().saturating_sub(room) as u64;
                self.named.extend(doubtful.into_iter().take(room));
            }
        }
    }

    fn agencies(&self, books: &[Books]) -> Vec<AgencyAccount> {
        let asked = self.scope.agency.as_ref();
        let asked_for = |name: &str| asked.is_none_or(|agency| agency.name() == name);
        let mut accounts: BTreeMap<&str, Account> = BTreeMap::new();
        for books in books.iter().filter(|it| asked_for(&it.agency)) {
            accounts.insert(&books.agency, Account::of(books));
        }
        for name in self.agencies.keys() {
            accounts.entry(name).or_default();
        }
        let none = Account::default();
        let accounts = accounts.into_iter().map(|(name, mut account)| {
            account.complete();
            let held = self.agencies.get(name).unwrap_or(&none);
            let settled_here = |state| held.settled.get(state).copied().unwrap_or(0);
            let of_books = |state| account.settled.get(state).copied().unwrap_or(0);
            let agrees = account.balances()
                && (account.waiting, account.submitted, account.untold)
                    == (held.waiting, held.submitted, held.untold)
                && held
                    .settled
                    .keys()
                    .all(|it| settled_here(it) <= of_books(it))
                && held.untold == 0;
            AgencyAccount {
                name: name.to_owned(),
                forgotten: account.accepted.saturating_sub(held.accepted),
                account,
                agrees,
            }
        });
        accounts.collect()
    }
}

/// For the sweep that ends it, and for clocks that differ.
const LEEWAY: Duration = Duration::from_secs(5 * 60);

/// The segments that the operator accepted, copies included, and those that arrived.
fn segments(message: &Message) -> (u64, u64) {
    let attempt = &message.progress.attempt;
    if attempt.is_push() {
        return (0, 0);
    }
    let (mut accepted, mut delivered) = (0, 0);
    for segment in &attempt.segments {
        match segment {
            Segment::Waiting | Segment::Sent => {}
            Segment::Accepted | Segment::Failed => accepted += 1,
            Segment::Delivered => {
                accepted += 1;
                delivered += 1;
            }
        }
    }
    let copies: u64 = attempt.copies.iter().map(|it| u64::from(it.others)).sum();
    (accepted + copies, delivered)
}

/// Whether the operator may have more of it, or less, than is known here.
fn is_doubtful(message: &Message) -> bool {
    let last = message.progress.history.last().map(|told| told.state);
    let attempt = &message.progress.attempt;
    attempt.attempts > 0
        && (attempt.repeats > 0 || attempt.is_uncertain() || last == Some(State::Unknown))
}

fn named(why: Why, message: &Message) -> Named {
    Named {
        why,
        id: message.id.to_string(),
        event: EventName {
            source: message.key.agency.source().to_owned(),
            id: message.key.id.to_string(),
        },
        application: message.application.to_string(),
        state: message.progress.history.last().map(|told| told.state),
        operator: None,
        carrier: message.progress.operator,
    }
}
