//! What staff sets of a link while it runs.

use std::fmt;

/// What is to become of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Setting<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// It is the configured one again.
    Configured,
    To(T),
}

/// What the configuration says of a link from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Configured {
    /// PDUs a second, all sessions together.
    pub tps: Option<u32>,
    /// Per session, of those whose login has none of its own.
    pub window: Option<usize>,
}

/// What is set of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tuning {
    /// PDUs a second, all sessions together.
    pub tps: Setting<u32>,
    /// Per session.
    pub window: Setting<usize>,
    /// Of each login, as far as it has as many.
    pub sessions: Setting<usize>,
}

impl<T: fmt::Display> fmt::Display for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep => f.write_str("as before"),
            Self::Configured => f.write_str("as configured"),
            Self::To(value) => value.fmt(f),
        }
    }
}

impl<T: Copy> Setting<T> {
    /// What holds from then on; `None`: what held before.
    pub(super) fn of<C>(self, configured: C, set: impl FnOnce(T) -> C) -> Option<C> {
        match self {
            Self::Keep => None,
            Self::Configured => Some(configured),
            Self::To(value) => Some(set(value)),
        }
    }

    fn or(self, earlier: Self) -> Self {
        match self {
            Self::Keep => earlier,
            _ => self,
        }
    }
}

impl Tuning {
    /// This one after another that was not heard yet.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        Self {
            tps: self.tps.or(earlier.tps),
            window: self.window.or(earlier.window),
            sessions: self.sessions.or(earlier.sessions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_later_holds_and_what_it_keeps_is_as_it_was_set_before() {
        let earlier = Tuning {
            tps: Setting::To(100),
            window: Setting::To(5),
            ..Tuning::default()
        };
        let later = Tuning {
            window: Setting::Configured,
            ..Tuning::default()
        };
        let both = Tuning {
            tps: Setting::To(100),
            window: Setting::Configured,
            ..Tuning::default()
        };
        assert_eq!(later.after(earlier), both);
    }
}
