//! `[timing]`: how long the gateway waits for what.

use std::time::Duration;

use super::reading::{Cell, Table};
use super::values::duration;

/// `[timing]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// How long a message whose event does not say may wait to be sent.
    pub expires: Duration,
    /// How long the key of a finished event is remembered.
    pub duplicates: Duration,
    /// How long after its end a message's number and what its text was made of are kept.
    pub retention: Duration,
    /// How long a `submit_sm_resp` is waited for; then the submission is uncertain.
    pub response: Duration,
    /// How long an uncertain submission waits for a late answer; then it may repeat.
    pub uncertain: Duration,
    /// How long a receipt is waited for; then the message is `unknown`.
    pub receipt: Duration,
    /// How long a shutdown may take.
    pub shutdown: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            expires: 72 * HOUR,
            duplicates: 7 * 24 * HOUR,
            retention: 7 * 24 * HOUR,
            response: 30 * SECOND,
            uncertain: 30 * SECOND,
            receipt: 72 * HOUR,
            shutdown: 30 * SECOND,
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

pub(super) fn timing(root: &mut Table<'_>) -> Timing {
    root.or("timing", Timing::default(), |cell: &Cell<'_>| {
        cell.table(read)
    })
}

fn read(table: &mut Table<'_>) -> Option<Timing> {
    let default = Timing::default();
    Some(Timing {
        expires: table.or("expires", default.expires, duration("1m"..="365d")),
        duplicates: table.or("duplicates", default.duplicates, duration("1m"..="365d")),
        retention: table.or("retention", default.retention, duration("1h"..="365d")),
        response: table.or("response", default.response, duration("100ms"..="1h")),
        uncertain: table.or("uncertain", default.uncertain, duration("0s"..="24h")),
        receipt: table.or("receipt", default.receipt, duration("1s"..="365d")),
        shutdown: table.or("shutdown", default.shutdown, duration("1s"..="1h")),
    })
}
