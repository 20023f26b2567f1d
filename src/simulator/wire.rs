//! A TCP connection that can be stalled, cut and listened in on.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::pcap::Conversation;

/// A connection as the link sees it.
pub(super) struct Wire {
    stream: TcpStream,
    valve: Arc<Valve>,
    tap: Option<Conversation>,
}

/// The other end of a [`Wire`]: decides what passes.
#[derive(Debug, Default)]
pub(super) struct Valve {
    stalled: AtomicBool,
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

    /// Breaks the connection: nothing more is written, and the peer gets a reset.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        self.reader.wake();
        self.writer.wake();
    }

    fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Acquire)
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }
}

impl Wire {
    pub(super) fn new(stream: TcpStream, valve: Arc<Valve>, tap: Option<Conversation>) -> Self {
        Self { stream, valve, tap }
    }

    fn broken(&self) -> io::Error {
        // Where it fails, the peer sees an orderly end instead.
        self.stream.set_zero_linger().ok();
        io::ErrorKind::ConnectionReset.into()
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
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if let Some(tap) = &mut self.tap
            && let Poll::Ready(Ok(())) = read
        {
            tap.received(buffer.filled().get(before..).unwrap_or_default());
        }
        read
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
        let written = Pin::new(&mut self.stream).poll_write(cx, octets);
        if let Some(tap) = &mut self.tap
            && let Poll::Ready(Ok(count)) = written
        {
            tap.sent(octets.get(..count).unwrap_or_default());
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
