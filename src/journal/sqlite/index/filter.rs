//! Says of most keys that they are not in a run, without a look at it: a Bloom filter whose bits
//! for one key all lie in one block of 64 octets.

/// Keys are spread evenly over the 64 bits, as hashes are.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// 2 to the power of `bits` blocks, in the order of their keys.
    blocks: Vec<Block>,
    bits: u32,
}

type Block = [u64; 8];

/// Bits set for a key: the best for 9 bits of room a key, and good down to 3.
const PROBES: u32 = 4;

impl Filter {
    /// With 2 to the power of `bits` blocks.
    pub(super) fn new(bits: u32) -> Self {
        Self {
            blocks: vec![[0; 8]; 1 << bits],
            bits,
        }
    }

    /// With 10 to 20 bits for each of so many keys.
    pub(super) fn for_keys(keys: usize) -> Self {
        Self::new((keys / 25).next_power_of_two().ilog2())
    }

    pub(super) fn insert(&mut self, key: u64) {
        let index = self.index(key);
        if let Some(block) = self.blocks.get_mut(index) {
            let words = block.iter_mut().zip(bits(key));
            words.for_each(|(word, bits)| *word |= bits);
        }
    }

    /// Whether the key may have been inserted; surely, if it was.
    pub(super) fn may_have(&self, key: u64) -> bool {
        let block = self.blocks.get(self.index(key));
        block.is_none_or(|block| {
            let mut words = block.iter().zip(bits(key));
            words.all(|(word, bits)| word & bits == bits)
        })
    }

    /// Replaces what it says of a slice of the keys, the `slice`-th of 2 to the power of `slice_bits`.
    pub(super) fn replace(&mut self, slice: u64, slice_bits: u32, keys: impl Iterator<Item = u64>) {
        let len = self.blocks.len() >> slice_bits.min(self.bits);
        let first = usize::try_from(slice).unwrap_or(0) * len;
        if let Some(blocks) = self.blocks.get_mut(first..first + len)
            && slice_bits <= self.bits
        {
            blocks.fill([0; 8]);
        }
        keys.for_each(|key| self.insert(key));
    }

    fn index(&self, key: u64) -> usize {
        let high = key.checked_shr(64 - self.bits).unwrap_or(0);
        usize::try_from(high).unwrap_or(usize::MAX)
    }
}

/// The low half of a key says which bits of its block, as the high half says which block.
fn bits(key: u64) -> Block {
    let mut block = [0; 8];
    for probe in 0..PROBES {
        let nine = key >> (9 * probe);
        let [low, ..] = (nine >> 6).to_le_bytes();
        if let Some(word) = block.get_mut(usize::from(low & 7)) {
            *word |= 1 << (nine & 63);
        }
    }
    block
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn key(number: u64) -> u64 {
        xxh3_64(&number.to_le_bytes())
    }

    #[test]
    fn what_was_inserted_is_never_denied_and_little_else_is_not() {
        let mut filter = Filter::for_keys(10_000);
        (0..10_000).for_each(|number| filter.insert(key(number)));
        assert!((0..10_000).all(|number| filter.may_have(key(number))));
        let mistaken = (10_000..110_000)
            .filter(|number| filter.may_have(key(*number)))
            .count();
        assert!(mistaken < 3_000, "{mistaken} of 100,000");
    }

    #[test]
    fn a_slice_is_replaced_and_the_others_stay() {
        let mut filter = Filter::new(6);
        let (low, high) = (key(1) >> 1, key(2) | 1 << 63);
        filter.insert(low);
        filter.insert(high);
        filter.replace(1, 1, [key(3) | 1 << 63].into_iter());
        assert!(filter.may_have(low) && filter.may_have(key(3) | 1 << 63));
        assert!(!filter.may_have(high));
    }

    #[test]
    fn one_block_serves_all_keys() {
        let mut filter = Filter::for_keys(0);
        filter.insert(u64::MAX);
        assert!(filter.may_have(u64::MAX) && !filter.may_have(1));
    }
}
