//! How often something wrong came from an address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// So many wrong ones within [`SPAN`] are looked at.
const MOST: u32 = 10;
const SPAN: Duration = Duration::from_secs(60);

/// Of more addresses those are forgotten that failed first.
const MOST_ADDRESSES: usize = 4096;

/// What came from each address since its first failure.
#[derive(Debug, Default)]
pub(super) struct Failures(HashMap<IpAddr, Count>);

#[derive(Debug)]
struct Count {
    since: Instant,
    failures: u32,
}

impl Failures {
    /// How long nothing wrong from there is looked at.
    pub(super) fn ends_in(&self, from: IpAddr, now: Instant) -> Option<Duration> {
        let count = self.0.get(&network(from))?;
        let left = SPAN.checked_sub(now.duration_since(count.since))?;
        (count.failures >= MOST && !left.is_zero()).then_some(left)
    }

    pub(super) fn note(&mut self, from: IpAddr, now: Instant) {
        let from = network(from);
        let is_over = |count: &Count| now.duration_since(count.since) >= SPAN;
        if self.0.len() >= MOST_ADDRESSES && !self.0.contains_key(&from) {
            self.0.retain(|_, count| !is_over(count));
            let first = self.0.iter().min_by_key(|(_, count)| count.since);
            if let Some(first) = first.map(|(from, _)| *from)
                && self.0.len() >= MOST_ADDRESSES
            {
                self.0.remove(&first);
            }
        }
        let new = Count {
            since: now,
            failures: 0,
        };
        let count = self.0.entry(from).or_insert(new);
        if is_over(count) {
            *count = Count {
                since: now,
                failures: 0,
            };
        }
        count.failures += 1;
    }
}

/// One customer has a whole /64 of IPv6.
pub(in crate::control) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::instant;

    #[test]
    fn addresses_count_by_themselves_and_those_of_one_network_together() {
        let (mut failures, now) = (Failures::default(), instant());
        let address = |text: &str| text.parse().unwrap();
        for _ in 0..5 {
            failures.note(address("2001:db8::1"), now);
            failures.note(address("2001:db8::2:1"), now);
        }
        assert_eq!(failures.ends_in(address("2001:db8::3"), now), Some(SPAN));
        for free in ["2001:db8:0:1::1", "10.0.0.1"] {
            assert_eq!(failures.ends_in(address(free), now), None);
        }
    }

    #[test]
    fn of_too_many_addresses_the_first_is_forgotten() {
        let (mut failures, start) = (Failures::default(), instant());
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        for number in 0..5000 {
            let now = start + Duration::from_millis(number.into());
            for _ in 0..MOST {
                failures.note(address(number), now);
            }
        }
        let now = start + Duration::from_secs(5);
        assert_eq!(failures.0.len(), MOST_ADDRESSES);
        assert_eq!(failures.ends_in(address(0), now), None);
        assert!(failures.ends_in(address(4999), now).is_some());
    }
}
