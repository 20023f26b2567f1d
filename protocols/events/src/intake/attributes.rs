//! The attributes of a CloudEvent, by whichever way they came.

use std::borrow::Cow;

use super::slot::Slot;

/// The attributes of one event, unchecked.
#[derive(Default)]
pub(super) struct Attributes<'a> {
    pub(super) specversion: Slot<'a>,
    pub(super) id: Slot<'a>,
    pub(super) source: Slot<'a>,
    pub(super) kind: Slot<'a>,
    pub(super) time: Slot<'a>,
    pub(super) subject: Slot<'a>,
    pub(super) datacontenttype: Slot<'a>,
    pub(super) extensions: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Attributes<'a> {
    /// The place of the attribute of this name, if it is one of CloudEvents' own that matter.
    pub(super) fn slot(&mut self, name: &str) -> Option<&mut Slot<'a>> {
        Some(match name {
            "specversion" => &mut self.specversion,
            "id" => &mut self.id,
            "source" => &mut self.source,
            "type" => &mut self.kind,
            "time" => &mut self.time,
            "subject" => &mut self.subject,
            "datacontenttype" => &mut self.datacontenttype,
            _ => return None,
        })
    }

    /// Keeps an extension's attribute. One too many is kept too, for `check` to see.
    pub(super) fn extend(&mut self, name: Cow<'a, str>, text: Cow<'a, str>) {
        if self.extensions.len() <= super::check::MAX_EXTENSIONS {
            self.extensions.push((name, text));
        }
    }

    /// The same, unless one of its name is kept.
    pub(super) fn extend_once(&mut self, name: &str, text: Cow<'a, str>) {
        if !self.extensions.iter().any(|(other, _)| other == name) {
            self.extend(Cow::Owned(name.to_owned()), text);
        }
    }
}

/// Whether `name` may be that of an extension's attribute: lower-case letters and digits, and no
/// attribute that we know. Other fields of an envelope are not CloudEvents', and are skipped.
pub(super) fn is_extension(name: &str) -> bool {
    let plain = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit();
    (1..=64).contains(&name.len())
        && name.bytes().all(plain)
        && name != "data"
        && name != "dataschema"
}
