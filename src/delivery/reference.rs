//! The `user_message_reference` of each segment, by which a receipt that returns it names the segment.
//!
//! It comes from the message's concatenation reference and the segment's place: the first segment has the message's.
//! Being 16 bits, it names a segment only together with the operator and the subscriber.

/// How far apart those of neighbouring segments are: the most segments a text can have spread evenly over all there
/// are, so that those of messages that follow one another differ.
const STEP: u32 = 257;

/// From 1 on; 0 is none.
const REFERENCES: u32 = 0xFFFF;

/// Of a segment, numbered from 0, of a message with this reference.
pub fn reference_of(message: u16, segment: u8) -> u16 {
    let first = u32::from(message.saturating_sub(1));
    let place = (first + u32::from(segment) * STEP) % REFERENCES;
    u16::try_from(place + 1).unwrap_or(u16::MAX)
}

/// The segment, numbered from 0, that has the reference which a receipt returns, if the message has so many.
pub fn segment_of(message: u16, returned: u16) -> Option<u8> {
    let first = u32::from(message.checked_sub(1)?);
    let returned = u32::from(returned.checked_sub(1)?);
    let apart = (returned + REFERENCES - first) % REFERENCES;
    let segment = apart.is_multiple_of(STEP).then_some(apart / STEP)?;
    u8::try_from(segment).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_reference_names_the_segment_that_has_it(message in 1_u16.., segment in 0..255_u8) {
            let reference = reference_of(message, segment);
            prop_assert_ne!(reference, 0);
            prop_assert_eq!(segment_of(message, reference), Some(segment));
        }

        #[test]
        fn neighbouring_messages_share_no_reference(message in 1_u16.., apart in 1..257_u16, segment in 0..255_u8) {
            let neighbour = message.checked_add(apart).unwrap_or_else(|| message - (0xFFFF - apart));
            let reference = reference_of(neighbour, segment);
            prop_assert_eq!(segment_of(message, reference), None);
        }
    }

    #[test]
    fn the_first_segment_has_the_reference_of_its_message_and_zero_names_nothing() {
        for message in [1, 7, 0xFFFF] {
            assert_eq!(reference_of(message, 0), message);
            assert_eq!(segment_of(message, 0), None);
        }
        assert_eq!(reference_of(0xFFFF, 1), 257);
    }
}
