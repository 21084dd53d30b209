//! Which blocks are in use: one bit each, taken by compare-exchange, given back by one atomic and.

use crate::atomic::{AtomicU32, Ordering};
use crate::ordering::of_block;
use crate::shared::Shared;

/// Tries a word. The other side may change it for ever on purpose, so there is a limit; with an honest one
/// a second failure on the same word is already rare.
const ATTEMPTS: usize = 8;

/// The bitmap of one size class. A set bit is a block in use.
#[derive(Debug)]
pub(super) struct Bitmap {
    words: Shared<[AtomicU32]>,
    count: u32,
}

impl Bitmap {
    /// A bitmap of `count` bits over `words`.
    pub(super) fn new(words: Shared<[AtomicU32]>, count: u32) -> Bitmap {
        Bitmap { words, count }
    }

    /// Takes the first free bit: low blocks are used again soonest, while they are in the cache.
    pub(super) fn take(&self) -> Option<u32> {
        for (position, word) in self.words.iter().enumerate() {
            let base = position as u32 * 32;
            // Bits past the end do not exist; they count as taken, whatever memory says.
            let missing = match self.count.saturating_sub(base) {
                left if left >= 32 => 0,
                left => u32::MAX << left,
            };
            // Relaxed: only a guess, which the exchange confirms.
            let mut seen = word.load(Ordering::Relaxed);
            for _ in 0..ATTEMPTS {
                let free = !(seen | missing);
                if free == 0 {
                    break;
                }
                let bit = free & free.wrapping_neg();
                // Acquire: pairs with the Release in `give_back`; the last user is done with the block.
                let acquire = of_block(Ordering::Acquire);
                match word.compare_exchange_weak(seen, seen | bit, acquire, Ordering::Relaxed) {
                    Ok(_) => return Some(base + bit.trailing_zeros()),
                    Err(now) => seen = now,
                }
            }
        }
        None
    }

    /// Gives bit `index` back; false if it was free already or does not exist.
    pub(super) fn give_back(&self, index: u32) -> bool {
        let Some(word) = self.words.get(index as usize / 32) else { return false };
        let bit = 1 << (index % 32);
        // Release: pairs with the Acquire in `take`.
        word.fetch_and(!bit, of_block(Ordering::Release)) & bit != 0
    }

    /// Bits that are set.
    pub(super) fn used(&self) -> u32 {
        // Relaxed: a statistic.
        self.words.iter().map(|word| word.load(Ordering::Relaxed).count_ones()).sum::<u32>().min(self.count)
    }
}
