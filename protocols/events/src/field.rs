//! What every checked value has in common: one way in, and a sentence on what would be right.

/// What a refused value should have been, as the end of a sentence ("… should be _8 to 15
/// digits_"). It never holds the value itself, so it may be logged and sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should be {0}")]
pub struct Expected(pub &'static str);

/// A value that is built from a text in one place, which may refuse it.
pub(crate) trait Field: Sized {
    /// See [`Expected`].
    const EXPECTED: &'static str;

    fn read(text: &str) -> Option<Self>;
}

/// Whether `text` has `1..=max` characters; looks at characters only where octets do not decide.
pub(crate) fn has_length(text: &str, max: usize) -> bool {
    !text.is_empty() && (text.len() <= max || text.chars().nth(max).is_none())
}
