//! The memory orderings of a ring, as a type: so that a test can weaken one and see loom catch it.

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
