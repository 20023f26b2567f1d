//! The SMSC's names for messages.

use std::io::Write;

use super::behaviour::{IdForm, Receipts};

/// How a number is written.
#[derive(Clone, Copy)]
enum Notation {
    Hex,
    Capitals,
    Decimal,
    Uuid,
}

/// How ids are written in responses, and how in receipts.
fn notations(form: IdForm) -> (Notation, Notation) {
    match form {
        IdForm::Hex => (Notation::Hex, Notation::Hex),
        IdForm::Decimal => (Notation::Decimal, Notation::Decimal),
        IdForm::HexThenDecimal => (Notation::Hex, Notation::Decimal),
        IdForm::DecimalThenHex => (Notation::Decimal, Notation::Hex),
        IdForm::HexThenCapitals => (Notation::Hex, Notation::Capitals),
        IdForm::Uuid => (Notation::Uuid, Notation::Uuid),
    }
}

/// Writes an id as it stands in a response.
pub(super) fn in_response(id: u64, receipts: &Receipts, out: &mut Vec<u8>) {
    let (notation, _) = notations(receipts.ids);
    write(id, notation, receipts.id_width, out);
}

/// Writes an id as it stands in a receipt.
pub(super) fn in_receipt(id: u64, receipts: &Receipts, out: &mut Vec<u8>) {
    let (_, notation) = notations(receipts.ids);
    let width = receipts.receipt_id_width.unwrap_or(receipts.id_width);
    write(id, notation, width, out);
}

/// Reads an id as it stands in a response; `None` if no response has it so.
pub(super) fn read(octets: &[u8], receipts: &Receipts) -> Option<u64> {
    let text = str::from_utf8(octets).ok()?;
    let (notation, _) = notations(receipts.ids);
    let id = match notation {
        Notation::Hex | Notation::Capitals => u64::from_str_radix(text, 16),
        Notation::Decimal => text.parse(),
        Notation::Uuid => {
            let digits: String = text
                .chars()
                .rev()
                .filter(|it| *it != '-')
                .take(16)
                .collect();
            let digits: String = digits.chars().rev().collect();
            u64::from_str_radix(&digits, 16)
        }
    };
    let id = id.ok()?;
    let mut written = Vec::new();
    in_response(id, receipts, &mut written);
    (written == octets).then_some(id)
}

fn write(id: u64, notation: Notation, width: u8, out: &mut Vec<u8>) {
    let width = usize::from(width).min(MOST_DIGITS);
    out.clear();
    let written = match notation {
        Notation::Hex => write!(out, "{id:0width$x}"),
        Notation::Capitals => write!(out, "{id:0width$X}"),
        Notation::Decimal => write!(out, "{id:0width$}"),
        Notation::Uuid => {
            let (high, low) = (id >> 48, id & 0xFFFF_FFFF_FFFF);
            write!(out, "5d1f3c2a-7be0-4c0e-{high:04x}-{low:012x}")
        }
    };
    written.expect("memory takes what is written to it");
}

/// What a `message_id` can hold.
const MOST_DIGITS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_in_each_form() {
        let uuid = "5d1f3c2a-7be0-4c0e-0000-0000038601fa";
        let table = [
            (IdForm::Hex, 0, None, "38601fa", "38601fa"),
            (IdForm::Hex, 10, Some(0), "00038601fa", "38601fa"),
            (IdForm::Decimal, 0, None, "59113978", "59113978"),
            (IdForm::HexThenDecimal, 10, None, "00038601fa", "0059113978"),
            (IdForm::DecimalThenHex, 0, Some(8), "59113978", "038601fa"),
            (IdForm::HexThenCapitals, 0, None, "38601fa", "38601FA"),
            (IdForm::Uuid, 0, None, uuid, uuid),
        ];
        for (ids, id_width, receipt_id_width, response, receipt) in table {
            let receipts = Receipts {
                ids,
                id_width,
                receipt_id_width,
                ..Receipts::default()
            };
            let mut out = Vec::new();
            in_response(0x0386_01FA, &receipts, &mut out);
            assert_eq!(out, response.as_bytes());
            assert_eq!(read(&out, &receipts), Some(0x0386_01FA));
            assert_eq!(read(b"+1", &receipts), None);
            in_receipt(0x0386_01FA, &receipts, &mut out);
            assert_eq!(out, receipt.as_bytes());
        }
    }
}
