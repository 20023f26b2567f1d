//! Which deliveries may be acknowledged.

use std::collections::VecDeque;

/// The chunks of deliveries that were read, in the order of their delivery tags.
///
/// A chunk is settled when its events are in the journal and its refused ones are safe at
/// the dead-letter exchange. One acknowledgement covers everything before its tag, so a settled
/// chunk waits for those before it.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    chunks: VecDeque<Chunk>,
    /// How many chunks have left the front.
    gone: u64,
}

#[derive(Debug)]
struct Chunk {
    last_tag: u64,
    settled: bool,
}

/// A chunk in the ledger of its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkId(u64);

impl Ledger {
    /// Notes a chunk that ends with this delivery tag.
    pub(super) fn open(&mut self, last_tag: u64) -> ChunkId {
        let id = ChunkId(self.gone.saturating_add(self.chunks.len() as u64));
        self.chunks.push_back(Chunk {
            last_tag,
            settled: false,
        });
        id
    }

    /// Notes that a chunk is settled; says up to which tag deliveries may be acknowledged
    /// now, if that has moved.
    pub(super) fn settle(&mut self, id: ChunkId) -> Option<u64> {
        let index = usize::try_from(id.0.checked_sub(self.gone)?).ok()?;
        self.chunks.get_mut(index)?.settled = true;
        let mut up_to = None;
        while self.chunks.front().is_some_and(|chunk| chunk.settled) {
            up_to = self.chunks.pop_front().map(|chunk| chunk.last_tag);
            self.gone += 1;
        }
        up_to
    }

    /// Whether nothing awaits its acknowledgement.
    pub(super) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_wait_for_earlier_chunks() {
        let mut ledger = Ledger::default();
        let [first, second, third] = [500, 501, 900].map(|tag| ledger.open(tag));
        assert_eq!(ledger.settle(second), None);
        assert_eq!(ledger.settle(first), Some(501));
        assert!(!ledger.is_empty());
        let fourth = ledger.open(901);
        assert_eq!(ledger.settle(third), Some(900));
        assert_eq!(ledger.settle(fourth), Some(901));
        assert!(ledger.is_empty());
    }

    #[test]
    fn a_chunk_settles_once() {
        let mut ledger = Ledger::default();
        let first = ledger.open(1);
        assert_eq!(ledger.settle(first), Some(1));
        assert_eq!(ledger.settle(first), None);
        let second = ledger.open(2);
        assert_eq!(ledger.settle(first), None);
        assert_eq!(ledger.settle(second), Some(2));
    }
}
