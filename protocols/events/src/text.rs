//! Short texts that name something: an event, an application, a service, a status.

use crate::field::has_length;

/// Declares a text type by its rule and the words for it.
macro_rules! checked_text {
    ($(#[$meta:meta])* $name:ident, $rule:expr, $expected:literal) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl $crate::field::Field for $name {
            const EXPECTED: &'static str = $expected;

            fn read(text: &str) -> Option<Self> {
                let rule: fn(&str) -> bool = $rule;
                rule(text).then(|| Self(text.into()))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Expected;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                use $crate::field::Field;
                Self::read(text).ok_or($crate::Expected(Self::EXPECTED))
            }
        }

        impl From<$name> for Box<str> {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

checked_text! {
    /// The agency's name for its event, unique together with the agency.
    EventId, |text| is_line(text, 256), "1 to 256 characters, none of them control characters"
}

checked_text! {
    /// The number of a citizen's request to a public service, an event's `subject`.
    ApplicationNumber, |text| is_line(text, 64),
    "the application's number: 1 to 64 characters, none of them control characters"
}

checked_text! {
    /// The name of a service or a status, by which texts are looked up.
    Slug, is_slug, "1 to 64 of the characters A-Z, a-z, 0-9, -, _ and ., beginning with a letter or digit"
}

/// CloudEvents 1.0 (Type System) keeps control characters out of attributes.
fn is_line(text: &str, max: usize) -> bool {
    has_length(text, max) && !text.chars().any(char::is_control)
}

fn is_slug(text: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    text.len() <= 64
        && text.bytes().all(plain)
        && text
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters() {
        assert!("ў".repeat(256).parse::<EventId>().is_ok());
        assert!("ў".repeat(257).parse::<EventId>().is_err());
        assert!("".parse::<EventId>().is_err());
        assert!("1".repeat(64).parse::<ApplicationNumber>().is_ok());
        assert!("1".repeat(65).parse::<ApplicationNumber>().is_err());
    }

    #[test]
    fn control_characters_are_refused() {
        for text in ["a\0b", "a\nb", "a\u{7f}", "\u{85}"] {
            assert!(text.parse::<EventId>().is_err());
            assert!(text.parse::<ApplicationNumber>().is_err());
        }
    }

    #[test]
    fn slugs_are_safe_in_file_names() {
        for text in ["approved", "land-registration", "IN_REVIEW", "v1.2", "7"] {
            assert!(text.parse::<Slug>().is_ok(), "{text}");
        }
        for text in [
            "",
            ".",
            "..",
            "-x",
            "a/b",
            "a b",
            "тасдиқланди",
            &"a".repeat(65),
        ] {
            assert!(text.parse::<Slug>().is_err(), "{text}");
        }
    }
}
