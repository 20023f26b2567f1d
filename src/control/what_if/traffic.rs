//! What came in lately and what waits, out of the journal.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashSet;
use xabar_events::{
    Cancel, Event, EventKey, Msisdn, Notification, Priority, Reason, State, Trace,
    UnixMillis as Wall,
};

use super::Stopped;
use super::answer::Course;
use super::course::{Side, course_of, id};
use super::fate::Fate;
use super::quota::Quotas;
use super::sample::Sample;
use crate::clock::{Now, UnixMillis};
use crate::journal::{
    AgencyKey, Attempt, Content, Identity, JournalError, Lane, Message, MessageId, OperatorId,
    Origin, Phase, Progress, Reader, SubscriberFacts, Undelivered, Used,
};

/// The traffic that is replayed.
pub(super) struct Traffic {
    /// When it begins, on the steady clock; until now.
    pub(super) from: UnixMillis,
    pub(super) now: Now,
    asked: UnixMillis,
    /// The first message of it: others may have come in at the same moment.
    first: MessageId,
    /// How many of the messages waited when it begins; they come first.
    waited: usize,
    /// Whether that is later than asked for, or some that waited then are left out.
    pub(super) is_cut: bool,
    /// No more messages than these are replayed, those that waited counted apart.
    pub(super) most: usize,
    /// In what time as many came in as are replayed: where that is cut, at the rate of all the hours asked for.
    pub(super) round: Duration,
    /// How many are left out, since their numbers are purged or erased.
    pub(super) veiled: u64,
    /// The messages, in the order in which they came in, and what became of each in fact.
    pub(super) messages: Vec<(Arrived, Fate)>,
    /// When which of them were withdrawn, in that order.
    pub(super) withdrawn: Vec<(UnixMillis, EventKey)>,
    /// What waits now though its own time has come, as far as it is replayed.
    pub(super) waiting: Vec<Arrived>,
    /// How many do, by whose queue they stand in, and with them those whose time has not come.
    due: BTreeMap<Option<u16>, u64>,
    pub(super) waiting_in_all: u64,
    /// When messages went to each subscriber, those to whom any did before the beginning, and until now.
    before: Submitted,
    until_now: Submitted,
    /// How much of the agencies' quotas was used by the beginning, and until now.
    quotas_before: Quotas,
    quotas_now: Quotas,
}

/// What waited for the end of a night came in so long before it was submitted.
const NIGHT: Duration = Duration::from_secs(12 * 3600);

type Submitted = BTreeMap<Msisdn, Vec<UnixMillis>>;

/// A message that came in.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) origin: Arc<Origin>,
    /// Whose queue it stood in last, or who took it, by its place among the operators.
    pub(super) operator: Option<u16>,
    /// How it stands if it waits when a replay begins; nothing: it comes in then or later.
    pub(super) stands: Option<Box<Progress>>,
}

impl Arrived {
    /// As the message that waits in a replay, under this number there.
    pub(super) fn waiting(&self, number: u64) -> Option<Message> {
        let mut progress = Progress::clone(self.stands.as_deref()?);
        progress.operator = self.operator.map_or(NOBODY, id);
        let origin = &*self.origin;
        let identity = Identity {
            id: MessageId(number),
            trace: None,
            ..Identity::clone(&origin.identity)
        };
        let content = Content {
            extensions: Vec::new(),
            ..origin.content.clone()
        };
        let origin = Origin {
            identity: Arc::new(identity),
            content,
            ..*origin
        };
        Some(Message::new(origin, progress))
    }
}

/// An operator that there is not any more, whose messages others take over.
const NOBODY: OperatorId = OperatorId(u16::MAX);

impl Traffic {
    /// Reads the last hours with what was waiting when they began, and from before them, as far back as the limits of either side
    /// look, what their subscribers had got.
    pub(super) fn read(
        reader: &mut dyn Reader,
        (now, hours, most): (Now, u32, u64),
        (side, changed): (&Side, Option<&Side>),
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Self, Stopped> {
        let asked = now.steady.before(Duration::from_secs(3600) * hours);
        let last = reader.last_message()?;
        let before = last.checked_sub(most).filter(|it| *it > 0);
        let first = match before {
            Some(before) => reader.message(MessageId(before + 1))?,
            None => None,
        };
        let from = first.map_or(asked, |first| first.accepted_at.max(asked));
        let is_cut = from > asked;
        let mut round = now.steady.since(asked);
        if is_cut {
            let all = last + 1 - accepted_since(reader, asked, last)?;
            round = round.mul_f64(ratio(most, all.max(most)));
        }
        let mut traffic = Self {
            from,
            now,
            asked,
            first: MessageId(before.map_or(0, |before| before + 1)),
            waited: 0,
            is_cut,
            most: usize::try_from(most).unwrap_or(usize::MAX),
            round: round.max(Duration::from_secs(1)),
            veiled: 0,
            messages: Vec::new(),
            withdrawn: Vec::new(),
            waiting: Vec::new(),
            due: BTreeMap::new(),
            waiting_in_all: 0,
            before: Submitted::new(),
            until_now: Submitted::new(),
            quotas_before: Quotas::at(now.wall_at(from), &side.rules.rules),
            quotas_now: Quotas::at(now.wall, &side.rules.rules),
        };
        let earlier = from.before(now.steady.since(from));
        let mut samples = Samples {
            earlier: Sample::of(traffic.most),
            waiting: Sample::of(traffic.most),
        };
        each(reader, earlier, most.saturating_mul(2), go_on, |message| {
            traffic.take(message, &mut samples, |id| side.place(id));
        })?;
        traffic.waiting = samples.waiting.all().collect();
        traffic.waiting.sort_by_key(|arrived| arrived.origin.id);
        let came_in = std::mem::take(&mut traffic.messages);
        traffic.messages = samples.earlier.all().collect();
        traffic
            .messages
            .sort_by_key(|(arrived, _)| arrived.origin.id);
        traffic.waited = traffic.messages.len();
        traffic.messages.extend(came_in);
        let withdrawn = traffic.messages.iter().filter_map(|(arrived, fate)| {
            let (_, at) = fate.ended.filter(|(state, _)| *state == State::Cancelled)?;
            Some((now.steady_at(at).max(from), arrived.origin.key.clone()))
        });
        traffic.withdrawn = withdrawn.collect();
        traffic.withdrawn.sort_unstable();
        let sides = [Some(side), changed].into_iter().flatten();
        let longest = sides.filter_map(Side::longest_limit).max();
        traffic.read_submitted(reader, longest, go_on)?;
        Ok(traffic)
    }

    /// Reads when messages went to those subscribers to whom any is replayed: in a second run, since these are far fewer than all
    /// to whom something went in the time of the longest limit. With that, how many went of the agencies that have a quota.
    fn read_submitted(
        &mut self,
        reader: &mut dyn Reader,
        longest: Option<Duration>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<(), Stopped> {
        let replayed = self.messages.iter().map(|(arrived, _)| arrived);
        let replayed = replayed.chain(&self.waiting);
        let subscribers: FxHashSet<Msisdn> = replayed.map(|it| it.origin.msisdn).collect();
        let (from, now) = (self.from, self.now);
        let limits_since = longest.map(|longest| from.before(longest));
        let quotas_since = self.quotas_before.since().map(|day| now.steady_at(day));
        let Some(oldest) = limits_since.into_iter().chain(quotas_since).min() else {
            return Ok(());
        };
        each(reader, oldest.before(NIGHT), u64::MAX, go_on, |message| {
            self.quotas_before.count(message);
            self.quotas_now.count(message);
            let Some(longest) = longest.filter(|_| subscribers.contains(&message.msisdn)) else {
                return;
            };
            let oldest = from.before(longest);
            let history = message.progress.history.iter();
            let submitted = history.filter(|told| told.state == State::Submitted);
            for at in submitted.map(|told| now.steady_at(told.at)) {
                if at < from && at >= oldest {
                    self.before.entry(message.msisdn).or_default().push(at);
                }
                if at <= now.steady && at >= now.steady.before(longest) {
                    self.until_now.entry(message.msisdn).or_default().push(at);
                }
            }
        })
    }

    fn take(
        &mut self,
        message: &Message,
        samples: &mut Samples,
        place: impl Fn(OperatorId) -> Option<u16>,
    ) {
        let is_new = message.accepted_at >= self.from && message.id >= self.first;
        // Nobody carries such a number.
        if message.msisdn == message.msisdn.veiled() {
            self.veiled += u64::from(is_new);
            return;
        }
        // Answers come of what citizens write, which does not come again.
        if message.is_answer() || event(message.origin(), Duration::ZERO, None).is_none() {
            return;
        }
        let mut fate = Fate::default();
        for told in &message.progress.history {
            fate.tell(told, &place);
        }
        let arrived = Arrived {
            origin: Arc::clone(message.origin()),
            operator: place(message.progress.operator),
            stands: None,
        };
        if message.progress.phase == Phase::Waiting {
            self.waiting_in_all += 1;
            let not_before = arrived.origin.not_before;
            if not_before.is_none_or(|at| at <= self.now.wall) {
                *self.due.entry(arrived.operator).or_default() += 1;
                let stands = Some(Box::new(as_it_stands(message, &place)));
                let waits = Arrived {
                    stands,
                    ..arrived.clone()
                };
                samples.waiting.add(arrived.operator, waits);
            }
        }
        let from = self.now.wall_at(self.from);
        let was_over = fate.ended.is_some_and(|(_, at)| at < from);
        if is_never_sent(message) {
            return;
        }
        if is_new {
            self.messages.push((arrived, fate));
        } else if !was_over {
            let arrived = Arrived {
                stands: Some(Box::new(as_it_stood(message, self.from, &self.now))),
                ..arrived
            };
            self.is_cut |= !samples.earlier.add(arrived.operator, (arrived, fate));
        }
    }

    /// What waited when the hours begin.
    pub(super) fn waited(&self) -> impl Iterator<Item = &Arrived> {
        let waited = self.messages.get(..self.waited).unwrap_or_default();
        waited.iter().map(|(arrived, _)| arrived)
    }

    /// How many wait now though their own time has come.
    pub(super) fn due_in_all(&self) -> u64 {
        self.due.values().sum()
    }

    /// For how many that wait each one that is replayed stands, by whose queue it stands in.
    pub(super) fn times(&self) -> BTreeMap<Option<u16>, f64> {
        let mut replayed: BTreeMap<Option<u16>, u64> = BTreeMap::new();
        for arrived in &self.waiting {
            *replayed.entry(arrived.operator).or_default() += 1;
        }
        let times = replayed.into_iter().map(|(operator, replayed)| {
            let due = self.due.get(&operator).copied().unwrap_or(replayed);
            (operator, ratio(due, replayed))
        });
        times.collect()
    }

    /// What came in since the beginning, without what waited then.
    pub(super) fn came_in(&self) -> &[(Arrived, Fate)] {
        self.messages.get(self.waited..).unwrap_or_default()
    }

    /// So many messages come again at most.
    pub(super) fn most_again(&self) -> usize {
        self.most.saturating_mul(10)
    }

    /// For how long they come again; nothing if there are none.
    pub(super) fn again_for(&self) -> Option<Duration> {
        let came_in = self.came_in().len() as u64;
        let rounds = ratio(self.most_again() as u64, came_in.max(1));
        (came_in > 0).then(|| {
            Duration::try_from_secs_f64(self.round.as_secs_f64() * rounds).unwrap_or(Duration::MAX)
        })
    }

    /// Whether it begins later than asked for.
    pub(super) fn is_short(&self) -> bool {
        self.from > self.asked
    }

    /// How many come in a second then.
    pub(super) fn rate(&self) -> f64 {
        ratio(self.came_in().len() as u64, 1) / self.round.as_secs_f64()
    }

    /// When a message comes in: if it waited before the beginning, then.
    pub(super) fn comes_in(&self, arrived: &Arrived) -> UnixMillis {
        arrived.origin.accepted_at.max(self.from)
    }

    /// When the first of them does.
    pub(super) fn begin(&self) -> UnixMillis {
        let first = self.messages.first();
        first.map_or(self.now.steady, |(arrived, _)| self.comes_in(arrived))
    }

    /// How many messages are replayed.
    pub(super) fn messages(&self) -> u64 {
        self.messages.len() as u64
    }

    /// From when a message that came in might go, wall time.
    pub(super) fn since(&self, origin: &Origin) -> UnixMillis {
        let accepted = self.now.wall_at(origin.accepted_at);
        origin.not_before.map_or(accepted, |at| at.max(accepted))
    }

    /// What went to subscribers before the beginning, or until now.
    pub(super) fn subscribers(&self, until_now: bool) -> Vec<(Msisdn, SubscriberFacts)> {
        let all = match until_now {
            true => &self.until_now,
            false => &self.before,
        };
        let facts = all.iter().map(|(msisdn, submitted)| {
            let mut submitted = submitted.clone();
            submitted.sort_unstable();
            (*msisdn, SubscriberFacts { submitted })
        });
        facts.collect()
    }

    /// How much of their quotas agencies had used at the beginning, or until now.
    pub(super) fn used(&self, until_now: bool) -> Vec<(AgencyKey, Used)> {
        match until_now {
            true => self.quotas_now.used(self.waiting.iter(), &self.now),
            false => self.quotas_before.used(self.waited(), &self.now),
        }
    }

    /// What became of all in fact.
    pub(super) fn really(&self, side: &Side) -> Course {
        let fates: Vec<Fate> = self.messages.iter().map(|(_, fate)| *fate).collect();
        course_of(side, self, &fates)
    }
}

/// Those of which only a part is replayed where they are many.
struct Samples {
    /// What waited when the hours begin.
    earlier: Sample<(Arrived, Fate)>,
    /// What waits now.
    waiting: Sample<Arrived>,
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn ratio(of: u64, to: u64) -> f64 {
    of as f64 / to as f64
}

/// The first id of those up to the last that was accepted since then: ids rise with the time, and one that is gone is older.
fn accepted_since(
    reader: &mut dyn Reader,
    since: UnixMillis,
    last: u64,
) -> Result<u64, JournalError> {
    let (mut low, mut high) = (0, last);
    while low + 1 < high {
        let middle = low.midpoint(high);
        let message = reader.message(MessageId(middle))?;
        match message.is_some_and(|it| it.accepted_at >= since) {
            true => high = middle,
            false => low = middle,
        }
    }
    Ok(high)
}

/// Shows what waits and what was accepted since then, as [`Reader::traffic`] does, as long as it is to go on.
fn each(
    reader: &mut dyn Reader,
    since: UnixMillis,
    most: u64,
    go_on: &mut dyn FnMut() -> bool,
    mut take: impl FnMut(&Message),
) -> Result<(), Stopped> {
    let mut is_wanted = true;
    reader.traffic(since, most, &mut |message| {
        take(&message);
        is_wanted = go_on();
        match is_wanted {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    })?;
    is_wanted.then_some(()).ok_or(Stopped::Unwanted)
}

/// How a message stands that waits, as far as it bears on when it goes, by the operators' places.
fn as_it_stands(message: &Message, place: impl Fn(OperatorId) -> Option<u16>) -> Progress {
    let mut progress = message.progress.clone();
    progress.history = progress.history.pop().into_iter().collect();
    let undelivered = progress.attempt.undelivered.take();
    progress.attempt.undelivered = undelivered.and_then(|first| {
        let operator = id(place(first.operator)?);
        Some(Undelivered { operator, ..first })
    });
    progress
}

/// How one stood then that waited, by what was told of it.
fn as_it_stood(message: &Message, then: UnixMillis, now: &Now) -> Progress {
    let wall = now.wall_at(then);
    let history = message.progress.history.iter();
    let told = history.take_while(|told| told.at <= wall).last();
    let until = told.and_then(|told| told.until).filter(|at| *at > wall);
    Progress {
        phase: Phase::Waiting,
        operator: message.progress.operator,
        due: until.map_or(then, |until| now.steady_at(until)),
        dealt: None,
        attempt: Attempt::default(),
        history: told.cloned().into_iter().collect(),
    }
}

/// Whether what ended it had nothing to do with pace, and would end it again.
fn is_never_sent(message: &Message) -> bool {
    let last = message.progress.history.last();
    last.is_some_and(|told| match told.state {
        State::Suppressed => told.reason != Some(Reason::Stale),
        State::Failed => told.reason == Some(Reason::NoRoute),
        _ => false,
    })
}

/// The event that a message was, once more: later by so much, and under this key, if it is not its own.
pub(super) fn event(origin: &Origin, later: Duration, key: Option<EventKey>) -> Option<Event> {
    let shifted = |at: UnixMillis| Wall::from(at.after(later));
    Some(Event::StatusChanged(Notification {
        key: key.unwrap_or_else(|| origin.key.clone()),
        application: origin.application.parse().ok()?,
        time: shifted(origin.time),
        service: origin.content.service.parse().ok()?,
        status: origin.content.status.parse().ok()?,
        msisdn: origin.msisdn,
        language: origin.content.language,
        priority: match origin.lane {
            Lane::Urgent | Lane::Answers => Priority::Urgent,
            Lane::Normal => Priority::Normal,
            Lane::Bulk => Priority::Bulk,
        },
        params: origin
            .content
            .params
            .iter()
            .map(|(name, text)| (name.clone(), text.clone()))
            .collect(),
        not_before: origin.not_before.map(shifted),
        expires: Some(shifted(origin.expires)),
        legal: origin.content.legal,
        trace: Trace::None,
        extensions: Vec::<(Box<str>, Box<str>)>::new().into_iter().collect(),
    }))
}

/// The event that withdraws another one.
pub(super) fn withdrawal(key: &EventKey) -> Event {
    Event::Cancel(Cancel {
        key: key.clone(),
        event: key.id.clone(),
    })
}
