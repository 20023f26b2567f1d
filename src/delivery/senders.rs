//! As whom agencies go out.
//!
//! An event cannot name a sender: the configuration decides, by operator, agency and priority, so nobody goes
//! out under another's name.

use rustc_hash::FxHashMap;
use xabar_events::{Msisdn, Priority};

use crate::journal::Lane;

/// As whom a message goes out: its place in its operator's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderIndex(u16);

impl SenderIndex {
    /// `None`: the operator's default.
    pub(super) fn place(self) -> Option<usize> {
        usize::from(self.0).checked_sub(1)
    }
}

/// As whom a submission goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentAs {
    Listed(SenderIndex),
    /// The number that a citizen wrote to, which is not in the list.
    Number(Box<str>),
}

impl Default for SentAs {
    fn default() -> Self {
        Self::Listed(SenderIndex::default())
    }
}

/// What one operator's messages may be sent as.
#[derive(Clone, Debug, Default)]
pub struct Senders {
    default: Box<str>,
    /// Besides the default.
    names: Vec<Box<str>>,
    /// By agency, then by urgent, normal, bulk.
    of_agencies: FxHashMap<Box<str>, [SenderIndex; 3]>,
    /// Where citizens write to, which answers come from.
    number: Option<SenderIndex>,
}

/// A line of the list: who goes out as `name`, and at which priorities. Of two lines for the same message the later one holds.
#[derive(Clone, Copy, Debug)]
pub struct Assignment<'a> {
    pub name: &'a str,
    pub agency: &'a str,
    /// Empty: all.
    pub priorities: &'a [Priority],
}

/// The most digits of a short code.
pub(super) const SHORT_CODE: usize = 6;

/// The most digits of a number.
const LONGEST: usize = 15;

impl Senders {
    pub fn new<'a>(default: &str, list: impl IntoIterator<Item = Assignment<'a>>) -> Self {
        let mut senders = Self {
            default: default.into(),
            ..Self::default()
        };
        for assignment in list {
            senders.assign(&assignment);
        }
        senders
    }

    /// With the number that citizens write to, if they can.
    pub fn answering_from(mut self, number: Option<&str>) -> Self {
        self.number = number.map(|number| self.index_of(number));
        self
    }

    /// As whom citizens are answered; `None`: they cannot write.
    pub fn of_answers(&self) -> Option<SenderIndex> {
        self.number
    }

    /// The number that this phone wrote to, if it is another than the configured one, and of the kind that can be
    /// answered from: a short code, or a number with a `+`.
    pub fn other_number<'a>(&self, to: &'a str, from: Msisdn) -> Option<&'a str> {
        let number = self.name_of(self.number?).trim_start_matches('+');
        let digits = to.strip_prefix('+').unwrap_or(to);
        let is_number = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
        let is_whole = digits.len() < to.len() || digits.len() <= SHORT_CODE;
        // The same one, behind the code of the phone's country.
        let country = digits.strip_suffix(number);
        let is_the_same =
            country.is_some_and(|it| it.is_empty() || it == country_code(&from.digits()));
        (is_number && is_whole && !is_the_same && digits.len() <= LONGEST).then_some(to)
    }

    fn name_of(&self, index: SenderIndex) -> &str {
        let listed = index.place().and_then(|place| self.names.get(place));
        listed.unwrap_or(&self.default)
    }

    fn assign(&mut self, assignment: &Assignment<'_>) {
        let index = self.index_of(assignment.name);
        let of_agency = self.of_agencies.entry(assignment.agency.into());
        let of_agency = of_agency.or_default();
        for priority in Priority::ALL {
            let meant =
                assignment.priorities.is_empty() || assignment.priorities.contains(priority);
            if let Some(slot) = of_agency
                .get_mut(slot(Lane::of(*priority)))
                .filter(|_| meant)
            {
                *slot = index;
            }
        }
    }

    fn index_of(&mut self, name: &str) -> SenderIndex {
        if *self.default == *name {
            return SenderIndex::default();
        }
        let known = self.names.iter().position(|known| **known == *name);
        let place = known.unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        });
        SenderIndex(u16::try_from(place + 1).unwrap_or_default())
    }

    /// As whom an agency's message goes out in this lane.
    pub fn of(&self, agency: &str, lane: Lane) -> SenderIndex {
        if lane == Lane::Answers {
            return self.number.unwrap_or_default();
        }
        if self.of_agencies.is_empty() {
            return SenderIndex::default();
        }
        let of_agency = self.of_agencies.get(agency);
        let index = of_agency.and_then(|of_agency| of_agency.get(slot(lane)));
        index.copied().unwrap_or_default()
    }

    /// As whom those go out for whom the list says nothing.
    pub fn default_name(&self) -> &str {
        &self.default
    }

    /// The other names, in the order of [`SenderIndex`].
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }
}

/// The code of a number's country (ITU-T E.164): none begins as another does.
fn country_code(digits: &str) -> &str {
    let (first, second) = (digits.get(..1), digits.get(1..2).unwrap_or_default());
    let second_of_two = match first.unwrap_or_default() {
        "1" | "7" => return first.unwrap_or_default(),
        "2" => "07",
        "3" => "0123469",
        "4" => "013456789",
        "5" => "12345678",
        "6" => "0123456",
        "8" => "1246",
        "9" => "0123458",
        _ => "",
    };
    let length = if second_of_two.contains(second) { 2 } else { 3 };
    digits.get(..length).unwrap_or_default()
}

fn slot(lane: Lane) -> usize {
    match lane {
        // Answers go out as the number that was asked.
        Lane::Answers | Lane::Urgent => 0,
        Lane::Normal => 1,
        Lane::Bulk => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown<'a>(senders: &'a Senders, agency: &str, priority: Priority) -> &'a str {
        let place = senders.of(agency, Lane::of(priority)).place();
        place.map_or(senders.default_name(), |place| {
            senders.names().nth(place).expect("a name of the list")
        })
    }

    #[test]
    fn an_agency_goes_out_under_its_name_and_nobody_else_does() {
        let assign = |name, agency, priorities| Assignment {
            name,
            agency,
            priorities,
        };
        let senders = Senders::new(
            "MyGov",
            [
                assign("Kadastr", "kadastr", &[][..]),
                assign("KadastrSOS", "kadastr", &[Priority::Urgent]),
                assign("Soliq", "soliq", &[Priority::Bulk]),
            ],
        );
        let cases = [
            ("kadastr", Priority::Urgent, "KadastrSOS"),
            ("kadastr", Priority::Normal, "Kadastr"),
            ("kadastr", Priority::Bulk, "Kadastr"),
            ("soliq", Priority::Bulk, "Soliq"),
            ("soliq", Priority::Urgent, "MyGov"),
            ("adliya", Priority::Normal, "MyGov"),
            ("kadastr-2", Priority::Normal, "MyGov"),
        ];
        for (agency, priority, name) in cases {
            assert_eq!(shown(&senders, agency, priority), name, "{agency}");
        }
    }

    #[test]
    fn answers_come_from_the_number_that_citizens_write_to() {
        let senders = Senders::new("MyGov", []);
        assert_eq!(senders.of_answers(), None);
        let senders = senders.answering_from(Some("555"));
        let place = senders.of("xabar", Lane::Answers).place().unwrap();
        assert_eq!(senders.names().nth(place), Some("555"));
        assert_eq!(senders.of("kadastr", Lane::Normal).place(), None);
    }

    #[test]
    fn a_country_has_one_code_of_one_to_three_digits() {
        let cases = [
            ("998931234567", "998"),
            ("996555123456", "996"),
            ("79161234567", "7"),
            ("12025550123", "1"),
            ("201001234567", "20"),
            ("212612345678", "212"),
            ("420601123456", "420"),
            ("491701234567", "49"),
            ("905321234567", "90"),
            ("8613812345678", "86"),
            ("88216123456", "882"),
        ];
        for (number, code) in cases {
            assert_eq!(country_code(number), code, "{number}");
        }
    }

    #[test]
    fn answers_come_from_another_number_if_that_was_written_to() {
        let senders = Senders::new("MyGov", []).answering_from(Some("555"));
        let from = Msisdn::from_u64(998_931_234_567).unwrap();
        let same = ["555", "+555", "998555", "+998555", "", "MyGov", "712005555"];
        for to in same {
            assert_eq!(senders.other_number(to, from), None, "{to}");
        }
        for to in ["1055", "1555", "5550", "9555", "99555", "+998712005555"] {
            assert_eq!(senders.other_number(to, from), Some(to));
        }
        let silent = Senders::new("MyGov", []);
        assert_eq!(silent.other_number("1055", from), None);
    }
}
