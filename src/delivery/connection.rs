//! One connection to or from an SMSC, under TLS where the operator has it.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_util::either::Either;
use xabar_smpp::link::{self, Events, Link};
use xabar_smpp::session::{Opening, Settings};

use super::entrance::Entrance;
use crate::clock::instant;
use crate::host::{self, Turn};
use crate::tls::{self, Secured, Trouble};

/// Connected, with nothing of SMPP said yet.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Either<TcpStream, Box<Secured>>,
    /// Where the other end is.
    pub(super) address: String,
}

impl Connection {
    /// Connects to `address`, which is `host:port`; TCP and TLS together may take so long. Of a host with several addresses
    /// it is the `turn` of one to be tried first.
    ///
    /// # Errors
    /// Why there is no connection, in words.
    pub(super) async fn open(
        address: &str,
        tls: Option<&tls::Client>,
        within: Duration,
        turn: &Turn,
    ) -> Result<Self, String> {
        let deadline = Instant::from(instant()) + within;
        let late = |what: &str| format!("{what} within {} s", within.as_secs_f64());
        let stream = host::connect(address, within, turn).await;
        let stream = stream.map_err(|error| match error.kind() {
            ErrorKind::TimedOut => late("no connection"),
            _ => error.to_string(),
        })?;
        let address = address.to_owned();
        let Some(tls) = tls else {
            let stream = Either::Left(stream);
            return Ok(Self { stream, address });
        };
        let secured = timeout_at(deadline, tls.connect(stream, &address)).await;
        let secured =
            secured.map_err(|_| late("it is connected, but there is no TLS handshake"))?;
        let stream = Either::Right(Box::new(secured?));
        Ok(Self { stream, address })
    }

    /// The next connection that an SMSC makes to us.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub(super) async fn taken(entrance: &Entrance) -> Result<Self, String> {
        let (stream, peer) = entrance.next().await?;
        let undelayed = stream.set_nodelay(true);
        undelayed.map_err(|error| error.to_string())?;
        Ok(Self {
            stream: Either::Left(stream),
            address: peer.to_string(),
        })
    }

    /// Starts a session, and tells what goes wrong with TLS meanwhile.
    pub(super) fn start(self, opening: Opening, settings: Settings) -> (Link, Events, Trouble) {
        let trouble = match &self.stream {
            Either::Left(_) => Trouble::default(),
            Either::Right(secured) => secured.trouble(),
        };
        let (link, events) = link::spawn(self.stream, opening, settings);
        (link, events, trouble)
    }
}
