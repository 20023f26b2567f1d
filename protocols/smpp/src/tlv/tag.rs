//! What a TLV tells (SMPP 5.0, 4.8.4).

use crate::named::named;

named! {
    /// The tag of a TLV; unknown ones keep their number.
    pub struct Tag(u16);

    DEST_ADDR_SUBUNIT = 0x0005, "dest_addr_subunit";
    DEST_NETWORK_TYPE = 0x0006, "dest_network_type";
    DEST_BEARER_TYPE = 0x0007, "dest_bearer_type";
    DEST_TELEMATICS_ID = 0x0008, "dest_telematics_id";
    SOURCE_ADDR_SUBUNIT = 0x000D, "source_addr_subunit";
    SOURCE_NETWORK_TYPE = 0x000E, "source_network_type";
    SOURCE_BEARER_TYPE = 0x000F, "source_bearer_type";
    SOURCE_TELEMATICS_ID = 0x0010, "source_telematics_id";
    /// Seconds.
    QOS_TIME_TO_LIVE = 0x0017, "qos_time_to_live";
    PAYLOAD_TYPE = 0x0019, "payload_type";
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D, "additional_status_info_text";
    /// The SMSC's name for the message that a receipt tells of.
    RECEIPTED_MESSAGE_ID = 0x001E, "receipted_message_id";
    MS_MSG_WAIT_FACILITIES = 0x0030, "ms_msg_wait_facilities";
    PRIVACY_INDICATOR = 0x0201, "privacy_indicator";
    SOURCE_SUBADDRESS = 0x0202, "source_subaddress";
    DEST_SUBADDRESS = 0x0203, "dest_subaddress";
    /// Ours; an SMSC may return it in receipts.
    USER_MESSAGE_REFERENCE = 0x0204, "user_message_reference";
    USER_RESPONSE_CODE = 0x0205, "user_response_code";
    SOURCE_PORT = 0x020A, "source_port";
    /// In 3.4 `destination_port`.
    DEST_PORT = 0x020B, "dest_port";
    SAR_MSG_REF_NUM = 0x020C, "sar_msg_ref_num";
    LANGUAGE_INDICATOR = 0x020D, "language_indicator";
    SAR_TOTAL_SEGMENTS = 0x020E, "sar_total_segments";
    SAR_SEGMENT_SEQNUM = 0x020F, "sar_segment_seqnum";
    SC_INTERFACE_VERSION = 0x0210, "sc_interface_version";
    CALLBACK_NUM_PRES_IND = 0x0302, "callback_num_pres_ind";
    CALLBACK_NUM_ATAG = 0x0303, "callback_num_atag";
    NUMBER_OF_MESSAGES = 0x0304, "number_of_messages";
    CALLBACK_NUM = 0x0381, "callback_num";
    DPF_RESULT = 0x0420, "dpf_result";
    SET_DPF = 0x0421, "set_dpf";
    MS_AVAILABILITY_STATUS = 0x0422, "ms_availability_status";
    NETWORK_ERROR_CODE = 0x0423, "network_error_code";
    MESSAGE_PAYLOAD = 0x0424, "message_payload";
    DELIVERY_FAILURE_REASON = 0x0425, "delivery_failure_reason";
    MORE_MESSAGES_TO_SEND = 0x0426, "more_messages_to_send";
    MESSAGE_STATE = 0x0427, "message_state";
    /// Since 5.0.
    CONGESTION_STATE = 0x0428, "congestion_state";
    USSD_SERVICE_OP = 0x0501, "ussd_service_op";
    /// Since 5.0.
    BROADCAST_CHANNEL_INDICATOR = 0x0600, "broadcast_channel_indicator";
    /// Since 5.0.
    BROADCAST_CONTENT_TYPE = 0x0601, "broadcast_content_type";
    /// Since 5.0.
    BROADCAST_CONTENT_TYPE_INFO = 0x0602, "broadcast_content_type_info";
    /// Since 5.0.
    BROADCAST_MESSAGE_CLASS = 0x0603, "broadcast_message_class";
    /// Since 5.0.
    BROADCAST_REP_NUM = 0x0604, "broadcast_rep_num";
    /// Since 5.0.
    BROADCAST_FREQUENCY_INTERVAL = 0x0605, "broadcast_frequency_interval";
    /// Since 5.0; in a response the areas that failed.
    BROADCAST_AREA_IDENTIFIER = 0x0606, "broadcast_area_identifier";
    /// Since 5.0.
    BROADCAST_ERROR_STATUS = 0x0607, "broadcast_error_status";
    /// Since 5.0.
    BROADCAST_AREA_SUCCESS = 0x0608, "broadcast_area_success";
    /// Since 5.0.
    BROADCAST_END_TIME = 0x0609, "broadcast_end_time";
    /// Since 5.0.
    BROADCAST_SERVICE_GROUP = 0x060A, "broadcast_service_group";
    /// Since 5.0.
    BILLING_IDENTIFICATION = 0x060B, "billing_identification";
    /// Since 5.0.
    SOURCE_NETWORK_ID = 0x060D, "source_network_id";
    /// Since 5.0.
    DEST_NETWORK_ID = 0x060E, "dest_network_id";
    /// Since 5.0.
    SOURCE_NODE_ID = 0x060F, "source_node_id";
    /// Since 5.0.
    DEST_NODE_ID = 0x0610, "dest_node_id";
    /// Since 5.0.
    DEST_ADDR_NP_RESOLUTION = 0x0611, "dest_addr_np_resolution";
    /// Since 5.0.
    DEST_ADDR_NP_INFORMATION = 0x0612, "dest_addr_np_information";
    /// Since 5.0.
    DEST_ADDR_NP_COUNTRY = 0x0613, "dest_addr_np_country";
    DISPLAY_TIME = 0x1201, "display_time";
    SMS_SIGNAL = 0x1203, "sms_signal";
    MS_VALIDITY = 0x1204, "ms_validity";
    ALERT_ON_MESSAGE_DELIVERY = 0x130C, "alert_on_message_delivery";
    ITS_REPLY_TYPE = 0x1380, "its_reply_type";
    ITS_SESSION_INFO = 0x1383, "its_session_info";
}

impl Tag {
    /// Whether the tag lies in the range that vendors use as they like, 0x1400 to 0x3FFF.
    pub const fn is_vendor(self) -> bool {
        matches!(self.0, 0x1400..=0x3FFF)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_found_by_its_name() {
        assert_eq!(Tag::NAMED.len(), 64);
        for tag in Tag::NAMED {
            assert_eq!(Tag::from_name(tag.name().unwrap()), Some(*tag));
            assert!(!tag.is_vendor());
        }
    }

    #[test]
    fn an_unknown_tag_is_shown_in_hexadecimal() {
        assert_eq!(Tag(0x1402).to_string(), "0x1402");
        assert!(Tag(0x1402).is_vendor());
    }
}
