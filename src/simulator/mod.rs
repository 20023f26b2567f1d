//! An SMSC with phones behind it, for `xabar smsc`, the demo, the tests and the benchmark.
//!
//! [`Simulator::start`] listens on a TCP port and serves any number of ESMEs over the same SMPP
//! link as the gateway's. [`Behaviour`] says how it behaves; a [`Handle`] changes that while it
//! runs, reads [`Figures`], the [`Tape`] and the phones, and types into the phones.
//!
//! `smsc` decides, without sockets, clocks or tasks; `driver` carries. What waits is bounded:
//! see [`Behaviour::window`] and [`Behaviour::queue`].

mod admission;
mod agenda;
mod answer;
mod behaviour;
mod binding;
mod calendar;
mod chance;
pub mod crowd;
mod delay;
mod delivering;
mod delivery;
mod dialogues;
mod driver;
mod entrance;
mod error_rates;
mod esme;
mod fate;
mod fates;
mod figures;
mod handle;
mod message;
mod message_id;
mod numbering;
mod oddities;
mod pcap;
mod phones;
mod session;
mod share;
mod slab;
mod smsc;
mod steps;
mod submitting;
mod tape;
mod throttle;
mod wire;
mod wording;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use admission::Account;
pub use behaviour::{
    Alphabet, Announced, Behaviour, Dialect, Faults, IdForm, Numbering, ReceiptAlphabet,
    ReceiptForm, ReceiptPdu, ReceiptSession, Receipts, RefusalForm, StrayNul, UssdDialect, Wording,
};
pub use delay::{Delay, NoDelay, parse_duration};
pub use dialogues::NotSent;
pub use error_rates::{ErrorRates, NoErrorRates};
pub use figures::{Deliveries, Figures};
pub use handle::{Handle, Stopped, next_screen};
pub use phones::{PhoneMemory, Text, Ussd};
pub use share::{NoShare, Share};
pub use tape::{Entry, Tape, subscriber, text_hash};

use crate::clock::{Clock, UnixMillis};
use crate::tls;
use driver::Driver;
use entrance::Entrance;
use pcap::Capture;
use smsc::Smsc;

/// What is fixed for the life of a simulator.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen; with port 0 the system chooses one.
    pub listen: SocketAddr,
    /// Who may bind; with none, anyone may.
    pub accounts: Vec<Account>,
    /// `None`: plain TCP.
    pub tls: Option<tls::Server>,
    pub behaviour: Behaviour,
    /// What chance begins with; message ids too. Drawn from the clock if none is given.
    pub seed: Option<u64>,
    /// Writes everything on the wire to this file.
    pub pcap: Option<PathBuf>,
    /// How many messages the [`Tape`] takes, at some 100 octets each; 0 for no tape.
    pub tape: usize,
    /// What the phones keep; with no phones, texts are not even decoded.
    pub phones: PhoneMemory,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            accounts: Vec::new(),
            tls: None,
            behaviour: Behaviour::default(),
            seed: None,
            pcap: None,
            tape: 0,
            phones: PhoneMemory::default(),
        }
    }
}

/// A running simulator. Dropped without [`stop`](Self::stop), it cuts all connections.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    started: Instant,
    handle: Handle,
    running: Running,
}

#[derive(Debug)]
struct Running(JoinHandle<(Figures, io::Result<()>)>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// How long sessions may take to unbind.
const STOP_GRACE: Duration = Duration::from_secs(2);

impl Simulator {
    /// Listens from now on.
    ///
    /// # Errors
    /// If the address cannot be listened on, or the capture file not be created.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let capture = settings.pcap.as_deref().map(Capture::create).transpose()?;
        let clock = Clock::starting_after(UnixMillis::default());
        let now = clock.now();
        let seed = settings.seed.unwrap_or_else(|| now.wall.0.unsigned_abs());
        let smsc = Smsc::new(
            now,
            seed,
            settings.behaviour,
            settings.accounts,
            settings.phones,
            settings.tape,
        );
        let (handle, orders) = Handle::new();
        let texts = handle.texts_out().clone();
        let driver = Driver::new(
            Entrance::new(listener, settings.tls),
            smsc,
            clock,
            capture,
            orders,
            texts,
        );
        let running = Running(tokio::spawn(driver.run()));
        Ok(Self {
            address,
            started: now.instant,
            handle,
            running,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the times on its [`Tape`] count from.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// What steers it.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Unbinds all sessions and stops; the last figures.
    ///
    /// # Errors
    /// If the capture could not be written.
    pub async fn stop(mut self) -> io::Result<Figures> {
        self.handle.stop(STOP_GRACE).await;
        let (figures, captured) = (&mut self.running.0).await.map_err(io::Error::other)?;
        captured.map(|()| figures)
    }
}
