//! Pauses that grow, and are not the same for everybody.

use std::time::Duration;

/// How long to wait before something is tried once more: `initial`, times `factor` with each further try, `maximum` at
/// most; of that, a random part up to `jitter` is left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    /// Before the first further try. Zero: no pause at all.
    pub initial: Duration,
    /// What each pause is longer by than the one before; at least 1.
    pub factor: f64,
    /// Longest pause.
    pub maximum: Duration,
    /// From 0 (each pause is what it is) to 1 (anything from nothing to the pause): what failed at the same time is not to
    /// be tried again at the same time.
    pub jitter: f64,
}

impl Backoff {
    /// The pause before further try `number`, which begins at 1. `random` is from 0 up to 1.
    pub(crate) fn pause(&self, number: u32, random: f64) -> Duration {
        if self.initial.is_zero() {
            return Duration::ZERO;
        }
        let maximum = self.maximum.as_secs_f64();
        let growth = self.factor.max(1.0).powi(number.saturating_sub(1).min(1 << 20).cast_signed());
        let pause = (self.initial.as_secs_f64() * growth).min(maximum);
        let pause = pause * (1.0 - self.jitter.clamp(0.0, 1.0) * random);
        Duration::try_from_secs_f64(pause).unwrap_or_default()
    }
}

/// Random numbers that need not be secret. SplitMix64.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// Another sequence each time.
    pub(crate) fn new() -> Random {
        use std::hash::{BuildHasher, RandomState};
        // The standard library's way to the randomness of the system.
        Random(RandomState::new().hash_one(0_u8))
    }

    /// From 0 up to 1, without that.
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((word ^ (word >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        initial: Duration::from_millis(100),
        factor: 3.0,
        maximum: Duration::from_secs(2),
        jitter: 0.5,
    };

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let pauses: Vec<u128> = (1..=5).map(|number| BACKOFF.pause(number, 0.0).as_millis()).collect();
        assert_eq!(pauses, [100, 300, 900, 2000, 2000]);
        assert_eq!(BACKOFF.pause(u32::MAX, 0.0), BACKOFF.maximum);
    }

    #[test]
    fn jitter_takes_away_at_most_its_part() {
        assert_eq!(BACKOFF.pause(1, 1.0), Duration::from_millis(50));
        let none = Backoff { initial: Duration::ZERO, factor: f64::MAX, ..BACKOFF };
        assert_eq!(none.pause(500, 0.5), Duration::ZERO);
    }

    #[test]
    fn random_numbers_are_spread_over_their_range() {
        let mut random = Random::new();
        let numbers: Vec<f64> = (0..1000).map(|_| random.next()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        let mean = numbers.iter().sum::<f64>() / 1000.0;
        assert!((0.4..0.6).contains(&mean), "{mean}");
    }
}
