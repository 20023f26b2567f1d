//! Integers of the specification some of whose values have names.
//!
//! A plain enum would lose the values that vendors add, so each type keeps its integer, and the
//! macro below turns a table of values into constants and names.

/// Makes a newtype over an unsigned integer from a table of constants and their names.
macro_rules! named {
    (
        $(#[$meta:meta])*
        pub struct $type:ident($raw:ty);
        $( $(#[$note:meta])* $constant:ident = $value:literal, $name:literal; )*
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub $raw);

        impl $type {
            $(
                #[doc = concat!("`", $name, "`")]
                $(#[$note])*
                pub const $constant: Self = Self($value);
            )*

            /// Every value that has a name, in the order of the table.
            pub const NAMED: &'static [Self] = &[$(Self::$constant),*];

            /// The specification's name, if this value has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }

            /// The value of that name, as [`name`](Self::name) spells it.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$constant),)*
                    _ => None,
                }
            }
        }

        impl From<$raw> for $type {
            fn from(raw: $raw) -> Self {
                Self(raw)
            }
        }

        impl From<$type> for $raw {
            fn from(value: $type) -> Self {
                value.0
            }
        }

        /// The name, or the number in hexadecimal.
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => write!(f, "{:#0width$x}", self.0, width = 2 + 2 * size_of::<$raw>()),
                }
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self)
            }
        }
    };
}

pub(crate) use named;
