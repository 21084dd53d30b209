//! The memory orderings, so that a test can weaken one and see loom catch it: those of a ring as a type, those of the
//! arena by a switch that only loom's build has.

use crate::atomic::{Ordering, fence};

/// Orderings a ring uses.
pub trait RingOrdering: Send + 'static {
    /// Of the store that hands slots over: `tail` by the producer, `head` by the consumer.
    const PUBLISH: Ordering;
    /// Of the load that takes them: `tail` by the consumer, `head` by the producer.
    const OBSERVE: Ordering;

    /// Between a side's own store and its look at the other side's word, when parking or waking.
    fn park_fence();
}

/// The orderings in use.
#[derive(Debug, Clone, Copy)]
pub struct Sound;

impl RingOrdering for Sound {
    // Pairs with OBSERVE on the other side: what was written (or read) in a slot comes before.
    const PUBLISH: Ordering = Ordering::Release;
    // Pairs with PUBLISH on the other side.
    const OBSERVE: Ordering = Ordering::Acquire;

    #[inline]
    fn park_fence() {
        // Store, fence, load on both sides: in the total order of the two fences one is first, and the other
        // side then sees its store. So either the consumer sees the slot or the producer sees it parked.
        fence(Ordering::SeqCst);
    }
}

/// The ordering by which a block is handed over: as given, unless a test has weakened it.
#[cfg(not(loom))]
#[inline]
pub(crate) const fn of_block(ordering: Ordering) -> Ordering {
    ordering
}

#[cfg(loom)]
pub(crate) use weakened::of_block;
#[cfg(loom)]
pub use weakened::with_unordered_blocks;

#[cfg(loom)]
mod weakened {
    use super::Ordering;
    use std::cell::Cell;

    // loom runs all threads of a model on the thread of its test.
    std::thread_local! {
        static UNORDERED: Cell<bool> = const { Cell::new(false) };
    }

    /// The ordering given; none at all within [`with_unordered_blocks`].
    pub(crate) fn of_block(ordering: Ordering) -> Ordering {
        if UNORDERED.get() { Ordering::Relaxed } else { ordering }
    }

    /// Runs `test` with blocks that are freed and taken without order: wrong on purpose.
    pub fn with_unordered_blocks(test: impl FnOnce()) {
        UNORDERED.set(true);
        test();
        UNORDERED.set(false);
    }
}
