//! How many sessions there are to be: fewer than configured when staff sets so, and none while the gateway is drained.

use tokio::sync::watch;

use super::Operator;
use super::slots::Leaving;
use super::unreported::Unreported;

/// How many sessions each login is to have.
pub(super) struct Wanted {
    /// What staff has set; `None`: all that are configured.
    set: Option<usize>,
    /// Whether there is to be none for now.
    resting: bool,
    /// Followed by the sessions.
    most: watch::Sender<usize>,
    /// Which of its login's each session is, by their numbers.
    ordinals: Vec<usize>,
}

impl Wanted {
    pub(super) fn new(ordinals: Vec<usize>) -> Self {
        Self {
            set: None,
            resting: false,
            most: watch::Sender::new(usize::MAX),
            ordinals,
        }
    }

    pub(super) fn follow(&self) -> watch::Receiver<usize> {
        self.most.subscribe()
    }

    /// What is to be from now on; what is not said stays as it is.
    pub(super) fn change(&mut self, sessions: Option<Option<usize>>, rest: Option<bool>) {
        self.set = sessions.unwrap_or(self.set);
        self.resting = rest.unwrap_or(self.resting);
        let most = match self.resting {
            true => 0,
            false => self.set.unwrap_or(usize::MAX),
        };
        self.most.send_if_modified(|before| {
            let is_another = *before != most;
            *before = most;
            is_another
        });
    }

    pub(super) fn is_wanted(&self, session: usize) -> bool {
        let ordinal = self.ordinals.get(session).copied().unwrap_or_default();
        ordinal < *self.most.borrow()
    }
}

impl Operator {
    /// Unbinds those that are too many, once what they have is answered. Those that are too few come by themselves.
    pub(super) fn let_unwanted_go(&mut self, events: &mut Unreported) {
        for index in 0..self.slots.len() {
            if !self.wanted.is_wanted(index)
                && let Some(slot) = self.slots.get(index)
                && slot.is_up()
                && slot.leaving == Leaving::No
            {
                slot.leaving = Leaving::Elsewhere;
                self.leave(index, events);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_login_there_are_as_many_as_set_and_none_while_it_rests() {
        let mut wanted = Wanted::new(vec![0, 1, 0, 1, 2]);
        let now = |wanted: &Wanted| (0..5).map(|it| wanted.is_wanted(it)).collect::<Vec<_>>();
        assert_eq!(now(&wanted), [true; 5]);
        wanted.change(Some(Some(1)), None);
        assert_eq!(now(&wanted), [true, false, true, false, false]);
        wanted.change(None, Some(true));
        assert_eq!(now(&wanted), [false; 5]);
        wanted.change(Some(Some(2)), None);
        assert_eq!(now(&wanted), [false; 5]);
        wanted.change(None, Some(false));
        assert_eq!(now(&wanted), [true, true, true, true, false]);
        wanted.change(Some(None), None);
        assert_eq!(now(&wanted), [true; 5]);
    }
}
