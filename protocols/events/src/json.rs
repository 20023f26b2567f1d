//! Writes JSON objects whose names are ours: a name is written as it stands, and so is a text in which nothing
//! has to be escaped. serde_json looks at every octet of both on its own, which for three outcomes a message
//! was a twentieth of all that a message costs.

use serde::Serialize;

use crate::UnixMillis;

/// An object under way.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

/// Appends an object with these members.
pub(crate) fn object(out: &mut Vec<u8>, members: impl FnOnce(&mut Object<'_>)) {
    out.push(b'{');
    members(&mut Object { out, empty: true });
    out.push(b'}');
}

impl Object<'_> {
    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        self.name(name);
        if is_plain(text) {
            self.put(&["\"", text, "\""]);
        } else {
            self.value(text);
        }
    }

    /// A text of two pieces.
    pub(crate) fn joined(&mut self, name: &'static str, [first, second]: [&str; 2]) {
        self.name(name);
        if is_plain(first) && is_plain(second) {
            self.put(&["\"", first, second, "\""]);
        } else {
            self.value(&[first, second].concat());
        }
    }

    /// Leaves the member out if there is no text.
    pub(crate) fn some_text(&mut self, name: &'static str, text: Option<&str>) {
        text.into_iter().for_each(|text| self.text(name, text));
    }

    pub(crate) fn number(&mut self, name: &'static str, number: u32) {
        self.name(name);
        self.value(&number);
    }

    pub(crate) fn time(&mut self, name: &'static str, time: UnixMillis) {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(&time.to_rfc3339());
        self.out.push(b'"');
    }

    pub(crate) fn object(&mut self, name: &'static str, members: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        object(self.out, members);
    }

    fn name(&mut self, name: &'static str) {
        debug_assert!(is_plain(name), "{name}");
        let before = if self.empty { "\"" } else { ",\"" };
        self.empty = false;
        self.put(&[before, name, "\":"]);
    }

    fn value(&mut self, value: &(impl Serialize + ?Sized)) {
        serde_json::to_writer(&mut *self.out, value).expect("a Vec takes every octet");
    }

    fn put(&mut self, pieces: &[&str]) {
        for piece in pieces {
            self.out.extend_from_slice(piece.as_bytes());
        }
    }
}

/// Whether nothing in it has to be escaped (RFC 8259, section 7).
fn is_plain(text: &str) -> bool {
    let escaped = |octet: u8| octet < b' ' || octet == b'"' || octet == b'\\';
    // All of it, however it begins: so the compiler looks at many octets at once.
    let found = text.bytes().fold(false, |any, octet| any | escaped(octet));
    !found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn written(members: impl FnOnce(&mut Object<'_>)) -> Value {
        let mut out = Vec::new();
        object(&mut out, members);
        serde_json::from_slice(&out).unwrap()
    }

    #[test]
    fn members_stand_in_their_order_and_what_is_not_there_is_left_out() {
        let mut out = Vec::new();
        object(&mut out, |object| {
            object.number("n", 7);
            object.some_text("none", None);
            object.object("o", |object| object.joined("j", ["a-", "b"]));
            object.time("t", UnixMillis(1_795_407_300_000));
        });
        let expected = r#"{"n":7,"o":{"j":"a-b"},"t":"2026-11-23T04:15:00.000Z"}"#;
        assert_eq!(str::from_utf8(&out), Ok(expected));
        assert_eq!(written(|_| {}), json!({}));
    }

    proptest! {
        #[test]
        fn any_text_is_read_back(one in any::<String>(), two in any::<String>()) {
            let both = format!("{one}{two}");
            let value = written(|object| {
                object.text("one", &one);
                object.joined("both", [&one, &two]);
            });
            prop_assert_eq!(value, json!({"one": one, "both": both}));
        }
    }
}
