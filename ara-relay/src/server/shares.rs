//! How many connections one address may have, so that nobody takes all of them.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::relay::network_of;

/// The connections of each address.
#[derive(Debug, Default)]
pub(super) struct Shares(Mutex<HashMap<IpAddr, usize>>);

/// A connection that counts while it is open.
#[derive(Debug)]
pub(super) struct Share {
    address: IpAddr,
    shares: Arc<Shares>,
}

impl Shares {
    /// Counts a connection, or returns `None` if the address has as many as it may.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Share> {
        let address = network_of(address);
        let mut shares = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = shares.entry(address).or_default();
        (*count < most).then(|| {
            *count += 1;
            Share { address, shares: self.clone() }
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut shares = self.shares.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = shares.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                shares.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_its_share_and_no_more() {
        let shares = Arc::<Shares>::default();
        let [one, other] = [1, 2].map(|last| IpAddr::from([1, 2, 3, last]));
        let take = |address| shares.take(address, 2);
        let first = take(one);
        let second = take(one);
        assert!(first.is_some() && second.is_some() && take(one).is_none());
        assert!(take(other).is_some());
        drop(first);
        assert!(take(one).is_some());
        drop(second);
        assert!(shares.0.lock().unwrap().is_empty());
    }
}
