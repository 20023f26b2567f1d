//! A connection that can be stalled, silenced, cut, renumbered and listened in on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, BytesMut};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use super::numbering::Renumbering;
use super::pcap::Conversation;

/// What carries the octets, under TLS or not.
pub(super) type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// A connection as the link sees it.
pub(super) struct Wire {
    stream: Stream,
    valve: Arc<Valve>,
    tap: Option<Conversation>,
    renumbering: Option<Renumbered>,
}

/// Numbers that are changed on their way, and what has been changed and not yet passed on.
struct Renumbered {
    renumbering: Renumbering,
    said: BytesMut,
    heard: BytesMut,
}

/// The other end of a [`Wire`]: decides what passes.
#[derive(Debug, Default)]
pub(super) struct Valve {
    stalled: AtomicBool,
    muted: AtomicBool,
    cut: AtomicBool,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Valve {
    /// Stops reading, or goes on.
    pub(super) fn stall(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Release);
        self.reader.wake();
    }

    /// Writes nothing from now on, though it seems written.
    pub(super) fn mute(&self) {
        self.muted.store(true, Ordering::Release);
    }

    /// Breaks the connection: nothing more is written, and the peer gets a reset.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
    }

    fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire)
    }

    fn is_muted(&self) -> bool {
        self.muted.load(Ordering::Acquire)
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }
}

impl Wire {
    pub(super) fn new(
        stream: Stream,
        valve: Arc<Valve>,
        tap: Option<Conversation>,
        renumbering: Option<Renumbering>,
    ) -> Self {
        let renumbering = renumbering.map(|renumbering| Renumbered {
            renumbering,
            said: BytesMut::new(),
            heard: BytesMut::new(),
        });
        Self {
            stream,
            valve,
            tap,
            renumbering,
        }
    }

    fn broken(&self) -> io::Error {
        let tcp = match &self.stream {
            Either::Left(tcp) => tcp,
            Either::Right(tls) => tls.get_ref().0,
        };
        // Where it fails, the peer sees an orderly end instead.
        tcp.set_zero_linger().ok();
        io::ErrorKind::ConnectionReset.into()
    }

    /// Reads what is on the wire.
    fn poll_hear(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Some(tap) = &mut self.tap
            && let Poll::Ready(Ok(())) = read
        {
            tap.received(buffer.filled().get(before..).unwrap_or_default());
        }
        read
    }

    /// Reads, and gives out whole PDUs with their numbers changed.
    fn poll_hear_renumbered(
        &mut self,
        cx: &mut Context<'_>,
        mut renumbered: Renumbered,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let heard = self.hear_into(cx, &mut renumbered, buffer);
        self.renumbering = Some(renumbered);
        heard
    }

    fn hear_into(
        &mut self,
        cx: &mut Context<'_>,
        renumbered: &mut Renumbered,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while renumbered.heard.is_empty() {
            let mut octets = [0; 4_096];
            let mut raw = ReadBuf::new(&mut octets);
            std::task::ready!(self.poll_hear(cx, &mut raw))?;
            if raw.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            let heard = &mut renumbered.heard;
            renumbered.renumbering.hear(raw.filled(), heard);
        }
        let fits = renumbered.heard.len().min(buffer.remaining());
        buffer.put_slice(&renumbered.heard.split_to(fits));
        Poll::Ready(Ok(()))
    }

    /// Writes to the wire.
    fn poll_say(&mut self, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, octets);
        if let Some(tap) = &mut self.tap
            && let Poll::Ready(Ok(count)) = written
        {
            tap.sent(octets.get(..count).unwrap_or_default());
        }
        written
    }

    /// Writes what was renumbered and is not yet written.
    fn poll_say_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(mut renumbered) = self.renumbering.take() else {
            return Poll::Ready(Ok(()));
        };
        let mut said = Poll::Ready(Ok(()));
        while !renumbered.said.is_empty() && matches!(said, Poll::Ready(Ok(()))) {
            said = self
                .poll_say(cx, &renumbered.said)
                .map_ok(|count| renumbered.said.advance(count));
        }
        self.renumbering = Some(renumbered);
        said
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.valve.reader.register(cx.waker());
        if self.valve.is_cut() {
            return Poll::Ready(Err(self.broken()));
        }
        if self.valve.is_stalled() {
            return Poll::Pending;
        }
        match self.renumbering.take() {
            Some(renumbered) => self.poll_hear_renumbered(cx, renumbered, buffer),
            None => self.poll_hear(cx, buffer),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.valve.writer.register(cx.waker());
        if self.valve.is_cut() {
            return Poll::Ready(Err(self.broken()));
        }
        if self.valve.is_muted() {
            return Poll::Ready(Ok(octets.len()));
        }
        std::task::ready!(self.poll_say_rest(cx))?;
        let Some(Renumbered {
            renumbering, said, ..
        }) = &mut self.renumbering
        else {
            return self.poll_say(cx, octets);
        };
        renumbering.say(octets, said);
        // What the wire does not take now goes with the next write or flush.
        match self.poll_say_rest(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(octets.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        std::task::ready!(self.poll_say_rest(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
