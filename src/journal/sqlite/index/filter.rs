//! Says of most keys that they are not in a run, without a look at it: a Bloom filter whose bits
//! for one key all lie in one block of 64 octets.

/// Keys are spread evenly over the 64 bits, as hashes are.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    /// 2 to the power of `bits` blocks in the order of their keys, cut into parts. A part without any key has no blocks.
    parts: Vec<Part>,
    bits: u32,
    probes: Probes,
}

/// Its length is that of all parts, or 0.
type Part = Box<[Block]>;

type Block = [u64; 8];

/// A part has 2 to the power of so many blocks, 64 KiB, unless the whole filter has fewer.
const PART_BITS: u32 = 10;

/// How many bits are set for a key.
#[derive(Clone, Copy, Debug)]
enum Probes {
    /// Best where a key has hardly any room.
    Two,
    /// Good for 6 to 20 bits of room a key.
    Four,
}

/// With so many bits of room a key a filter still saves one look in four.
const LEAST_BITS: u64 = 1;

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
    pub(super) fn key(&self) -> u64 {
        self.key
    }

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
            parts: vec![Part::default(); 1 << bits.saturating_sub(PART_BITS)],
            bits,
            probes: match keys * BITS_FOR_FOUR <= room {
                true => Probes::Four,
                false => Probes::Two,
            },
        };
        (keys * LEAST_BITS <= room).then(filter)
    }

    pub(super) fn insert(&mut self, key: u64) {
        let (part, block) = self.index(key);
        let Some(part) = self.parts.get_mut(part) else {
            return;
        };
        if part.is_empty() {
            *part = vec![[0; 8]; 1 << self.bits.min(PART_BITS)].into_boxed_slice();
        }
        if let Some(block) = part.get_mut(block) {
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
        let (part, block) = self.index(question.key);
        let block = self.parts.get(part).and_then(|part| part.get(block));
        block.is_some_and(|block| {
            let words = block.iter().zip(bits);
            // All of them, without a branch for each.
            words.fold(0, |missing, (word, bits)| missing | (bits & !word)) == 0
        })
    }

    /// Gives back what memory it can of the keys below this one, which nobody will ask for again.
    pub(super) fn give_back_below(&mut self, key: u64) {
        let (part, _) = self.index(key);
        let below = self.parts.iter_mut().take(part);
        below.for_each(|part| *part = Part::default());
    }

    /// The part and in it the block of a key.
    fn index(&self, key: u64) -> (usize, usize) {
        let high = key.checked_shr(64 - self.bits).unwrap_or(0);
        let index = usize::try_from(high).unwrap_or(usize::MAX);
        (index >> PART_BITS, index & ((1 << PART_BITS) - 1))
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
    fn memory_is_taken_part_by_part_and_given_back_so() {
        let mut filter = Filter::for_keys(200_000, 16).unwrap();
        let taken = |filter: &Filter| filter.parts.iter().filter(|part| !part.is_empty()).count();
        assert_eq!((filter.parts.len(), taken(&filter)), (4, 0));
        let quarter = 1 << 62;
        let keys = [1, quarter, 2 * quarter, 3 * quarter];
        keys.into_iter().for_each(|key| filter.insert(key));
        assert_eq!(taken(&filter), 4);
        filter.give_back_below(2 * quarter - 1);
        assert_eq!(taken(&filter), 3);
        filter.give_back_below(2 * quarter);
        let left = keys.map(|key| filter.may_have(&Question::new(key)));
        assert_eq!((taken(&filter), left), (2, [false, false, true, true]));
    }

    #[test]
    fn one_block_serves_all_keys() {
        let mut filter = Filter::for_keys(0, 16).unwrap();
        filter.insert(u64::MAX);
        assert!(filter.may_have(&Question::new(u64::MAX)) && !filter.may_have(&Question::new(1)));
    }
}
