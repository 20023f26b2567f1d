//! Numbers and money as a language writes them.

/// How a language writes numbers.
#[derive(Clone, Debug)]
pub(crate) struct NumberForm {
    /// Between each three digits before the fraction.
    pub(crate) thousands: Box<str>,
    /// Before the fraction.
    pub(crate) decimal: Box<str>,
    /// What stands before and after an amount of money.
    pub(crate) money: (Box<str>, Box<str>),
}

/// The most digits before and after the fraction's sign.
const MOST_DIGITS: (usize, usize) = (15, 6);

/// With more it could be one to call: before the fraction, if the number is not known to be money, and together with a
/// fraction that no money has.
const PLAIN_DIGITS: usize = 8;

/// The most digits of the fraction of an amount of money.
const FRACTION_OF_MONEY: usize = 2;

impl NumberForm {
    /// `1250000.5` as `1 250 000,5`; `None` if the value is no number, or too long for a plain one.
    pub(super) fn write(&self, value: &str) -> Option<String> {
        let number = Number::read(value).filter(|number| number.whole.len() <= PLAIN_DIGITS)?;
        Some(self.written(&number, number.fraction))
    }

    /// `1250000.5` as `1 250 000,50 so'm`; `None` if the value is no number, or one below zero: what
    /// is paid or owed is told by the words around it. `12.500` may be twelve and a half, or a thousand times that.
    pub(super) fn write_money(&self, value: &str) -> Option<String> {
        let number = Number::read(value).filter(|number| !number.negative)?;
        if may_be_thousands(value) {
            return None;
        }
        let padded = format!("{:0<2}", number.fraction);
        let fraction = if number.fraction.is_empty() {
            ""
        } else {
            &padded
        };
        let (before, after) = &self.money;
        Some(format!(
            "{before}{}{after}",
            self.written(&number, fraction)
        ))
    }

    fn written(&self, number: &Number<'_>, fraction: &str) -> String {
        let mut text = String::from(if number.negative { "-" } else { "" });
        let digits = number.whole.len();
        for (at, digit) in number.whole.chars().enumerate() {
            if at > 0 && (digits - at).is_multiple_of(3) {
                text.push_str(&self.thousands);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push_str(&self.decimal);
            text.push_str(fraction);
        }
        text
    }
}

impl Default for NumberForm {
    fn default() -> Self {
        Self {
            thousands: " ".into(),
            decimal: ",".into(),
            money: ("".into(), " UZS".into()),
        }
    }
}

/// A number taken apart.
struct Number<'a> {
    negative: bool,
    /// Without blanks and leading zeros, but at least one digit.
    whole: String,
    /// Without zeros at its end.
    fraction: &'a str,
}

impl<'a> Number<'a> {
    /// Of digits with blanks between them, and a fraction after a point, or one or two digits of
    /// it after a comma. `1,250` could be either, and so is no number.
    fn read(value: &'a str) -> Option<Self> {
        let (negative, value) = match value.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, value),
        };
        let (whole, fraction) = match value.split_once(['.', ',']) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (value, None),
        };
        let by_comma = value.contains(',');
        let fraction = fraction.map_or(Some(""), |fraction| {
            let most = if by_comma { 2 } else { MOST_DIGITS.1 };
            let fits = (1..=most).contains(&fraction.len());
            (fits && is_digits(fraction)).then_some(fraction)
        })?;
        let whole = whole.replace([' ', '\u{A0}', '\u{202F}'], "");
        if !is_digits(&whole) || whole.len() > MOST_DIGITS.0 {
            return None;
        }
        let significant = whole.trim_start_matches('0');
        let number = Self {
            negative,
            whole: if significant.is_empty() {
                "0"
            } else {
                significant
            }
            .to_owned(),
            fraction: fraction.trim_end_matches('0'),
        };
        (!number.may_be_called()).then_some(number)
    }

    /// 901.234567 is as long as a number to call, and no fraction of money has so many digits.
    fn may_be_called(&self) -> bool {
        let all = self.whole.len() + self.fraction.len();
        self.fraction.len() > FRACTION_OF_MONEY && all > PLAIN_DIGITS
    }
}

/// Whether the point may stand between thousands, as many write them: before three digits, and after no more.
fn may_be_thousands(value: &str) -> bool {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    fraction.len() == 3 && whole.len() <= 3 && !whole.starts_with('0')
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_the_languages_form() {
        let uzbek = NumberForm {
            money: ("".into(), " so'm".into()),
            ..NumberForm::default()
        };
        let english = NumberForm {
            thousands: ",".into(),
            decimal: ".".into(),
            money: ("UZS ".into(), "".into()),
        };
        for (value, number, money, in_english) in [
            ("120000", "120 000", "120 000 so'm", "UZS 120,000"),
            (
                "1 250 000.50",
                "1 250 000,5",
                "1 250 000,50 so'm",
                "UZS 1,250,000.50",
            ),
            ("1250000.0", "1 250 000", "1 250 000 so'm", "UZS 1,250,000"),
            ("007", "7", "7 so'm", "UZS 7"),
            ("0,75", "0,75", "0,75 so'm", "UZS 0.75"),
            ("412.5", "412,5", "412,50 so'm", "UZS 412.50"),
        ] {
            assert_eq!(uzbek.write(value).as_deref(), Some(number));
            assert_eq!(uzbek.write_money(value).as_deref(), Some(money));
            assert_eq!(english.write_money(value).as_deref(), Some(in_english));
        }
    }

    #[test]
    fn a_number_may_be_below_zero_and_an_amount_may_not() {
        let form = NumberForm::default();
        for (value, number) in [("-5", "-5"), ("-1250000.50", "-1 250 000,5"), ("-0", "-0")] {
            assert_eq!(form.write(value).as_deref(), Some(number));
            assert_eq!(form.write_money(value), None, "{value}");
        }
        assert_eq!(form.write_money("0").as_deref(), Some("0 UZS"));
    }

    #[test]
    fn what_could_be_called_is_no_plain_number() {
        let form = NumberForm::default();
        assert_eq!(form.write("12345678").as_deref(), Some("12 345 678"));
        assert_eq!(form.write("41.311081").as_deref(), Some("41,311081"));
        for value in ["901234567", "998901234567", "-901234567", "99890123.4567"] {
            assert_eq!(form.write(value), None, "{value}");
        }
        let money = form.write_money("901234567");
        assert_eq!(money.as_deref(), Some("901 234 567 UZS"));
    }

    #[test]
    fn a_long_fraction_makes_no_number_to_call() {
        let form = NumberForm::default();
        for value in [
            "90123.4567",
            "901.234567",
            "-901.234567",
            "998901.234",
            "90 123.456700",
            "0901.234567",
        ] {
            assert_eq!(form.write(value), None, "{value}");
            assert_eq!(form.write_money(value), None, "{value}");
        }
        for (value, number) in [
            ("90123.456", "90 123,456"),
            ("69.240562", "69,240562"),
            ("90123.4560", "90 123,456"),
            ("12345678.90", "12 345 678,9"),
            ("12345678.95", "12 345 678,95"),
        ] {
            assert_eq!(form.write(value).as_deref(), Some(number), "{value}");
        }
        let money = form.write_money("901234567.50");
        assert_eq!(money.as_deref(), Some("901 234 567,50 UZS"));
    }

    #[test]
    fn what_may_be_read_in_two_ways_is_no_number() {
        let form = NumberForm::default();
        for value in [
            "1,250",
            "1.2.3",
            "12e3",
            "",
            "-",
            ".5",
            "5.",
            "1234567890123456",
            "٣",
        ] {
            assert_eq!(form.write(value), None, "{value}");
        }
        for (value, money) in [
            ("12.500", None),
            ("1.250", None),
            ("1250.125", Some("1 250,125 UZS")),
            ("0.125", Some("0,125 UZS")),
            ("12.50", Some("12,50 UZS")),
        ] {
            assert_eq!(form.write_money(value).as_deref(), money, "{value}");
        }
    }
}
