//! Keeps one session of an operator alive: connects, binds, and tries again with backoff.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use xabar_smpp::Status;
use xabar_smpp::link::{self, Events, Link};
use xabar_smpp::session::{CloseReason, Closed, Event, Faults, Opening, Settings};

use super::backoff::pause;
use crate::clock::instant;

/// One session of an operator's, and how to reach the other end.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) operator: String,
    pub(super) index: usize,
    pub(super) address: String,
    pub(super) opening: Opening,
    pub(super) settings: Settings,
}

/// What happens on a session.
pub(super) enum News {
    /// Connected; the bind is on its way.
    Up(Link),
    /// Events of the session; [`Event::Closed`] is the last until the next `Up`.
    Events(Vec<Event>),
}

/// A session that stood that long was of use, whether or not there was anything to send.
const LONG_LIVED: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Session {
    /// Runs until stopped. News wait while the operator's task is behind, and so does the peer.
    pub(super) async fn run(self, news: mpsc::Sender<(usize, News)>, stop: CancellationToken) {
        let mut failures = 0;
        while !stop.is_cancelled() {
            let next_pause = pause(failures, random());
            let served = tokio::select! {
                () = stop.cancelled() => return,
                connected = self.connect() => match connected {
                    Ok((link, events)) => self.forward(link, events, &news).await,
                    Err(reason) => {
                        self.report(&reason, next_pause);
                        false
                    }
                },
            };
            // After a session that was of use it is as if nothing had failed before.
            let next_pause = if served {
                pause(0, random())
            } else {
                next_pause
            };
            failures = if served {
                0
            } else {
                failures.saturating_add(1)
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(next_pause) => {}
            }
        }
    }

    async fn connect(&self) -> Result<(Link, Events), String> {
        let connecting = link::connect(&self.address, self.opening.clone(), self.settings.clone());
        match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(connected)) => Ok(connected),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!(
                "no connection within {} s",
                CONNECT_TIMEOUT.as_secs()
            )),
        }
    }

    /// Passes on what happens until the session ends; says whether it was of use: a session that is bound and
    /// dies before it answers anything is as good as none.
    async fn forward(
        &self,
        link: Link,
        mut events: Events,
        news: &mpsc::Sender<(usize, News)>,
    ) -> bool {
        let (mut served, since) = (false, instant());
        if news.send((self.index, News::Up(link))).await.is_err() {
            return false;
        }
        let mut faulty = false;
        while let Some(events) = events.recv().await {
            for event in &events {
                served |= matches!(event, Event::Response { .. });
                // Of many faults the first is told, and at the end their number.
                let fault = matches!(event, Event::Fault(_));
                if !(fault && faulty) {
                    self.log(event);
                }
                faulty |= fault;
            }
            if news.send((self.index, News::Events(events))).await.is_err() {
                return served;
            }
        }
        served || instant().duration_since(since) >= LONG_LIVED
    }

    fn report(&self, reason: &str, pause: Duration) {
        let (operator, address) = (&self.operator, &self.address);
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

    fn log(&self, event: &Event) {
        let (operator, session) = (&self.operator, self.index);
        match event {
            Event::Bound {
                system_id,
                interface_version,
                ..
            } => {
                info!(operator, session, smsc = system_id, version = %interface_version, "bound");
            }
            Event::Fault(fault) => warn!(operator, session, ?fault, "the SMSC did something odd"),
            Event::Closed(closed) => self.log_closed(closed),
            _ => {}
        }
    }

    fn log_closed(&self, closed: &Closed) {
        if closed.faults != Faults::default() {
            info!(operator = self.operator, session = self.index, faults = ?closed.faults, "odd things the SMSC did");
        }
        let (reason, unanswered) = (closed.reason, closed.unanswered.len());
        let (operator, session, address) = (&self.operator, self.index, &self.address);
        match reason {
            CloseReason::BindRefused {
                status: Status::RINVPASWD | Status::RINVSYSID | Status::RBINDFAIL,
            } => {
                error!(operator, session, address, %reason, "bind refused: check this operator's system_id and password");
            }
            CloseReason::Unbound => info!(operator, session, "unbound"),
            reason => warn!(operator, session, address, %reason, unanswered, "session ended"),
        }
    }
}

fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    RandomState::new().build_hasher().finish()
}
