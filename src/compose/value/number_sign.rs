//! The sign of a number, which a text and the value behind it may both bring: `№ № 12`.

/// How people write it who have no key for it.
const SPELLED: [&str; 8] = ["No.", "no.", "NO.", "Nº", "N°", "N.", "No ", "N "];

/// The value without such a sign at its beginning, if what stands before it ends in one.
pub(crate) fn without_doubled_sign<'v>(before: &str, value: &'v str) -> &'v str {
    let may_begin_so = value.starts_with(['№', 'N', 'n']);
    match may_begin_so && ends_with_a_sign(before) {
        true => without_sign(value),
        false => value,
    }
}

/// The value without such a sign at its beginning: `12` of `№ 12` and of `No. 12`.
pub(crate) fn without_sign(value: &str) -> &str {
    let spelled = || {
        let mut rest = SPELLED.iter().filter_map(|sign| value.strip_prefix(sign));
        rest.find(|rest| {
            rest.trim_start()
                .starts_with(|each: char| each.is_ascii_digit())
        })
    };
    let rest = value.strip_prefix('№').or_else(spelled).unwrap_or(value);
    match rest.trim_start() {
        "" => value,
        rest => rest,
    }
}

/// `Документ №`, `Decision No. ` or `Hujjat N: `, as it may go out.
fn ends_with_a_sign(text: &str) -> bool {
    let text = text.trim_end_matches([' ', ':', '.']);
    let is_word = |sign: &&str| {
        let before = text.strip_suffix(*sign);
        before.is_some_and(|before| !before.ends_with(char::is_alphanumeric))
    };
    text.ends_with('№') || ["N", "No", "NO", "no", "Nº", "N°"].iter().any(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_stands_once_before_a_number() {
        for (before, value, kept) in [
            ("Документ №", "№ 12", "12"),
            ("Документ № ", "№12-сон", "12-сон"),
            ("Кадастр №: ", "No. 12", "12"),
            ("Decision No. ", "№ AB-12", "AB-12"),
            ("Hujjat N", "N 12", "12"),
            ("Документ №", "No such", "No such"),
            ("Документ №", "№", "№"),
            ("Документ №", "NAV-12", "NAV-12"),
            ("Qaror: ", "№ 12", "№ 12"),
            ("Casino. ", "№ 12", "№ 12"),
        ] {
            assert_eq!(without_doubled_sign(before, value), kept, "{before}{value}");
        }
    }
}
