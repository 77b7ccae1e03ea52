//! How many requests one address may send.
//!
//! Each address has a bucket of tokens, which fills with time. A request takes one, before anything of it is checked.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::options::Rate;

/// How many addresses are remembered. Above that, those whose buckets are full are forgotten.
const MOST_ADDRESSES: usize = 65_536;

/// The buckets.
pub(super) struct Limits {
    rate: Rate,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: u32,
    filled: u64,
}

impl Bucket {
    fn fill(&mut self, rate: Rate, now: u64) {
        let seconds = u32::try_from(now.saturating_sub(self.filled)).unwrap_or(u32::MAX);
        let new = seconds.saturating_mul(rate.per_second);
        self.tokens = self.tokens.saturating_add(new).min(rate.burst);
        self.filled = now;
    }
}

impl Limits {
    pub(super) fn new(rate: Rate) -> Self {
        let rate = Rate { per_second: rate.per_second.max(1), burst: rate.burst.max(1) };
        Self { rate, buckets: Mutex::default() }
    }

    /// Takes a token for a request. Returns after how many seconds there is one, which is 0 if there was.
    pub(super) fn take(&self, address: IpAddr, now: u64) -> u32 {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network_of(address);
        if buckets.len() >= MOST_ADDRESSES && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| {
                bucket.fill(self.rate, now);
                bucket.tokens < self.rate.burst
            });
            if buckets.len() >= MOST_ADDRESSES {
                return 1;
            }
        }
        let full = Bucket { tokens: self.rate.burst, filled: now };
        let bucket = buckets.entry(address).or_insert(full);
        bucket.fill(self.rate, now);
        match bucket.tokens.checked_sub(1) {
            Some(left) => {
                bucket.tokens = left;
                0
            }
            None => 1,
        }
    }
}

/// Who has one address of IPv6 usually has 2^64 of them.
pub(crate) fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { per_second: 2, burst: 3 };

    #[test]
    fn a_bucket_empties_and_fills() {
        let limits = Limits::new(RATE);
        let take = |now| limits.take(IpAddr::from([1, 2, 3, 4]), now);
        assert_eq!([take(10), take(10), take(10), take(10)], [0, 0, 0, 1]);
        assert_eq!([take(11), take(11), take(11)], [0, 0, 1]);
        assert_eq!([take(100), take(100), take(100), take(100)], [0, 0, 0, 1]);
        // A clock that was put back gives nothing, and takes nothing.
        assert_eq!(take(50), 1);
        assert_eq!(limits.take(IpAddr::from([1, 2, 3, 5]), 100), 0);
    }

    #[test]
    fn an_address_of_ipv6_counts_as_its_network() {
        let limits = Limits::new(Rate { per_second: 1, burst: 1 });
        let take = |address: &str| limits.take(address.parse().unwrap(), 10);
        assert_eq!([take("1:2:3:4::1"), take("1:2:3:4:5::"), take("1:2:3:5::")], [0, 1, 0]);
        assert_eq!([take("1.2.3.4"), take("::ffff:1.2.3.4")], [0, 1]);
    }

    #[test]
    fn the_addresses_that_are_remembered_are_bounded() {
        let limits = Limits::new(Rate { per_second: 1, burst: 1 });
        for number in 0..MOST_ADDRESSES {
            let number = u32::try_from(number).unwrap();
            assert_eq!(limits.take(IpAddr::from(number.to_be_bytes()), 10), 0);
        }
        let other = IpAddr::from([200, 0, 0, 1]);
        assert_eq!(limits.take(other, 10), 1);
        assert_eq!(limits.take(other, 11), 0);
        assert_eq!(limits.buckets.lock().unwrap().len(), 1);
    }
}
