//! One bare SMPP session: ready-made requests out, responses counted, receipts answered.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use xabar_smpp::CommandId;

use super::{Plan, Progress, ready_made};

pub(super) struct Session {
    stream: TcpStream,
    submit_sm: Vec<u8>,
    window: usize,
    coming: mpsc::Receiver<usize>,
    progress: mpsc::Sender<Progress>,
    out: BytesMut,
    sequence: u32,
    state: State,
    undelivered: Arc<Undelivered>,
}

#[derive(Debug, Default)]
struct State {
    /// To be submitted.
    due: usize,
    /// Awaiting a response.
    in_flight: usize,
    /// More may come.
    open: bool,
}

/// The messages whose receipt is not answered yet. A receipt may come over any session.
#[derive(Debug)]
pub(super) struct Undelivered {
    count: AtomicU64,
    none: CancellationToken,
}

impl Undelivered {
    pub(super) fn new(messages: u64) -> Arc<Self> {
        Arc::new(Self {
            count: AtomicU64::new(messages),
            none: CancellationToken::new(),
        })
    }

    fn less(&self, delivered: usize) {
        let delivered = delivered as u64;
        if self.count.fetch_sub(delivered, Ordering::Relaxed) <= delivered {
            self.none.cancel();
        }
    }
}

const READ: usize = 64 * 1024;
const HEADER: usize = 16;

impl Session {
    pub(super) async fn bind(
        plan: &Plan,
        coming: mpsc::Receiver<usize>,
        progress: mpsc::Sender<Progress>,
        undelivered: Arc<Undelivered>,
    ) -> io::Result<Self> {
        let mut stream = TcpStream::connect(plan.smsc).await?;
        stream.set_nodelay(true)?;
        stream.write_all(&ready_made::bind()?).await?;
        let len = stream.read_u32().await?;
        let (command, status) = (stream.read_u32().await?, stream.read_u32().await?);
        if CommandId(command) != CommandId::BIND_TRANSCEIVER_RESP || status != 0 {
            return Err(io::Error::other(format!("refuses the bind with {status}")));
        }
        let rest = usize::try_from(len).unwrap_or(0).saturating_sub(12);
        stream.read_exact(&mut vec![0; rest]).await?;
        Ok(Self {
            stream,
            submit_sm: ready_made::submit_sm(&plan.text)?,
            window: plan.window.into(),
            coming,
            progress,
            out: BytesMut::with_capacity(4 * READ),
            sequence: 1,
            state: State {
                open: true,
                ..State::default()
            },
            undelivered,
        })
    }

    /// Until the last receipt of all sessions is answered.
    pub(super) async fn run(mut self) -> io::Result<()> {
        let mut input = BytesMut::with_capacity(READ);
        while !self.is_over() {
            self.submit();
            let Self {
                stream,
                coming,
                out,
                state,
                undelivered,
                ..
            } = &mut self;
            let none = &undelivered.none;
            let (mut reading, mut writing) = stream.split();
            tokio::select! {
                read = reading.read_buf(&mut input) => {
                    if read? == 0 {
                        return Err(io::Error::other("it closed the connection"));
                    }
                }
                written = writing.write_buf(out), if !out.is_empty() => {
                    written?;
                    continue;
                }
                chunk = coming.recv(), if state.open && state.due == 0 => {
                    state.open = chunk.is_some();
                    state.due = chunk.unwrap_or_default();
                    continue;
                }
                () = none.cancelled(), if !none.is_cancelled() => continue,
            }
            let progress = self.hear(&mut input)?;
            input.reserve(READ);
            if progress != Progress::default() {
                // Without a broker nobody listens.
                self.progress.send(progress).await.ok();
            }
        }
        self.frame(CommandId::UNBIND, 0);
        self.stream.write_all(&self.out).await?;
        // Closed before the SMSC has read all of it, a connection may be reset and answers lost.
        tokio::io::copy(&mut self.stream, &mut tokio::io::sink()).await?;
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.undelivered.none.is_cancelled() && self.out.is_empty()
    }

    /// As many as the window takes.
    fn submit(&mut self) {
        let count = self.state.due.min(self.window - self.state.in_flight);
        for _ in 0..count {
            let (before, after) = self.submit_sm.split_at(HEADER - 4);
            self.out.extend_from_slice(before);
            self.out.put_u32(self.sequence);
            self.out
                .extend_from_slice(after.get(4..).unwrap_or_default());
            self.sequence = self.sequence.wrapping_add(1) & 0x7FFF_FFFF;
        }
        self.state.due -= count;
        self.state.in_flight += count;
    }

    /// Counts what came, and answers what wants an answer.
    fn hear(&mut self, input: &mut BytesMut) -> io::Result<Progress> {
        let mut progress = Progress::default();
        while let Some(mut header) = input.get(..HEADER) {
            let len = usize::try_from(header.get_u32()).unwrap_or(usize::MAX);
            let command = CommandId(header.get_u32());
            let (status, sequence) = (header.get_u32(), header.get_u32());
            if len < HEADER || status != 0 || command == CommandId::GENERIC_NACK {
                let what = format!("answers {command} with status {status}");
                return Err(io::Error::other(what));
            }
            if input.len() < len {
                break;
            }
            input.advance(len);
            match command {
                CommandId::SUBMIT_SM_RESP => progress.submitted += 1,
                CommandId::DELIVER_SM => {
                    progress.delivered += 1;
                    self.answer_receipt(sequence);
                }
                CommandId::ENQUIRE_LINK => self.frame(CommandId::ENQUIRE_LINK_RESP, sequence),
                _ => {}
            }
        }
        self.state.in_flight = self.state.in_flight.saturating_sub(progress.submitted);
        self.undelivered.less(progress.delivered);
        Ok(progress)
    }

    /// With an empty message id.
    fn answer_receipt(&mut self, sequence: u32) {
        self.out.put_u32(17);
        self.out.put_u32(CommandId::DELIVER_SM_RESP.0);
        self.out.put_u32(0);
        self.out.put_u32(sequence);
        self.out.put_u8(0);
    }

    fn frame(&mut self, command: CommandId, sequence: u32) {
        self.out.put_u32(16);
        self.out.put_u32(command.0);
        self.out.put_u32(0);
        self.out.put_u32(sequence);
    }
}
