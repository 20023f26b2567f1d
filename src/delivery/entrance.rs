//! Where an SMSC connects to us, to introduce itself by `outbind`: one listener for all sessions of a login.
//!
//! Each session takes a connection when it has none. Further ones wait until one of these ends, so many of them as
//! [`WAITING`] says; who comes after them finds nobody listening.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::OnceCell;

/// Connections that may wait for a session. Few: an SMSC that has given up waiting leaves its connections there, and
/// they are taken before the one by which it tries again.
const WAITING: u32 = 4;

/// Opened by the first session that needs it, and closed when all have ended.
#[derive(Debug)]
pub(super) struct Entrance {
    address: SocketAddr,
    listener: OnceCell<TcpListener>,
}

impl Entrance {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            listener: OnceCell::new(),
        }
    }

    /// The next connection, and where it comes from. Nothing is lost if this is given up.
    ///
    /// # Errors
    /// Why there is no listener, in words; the next call tries again.
    pub(super) async fn next(&self) -> Result<(TcpStream, SocketAddr), String> {
        let listener = self.listener.get_or_try_init(|| async { self.open() });
        let listener = listener
            .await
            .map_err(|error| format!("this address cannot be listened on: {error}"))?;
        let accepted = listener.accept().await;
        accepted.map_err(|error| format!("no connection can be taken: {error}"))
    }

    fn open(&self) -> io::Result<TcpListener> {
        let socket = match self.address {
            SocketAddr::V4(_) => TcpSocket::new_v4()?,
            SocketAddr::V6(_) => TcpSocket::new_v6()?,
        };
        // Or a restart would wait until the connections of the last run are forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(self.address)?;
        socket.listen(WAITING)
    }
}
