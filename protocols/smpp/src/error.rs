//! What can be wrong with a PDU, by what its reader can do about it.

use crate::Status;

/// Why octets are no PDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// One field is wrong: answer a request with [`status`](Self::status), keep the link.
    #[error("{field} at octet {offset}: {problem}")]
    Field {
        /// The field by the specification's name; `"tlvs"` for the TLV stream.
        field: &'static str,
        /// Where the field begins, in octets from the start of the PDU.
        offset: usize,
        /// What is wrong with it.
        problem: Problem,
    },
    /// The length cannot be trusted, nor anything after it: answer `generic_nack` with
    /// [`status`](Self::status) and sequence number 0, then close the link.
    #[error("command_length is {command_length}; a PDU has 16 to {max} octets")]
    Frame {
        /// The length that came.
        command_length: u32,
        /// The longest PDU taken.
        max: usize,
    },
}

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The PDU ends before the field does.
    #[error("the PDU ends before the field does")]
    Truncated,
    /// No NUL came within the field's greatest size.
    #[error("no NUL within {0} octets")]
    TooLong(usize),
    /// The value is none of those allowed here.
    #[error("{0} is not allowed here")]
    Value(u8),
    /// A TLV's length runs past the end of the PDU.
    #[error("a TLV of {0} octets runs past the end of the PDU")]
    TlvPastEnd(u16),
    /// Octets are left after the last field that are too few for a TLV.
    #[error("{0} octets are left over at the end")]
    LeftOver(usize),
}

impl DecodeError {
    /// The field at fault, by the specification's name.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Field { field, .. } => field,
            Self::Frame { .. } => "command_length",
        }
    }

    /// Where that field begins, in octets from the start of the PDU.
    pub fn offset(&self) -> usize {
        match self {
            Self::Field { offset, .. } => *offset,
            Self::Frame { .. } => 0,
        }
    }

    /// Whether the stream begins as a record of TLS does, with an alert or a handshake (RFC 8446, 5.1). No PDU is that long.
    pub(crate) fn is_tls(&self) -> bool {
        match self {
            Self::Frame { command_length, .. } => {
                matches!(command_length.to_be_bytes(), [0x15 | 0x16, 3, 0..=4, _])
            }
            Self::Field { .. } => false,
        }
    }

    /// The status to answer with.
    pub fn status(&self) -> Status {
        match self {
            Self::Field { field, problem, .. } => status_for(field, *problem),
            Self::Frame { .. } => Status::RINVCMDLEN,
        }
    }
}

fn status_for(field: &str, problem: Problem) -> Status {
    match problem {
        Problem::Truncated if field == "short_message" => Status::RINVMSGLEN,
        Problem::Truncated | Problem::LeftOver(_) => Status::RINVCMDLEN,
        Problem::TlvPastEnd(_) => Status::RINVTLVSTREAM,
        Problem::TooLong(_) | Problem::Value(_) => status_for_value(field),
    }
}

/// The status that names a field whose value is wrong (SMPP 5.0, 4.7.6).
fn status_for_value(field: &str) -> Status {
    match field {
        "system_id" => Status::RINVSYSID,
        "password" => Status::RINVPASWD,
        "system_type" => Status::RINVSYSTYP,
        "service_type" => Status::RINVSERTYP,
        "source_addr" => Status::RINVSRCADR,
        "destination_addr" | "esme_addr" => Status::RINVDSTADR,
        "dl_name" => Status::RINVDLNAME,
        "dest_flag" => Status::RINVDESTFLAG,
        "schedule_delivery_time" => Status::RINVSCHED,
        "validity_period" => Status::RINVEXPIRY,
        "message_id" => Status::RINVMSGID,
        _ => Status::RINVCMDLEN,
    }
}
