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

/// Agencies that one subscriber can name; beyond that, a choice is one for all agencies.
const MOST_EXCEPTIONS: usize = 32;

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

    /// No messages any more: of one agency, or of all.
    pub fn stop(&mut self, agency: Option<&str>) {
        self.set(agency, true);
    }

    /// Messages again: of one agency, or of all.
    pub fn start(&mut self, agency: Option<&str>) {
        self.set(agency, false);
    }

    fn set(&mut self, agency: Option<&str>, stopped: bool) {
        match agency {
            Some(agency) if self.stopped == stopped => drop(self.except.remove(agency)),
            Some(agency) if self.except.len() < MOST_EXCEPTIONS => {
                self.except.insert(agency.into());
            }
            _ => {
                self.stopped = stopped;
                self.except.clear();
            }
        }
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

    #[test]
    fn stopping_more_agencies_than_can_be_kept_stops_all() {
        let mut choices = Choices::default();
        for number in 0..=MOST_EXCEPTIONS {
            choices.stop(Some(&format!("agency-{number}")));
        }
        assert!(!choices.hears("kadastr"));
    }
}
