//! The `user_message_reference` of each segment, by which a receipt that returns it names the segment.
//!
//! Messages take them in turn, each as many in a row as it has segments: so one comes again only when all others were
//! used. Being 16 bits, it names a segment only together with the operator and the subscriber.

/// From 1 on; 0 is none.
const REFERENCES: u32 = 0xFFFF;

/// Gives messages their references.
#[derive(Debug)]
pub struct References {
    next: u16,
}

impl References {
    /// Begins behind that one of the `taken`, those of an earlier life's last segments, from which it is furthest to the next:
    /// none of them is met soon. `otherwise` is where to begin if there are none.
    pub fn beside(taken: impl IntoIterator<Item = u16>, otherwise: u64) -> Self {
        let mut taken: Vec<u16> = taken.into_iter().filter(|it| *it != 0).collect();
        taken.sort_unstable();
        taken.dedup();
        let following = taken.iter().cycle().skip(1);
        let gaps = taken.iter().zip(following).map(|(one, next)| {
            let to_next = (apart(*one, *next) + REFERENCES - 1) % REFERENCES;
            (to_next, *one)
        });
        let next = match gaps.max() {
            Some((_, last)) => reference_of(last, 1),
            None => u16::try_from(otherwise % u64::from(REFERENCES)).unwrap_or(0) + 1,
        };
        Self { next }
    }

    /// What the next message will have.
    pub fn next(&self) -> u16 {
        self.next
    }

    /// Takes that of a message of so many segments.
    pub fn take(&mut self, segments: u8) -> u16 {
        let message = self.next;
        self.next = reference_of(message, segments);
        message
    }
}

/// Of a segment, numbered from 0, of a message with this reference: the first segment has the message's.
pub fn reference_of(message: u16, segment: u8) -> u16 {
    let place = (u32::from(message.saturating_sub(1)) + u32::from(segment)) % REFERENCES;
    u16::try_from(place + 1).unwrap_or(u16::MAX)
}

/// The segment, numbered from 0, that has the reference which a receipt returns, if the message has so many.
pub fn segment_of(message: u16, returned: u16) -> Option<u8> {
    match (message, returned) {
        (0, _) | (_, 0) => None,
        _ => u8::try_from(apart(message, returned)).ok(),
    }
}

/// How many references later another one comes.
fn apart(one: u16, other: u16) -> u32 {
    (u32::from(other) + REFERENCES - u32::from(one)) % REFERENCES
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_reference_names_the_segment_that_has_it(message in 1_u16.., segment: u8) {
            let reference = reference_of(message, segment);
            prop_assert_ne!(reference, 0);
            prop_assert_eq!(segment_of(message, reference), Some(segment));
        }

        #[test]
        fn after_a_restart_it_is_long_until_one_that_is_taken_is_met(taken in prop::collection::vec(1_u16.., 1..40)) {
            let begin = References::beside(taken.iter().copied(), 0).next();
            let until_met = taken.iter().map(|it| apart(begin, *it)).min().unwrap();
            let share = REFERENCES / u32::try_from(taken.len()).unwrap();
            prop_assert!(until_met + 1 >= share, "{until_met} of {share}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20))]

        #[test]
        fn a_reference_comes_again_only_when_all_others_were_used(start: u64, lengths in prop::collection::vec(1_u8.., 600..800)) {
            let mut references = References::beside([], start);
            let (mut used, mut comes_again) = (HashMap::new(), 0);
            let segments = lengths.into_iter().flat_map(|segments| {
                let message = references.take(segments);
                (0..segments).map(move |segment| reference_of(message, segment))
            });
            for (place, reference) in (0_u32..).zip(segments) {
                if let Some(before) = used.insert(reference, place) {
                    prop_assert_eq!(place - before, REFERENCES);
                    comes_again += 1;
                }
            }
            prop_assert!(comes_again > 0);
        }
    }

    #[test]
    fn the_first_segment_has_the_reference_of_its_message_and_zero_names_nothing() {
        for message in [1, 7, 0xFFFF] {
            assert_eq!(reference_of(message, 0), message);
            assert_eq!(segment_of(message, 0), None);
        }
        assert_eq!(reference_of(0xFFFF, 1), 1);
        assert_eq!(References::beside([], 0xFFFF).next(), 1);
        assert_eq!(References::beside([0xFFFF], 7).next(), 1);
    }
}
