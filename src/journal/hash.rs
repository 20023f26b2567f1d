//! The hash of several pieces as one text: part of the journal's format.

use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

/// More than most keys have together.
const USUAL_OCTETS: usize = 160;

/// XXH3 of all pieces, one after the other. A hasher that is fed piece by piece takes five times as long as one look at the
/// same octets in a row.
pub(crate) fn hash(seed: u64, pieces: &[&[u8]]) -> u64 {
    let mut octets = [0; USUAL_OCTETS];
    let mut len = 0;
    for piece in pieces {
        let Some(room) = octets.get_mut(len..len + piece.len()) else {
            return of_many_octets(seed, pieces);
        };
        room.copy_from_slice(piece);
        len += piece.len();
    }
    xxh3_64_with_seed(octets.get(..len).unwrap_or_default(), seed)
}

fn of_many_octets(seed: u64, pieces: &[&[u8]]) -> u64 {
    let mut hash = Xxh3::with_seed(seed);
    pieces.iter().for_each(|piece| hash.update(piece));
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_or_long_it_is_the_hash_of_all_octets_in_a_row() {
        for len in (0..400).step_by(7) {
            let (one, other) = (vec![b'a'; len], vec![b'b'; len / 2]);
            let all = [&one[..], &[0], &other].concat();
            let expected = xxh3_64_with_seed(&all, 7);
            assert_eq!(hash(7, &[&one, &[0], &other]), expected, "{len}");
        }
    }
}
