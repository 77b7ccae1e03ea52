//! How much of something one address may have, so that nobody takes all of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::relay::network_of;

/// What each address has.
#[derive(Debug)]
pub(super) struct Shares {
    most: usize,
    taken: Mutex<HashMap<IpAddr, usize>>,
}

/// What somebody has, until this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    /// Whose it is, and how much, if it is counted.
    counted: Option<(IpAddr, usize)>,
    shares: Arc<Shares>,
}

impl Shares {
    /// Lets each address have so much.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, taken: Mutex::default() })
    }

    /// Takes so much for an address, or returns `None` if that is more than it may have. Who has no address, as who is not
    /// limited, may have any amount.
    pub(super) fn take(self: &Arc<Self>, address: Option<IpAddr>, amount: usize) -> Option<Share> {
        let counted = address.map(|address| (network_of(address), amount));
        if let Some((address, amount)) = counted {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let had = taken.get(&address).copied().unwrap_or_default();
            let has = had.checked_add(amount).filter(|has| *has <= self.most)?;
            taken.insert(address, has);
        }
        Some(Share { counted, shares: self.clone() })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((address, amount)) = self.counted else { return };
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(has) = taken.get_mut(&address) {
            *has = has.saturating_sub(amount);
            if *has == 0 {
                taken.remove(&address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_its_share_and_no_more() {
        let shares = Shares::new(2);
        let [one, other] = [1, 2].map(|last| Some(IpAddr::from([1, 2, 3, last])));
        let first = shares.take(one, 1);
        let second = shares.take(one, 1);
        assert!(first.is_some() && second.is_some() && shares.take(one, 1).is_none());
        assert!(shares.take(other, 2).is_some() && shares.take(other, 3).is_none());
        assert!(shares.take(None, 3).is_some());
        drop(first);
        assert!(shares.take(one, 2).is_none() && shares.take(one, 1).is_some());
        drop(second);
        assert!(shares.taken.lock().unwrap().is_empty());
    }
}
