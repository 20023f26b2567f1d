//! The text of a receipt, as operators word it.

use xabar_smpp::receipt::{Receipt, stat_of};

use super::behaviour::Wording;

/// The text in that wording.
pub(super) fn worded(receipt: &Receipt<'_>, wording: Wording) -> String {
    let id = receipt.message_id.as_deref().unwrap_or_default();
    let stat = receipt.state.map_or("UNKNOWN", stat_of);
    let err = receipt.err.as_deref().unwrap_or("000");
    let submitted = receipt.submit_date.as_deref().unwrap_or("0000000000");
    let done = receipt.done_date.as_deref().unwrap_or("0000000000");
    match wording {
        Wording::Full => receipt.to_text(),
        Wording::Terse => {
            format!("id:{id} submit date:{submitted} done date:{done} stat:{stat} err:{err}")
        }
        Wording::Bare => format!("id:{id} stat:{stat}"),
        Wording::Reordered => format!(
            "sub:001 id:{id} err:{err} dlvrd:001 done date:{done} submit date:{submitted} text: stat:{stat}"
        ),
        Wording::Capitals => format!(
            "ID:{id} SUB:001 DLVRD:001 SUBMIT DATE:{submitted} DONE DATE:{done} STAT:{} ERR: {err} TEXT:",
            stat.to_lowercase()
        ),
        Wording::Letters => {
            let receipt = Receipt {
                err: Some("21b".into()),
                ..receipt.clone()
            };
            receipt.to_text()
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;
    use xabar_smpp::values::MessageState;

    use super::*;

    #[test]
    fn each_wording_is_its_own_and_means_the_same() {
        let receipt = Receipt {
            message_id: Some("38601fa".into()),
            state: Some(MessageState::UNDELIVERABLE),
            err: Some("027".into()),
            ..Receipt::default()
        };
        let mut texts = Vec::new();
        for wording in Wording::value_variants() {
            let text = worded(&receipt, *wording);
            let read = Receipt::from_text(&text);
            assert_eq!(read.message_id, receipt.message_id, "{text}");
            assert_eq!(read.state, receipt.state, "{text}");
            assert!(!texts.contains(&text), "{text}");
            texts.push(text);
        }
    }
}
