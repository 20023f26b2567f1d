//! The lookup held to what it says: its decisions in virtual time, the whole over sockets.

mod decisions;
mod service;
mod simulation;

use xabar_events::Msisdn;

use crate::journal::OperatorId;

const UCELL: OperatorId = OperatorId(1);
const BEELINE: OperatorId = OperatorId(2);

fn phone(number: u64) -> Msisdn {
    Msisdn::from_u64(998_901_000_000 + number).unwrap()
}
