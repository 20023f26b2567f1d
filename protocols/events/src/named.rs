//! Enums whose values have a name in the contract and a code in storage.

/// Declares an enum by its table: value, storage code, name in the contract.
///
/// Both ways of both columns come from that one table. Codes are stable: they stand in journals,
/// so a value that goes leaves its code unused.
macro_rules! named {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$about:meta])* $value:ident = $code:literal, $text:literal;)+
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$about])* $value,)+
        }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The name in the contract.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }

            /// The code in storage; it never changes.
            pub const fn code(self) -> u8 {
                match self { $(Self::$value => $code,)+ }
            }

            /// The value with this storage code.
            pub const fn from_code(code: u8) -> Option<Self> {
                match code { $($code => Some(Self::$value),)+ _ => None }
            }
        }

        impl $crate::field::Field for $name {
            const EXPECTED: &'static str = concat!("one of", $(" ", $text),+);

            fn read(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$value),)+ _ => None }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Expected;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                use $crate::field::Field;
                Self::read(text).ok_or($crate::Expected(Self::EXPECTED))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::{Language, Priority, Reason, RejectReason, State};

    macro_rules! every_value_comes_back {
        ($($name:ident),+) => {$({
            let mut codes: Vec<u8> = $name::ALL.iter().map(|value| value.code()).collect();
            codes.sort_unstable();
            codes.dedup();
            assert_eq!(codes.len(), $name::ALL.len(), "a code of {} is used twice", stringify!($name));
            for &value in $name::ALL {
                assert_eq!(value.as_str().parse(), Ok(value));
                assert_eq!($name::from_code(value.code()), Some(value));
                assert_eq!(value.to_string(), value.as_str());
            }
            assert_eq!($name::from_code(0), None, "0 is kept for \"none\" in storage");
            assert!("nonsense".parse::<$name>().is_err());
        })+};
    }

    #[test]
    fn names_and_codes_come_back() {
        every_value_comes_back!(Language, Priority, Reason, RejectReason, State);
    }

    /// A journal holds these: a new value goes to the end, with the next code.
    #[test]
    fn codes_stand_as_they_were_given() {
        macro_rules! stand {
            ($($name:ident up to $last:ident = $code:literal),+) => {$(
                let codes: Vec<u8> = $name::ALL.iter().map(|value| value.code()).collect();
                assert_eq!(codes[..$code], (1..=$code).collect::<Vec<u8>>());
                assert_eq!($name::$last.code(), $code);
            )+};
        }
        stand!(State up to Unknown = 10, Reason up to NoReceipts = 28, RejectReason up to TooLarge = 8);
        stand!(Language up to En = 5, Priority up to Bulk = 3);
    }
}
