//! PDUs as JSON, for people and scripts.
//!
//! Fields have the specification's names. Integers stay numbers; text stays text where it is
//! printable and becomes hexadecimal digits where it is not. What one sees here is the whole
//! PDU, numbers and texts included, so it belongs on a terminal and never in a log.

use serde_json::{Map, Value, json};

use crate::pdu::{Entry, List, Pdu};
use crate::tlv::Tlv;
use crate::write::Sink;
use crate::{DecodeError, Octets, Tag, Tlvs};

impl Pdu<'_> {
    /// This PDU as an object: `command`, `command_id`, `status`, `sequence_number`, its fields,
    /// and `tlvs` by their names.
    ///
    /// `short_message` is in hexadecimal, and `short_message_text` beside it if it is ASCII. A
    /// TLV that comes more than once is an array. `unread` holds octets that are no field.
    pub fn to_json(&self) -> Value {
        let mut fields = Fields::default();
        fields.insert("command", self.command_id().name().unwrap_or("unknown"));
        fields.insert("command_id", format!("{:#010x}", self.command_id().0));
        fields.insert("status", self.status.to_string());
        fields.insert("sequence_number", self.sequence_number);
        Value::Object(self.body.write(fields).object)
    }
}

impl DecodeError {
    /// This error as an object: `error`, `offset`, `field`.
    pub fn to_json(&self) -> Value {
        json!({ "error": self.to_string(), "offset": self.offset(), "field": self.field() })
    }
}

#[derive(Default)]
struct Fields {
    object: Map<String, Value>,
}

impl Fields {
    fn insert(&mut self, field: &str, value: impl Into<Value>) {
        self.object.insert(field.to_owned(), value.into());
    }

    fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.insert(field, value);
        self
    }
}

impl Sink for Fields {
    fn octet(self, field: &'static str, value: u8) -> Self {
        self.with(field, value)
    }

    fn four_octets(self, field: &'static str, value: u32) -> Self {
        self.with(field, value)
    }

    fn c_octet_string(self, field: &'static str, _: usize, value: Octets<'_>) -> Self {
        self.with(field, text_or_hex(value))
    }

    fn short_message(mut self, value: Octets<'_>) -> Self {
        self.insert("sm_length", value.len());
        self.insert("short_message", hex(value));
        if value.is_ascii()
            && let Some(text) = value.as_str()
        {
            self.insert("short_message_text", text);
        }
        self
    }

    fn list<'a, T: Entry<'a>>(self, list: List<'a, T>) -> Self {
        let object = |entry: T| Value::Object(entry.write(Self::default()).object);
        let entries: Vec<_> = list.iter().map(object).collect();
        self.with(T::COUNT_FIELD, list.len())
            .with(T::FIELD, entries)
    }

    fn tlvs(mut self, tlvs: Tlvs<'_>) -> Self {
        let mut by_name = Map::new();
        for tlv in tlvs {
            add_tlv(&mut by_name, tlv);
        }
        self.insert("tlvs", by_name);
        if !tlvs.unread().is_empty() {
            self.insert("unread", hex(tlvs.unread()));
        }
        self
    }
}

/// A second value under the same name turns it into an array.
fn add_tlv(by_name: &mut Map<String, Value>, tlv: Tlv<'_>) {
    let name = tlv.tag.to_string();
    let value = tlv_value(tlv);
    match by_name.get_mut(&name) {
        None => {
            by_name.insert(name, value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = json!([first.take(), value]),
    }
}

fn tlv_value(Tlv { tag, value }: Tlv<'_>) -> Value {
    match tag {
        Tag::RECEIPTED_MESSAGE_ID
        | Tag::ADDITIONAL_STATUS_INFO_TEXT
        | Tag::SOURCE_NETWORK_ID
        | Tag::DEST_NETWORK_ID
        | Tag::BROADCAST_END_TIME => text_or_hex(value.without_nuls()).into(),
        Tag::NETWORK_ERROR_CODE => match *value.as_bytes() {
            [network_type, high, low] => {
                json!({ "network_type": network_type, "code": u16::from_be_bytes([high, low]) })
            }
            _ => hex(value).into(),
        },
        _ if is_octet_string(tag) => hex(value).into(),
        _ => integer(value).map_or_else(|| hex(value).into(), Value::from),
    }
}

/// TLVs that are no integers though their octets could make one; a vendor's may be anything.
fn is_octet_string(tag: Tag) -> bool {
    let strings = [
        Tag::MESSAGE_PAYLOAD,
        Tag::SOURCE_SUBADDRESS,
        Tag::DEST_SUBADDRESS,
        Tag::CALLBACK_NUM,
        Tag::CALLBACK_NUM_ATAG,
        Tag::BROADCAST_AREA_IDENTIFIER,
        Tag::BROADCAST_CONTENT_TYPE_INFO,
        Tag::BROADCAST_SERVICE_GROUP,
        Tag::BILLING_IDENTIFICATION,
        Tag::DEST_ADDR_NP_INFORMATION,
        Tag::DEST_ADDR_NP_COUNTRY,
    ];
    tag.name().is_none() || strings.contains(&tag)
}

fn integer(value: Octets<'_>) -> Option<u32> {
    match *value.as_bytes() {
        [a] => Some(a.into()),
        [a, b] => Some(u16::from_be_bytes([a, b]).into()),
        [a, b, c, d] => Some(u32::from_be_bytes([a, b, c, d])),
        _ => None,
    }
}

fn text_or_hex(value: Octets<'_>) -> String {
    match value.as_str() {
        Some(text) if !text.contains(char::is_control) => text.to_owned(),
        _ => hex(value),
    }
}

fn hex(value: Octets<'_>) -> String {
    value.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdu::tests::{frame, frame_of};
    use crate::{CommandId, Status};

    #[test]
    fn a_receipt_in_tlvs() {
        let frame = frame(
            "0000004a0000000500000000000000010001013939383930313233343536370005004d79476f7600\
             04000000000000000000001e00083338363031666100042700010204230003030000",
        );
        let expected = json!({
            "command": "deliver_sm",
            "command_id": "0x00000005",
            "status": "ESME_ROK",
            "sequence_number": 1,
            "service_type": "",
            "source_addr_ton": 1,
            "source_addr_npi": 1,
            "source_addr": "998901234567",
            "dest_addr_ton": 5,
            "dest_addr_npi": 0,
            "destination_addr": "MyGov",
            "esm_class": 4,
            "protocol_id": 0,
            "priority_flag": 0,
            "schedule_delivery_time": "",
            "validity_period": "",
            "registered_delivery": 0,
            "replace_if_present_flag": 0,
            "data_coding": 0,
            "sm_default_msg_id": 0,
            "sm_length": 0,
            "short_message": "",
            "short_message_text": "",
            "tlvs": {
                "receipted_message_id": "38601fa",
                "message_state": 2,
                "network_error_code": { "network_type": 3, "code": 0 },
            },
        });
        assert_eq!(frame.decode().unwrap().to_json(), expected);
    }

    #[test]
    fn vendor_tlvs_are_hexadecimal_and_repeated_ones_an_array() {
        let body = b"\0\x14\x02\0\x01\xAB\x14\x02\0\0\x14\x02\0\x01\x01\x02\x04\0\x02\0\x07\0";
        let frame = frame_of(CommandId::SUBMIT_SM_RESP, Status(0x401), body);
        let json = frame.decode().unwrap().to_json();
        assert_eq!(json["status"], "0x00000401");
        assert_eq!(
            json["tlvs"],
            json!({ "0x1402": ["ab", "", "01"], "user_message_reference": 7 })
        );
        assert_eq!(json["unread"], "00");
    }

    #[test]
    fn an_unknown_command_shows_its_octets() {
        let frame = frame_of(CommandId(0x0100_0001), Status::ROK, b"\x01\xFF");
        let json = frame.decode().unwrap().to_json();
        assert_eq!(
            (&json["command"], &json["unread"]),
            (&"unknown".into(), &"01ff".into())
        );
    }

    #[test]
    fn destinations_are_objects() {
        let body = b"\0\0\0\0\x02\x01\x01\x01998\0\x02staff\0\0\0\0\0\0\0\0\0\0\0";
        let json = frame_of(CommandId::SUBMIT_MULTI, Status::ROK, body)
            .decode()
            .unwrap()
            .to_json();
        let expected = json!([
            { "dest_flag": 1, "dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": "998" },
            { "dest_flag": 2, "dl_name": "staff" },
        ]);
        assert_eq!(
            (&json["number_of_dests"], &json["dest_address"]),
            (&2.into(), &expected)
        );
    }

    #[test]
    fn an_error_names_field_and_offset() {
        let error = frame_of(CommandId::SUBMIT_SM, Status::ROK, b"\0\x05")
            .decode()
            .unwrap_err();
        let expected = json!({
            "error": "source_addr_npi at octet 18: the PDU ends before the field does",
            "offset": 18,
            "field": "source_addr_npi",
        });
        assert_eq!(error.to_json(), expected);
    }
}
