//! Where connections come in, through a TLS handshake if there is one to be.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::either::Either;

use super::wire::Stream;
use crate::tls;

pub(super) struct Entrance {
    listener: TcpListener,
    tls: Option<tls::Server>,
    handshakes: JoinSet<io::Result<Entered>>,
}

/// One who has come in.
pub(super) struct Entered {
    pub(super) stream: Stream,
    pub(super) peer: SocketAddr,
    pub(super) ours: SocketAddr,
}

/// Handshakes under way; while there are so many, nobody else comes in.
const MOST_HANDSHAKES: usize = 256;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

impl Entrance {
    pub(super) fn new(listener: TcpListener, tls: Option<tls::Server>) -> Self {
        Self {
            listener,
            tls,
            handshakes: JoinSet::new(),
        }
    }

    /// The next connection that may speak SMPP.
    pub(super) fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Entered>> {
        while self.handshakes.len() < MOST_HANDSHAKES
            && let Poll::Ready(accepted) = self.listener.poll_accept(cx)
        {
            let (stream, peer) = accepted?;
            // Without it responses come in bursts, which is no reason to refuse a connection.
            stream.set_nodelay(true).ok();
            let ours = stream.local_addr().unwrap_or(peer);
            let Some(tls) = self.tls.clone() else {
                let stream = Either::Left(stream);
                return Poll::Ready(Ok(Entered { stream, peer, ours }));
            };
            self.handshakes.spawn(async move {
                let stream = Either::Right(shake_hands(&tls, stream).await?);
                Ok(Entered { stream, peer, ours })
            });
        }
        while let Poll::Ready(Some(done)) = self.handshakes.poll_join_next(cx) {
            // Who fails has been told so, and comes again.
            if let Ok(Ok(entered)) = done {
                return Poll::Ready(Ok(entered));
            }
        }
        Poll::Pending
    }
}

async fn shake_hands(
    tls: &tls::Server,
    stream: TcpStream,
) -> io::Result<Box<tokio_rustls::server::TlsStream<TcpStream>>> {
    let done = timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await;
    done?.map(Box::new)
}
