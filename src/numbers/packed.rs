//! Many numbers in little memory, each with a label.

use xabar_events::Msisdn;

/// Numbers, and for each which label it has: the operator that it went to, say.
///
/// Numbers that differ in their last 16 bits only stand together in a block, as those 16 bits. So a number
/// takes three octets, and a block 16 more: of a country's millions, few have a block for themselves.
#[derive(Clone, Default)]
pub struct Numbers {
    labels: Vec<Box<str>>,
    /// Sorted; a block ends where the next one begins.
    blocks: Vec<Block>,
    /// The last 16 bits of each number, sorted within its block.
    numbers: Vec<u16>,
    /// For each number, the place of its label in `labels`.
    label: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Block {
    /// A number without its last 16 bits.
    head: u64,
    /// Where in `numbers` it begins.
    begins: usize,
}

/// A number, and the place of its label in a list.
pub(crate) type Row = (Msisdn, u8);

/// Most labels that there may be.
pub(super) const MOST_LABELS: usize = 256;

impl Numbers {
    /// About `len` rows, sorted by number, no number twice.
    pub(crate) fn from_sorted<'a>(
        labels: impl IntoIterator<Item = &'a str>,
        len: usize,
        rows: impl Iterator<Item = Row>,
    ) -> Self {
        let mut packed = Self {
            labels: labels.into_iter().map(Into::into).collect(),
            numbers: Vec::with_capacity(len),
            label: Vec::with_capacity(len),
            blocks: Vec::new(),
        };
        for (msisdn, label) in rows {
            packed.push(msisdn.as_u64(), label);
        }
        packed.blocks.shrink_to_fit();
        packed
    }

    fn push(&mut self, number: u64, label: u8) {
        let (head, last) = split(number);
        if self.blocks.last().is_none_or(|block| block.head != head) {
            let begins = self.numbers.len();
            self.blocks.push(Block { head, begins });
        }
        self.numbers.push(last);
        self.label.push(label);
    }

    /// The place in [`labels`](Self::labels) of a number's label, if it is among these.
    pub fn label_of(&self, msisdn: Msisdn) -> Option<usize> {
        let (head, last) = split(msisdn.as_u64());
        let find = |block: &Block| block.head.cmp(&head);
        let at = self.blocks.binary_search_by(find).ok()?;
        let begins = self.blocks.get(at)?.begins;
        let next = self.blocks.get(at + 1);
        let ends = next.map_or(self.numbers.len(), |next| next.begins);
        let place = self.numbers.get(begins..ends)?.binary_search(&last).ok()?;
        self.label.get(begins + place).copied().map(usize::from)
    }

    /// Whether a number is among these.
    pub fn has(&self, msisdn: Msisdn) -> bool {
        !self.is_empty() && self.label_of(msisdn).is_some()
    }

    /// The labels that numbers have.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(|name| &**name)
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// What it keeps in memory.
    pub fn len_octets(&self) -> usize {
        self.blocks.capacity() * size_of::<Block>()
            + self.numbers.capacity() * size_of::<u16>()
            + self.label.capacity()
    }
}

/// It holds numbers of citizens, which are not to be shown.
impl std::fmt::Debug for Numbers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Numbers").field("len", &self.len()).finish()
    }
}

fn split(number: u64) -> (u64, u16) {
    let last = number & u64::from(u16::MAX);
    (number >> 16, u16::try_from(last).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const OPERATORS: [&str; 3] = ["ucell", "beeline", "others"];

    fn ported(rows: &BTreeMap<u64, u8>) -> Numbers {
        let len = rows.len();
        let rows = rows.iter().map(|(number, to)| (msisdn(*number), *to));
        Numbers::from_sorted(OPERATORS, len, rows)
    }

    fn msisdn(number: u64) -> Msisdn {
        Msisdn::from_u64(number).expect("a number")
    }

    /// Numbers close to one another, so that blocks are shared, and some far away.
    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![
            998_900_000_000_u64..998_900_200_000,
            10_000_000_u64..=999_999_999_999_999,
        ]
    }

    proptest! {
        #[test]
        fn it_says_what_a_map_says(
            rows in prop::collection::btree_map(number(), 0_u8..3, 0..300),
            others in prop::collection::vec(number(), 100),
        ) {
            let ported = ported(&rows);
            prop_assert_eq!(ported.len(), rows.len());
            for number in rows.keys().chain(&others) {
                let expected = rows.get(number).copied().map(usize::from);
                prop_assert_eq!(ported.label_of(msisdn(*number)), expected);
            }
        }
    }

    #[test]
    fn a_million_numbers_of_a_country_take_little_more_than_three_octets_each() {
        // Every twentieth of twenty million numbers.
        let rows = (0..1_000_000_u64).map(|row| (998_900_000_000 + row * 20, 1));
        let ported = ported(&rows.collect());
        assert_eq!(ported.len(), 1_000_000);
        assert!(ported.len_octets() < 3_010_000, "{}", ported.len_octets());
        assert_eq!(ported.label_of(msisdn(998_919_999_980)), Some(1));
        assert_eq!(ported.label_of(msisdn(998_919_999_981)), None);
    }
}
