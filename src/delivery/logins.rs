//! Some of an operator's logins.

/// A bit for each login, in their order; from the 64th on they share the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logins(pub(crate) u64);

impl Logins {
    pub fn contain(self, all_of: Self) -> bool {
        self.0 & all_of.0 == all_of.0
    }

    pub fn are_none(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub fn each(self) -> impl Iterator<Item = Self> {
        let bits = (0..u64::BITS).map(|bit| Self(1 << bit));
        bits.filter(move |login| self.contain(*login))
    }
}

/// By their numbers.
impl FromIterator<usize> for Logins {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let last = (u64::BITS - 1) as usize;
        let bits = numbers.into_iter().map(|number| 1 << number.min(last));
        Self(bits.fold(0, |all: u64, bit: u64| all | bit))
    }
}
