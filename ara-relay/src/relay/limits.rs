//! How often one address may do something: send a request, or found a space.
//!
//! Each address has a bucket of tokens, which fills with time. Whatever is limited takes one, before anything of it is
//! checked.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use crate::options::Rate;

/// How many addresses are remembered. Above that, those are forgotten that still have tokens.
const MOST_ADDRESSES: usize = 65_536;

/// How many seconds a day has.
const DAY: u64 = 24 * 60 * 60;

/// The buckets.
pub(super) struct Limits {
    /// How many tokens a bucket gets in so many seconds.
    tokens: u64,
    seconds: u64,
    /// How many it has at most.
    burst: u64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

/// What somebody has taken.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// What of it has not come back yet: each token counts the seconds, and each second the tokens that come in them.
    taken: u64,
    /// When that was so.
    at: u64,
}

impl Limits {
    /// Limits how many requests there are.
    pub(super) fn of_requests(rate: Rate) -> Self {
        Self::new(rate.per_second, 1, rate.burst)
    }

    /// Limits how many spaces are founded a day.
    pub(super) fn of_new_spaces(a_day: u32) -> Self {
        Self::new(a_day, DAY, a_day)
    }

    fn new(tokens: u32, seconds: u64, burst: u32) -> Self {
        let [tokens, burst] = [tokens, burst].map(|it| u64::from(it.max(1)));
        Self { tokens, seconds, burst, buckets: Mutex::default() }
    }

    /// Takes a token. Returns after how many seconds there is one, which is 0 if there was.
    pub(super) fn take(&self, address: IpAddr, now: u64) -> u32 {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network_of(address);
        if buckets.len() >= MOST_ADDRESSES && !buckets.contains_key(&address) {
            buckets.values_mut().for_each(|bucket| self.fill(bucket, now));
            buckets.retain(|_, bucket| self.wait(bucket) > 0);
            if buckets.len() >= MOST_ADDRESSES {
                return 1;
            }
        }
        let bucket = buckets.entry(address).or_insert(Bucket { taken: 0, at: now });
        self.fill(bucket, now);
        let wait = self.wait(bucket);
        if wait == 0 {
            bucket.taken = bucket.taken.saturating_add(self.seconds);
        }
        wait
    }

    fn fill(&self, bucket: &mut Bucket, now: u64) {
        let back = now.saturating_sub(bucket.at).saturating_mul(self.tokens);
        *bucket = Bucket { taken: bucket.taken.saturating_sub(back), at: now };
    }

    /// Returns after how many seconds a bucket has a token.
    fn wait(&self, bucket: &Bucket) -> u32 {
        let most = self.burst.saturating_sub(1).saturating_mul(self.seconds);
        let missing = bucket.taken.saturating_sub(most);
        u32::try_from(missing.div_ceil(self.tokens)).unwrap_or(u32::MAX)
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
        let limits = Limits::of_requests(RATE);
        let take = |now| limits.take(IpAddr::from([1, 2, 3, 4]), now);
        assert_eq!([take(10), take(10), take(10), take(10)], [0, 0, 0, 1]);
        assert_eq!([take(11), take(11), take(11)], [0, 0, 1]);
        assert_eq!([take(100), take(100), take(100), take(100)], [0, 0, 0, 1]);
        // A clock that was put back gives nothing, and takes nothing.
        assert_eq!(take(50), 1);
        assert_eq!(limits.take(IpAddr::from([1, 2, 3, 5]), 100), 0);
    }

    #[test]
    fn new_spaces_come_back_over_the_day() {
        let limits = Limits::of_new_spaces(10);
        let take = |now| limits.take(IpAddr::from([1, 2, 3, 4]), now);
        assert!((0..10).all(|_| take(1000) == 0));
        assert_eq!([take(1000), take(1001)], [8640, 8639]);
        assert_eq!([take(1000 + 8639), take(1000 + 8640), take(1000 + 8640)], [1, 0, 8640]);
        assert!((0..10).all(|_| take(1000 + 2 * DAY) == 0) && take(1000 + 2 * DAY) > 0);
        assert_eq!(limits.take(IpAddr::from([1, 2, 3, 5]), 1000), 0);
    }

    #[test]
    fn an_address_of_ipv6_counts_as_its_network() {
        let limits = Limits::of_requests(Rate { per_second: 1, burst: 1 });
        let take = |address: &str| limits.take(address.parse().unwrap(), 10);
        assert_eq!([take("1:2:3:4::1"), take("1:2:3:4:5::"), take("1:2:3:5::")], [0, 1, 0]);
        assert_eq!([take("1.2.3.4"), take("::ffff:1.2.3.4")], [0, 1]);
    }

    #[test]
    fn the_addresses_that_are_remembered_are_bounded() {
        let limits = Limits::of_requests(Rate { per_second: 1, burst: 1 });
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
