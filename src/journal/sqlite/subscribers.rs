//! When messages were submitted to each subscriber.

use std::time::Duration;

use rusqlite::Connection;
use xabar_events::Msisdn;

use super::index::{Askers, Horizon, Value, reading};
use super::log::{self, Record};
use super::stored::{Stored, read_len};
use crate::clock::UnixMillis;
use crate::journal::{JournalError, SubscriberFacts};

/// No limit looks back on more than 31 days.
const REMEMBERED: Duration = Duration::from_secs(32 * 24 * 3600);

impl Value for SubscriberFacts {
    const TREE: u8 = 3;
    /// Most of a nation is known after a while, and no filter would help.
    const ASKED_BY: Askers = Askers::Messages { filter_bits: 14 };
    const MOST_OF_A_KEY: usize = 1;

    fn is_over(mut octets: &[u8], horizon: &Horizon) -> bool {
        // The latest submission comes last.
        let count = read_len(&mut octets).unwrap_or(0);
        let last = (0..count)
            .filter_map(|_| UnixMillis::read(&mut octets))
            .last();
        last.is_none_or(|last| last < horizon.now.before(REMEMBERED))
    }
}

/// The key of a subscriber in its index: spreads neighbouring numbers over all keys, each to one of its own.
pub(super) fn key(msisdn: Msisdn) -> u64 {
    msisdn.as_u64().wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// What is kept of a subscriber, for a reader beside the writer.
pub(super) fn read(db: &Connection, msisdn: Msisdn) -> Result<SubscriberFacts, JournalError> {
    let mut newest = None;
    reading::find(db, SubscriberFacts::TREE, key(msisdn), |facts| {
        newest = Some(facts);
    })?;
    log::replay(db, None, |_, record| {
        if let Record::Subscriber(whose, facts) = record
            && whose == msisdn
        {
            newest = Some(facts);
        }
        Ok(())
    })?;
    Ok(newest.unwrap_or_default())
}
