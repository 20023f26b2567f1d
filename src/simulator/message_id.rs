//! The SMSC's names for messages.

use std::io::Write;

use super::behaviour::{IdForm, Receipts};

/// Writes an id as it stands in a response.
pub(super) fn in_response(id: u64, receipts: &Receipts, out: &mut Vec<u8>) {
    let decimal = receipts.ids == IdForm::Decimal;
    write(id, decimal, receipts.id_width, out);
}

/// Writes an id as it stands in a receipt.
pub(super) fn in_receipt(id: u64, receipts: &Receipts, out: &mut Vec<u8>) {
    let decimal = receipts.ids != IdForm::Hex;
    write(id, decimal, receipts.id_width, out);
}

fn write(id: u64, decimal: bool, width: u8, out: &mut Vec<u8>) {
    let width = usize::from(width).min(MOST_DIGITS);
    out.clear();
    let written = if decimal {
        write!(out, "{id:0width$}")
    } else {
        write!(out, "{id:0width$x}")
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
        let table = [
            (IdForm::Hex, 0, "38601fa", "38601fa"),
            (IdForm::Decimal, 0, "59113978", "59113978"),
            (IdForm::HexThenDecimal, 10, "00038601fa", "0059113978"),
        ];
        for (ids, id_width, response, receipt) in table {
            let receipts = Receipts {
                ids,
                id_width,
                ..Receipts::default()
            };
            let mut out = Vec::new();
            in_response(0x0386_01FA, &receipts, &mut out);
            assert_eq!(out, response.as_bytes());
            in_receipt(0x0386_01FA, &receipts, &mut out);
            assert_eq!(out, receipt.as_bytes());
        }
    }
}
