//! A submission for tests, where only its name and age matter.

use std::time::{Duration, Instant};

use bytes::Bytes;
use xabar_smpp::values::DataCoding;

use super::senders::SentAs;
use super::{Submission, Token};
use crate::journal::MessageId;

pub(crate) fn token(message: u64) -> Token {
    Token {
        message: MessageId(message),
        segment: 0,
        attempt: 1,
    }
}

pub(crate) fn submission(token: Token, decided: Instant) -> Submission {
    Submission {
        decided,
        token,
        msisdn: "998901234567".parse().expect("a number"),
        octets: Bytes::from_static(b"Salom"),
        has_udh: false,
        data_coding: DataCoding::SMSC_DEFAULT,
        reference: 1,
        validity: Duration::from_secs(60),
        urgent: false,
        stubborn: false,
        sender: SentAs::default(),
    }
}
