//! How often somebody may ask. Nothing of it is written anywhere: an address is kept in memory as a number that only this process can make, for as long as it
//! has less than its full share.
//!
//! A bucket of tokens for each (Turner, *New directions in communications*, 1986): small enough to be our own, where a crate would bring a map that grows.

use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Who is remembered at once. When there are more, those are forgotten who could ask most: a crowd cannot make it grow.
const MOST_REMEMBERED: usize = 20_000;

/// How much of something one may have at once, and how fast that comes back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// At once.
    pub burst: f64,
    /// Within a second.
    pub a_second: f64,
}

/// Buckets.
#[derive(Debug)]
pub struct Buckets {
    rate: Rate,
    /// Its salt ends with the process.
    salt: RandomState,
    left: Mutex<HashMap<u64, (f64, Instant)>>,
}

impl Buckets {
    /// Full ones.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self { rate, salt: RandomState::new(), left: Mutex::default() }
    }

    /// Takes `tokens` for an address, or says how long to wait. What one network gives its customers is one: of IPv6 the first half.
    ///
    /// # Errors
    /// How long it takes until there are enough.
    pub fn take(&self, from: IpAddr, tokens: f64) -> Result<(), Duration> {
        let network = match from.to_canonical() {
            IpAddr::V4(address) => (0, u64::from(u32::from(address))),
            IpAddr::V6(address) => (1, u64::try_from(u128::from(address) >> 64).unwrap_or(u64::MAX)),
        };
        self.take_of(self.salt.hash_one(network), tokens.min(self.rate.burst))
    }

    fn take_of(&self, who: u64, tokens: f64) -> Result<(), Duration> {
        let now = Instant::now();
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let has = |(had, at): (f64, Instant)| {
            (had + now.duration_since(at).as_secs_f64() * self.rate.a_second).min(self.rate.burst)
        };
        let own = left.get(&who).map_or(self.rate.burst, |kept| has(*kept));
        if own < tokens {
            return Err(Duration::from_secs_f64(((tokens - own) / self.rate.a_second).min(86_400.0)));
        }
        if left.len() >= MOST_REMEMBERED {
            left.retain(|_, kept| has(*kept) < self.rate.burst);
        }
        if left.len() >= MOST_REMEMBERED {
            let mut shares: Vec<f64> = left.values().map(|kept| has(*kept)).collect();
            shares.sort_by(f64::total_cmp);
            let middle = shares.get(shares.len() / 2).copied().unwrap_or_default();
            left.retain(|_, kept| has(*kept) < middle);
        }
        left.insert(who, (own - tokens, now));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_taken_comes_back() {
        let buckets = Buckets::new(Rate { burst: 2.0, a_second: 0.5 });
        let here: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!([buckets.take(here, 1.0), buckets.take(here, 1.0)], [Ok(()), Ok(())]);
        assert_eq!(buckets.take(here, 1.0), Err(Duration::from_secs(2)));
        assert_eq!(buckets.take("192.0.2.2".parse().unwrap(), 1.0), Ok(()), "another one is another one");
        assert_eq!(buckets.take("::ffff:192.0.2.1".parse().unwrap(), 1.0), Err(Duration::from_secs(2)));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(buckets.take(here, 1.0), Ok(()));
        // More than there ever are is as much as there are.
        tokio::time::advance(Duration::from_mins(1)).await;
        assert_eq!(buckets.take(here, 100.0), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_of_ipv6_is_one() {
        let buckets = Buckets::new(Rate { burst: 1.0, a_second: 1.0 });
        assert_eq!(buckets.take("2001:db8::1".parse().unwrap(), 1.0), Ok(()));
        assert!(buckets.take("2001:db8::2".parse().unwrap(), 1.0).is_err());
        assert_eq!(buckets.take("2001:db8:0:1::1".parse().unwrap(), 1.0), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_is_forgotten() {
        let buckets = Buckets::new(Rate { burst: 1.0, a_second: 0.001 });
        for number in 0..50_000_u32 {
            assert_eq!(buckets.take(IpAddr::from(number.to_be_bytes()), 1.0), Ok(()));
            assert!(buckets.left.lock().unwrap().len() <= MOST_REMEMBERED);
        }
    }
}
