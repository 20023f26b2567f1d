//! Keeps one session of an operator alive: connects, or is connected to, binds, and tries again, elsewhere or after a pause.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use xabar_smpp::Status;
use xabar_smpp::link::{Events, Link};
use xabar_smpp::session::{Bind, CloseReason, Closed, Event, Faults, Opening, Settings};

use super::addresses::{Addresses, Ended};
use super::class::{Class, Classes};
use super::connection::Connection;
use super::entrance::Entrance;
use super::refused_bind::{Before, Bound, Refusal};
use super::returns::{Returns, Turn};
use crate::clock::instant;
use crate::host;
use crate::tls::{self, Trouble};

/// One session of an operator's, and how to reach the other end.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) operator: String,
    pub(super) index: usize,
    /// Which of its login's it is, or of the pairs of these.
    pub(super) ordinal: usize,
    /// How many of these there are to be.
    pub(super) wanted: watch::Receiver<usize>,
    /// `host:port`, the preferred one first; or where the entrance is.
    pub(super) addresses: Vec<String>,
    /// Where the other end connects to us; `None`: we connect.
    pub(super) entrance: Option<Arc<Entrance>>,
    pub(super) tls: Option<tls::Client>,
    /// How long it may take to connect, TLS included.
    pub(super) connect: Duration,
    /// The kind of its bind, and how it begins.
    pub(super) bind: Bind,
    pub(super) opening: Opening,
    pub(super) settings: Settings,
    /// What its answers mean.
    pub(super) classes: Classes,
    /// After how long at another address it looks whether the preferred one can be reached again.
    pub(super) return_after: Duration,
    /// Lets one session of the operator's return at a time.
    pub(super) returns: Arc<Mutex<Returns>>,
    /// Whether it is given up since its SMSC refuses what is submitted.
    pub(super) refusing: Arc<AtomicBool>,
    /// The sessions of this login that are bound, by the address.
    pub(super) bound: Arc<[Bound]>,
}

/// What happens on a session.
pub(super) enum News {
    /// Connected at this one of its addresses; the bind is on its way, or awaits an `outbind`.
    Up(Link, usize),
    /// Events of the session; [`Event::Closed`] is the last until the next `Up`.
    Events(Vec<Event>),
    /// It should be given up in good order: the preferred address can be reached again.
    Leave,
}

/// A session that stood that long was of use, whether or not there was anything to send.
const LONG_LIVED: Duration = Duration::from_secs(60);

/// Where the news of a session go, with its number.
type NewsOut = mpsc::Sender<(usize, News)>;

impl Session {
    /// Runs until stopped. News wait while the operator's task is behind, and so does the peer.
    pub(super) async fn run(self, news: NewsOut, stop: CancellationToken) {
        let mut addresses = match self.entrance {
            None => Addresses::new(self.addresses.clone()),
            Some(_) => Addresses::ours(self.addresses.clone()),
        };
        let host_turn = host::Turn::default();
        let mut turn = None;
        let mut before = Before::default();
        let mut wanted = self.wanted.clone();
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                is_wanted = is_wanted(self.ordinal, &mut wanted) => if !is_wanted {
                    return;
                }
            }
            let connected = tokio::select! {
                () = stop.cancelled() => return,
                connected = self.connection(addresses.current(), &host_turn) => connected,
            };
            let returned = turn.is_some();
            let mut failure = None;
            let ended = match connected {
                Ok(connection) => {
                    let address = connection.address.clone();
                    let service =
                        Service::begin(&self, address, &addresses, (turn.take(), &mut before));
                    let served = service.run(connection, &news).await;
                    turn = served.turn;
                    // One that was not wanted any more ended well.
                    match self.ordinal < *wanted.borrow() {
                        true => served.ended,
                        false => {
                            turn = None;
                            Ended::Returning
                        }
                    }
                }
                Err(reason) => {
                    failure = Some(reason);
                    Ended::Unconnected
                }
            };
            if matches!(ended, Ended::Unbound | Ended::Useless) {
                host_turn.pass();
            }
            if ended != Ended::Returning && addresses.preferred().is_none() {
                self.note_return(turn.take(), returned, ended);
            }
            let address = addresses.current().to_owned();
            let pause = addresses.ended(ended, random());
            if let Some(reason) = failure {
                self.report(&address, &reason, pause);
            }
            if pause.is_zero() {
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(pause) => {}
            }
        }
    }

    /// The next connection, made or taken.
    async fn connection(
        &self,
        address: &str,
        host_turn: &host::Turn,
    ) -> Result<Connection, String> {
        match &self.entrance {
            None => self.connect(address, host_turn).await,
            Some(entrance) => Connection::taken(entrance).await,
        }
    }

    async fn connect(&self, address: &str, host_turn: &host::Turn) -> Result<Connection, String> {
        Connection::open(address, self.tls.as_ref(), self.connect, host_turn).await
    }

    /// Waits until this session may return to the preferred address: it has stood in long enough, no other one is
    /// about to return, none did in vain lately, and the address can be reached.
    async fn turn_to_return(&self, preferred: Option<&str>) -> Turn {
        let Some(preferred) = preferred else {
            return std::future::pending().await;
        };
        let mut pause = self.return_after;
        loop {
            sleep(pause).await;
            let turn = Arc::clone(&self.returns).lock_owned().await;
            pause = turn.pause(preferred, instant());
            if !pause.is_zero() {
                continue;
            }
            let connected = self.connect(preferred, &host::Turn::default()).await;
            if connected.is_ok() {
                return turn;
            }
            pause = self.return_after;
        }
    }

    /// Notes how it ended at the preferred address, and gives the turn to the next.
    fn note_return(&self, turn: Option<Turn>, returned: bool, ended: Ended) {
        let turn = turn.or_else(|| Arc::clone(&self.returns).try_lock_owned().ok());
        let (Some(mut turn), Some(preferred)) = (turn, self.addresses.first()) else {
            return;
        };
        if ended == Ended::Served {
            turn.served(preferred);
        } else if returned {
            let pause = turn.came_to_nothing(preferred, instant());
            warn!(
                operator = self.operator,
                session = self.index,
                address = preferred,
                next_try_s = pause.as_secs(),
                "the session that returned to the preferred address was of no use there: it is left alone for longer"
            );
        }
    }

    fn report(&self, address: &str, reason: &str, pause: Duration) {
        let operator = &self.operator;
        let next_try_s = (pause.as_secs_f64() * 10.0).round() / 10.0;
        warn!(
            operator,
            session = self.index,
            address,
            reason,
            next_try_s,
            "the operator's SMSC cannot be reached"
        );
    }
}

/// Waits until there are to be so many sessions that this is one of them; says whether that may come: not once the operator's
/// task is gone.
async fn is_wanted(ordinal: usize, wanted: &mut watch::Receiver<usize>) -> bool {
    wanted.wait_for(|most| ordinal < *most).await.is_ok()
}

/// A connection's time, from its bind to its end.
struct Service<'a> {
    session: &'a Session,
    /// Where the other end is.
    address: String,
    /// The address that this one stands in for.
    preferred: Option<&'a str>,
    /// Its place among the login's.
    place: usize,
    /// The login's sessions that are bound at the same address.
    bound: Option<&'a Bound>,
    worth: Worth,
    faulty: bool,
    trouble: Trouble,
    before: &'a mut Before,
    /// The turn to return: while this session is given up, and until the next is bound.
    turn: Option<Turn>,
}

/// What it is good for.
#[derive(Clone, Copy, Debug, Default)]
struct Worth {
    bound: bool,
    /// Something was answered, or came.
    of_use: bool,
    /// Something that was submitted had no answer in time.
    in_vain: bool,
}

impl Worth {
    /// How it ended that stood for so long. One that takes submissions and answers none may stand for long, since late answers are
    /// waited for: it is of no use all the same.
    fn ended(self, stood: Duration) -> Ended {
        let long_lived = stood >= LONG_LIVED && !self.in_vain;
        match (self.bound, self.of_use || long_lived) {
            (false, _) => Ended::Unbound,
            (true, false) => Ended::Useless,
            (true, true) => Ended::Served,
        }
    }
}

/// What came of it.
struct Served {
    ended: Ended,
    turn: Option<Turn>,
}

impl<'a> Service<'a> {
    fn begin(
        session: &'a Session,
        address: String,
        addresses: &'a Addresses,
        (turn, before): (Option<Turn>, &'a mut Before),
    ) -> Self {
        Self {
            session,
            address,
            preferred: addresses.preferred(),
            place: addresses.place(),
            bound: session.bound.get(addresses.place()),
            worth: Worth::default(),
            faulty: false,
            trouble: Trouble::default(),
            before,
            turn,
        }
    }

    /// Passes on what happens until the session ends.
    async fn run(mut self, connection: Connection, news: &NewsOut) -> Served {
        let since = instant();
        let (opening, settings) = (self.session.opening.clone(), self.session.settings.clone());
        let (link, events, trouble) = connection.start(opening, settings);
        self.trouble = trouble;
        self.session.refusing.store(false, Ordering::Relaxed);
        let leaving = self.forward(link, events, news).await;
        if let Some(bound) = self.bound.filter(|_| self.worth.bound) {
            bound.remove(self.session.bind);
        }
        let stood = instant().duration_since(since);
        let ended = match leaving {
            true => Ended::Returning,
            // Whatever it did before.
            false if self.session.refusing.load(Ordering::Relaxed) => Ended::Useless,
            false => self.worth.ended(stood),
        };
        Served {
            ended,
            turn: self.turn,
        }
    }

    /// Says whether the session is over because it returns.
    async fn forward(&mut self, link: Link, mut events: Events, news: &NewsOut) -> bool {
        let index = self.session.index;
        let mut leaving = false;
        let turn = self.session.turn_to_return(self.preferred);
        tokio::pin!(turn);
        if news
            .send((index, News::Up(link, self.place)))
            .await
            .is_err()
        {
            return leaving;
        }
        loop {
            let what = tokio::select! {
                events = events.recv() => match events {
                    Some(events) => {
                        self.note(&events);
                        News::Events(events)
                    }
                    None => return leaving,
                },
                turn = &mut turn, if !leaving && self.worth.bound => {
                    self.turn = Some(turn);
                    leaving = true;
                    self.log_leaving();
                    News::Leave
                }
            };
            if news.send((index, what)).await.is_err() {
                return leaving;
            }
        }
    }

    fn note(&mut self, events: &[Event]) {
        for event in events {
            self.worth.of_use |= self.is_of_use(event);
            self.worth.in_vain |= matches!(event, Event::TimedOut { .. });
            if matches!(event, Event::Bound { .. }) {
                self.worth.bound = true;
                if let Some(bound) = self.bound {
                    bound.add(self.session.bind);
                }
                self.before.bound();
                self.turn = None;
            }
            // Of many faults the first is told, and at the end their number.
            let fault = matches!(event, Event::Fault(_));
            if !(fault && self.faulty) {
                self.log(event);
            }
            self.faulty |= fault;
        }
    }

    /// Whether something was answered, or came: a session may be for receiving alone. That the session is not bound is no
    /// answer.
    fn is_of_use(&self, event: &Event) -> bool {
        match event {
            Event::Response { frame, .. } => {
                let status = frame.header().status;
                self.session.classes.of(status, frame) != Class::Session
            }
            Event::Request(_) => true,
            _ => false,
        }
    }

    fn log(&mut self, event: &Event) {
        let (operator, session) = (&self.session.operator, self.session.index);
        match event {
            Event::Bound {
                bind,
                system_id,
                interface_version,
            } => {
                info!(operator, session, address = %self.address, %bind, smsc = system_id, version = %interface_version, "bound");
            }
            Event::Fault(fault) => warn!(operator, session, %fault, "the SMSC did something odd"),
            Event::Closed(closed) => self.log_closed(closed),
            _ => {}
        }
    }

    fn log_leaving(&self) {
        let (operator, session) = (&self.session.operator, self.session.index);
        let (from, to) = (&self.address, self.preferred);
        info!(
            operator,
            session, from, to, "the preferred address can be reached again: session returns to it"
        );
    }

    /// Says what to do about a refused bind.
    fn log_refused(&mut self, status: Status) {
        let may_be_old = self.before.refused(instant());
        let (operator, session, address) =
            (&self.session.operator, self.session.index, &self.address);
        let bind = self.session.bind;
        let beside = self.bound.map_or((0, 0), |bound| bound.beside(bind));
        let bound = beside.0 + beside.1;
        match Refusal::of(status, beside, may_be_old) {
            Refusal::Login => {
                error!(operator, session, address, %bind, %status, "bind refused: check this operator's system_id and password");
            }
            Refusal::SystemType => {
                error!(operator, session, address, %bind, %status, "bind refused: check this operator's system_type");
            }
            Refusal::OldSessions => {
                warn!(operator, session, address, %bind, %status, bound, "bind refused to a session that was bound before: the SMSC may count sessions that are gone, as after a cut line; wait two minutes");
            }
            Refusal::TooManySessions => {
                warn!(operator, session, address, %bind, %status, bound, "bind refused: the login has as many sessions as the operator allows it; lower sessions, or ask for more");
            }
            Refusal::OneWay => {
                error!(operator, session, address, %bind, %status, bound, "bind refused, while the same login is bound the other way: ask the operator whether it may bind so too, how many sessions it counts, and whether the password is another");
            }
            Refusal::Unclear => {
                error!(operator, session, address, %bind, %status, "bind refused without a reason: ask the operator whether login and address are right, and how many sessions it counts");
            }
            Refusal::Passing => {
                warn!(operator, session, address, %bind, %status, "bind refused: tried again after a pause");
            }
        }
    }

    fn log_closed(&mut self, closed: &Closed) {
        let (operator, session) = (&self.session.operator, self.session.index);
        if closed.faults != Faults::default() {
            info!(operator, session, faults = %closed.faults, "odd things the SMSC did");
        }
        let (reason, unanswered) = (closed.reason, closed.unanswered.len());
        let (address, awaited) = (&self.address, self.session.entrance.is_some());
        match reason {
            CloseReason::BindRefused { status } => self.log_refused(status),
            CloseReason::Unbound if self.worth.bound => info!(operator, session, "unbound"),
            CloseReason::Unbound => info!(operator, session, address, "left before it was bound"),
            CloseReason::WrongOutbind => {
                warn!(
                    operator,
                    session,
                    address,
                    "outbind refused, and nothing sent: it has another system_id or password than this operator's outbind; compare both, unless a stranger sent it"
                );
            }
            CloseReason::Tls if !awaited => {
                error!(
                    operator,
                    session,
                    address,
                    "the SMSC speaks TLS at this port: give this operator a table [operator.tls], or the address of a port without"
                );
            }
            reason => {
                let tls = self.trouble.get();
                warn!(operator, session, address, %reason, tls, unanswered, "session ended");
            }
        }
    }
}

fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_answers_nothing_is_of_no_use_however_long_it_stands() {
        let second = Duration::from_secs(1);
        let bound = Worth {
            bound: true,
            ..Worth::default()
        };
        let in_vain = Worth {
            in_vain: true,
            ..bound
        };
        let of_use = Worth {
            of_use: true,
            ..in_vain
        };
        for (worth, stood, ended) in [
            (Worth::default(), 90, Ended::Unbound),
            (bound, 59, Ended::Useless),
            (bound, 60, Ended::Served),
            (in_vain, 90, Ended::Useless),
            (of_use, 1, Ended::Served),
        ] {
            assert_eq!(worth.ended(stood * second), ended, "{worth:?}, {stood} s");
        }
    }
}
