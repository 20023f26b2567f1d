//! Drives a [`Session`] over a connection: one tokio task for each, batches in and out.
//!
//! [`spawn`] serves both ends of any byte stream; [`connect`] and [`accept`] add TCP. The
//! application holds a [`Link`] to send by and a channel of [`Event`]s to listen to.
//!
//! Every queue has a bound. Requests beyond the window wait in the session, a window's worth of
//! them at most (and the batch that went over it); behind that they fill the channel, and
//! [`Link::request`] waits. When the application does not take its events, the socket is not read
//! and TCP holds the peer back. When the peer does not read, requests wait, and before what it is
//! owed piles up, its own PDUs are left unread. So an application must take events while it
//! sends, in another task or by `select!`.

mod driver;
#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::mpsc;

use crate::session::{Event, Opening, Requests, Session, Settings};
use driver::Driver;

/// What comes from a link, in batches; [`Event::Closed`] is the last.
pub type Events = mpsc::Receiver<Vec<Event>>;

/// The sending side of a link. When the last clone is dropped, what was answered and what fits
/// the window is written, and the connection closed without `unbind`.
#[derive(Clone, Debug)]
pub struct Link {
    requests: mpsc::Sender<Requests>,
    orders: mpsc::Sender<Order>,
}

/// What does not wait for the window. If responses stood behind requests, both ends could wait
/// for each other.
#[derive(Debug)]
enum Order {
    Responses(BytesMut),
    Window(usize),
    Unbind,
}

/// The link is closed, or closing after [`Link::unbind`]. What was given comes back.
#[derive(Debug, thiserror::Error)]
#[error("the link is closed")]
pub struct LinkClosed<T>(pub T);

/// The link takes no requests now, or never again: [`Event::Closed`] tells. They come back.
#[derive(Debug, thiserror::Error)]
#[error("the link takes no requests now")]
pub struct NotTaken(pub Requests);

impl Link {
    /// Sends requests when the window lets them. Waits while too many others wait.
    ///
    /// Once this returned `Ok`, every token comes back in exactly one event.
    ///
    /// # Errors
    /// If the link is closed; then nothing of it was sent.
    pub async fn request(&self, requests: Requests) -> Result<(), LinkClosed<Requests>> {
        let sent = self.requests.send(requests).await;
        sent.map_err(|mpsc::error::SendError(requests)| LinkClosed(requests))
    }

    /// Sends requests as [`request`](Self::request) does, but never waits.
    ///
    /// # Errors
    /// If too many others wait, or the link is closed; then nothing of it was sent.
    pub fn try_request(&self, requests: Requests) -> Result<(), NotTaken> {
        let sent = self.requests.try_send(requests);
        sent.map_err(|error| NotTaken(error.into_inner()))
    }

    /// Answers requests of the peer: whole responses back to back, each with the sequence number
    /// of its request. An SMSC answers a bind this way too.
    ///
    /// # Errors
    /// If the link is closed; the peer will not see these answers.
    pub async fn respond(&self, responses: BytesMut) -> Result<(), LinkClosed<()>> {
        self.order(Order::Responses(responses)).await
    }

    /// Sets how many requests may await a response from now on; 0 pauses.
    ///
    /// # Errors
    /// If the link is closed.
    pub async fn set_window(&self, window: usize) -> Result<(), LinkClosed<()>> {
        self.order(Order::Window(window)).await
    }

    /// Leaves in good order: sends what was given before, waits for the responses, unbinds and
    /// closes. Responses to the peer may still be sent meanwhile, requests may not. A link that is
    /// not bound yet closes at once.
    ///
    /// # Errors
    /// If the link is already closed.
    pub async fn unbind(&self) -> Result<(), LinkClosed<()>> {
        self.order(Order::Unbind).await
    }

    /// Waits until requests can no longer be given.
    pub async fn closed(&self) {
        self.requests.closed().await;
    }

    async fn order(&self, order: Order) -> Result<(), LinkClosed<()>> {
        self.orders.send(order).await.map_err(|_| LinkClosed(()))
    }
}

/// Batches of requests that may wait in the channel.
const WAITING_REQUESTS: usize = 8;

/// Batches of responses and other orders that may wait in the channel.
const WAITING_ORDERS: usize = 64;

/// Batches of events that the application may be behind. A batch is what one read brought.
const WAITING_EVENTS: usize = 16;

/// Starts a session on a connection made just now. `TCP_NODELAY` is the caller's business.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn spawn<S>(stream: S, opening: Opening, settings: Settings) -> (Link, Events)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (requests, requests_in) = mpsc::channel(WAITING_REQUESTS);
    let (orders, orders_in) = mpsc::channel(WAITING_ORDERS);
    let (events_out, events) = mpsc::channel(WAITING_EVENTS);
    let session = Session::new(opening, settings, driver::now());
    tokio::spawn(Driver::new(stream, session, requests_in, orders_in, events_out).run());
    (Link { requests, orders }, events)
}

/// Connects to the other end and starts a session, usually with [`Opening::Bind`].
///
/// # Errors
/// If no connection comes about. What comes after that is told by events.
pub async fn connect(
    address: impl ToSocketAddrs,
    opening: Opening,
    settings: Settings,
) -> io::Result<(Link, Events)> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(spawn(stream, opening, settings))
}

/// Takes the next connection and starts a session, usually with [`Opening::Listen`].
///
/// # Errors
/// If accepting fails, often because of too many open files: wait a little, then go on.
pub async fn accept(
    listener: &TcpListener,
    opening: Opening,
    settings: Settings,
) -> io::Result<(SocketAddr, Link, Events)> {
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let (link, events) = spawn(stream, opening, settings);
    Ok((peer, link, events))
}
