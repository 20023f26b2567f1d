//! How many connections come from each address, so that none takes the room of all.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::control::access::network;

/// From one address; of IPv6, from one network.
const MOST: usize = 64;
/// From this machine, where a proxy may stand that many come by: half of all there is room for.
const MOST_FROM_HERE: usize = 256;

/// The connections of each address.
#[derive(Clone, Default)]
pub(super) struct Addresses(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection's place among those of its address, until it is dropped.
pub(super) struct Place {
    addresses: Addresses,
    from: IpAddr,
}

impl Addresses {
    /// A place for one more, unless there are as many from there as may be.
    pub(super) fn enter(&self, from: IpAddr) -> Option<Place> {
        let from = network(from);
        let most = match from.is_loopback() {
            true => MOST_FROM_HERE,
            false => MOST,
        };
        let mut counts = self.counts();
        let count = counts.entry(from).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(counts);
        let addresses = self.clone();
        Some(Place { addresses, from })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Counts are whole at any moment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.addresses.counts();
        if let Some(count) = counts.get_mut(&self.from) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.from);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_so_many_places_and_gets_them_back() {
        let addresses = Addresses::default();
        let address = |text: &str| text.parse().unwrap();
        for (one, same, most) in [
            ("10.0.0.1", "::ffff:10.0.0.1", MOST),
            ("2001:db8::1", "2001:db8::2", MOST),
            ("127.0.0.1", "127.0.0.1", MOST_FROM_HERE),
        ] {
            let mut places: Vec<Place> = Vec::new();
            places.extend(std::iter::from_fn(|| addresses.enter(address(one))));
            assert_eq!(places.len(), most, "{one}");
            assert!(addresses.enter(address(same)).is_none());
            assert!(addresses.enter(address("10.0.0.2")).is_some());
            places.pop();
            places.extend(addresses.enter(address(same)));
            assert_eq!(places.len(), most, "{same}");
        }
        assert!(addresses.counts().is_empty());
    }
}
