//! One connection to an SMSC, under TLS where the operator has it.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_util::either::Either;
use xabar_smpp::link::{self, Events, Link};
use xabar_smpp::session::{Opening, Settings};

use crate::clock::instant;
use crate::tls::{self, Secured, Trouble};

/// Connected, with nothing of SMPP said yet.
#[derive(Debug)]
pub(super) struct Connection(Either<TcpStream, Box<Secured>>);

impl Connection {
    /// Connects to `address`, which is `host:port`; TCP and TLS together may take so long.
    ///
    /// # Errors
    /// Why there is no connection, in words.
    pub(super) async fn open(
        address: &str,
        tls: Option<&tls::Client>,
        within: Duration,
    ) -> Result<Self, String> {
        let deadline = Instant::from(instant()) + within;
        let late = |what: &str| format!("{what} within {} s", within.as_secs_f64());
        let stream = timeout_at(deadline, tcp(address)).await;
        let stream = stream
            .map_err(|_| late("no connection"))?
            .map_err(|error| error.to_string())?;
        let Some(tls) = tls else {
            return Ok(Self(Either::Left(stream)));
        };
        let secured = timeout_at(deadline, tls.connect(stream, address)).await;
        let secured =
            secured.map_err(|_| late("it is connected, but there is no TLS handshake"))?;
        Ok(Self(Either::Right(Box::new(secured?))))
    }

    /// Starts a session, and tells what goes wrong with TLS meanwhile.
    pub(super) fn start(self, opening: Opening, settings: Settings) -> (Link, Events, Trouble) {
        let trouble = match &self.0 {
            Either::Left(_) => Trouble::default(),
            Either::Right(secured) => secured.trouble(),
        };
        let (link, events) = link::spawn(self.0, opening, settings);
        (link, events, trouble)
    }
}

async fn tcp(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
