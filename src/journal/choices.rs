//! What subscribers have chosen, by SMS or USSD.

use std::collections::BTreeSet;

use xabar_events::Language;

/// What a subscriber has chosen: the language, and whom to hear from. Most have chosen nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    pub language: Option<Language>,
    /// Whether agencies are not heard any more.
    stopped: bool,
    /// The agencies for which it is the other way round, by name.
    except: BTreeSet<Box<str>>,
}

/// Agencies that one subscriber can choose apart: more than write to anybody.
const MOST_APART: usize = 128;

impl Choices {
    /// As they stand in the journal.
    pub(super) fn new(
        language: Option<Language>,
        stopped: bool,
        except: impl IntoIterator<Item = Box<str>>,
    ) -> Self {
        Self {
            language,
            stopped,
            except: except.into_iter().collect(),
        }
    }

    pub(super) fn parts(&self) -> (bool, &BTreeSet<Box<str>>) {
        (self.stopped, &self.except)
    }

    /// Whether this agency's messages are wanted.
    pub fn hears(&self, agency: &str) -> bool {
        self.stopped == self.except.contains(agency)
    }

    /// Whether messages of agencies are unwanted, but for those apart.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// What has to be known of a subscriber whose data is erased, so that an opt-out holds.
    #[must_use]
    pub fn opt_outs(&self) -> Self {
        Self {
            language: None,
            ..self.clone()
        }
    }

    /// The agencies that were chosen apart from the others.
    pub fn apart(&self) -> impl Iterator<Item = &str> {
        self.except.iter().map(|agency| &**agency)
    }

    /// Whether no agency's messages are wanted.
    pub fn hears_nobody(&self) -> bool {
        self.stopped && self.except.is_empty()
    }

    /// No messages any more: of one agency, or of all. Says of whom: of all where no more agencies can be chosen apart,
    /// since that is never less than was asked for.
    pub fn stop<'a>(&mut self, agency: Option<&'a str>) -> Option<&'a str> {
        let apart = agency.filter(|agency| self.set_apart(agency, true));
        if apart.is_none() {
            self.set_all(true);
        }
        apart
    }

    /// Messages again: of one agency, or of all. Says whether it is so: nothing changes where no more agencies can be
    /// chosen apart.
    pub fn start(&mut self, agency: Option<&str>) -> bool {
        match agency {
            Some(agency) => self.set_apart(agency, false),
            None => {
                self.set_all(false);
                true
            }
        }
    }

    fn set_apart(&mut self, agency: &str, stopped: bool) -> bool {
        if self.stopped == stopped {
            self.except.remove(agency);
        } else if self.except.len() < MOST_APART {
            self.except.insert(agency.into());
        } else {
            return self.except.contains(agency);
        }
        true
    }

    fn set_all(&mut self, stopped: bool) {
        self.stopped = stopped;
        self.except.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_agency_is_stopped_and_started_apart_from_all() {
        let mut choices = Choices::default();
        let heard = |choices: &Choices| ["kadastr", "soliq"].map(|agency| choices.hears(agency));
        assert_eq!(heard(&choices), [true, true]);
        choices.stop(Some("kadastr"));
        assert_eq!(heard(&choices), [false, true]);
        choices.start(Some("kadastr"));
        assert_eq!(choices, Choices::default());
        choices.stop(None);
        assert_eq!(heard(&choices), [false, false]);
        assert!(choices.hears_nobody());
        choices.start(Some("soliq"));
        assert_eq!(heard(&choices), [false, true]);
        assert!(!choices.hears_nobody());
        choices.stop(Some("soliq"));
        assert_eq!(heard(&choices), [false, false]);
        choices.start(None);
        assert_eq!(choices, Choices::default());
    }

    /// Everybody hears of all but these, or of none but these.
    fn with_most_apart(stopped: bool) -> Choices {
        let apart = (0..MOST_APART).map(|number| format!("agency-{number}").into());
        Choices::new(None, stopped, apart)
    }

    #[test]
    fn stopping_more_agencies_than_can_be_kept_stops_all_and_says_so() {
        let mut choices = with_most_apart(false);
        assert_eq!(choices.stop(Some("agency-7")), Some("agency-7"), "as it is");
        assert_eq!(choices, with_most_apart(false));
        assert_eq!(choices.stop(Some("kadastr")), None);
        assert!(choices.hears_nobody());
    }

    #[test]
    fn starting_more_agencies_than_can_be_kept_starts_none_and_says_so() {
        let mut choices = with_most_apart(true);
        assert!(choices.start(Some("agency-7")), "as it is");
        assert!(!choices.start(Some("kadastr")));
        assert_eq!(choices, with_most_apart(true));
        assert!(choices.start(None) && choices.hears("kadastr"));
    }
}
