//! Protobuf's encoding, as far as it takes to write a request and read its answer.

/// A message that is being written.
pub(super) struct Fields<'a>(pub(super) &'a mut Vec<u8>);

/// How a field's value is written, in the lowest three bits of its key.
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LEN: u64 = 2;
const FIXED32: u64 = 5;

impl Fields<'_> {
    pub(super) fn number(&mut self, field: u64, value: u64) {
        self.key(field, VARINT);
        varint(value, self.0);
    }

    pub(super) fn fixed64(&mut self, field: u64, value: u64) {
        self.key(field, FIXED64);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn fixed32(&mut self, field: u64, value: u32) {
        self.key(field, FIXED32);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(super) fn octets(&mut self, field: u64, octets: &[u8]) {
        self.key(field, LEN);
        varint(octets.len() as u64, self.0);
        self.0.extend_from_slice(octets);
    }

    pub(super) fn text(&mut self, field: u64, text: &str) {
        self.octets(field, text.as_bytes());
    }

    /// A message within.
    pub(super) fn message(&mut self, field: u64, write: impl FnOnce(&mut Fields<'_>)) {
        self.key(field, LEN);
        let start = self.0.len();
        write(&mut Fields(self.0));
        let mut len = Vec::with_capacity(5);
        varint((self.0.len() - start) as u64, &mut len);
        // Its length stands before it, and is known only now.
        self.0.splice(start..start, len);
    }

    fn key(&mut self, field: u64, kind: u64) {
        varint(field << 3 | kind, self.0);
    }
}

/// Seven bits an octet, the lowest first.
fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// What a field of a message holds, as far as that is told by its key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u64),
    Octets(&'a [u8]),
    Fixed,
}

/// The next field of a message, and its number; moves on behind it. Nothing at its end, or where it is none.
pub(super) fn next_field<'a>(message: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let key = read_varint(message)?;
    let value = match key & 7 {
        VARINT => Value::Number(read_varint(message)?),
        LEN => {
            let len = usize::try_from(read_varint(message)?).ok()?;
            Value::Octets(message.split_off(..len)?)
        }
        FIXED64 => message.split_off(..8).map(|_| Value::Fixed)?,
        FIXED32 => message.split_off(..4).map(|_| Value::Fixed)?,
        _ => return None,
    };
    Some((key >> 3, value))
}

fn read_varint(octets: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let octet = *octets.split_off_first()?;
        value |= u64::from(octet & 0x7f) << shift;
        if octet < 0x80 {
            return Some(value);
        }
    }
    None
}
