//! Says of most keys that they are not in a run, without a look at it: a Bloom filter whose bits
//! for one key all lie in one block of 64 octets.

/// Keys are spread evenly over the 64 bits, as hashes are.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// 2 to the power of `bits` blocks, in the order of their keys.
    blocks: Vec<Block>,
    bits: u32,
    probes: Probes,
}

type Block = [u64; 8];

/// How many bits are set for a key.
#[derive(Clone, Copy, Debug)]
enum Probes {
    /// Best where a key has hardly any room.
    Two,
    /// Good for 6 to 20 bits of room a key.
    Four,
}

/// With so many bits of room a key a filter is still right three times in five.
const LEAST_BITS: u64 = 2;

/// With so many, four bits of a key are better than two.
const BITS_FOR_FOUR: u64 = 6;

/// Keys to a block at most, before the filter is as large as it may be: 10 bits of room for each.
const KEYS_A_BLOCK: u64 = 51;

/// What filters are asked: a key, and its bits of a block, which are the same in all filters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question {
    key: u64,
    two: Block,
    four: Block,
}

impl Question {
    pub(super) fn new(key: u64) -> Self {
        Self {
            key,
            two: bits(key, Probes::Two),
            four: bits(key, Probes::Four),
        }
    }
}

impl Filter {
    /// With 10 to 20 bits for each of so many keys, but at most 2 to the power of `most_bits` blocks. None if that would be
    /// so few that it helps little.
    pub(super) fn for_keys(keys: u64, most_bits: u32) -> Option<Self> {
        let blocks = keys.div_ceil(KEYS_A_BLOCK).next_power_of_two();
        let bits = blocks.ilog2().min(most_bits);
        let room = 512 << bits;
        let filter = || Self {
            blocks: vec![[0; 8]; 1 << bits],
            bits,
            probes: match keys * BITS_FOR_FOUR <= room {
                true => Probes::Four,
                false => Probes::Two,
            },
        };
        (keys * LEAST_BITS <= room).then(filter)
    }

    pub(super) fn insert(&mut self, key: u64) {
        let index = self.index(key);
        if let Some(block) = self.blocks.get_mut(index) {
            let words = block.iter_mut().zip(bits(key, self.probes));
            words.for_each(|(word, bits)| *word |= bits);
        }
    }

    /// Whether the key may have been inserted; surely, if it was.
    pub(super) fn may_have(&self, question: &Question) -> bool {
        let bits = match self.probes {
            Probes::Two => &question.two,
            Probes::Four => &question.four,
        };
        let block = self.blocks.get(self.index(question.key));
        block.is_none_or(|block| {
            let words = block.iter().zip(bits);
            // All of them, without a branch for each.
            words.fold(0, |missing, (word, bits)| missing | (bits & !word)) == 0
        })
    }

    fn index(&self, key: u64) -> usize {
        let high = key.checked_shr(64 - self.bits).unwrap_or(0);
        usize::try_from(high).unwrap_or(usize::MAX)
    }
}

/// The low half of a key says which bits of its block, as the high half says which block.
fn bits(key: u64, probes: Probes) -> Block {
    let probes = match probes {
        Probes::Two => 2,
        Probes::Four => 4,
    };
    let mut block = [0; 8];
    for probe in 0..probes {
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

    /// Of 100,000 other keys, how many a filter of so many blocks has by mistake.
    fn mistaken(keys: u64, most_bits: u32) -> usize {
        let mut filter = Filter::for_keys(keys, most_bits).unwrap();
        (0..keys).for_each(|number| filter.insert(key(number)));
        let may_have = |number| filter.may_have(&Question::new(key(number)));
        assert!((0..keys).all(may_have), "what was inserted is never denied");
        (keys..keys + 100_000)
            .filter(|number| may_have(*number))
            .count()
    }

    #[test]
    fn what_was_inserted_is_never_denied_and_little_else_is_not() {
        let shares =
            [(10_000, 16), (10_000, 7), (10_000, 6)].map(|(keys, bits)| mistaken(keys, bits));
        // With 13, 6.6 and 3.3 bits of room a key.
        assert!(
            shares[0] < 2_000 && shares[1] < 9_000 && shares[2] < 25_000,
            "{shares:?}"
        );
    }

    #[test]
    fn a_filter_is_bounded_and_none_is_better_than_one_that_is_full() {
        assert!(Filter::for_keys(100_000, 4).is_none());
        assert_eq!(Filter::for_keys(1_000, 16).unwrap().bits, 5);
        assert_eq!(Filter::for_keys(1_000, 4).unwrap().bits, 4);
    }

    #[test]
    fn one_block_serves_all_keys() {
        let mut filter = Filter::for_keys(0, 16).unwrap();
        filter.insert(u64::MAX);
        assert!(filter.may_have(&Question::new(u64::MAX)) && !filter.may_have(&Question::new(1)));
    }
}
