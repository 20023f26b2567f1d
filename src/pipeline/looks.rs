//! How much of a beat goes into asking the journal for what went to subscribers: up to hundreds of messages each time.
//!
//! Screens, texts and receipts have a share each, so that no flood of one keeps the others waiting. What finds no look
//! left waits for the next beat, or is to come again.

/// What the journal is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// What a phone is shown.
    Screen,
    /// What a citizen wrote.
    Text,
    /// A receipt that does not say by an id of which message it is.
    Receipt,
}

/// What is left to a beat.
#[derive(Debug)]
pub(super) struct Looks {
    screens: Share,
    texts: Share,
    receipts: Share,
}

/// Of one kind: how often the journal may be asked, and for how many messages.
#[derive(Debug)]
struct Share {
    looks: usize,
    messages: usize,
}

/// Screens are most, and a phone shows nothing meanwhile.
const SCREENS: Share = Share {
    looks: 64,
    messages: 3_200,
};

const TEXTS: Share = Share {
    looks: 32,
    messages: 1_600,
};

const RECEIPTS: Share = Share {
    looks: 32,
    messages: 1_600,
};

impl Default for Looks {
    fn default() -> Self {
        Self {
            screens: SCREENS,
            texts: TEXTS,
            receipts: RECEIPTS,
        }
    }
}

impl Looks {
    /// Whether there is another look for one of these.
    pub(super) fn are_left(&self, what: For) -> bool {
        let share = match what {
            For::Screen => &self.screens,
            For::Text => &self.texts,
            For::Receipt => &self.receipts,
        };
        share.looks > 0 && share.messages > 0
    }

    /// The journal was asked, and gave so many messages.
    pub(super) fn take(&mut self, what: For, messages: usize) {
        let share = match what {
            For::Screen => &mut self.screens,
            For::Text => &mut self.texts,
            For::Receipt => &mut self.receipts,
        };
        share.looks = share.looks.saturating_sub(1);
        share.messages = share.messages.saturating_sub(messages);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [For; 3] = [For::Screen, For::Text, For::Receipt];

    #[test]
    fn each_kind_has_a_share_that_no_other_takes() {
        for (what, looks) in [(For::Screen, 64), (For::Text, 32), (For::Receipt, 32)] {
            let mut left = Looks::default();
            for _ in 0..looks {
                assert!(left.are_left(what), "{what:?}");
                left.take(what, 3);
            }
            for other in ALL {
                assert_eq!(left.are_left(other), other != what, "{what:?} {other:?}");
            }
        }
    }

    #[test]
    fn subscribers_to_whom_much_went_take_more_of_a_share() {
        for (what, looks) in [(For::Screen, 16), (For::Text, 8), (For::Receipt, 8)] {
            let mut left = Looks::default();
            let mut count = 0;
            while left.are_left(what) {
                left.take(what, 200);
                count += 1;
            }
            assert_eq!(count, looks, "{what:?}");
        }
    }
}
