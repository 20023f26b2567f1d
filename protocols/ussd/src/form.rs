//! USSD over HTTP, as aggregators send it: a form with the fields `sessionId`, `serviceCode`, `phoneNumber` and
//! `text`, answered in plain text by `CON …` or `END …`.
//!
//! `text` is empty at first, then holds *all* inputs of the session, joined by `*`. So what was typed is what was
//! [`added`] to the step before, and a form that is sent again is known by having added nothing.

use std::borrow::Cow;

use crate::dialogue::Shown;

/// What an aggregator tells.
#[derive(Clone, PartialEq, Eq)]
pub struct Form {
    /// The same for all steps of a dialogue.
    pub session: String,
    /// The code that was dialled, such as `*555#`.
    pub code: String,
    /// Whose phone it is, as the aggregator writes it.
    pub phone: String,
    /// All inputs so far.
    pub text: String,
    /// Whether it reports that the dialogue is over. One with an input that was not told before is a step all the same:
    /// some aggregators write in each how the request went.
    pub over: bool,
}

/// Why a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// A field is not there, or empty.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A field is longer than any dialogue makes it.
    #[error("`{0}` is longer than {MOST} octets")]
    TooLong(&'static str),
    /// A field is there more than once: which of them counts, nobody can know.
    #[error("`{0}` is there twice")]
    Twice(&'static str),
}

/// Values of `status` by which the end of a dialogue is reported; whatever else stands there with a `text` says nothing of it.
const ENDS: [&str; 4] = ["Success", "Incomplete", "Failed", "Completed"];

/// Octets in a field; a dialogue of a hundred steps takes less.
pub const MOST: usize = 1_000;

impl Form {
    /// Reads a form (`application/x-www-form-urlencoded`). One whose `status` is that of a whole dialogue reports its end,
    /// and so does one with any `status` and no `text`. Other fields are passed over.
    ///
    /// # Errors
    /// A field is missing, too long, or there twice.
    pub fn read(body: &[u8]) -> Result<Self, Malformed> {
        let field = |name| -> Result<Option<Cow<'_, str>>, Malformed> {
            let mut fields = form_urlencoded::parse(body).filter(|(key, _)| key == name);
            match (fields.next(), fields.next()) {
                (_, Some(_)) => Err(Malformed::Twice(name)),
                (Some((_, value)), None) if value.len() > MOST => Err(Malformed::TooLong(name)),
                (found, None) => Ok(found.map(|(_, value)| value)),
            }
        };
        let required = |name| match field(name)? {
            Some(value) if !value.trim().is_empty() => Ok(value),
            _ => Err(Malformed::Missing(name)),
        };
        let (status, text) = (field("status")?, field("text")?);
        let status = status.as_deref().map(str::trim).unwrap_or_default();
        let is_end = ENDS.iter().any(|end| end.eq_ignore_ascii_case(status));
        let over = is_end || (text.is_none() && !status.is_empty());
        if text.is_none() && !over {
            return Err(Malformed::Missing("text"));
        }
        let phone = required("phoneNumber")?;
        Ok(Self {
            session: required("sessionId")?.trim().to_owned(),
            code: required("serviceCode")?.trim().to_owned(),
            phone: match phone.strip_prefix(' ') {
                // A `+` that was not escaped reads as a space.
                Some(digits) => format!("+{}", digits.trim()),
                None => phone.trim().to_owned(),
            },
            text: text.unwrap_or_default().into_owned(),
            over,
        })
    }
}

/// Shows neither number nor inputs, of which a code may have some behind it.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form")
            .field("code", &self.code.len())
            .field("text", &self.text.len())
            .field("over", &self.over)
            .finish_non_exhaustive()
    }
}

/// What was typed: what a form's `text` adds to that of the step before. `None`: nothing, since it is the same step again,
/// or one before it. A `*` that was typed looks like one that joins inputs, so only the difference tells.
pub fn added<'a>(before: &str, text: &'a str) -> Option<&'a str> {
    match before.is_empty() {
        true => Some(text).filter(|text| !text.is_empty()),
        false => text.strip_prefix(before)?.strip_prefix('*'),
    }
}

/// The body of the answer.
pub fn answer(shown: &Shown) -> String {
    let prefix = if shown.goes_on() { "CON" } else { "END" };
    format!("{prefix} {}", shown.text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_form_is_read_as_curl_sends_it() {
        let body = b"sessionId=ATUid_1&serviceCode=*555%23&phoneNumber=+998901234567&networkCode=43405&text=1*2";
        let form = Form::read(body).unwrap();
        assert_eq!(form.session, "ATUid_1");
        assert_eq!((&*form.code, &*form.phone), ("*555#", "+998901234567"));
        assert_eq!((&*form.text, form.over), ("1*2", false));
    }

    #[test]
    fn a_form_that_lacks_a_field_says_which() {
        let all = "sessionId=a&serviceCode=b&phoneNumber=c&text=";
        assert!(Form::read(all.as_bytes()).is_ok());
        for field in ["sessionId", "serviceCode", "phoneNumber", "text"] {
            let body = all.replace(field, "other");
            assert_eq!(Form::read(body.as_bytes()), Err(Malformed::Missing(field)));
        }
        let long = format!("{all}{}", "1*".repeat(MOST));
        assert_eq!(Form::read(long.as_bytes()), Err(Malformed::TooLong("text")));
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused() {
        let all = "sessionId=a&serviceCode=b&phoneNumber=c&text=1&status=Success";
        for field in ["sessionId", "serviceCode", "phoneNumber", "text", "status"] {
            let body = format!("{all}&{field}=");
            assert_eq!(Form::read(body.as_bytes()), Err(Malformed::Twice(field)));
        }
        let others = format!("{all}&cost=0&cost=1");
        assert!(Form::read(others.as_bytes()).is_ok());
    }

    #[test]
    fn a_report_of_the_end_has_the_status_of_a_dialogue_or_no_text() {
        for (rest, text, over) in [
            ("status=Incomplete&cost=0", "", true),
            ("status=Completed&text=1*2", "1*2", true),
            ("status=+failed+&text=", "", true),
            ("status=Aborted", "", true),
            ("status=Active&text=1*2", "1*2", false),
            ("status=0&text=", "", false),
            ("status=&text=1*2", "1*2", false),
        ] {
            let body = format!("sessionId=a&serviceCode=b&phoneNumber=c&{rest}");
            let form = Form::read(body.as_bytes()).unwrap();
            assert_eq!((&*form.text, form.over), (text, over), "{rest}");
        }
    }

    #[test]
    fn what_was_typed_is_what_was_added() {
        for (before, text, expected) in [
            ("", "1", Some("1")),
            ("1", "1*2", Some("2")),
            ("1*2", "1*2*48120973", Some("48120973")),
            ("1", "1*5*5", Some("5*5")),
            ("1", "1**", Some("*")),
            ("1", "1*", Some("")),
            ("1", "1", None),
            ("", "", None),
            ("1*2*3", "1*2", None),
            ("1", "12", None),
            ("7", "2", None),
        ] {
            assert_eq!(added(before, text), expected, "{before:?} {text:?}");
        }
    }

    #[test]
    fn a_screen_goes_on_or_ends() {
        assert_eq!(answer(&Shown::asking("1. Holat")), "CON 1. Holat");
        assert_eq!(answer(&Shown::last("Rahmat")), "END Rahmat");
    }

    proptest! {
        #[test]
        fn each_input_comes_back_whatever_it_is(inputs in prop::collection::vec("[0-9*a-z]{1,8}", 1..6)) {
            let mut before = String::new();
            for input in inputs {
                let text = if before.is_empty() { input.clone() } else { format!("{before}*{input}") };
                prop_assert_eq!(added(&before, &text), Some(input.as_str()));
                prop_assert_eq!(added(&text, &text), None);
                before = text;
            }
        }

        #[test]
        fn whatever_is_posted_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(form) = Form::read(&body) {
                prop_assert!(form.session.len() <= MOST);
            }
        }
    }
}
