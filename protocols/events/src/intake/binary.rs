//! Binary mode: attributes are headers, the body is `data`.

use std::borrow::Cow;

use crate::{Event, Rejection};

use super::attributes::{Attributes, is_extension};
use super::check;
use super::slot::Slot;

/// How a binding writes an attribute's name as a header.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    Amqp,
    Http,
}

const PREFIXES: [(&str, Binding); 3] = [
    ("cloudEvents:", Binding::Amqp),
    ("cloudEvents_", Binding::Amqp),
    ("ce-", Binding::Http),
];

pub(super) fn event<'a, N, V>(
    headers: impl IntoIterator<Item = (N, V)>,
    body: &'a str,
) -> Result<Event, Rejection>
where
    N: AsRef<str>,
    V: Into<Cow<'a, [u8]>>,
{
    let mut attributes = Attributes::default();
    for (header, value) in headers {
        if let Some((name, binding)) = attribute_name(header.as_ref()) {
            attribute(&mut attributes, &name, binding, value.into())?;
        }
    }
    // In this mode the content type of the message is that of the data, and was looked at before.
    attributes.datacontenttype = Slot::Absent;
    let data = body.trim_ascii();
    check::event(attributes, (!data.is_empty()).then_some(data))
}

fn attribute<'a>(
    attributes: &mut Attributes<'a>,
    name: &str,
    binding: Binding,
    value: Cow<'a, [u8]>,
) -> Result<(), Rejection> {
    let text = match binding {
        Binding::Amqp => utf8(value),
        Binding::Http => utf8(unquote(value)).and_then(percent_decode),
    };
    match (attributes.slot(name), text) {
        // The same attribute under both AMQP spellings, or once more: the first stands.
        (Some(slot), Some(text)) if matches!(slot, Slot::Absent) => *slot = Slot::Text(text),
        (None, Some(text)) if is_extension(name) => attributes.extend_once(name, text),
        (_, None) => {
            return Err(Rejection::invalid(
                "every CloudEvents header",
                "UTF-8, percent-encoded over HTTP",
            ));
        }
        _ => {}
    }
    Ok(())
}

/// The attribute that a header carries, if it carries one. Attributes are lower-case; HTTP
/// stacks write headers as they please.
pub(super) fn attribute_name(header: &str) -> Option<(String, Binding)> {
    PREFIXES.iter().find_map(|(prefix, binding)| {
        let (start, name) = header.split_at_checked(prefix.len())?;
        start
            .eq_ignore_ascii_case(prefix)
            .then(|| (name.to_ascii_lowercase(), *binding))
    })
}

fn utf8(value: Cow<'_, [u8]>) -> Option<Cow<'_, str>> {
    match value {
        Cow::Borrowed(octets) => str::from_utf8(octets).ok().map(Cow::Borrowed),
        Cow::Owned(octets) => String::from_utf8(octets).ok().map(Cow::Owned),
    }
}

/// Takes a quoted string out of its quotes (RFC 9110, 5.6.4), as the HTTP binding (3.1.3.2) asks
/// before percent-decoding.
fn unquote(value: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let [b'"', quoted @ .., b'"'] = value.trim_ascii() else {
        return value;
    };
    let mut octets = quoted.iter().copied();
    let mut plain = Vec::with_capacity(quoted.len());
    while let Some(octet) = octets.next() {
        plain.push(if octet == b'\\' {
            octets.next().unwrap_or(octet)
        } else {
            octet
        });
    }
    Cow::Owned(plain)
}

/// `None` where `%` is not followed by two hex digits, or what comes out is not UTF-8.
fn percent_decode(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(text);
    }
    let mut octets = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(octet) = octets.next() {
        plain.push(match octet {
            b'%' => hex(octets.next()?)? << 4 | hex(octets.next()?)?,
            other => other,
        });
    }
    String::from_utf8(plain).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(value: &str) -> Option<String> {
        let value = unquote(Cow::Borrowed(value.as_bytes()));
        utf8(value).and_then(percent_decode).map(Cow::into_owned)
    }

    #[test]
    fn http_values_are_unquoted_and_percent_decoded() {
        // The first two are the example of the HTTP binding, 3.1.3.2.
        for (header, text) in [
            ("Euro%20%E2%82%AC%20%F0%9F%98%80", Some("Euro € 😀")),
            ("\"Euro%20%E2%82%AC%20%F0%9F%98%80\"", Some("Euro € 😀")),
            (r#""a \"b\" \\""#, Some(r#"a "b" \"#)),
            ("plain", Some("plain")),
            ("%2525", Some("%25")),
            ("%", None),
            ("%4", None),
            ("%zz", None),
            ("%ff", None),
        ] {
            assert_eq!(http(header).as_deref(), text, "{header}");
        }
    }

    #[test]
    fn headers_of_both_bindings_name_attributes() {
        for header in [
            "cloudEvents:id",
            "cloudEvents_id",
            "ce-id",
            "Ce-Id",
            "CE-ID",
            "cloudevents_id",
        ] {
            assert_eq!(
                attribute_name(header).map(|(name, _)| name).as_deref(),
                Some("id"),
                "{header}"
            );
        }
        for header in [
            "id",
            "cloudEvents",
            "cloudEvents-id",
            "ceid",
            "x-ce-id",
            "ўce-id",
        ] {
            assert!(attribute_name(header).is_none(), "{header}");
        }
    }
}
