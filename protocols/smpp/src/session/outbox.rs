//! Requests of the application that wait for their turn.

use std::collections::VecDeque;
use std::fmt;

use bytes::{Buf, BytesMut};

use crate::{Body, CommandId, EncodeError, Frame, Pdu};

/// Requests to send, encoded back to back, each with a token by which the application knows it.
#[derive(Default)]
pub struct Requests {
    octets: BytesMut,
    items: VecDeque<Item>,
}

/// Shows how many there are: the octets hold numbers and texts.
impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Requests");
        shown.field("len", &self.len());
        shown.field("len_octets", &self.len_octets()).finish()
    }
}

struct Item {
    token: u64,
    len_octets: usize,
}

impl Requests {
    /// An empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty batch with room for that much.
    pub fn with_capacity(requests: usize, octets: usize) -> Self {
        Self {
            octets: BytesMut::with_capacity(octets),
            items: VecDeque::with_capacity(requests),
        }
    }

    /// Adds a request. Its sequence number is filled in on sending.
    ///
    /// # Errors
    /// A field does not fit its size; the batch is then as it was.
    pub fn push(&mut self, token: u64, request: Body<'_>) -> Result<(), EncodeError> {
        let before = self.octets.len();
        Pdu::new(0, request).encode(&mut self.octets)?;
        let len_octets = self.octets.len() - before;
        self.items.push_back(Item { token, len_octets });
        Ok(())
    }

    /// Adds a request that is encoded already. Its sequence number is overwritten on sending.
    pub fn push_frame(&mut self, token: u64, request: &Frame) {
        let len_octets = request.octets().len();
        self.octets.extend_from_slice(request.octets());
        self.items.push_back(Item { token, len_octets });
    }

    /// How many requests these are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Octets of all of them.
    pub fn len_octets(&self) -> usize {
        self.octets.len()
    }

    /// The tokens, in order.
    pub fn tokens(&self) -> impl Iterator<Item = u64> {
        self.items.iter().map(|item| item.token)
    }

    /// Moves the first request to the end of `output`, numbered.
    fn take(&mut self, output: &mut BytesMut, sequence: u32) -> Option<Taken> {
        let Item { token, len_octets } = self.items.pop_front()?;
        let len_octets = len_octets.min(self.octets.len());
        let start = output.len();
        // The one copy on the way out: it gathers many small requests into one write.
        output.extend_from_slice(self.octets.get(..len_octets).unwrap_or_default());
        self.octets.advance(len_octets);
        let pdu = output.get_mut(start..).unwrap_or_default();
        if let Some(place) = pdu.get_mut(12..16) {
            place.copy_from_slice(&sequence.to_be_bytes());
        }
        let command = pdu.get(4..8).and_then(|id| id.try_into().ok());
        let command = CommandId(u32::from_be_bytes(command.unwrap_or_default()));
        let silent = [CommandId::ALERT_NOTIFICATION, CommandId::OUTBIND].contains(&command);
        Some(Taken {
            token,
            command,
            awaits_response: !silent,
        })
    }
}

/// A request that was moved to the output.
pub(super) struct Taken {
    pub(super) token: u64,
    pub(super) command: CommandId,
    pub(super) awaits_response: bool,
}

/// Batches of requests in the order in which they came.
#[derive(Default)]
pub(super) struct Outbox {
    batches: VecDeque<Requests>,
    len: usize,
}

impl Outbox {
    /// How many requests wait.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn push(&mut self, requests: Requests) {
        self.len += requests.len();
        self.batches.push_back(requests);
    }

    pub(super) fn take(&mut self, output: &mut BytesMut, sequence: u32) -> Option<Taken> {
        while self.batches.front().is_some_and(Requests::is_empty) {
            self.batches.pop_front();
        }
        let taken = self.batches.front_mut()?.take(output, sequence)?;
        self.len -= 1;
        Some(taken)
    }

    pub(super) fn into_tokens(self) -> Vec<u64> {
        self.batches.iter().flat_map(Requests::tokens).collect()
    }
}
