//! The single-producer single-consumer ring, in either direction.
//!
//! Positions run freely and wrap at 2^32; a position's slot is its low bits. Each side keeps a copy of the
//! other side's index and looks again only when the copy says full or empty: the line that holds the
//! index stays in the other core's cache for a whole batch (the largest single gain that rtrb measured).

use std::cell::Cell;
use std::marker::PhantomData;
#[cfg(not(loom))]
use std::sync::Arc;

#[cfg(not(loom))]
use hatchery_sys::Mapping;

use crate::Violation;
use crate::atomic::Ordering;
#[cfg(not(loom))]
use crate::layout::RING_CONTROL_SIZE;
use crate::layout::{RingControl, SlotWords};
use crate::ordering::{RingOrdering, Sound};
use crate::shared::Shared;

/// The memory of a ring: its indices and its slots.
#[derive(Debug, Clone)]
pub struct Ring {
    control: Shared<RingControl>,
    slots: Shared<[SlotWords]>,
}

impl Ring {
    /// A ring on the heap whose indices start at `position`. For tests.
    ///
    /// # Panics
    /// If `slots` is no power of two.
    pub fn on_heap(slots: u32, position: u32) -> Ring {
        assert!(slots.is_power_of_two());
        let control = RingControl::default();
        control.tail.store(position, Ordering::Relaxed);
        control.head.store(position, Ordering::Relaxed);
        Ring {
            control: Shared::on_heap(control),
            slots: Shared::slice_on_heap((0..slots).map(|_| SlotWords::default()).collect()),
        }
    }

    /// The ring at byte `offset` of a lane; none if it does not lie within it.
    #[cfg(not(loom))]
    pub(crate) fn mapped(mapping: &Arc<Mapping>, offset: u64, slots: u32) -> Option<Ring> {
        let offset = usize::try_from(offset).ok()?;
        if !slots.is_power_of_two() {
            return None;
        }
        Some(Ring {
            control: Shared::mapped(mapping, offset)?,
            slots: Shared::slice_mapped(mapping, offset + RING_CONTROL_SIZE, slots as usize)?,
        })
    }

    /// The indices as they are in memory. A test plays a hostile other side with it.
    pub fn control(&self) -> &RingControl {
        &self.control
    }

    /// The slot of `position`.
    #[inline]
    pub fn slot(&self, position: u32) -> &SlotWords {
        // A power of two of slots, so the mask keeps it in range (and the compiler checks again).
        &self.slots[(position & (self.slots() - 1)) as usize]
    }

    /// Number of slots.
    #[inline]
    pub fn slots(&self) -> u32 {
        self.slots.len() as u32
    }
}

/// The writing side. One per ring; may move to another thread, not be shared.
#[derive(Debug)]
pub struct Producer<O: RingOrdering = Sound> {
    ring: Ring,
    tail: u32,
    published: u32,
    cached_head: u32,
    not_sync: PhantomData<(Cell<()>, O)>,
}

impl<O: RingOrdering> Producer<O> {
    /// Takes the writing side, going on where the indices are. The caller sees to it that there is one.
    pub fn new(ring: Ring) -> Producer<O> {
        // Relaxed: nobody else uses the ring yet; passing the lane to the other side orders this.
        let tail = ring.control.tail.load(Ordering::Relaxed);
        let cached_head = ring.control.head.load(Ordering::Relaxed);
        Producer { ring, tail, published: tail, cached_head, not_sync: PhantomData }
    }

    /// The consumer's index, checked.
    pub fn head(&self) -> Result<u32, Violation> {
        // Acquire: pairs with the consumer's Release store in `Consumer::release`; it has read the slots.
        let head = self.ring.control.head.load(O::OBSERVE);
        // Only published positions can have been passed, so an index beyond those is impossible too.
        if self.published.wrapping_sub(head) > self.ring.slots() {
            return Err(Violation::Head { head, tail: self.published, slots: self.ring.slots() });
        }
        Ok(head)
    }

    /// Free slots, looking at the consumer's index now.
    pub fn free_slots(&mut self) -> Result<u32, Violation> {
        let head = self.head()?;
        // A hostile head may go back: then slots not yet published count as well and the distance can be
        // more than the ring. Nothing is free then.
        self.cached_head = head;
        Ok(self.cached_free())
    }

    /// Free slots by the cached index.
    #[inline]
    fn cached_free(&self) -> u32 {
        self.ring.slots().saturating_sub(self.tail.wrapping_sub(self.cached_head))
    }

    /// The slot to write next and its position; none if the ring is full.
    #[inline]
    pub fn reserve(&mut self) -> Result<Option<(u32, &SlotWords)>, Violation> {
        if self.cached_free() == 0 && self.free_slots()? == 0 {
            return Ok(None);
        }
        Ok(Some((self.tail, self.ring.slot(self.tail))))
    }

    /// Counts the reserved slot as written.
    #[inline]
    pub fn advance(&mut self) {
        self.tail = self.tail.wrapping_add(1);
    }

    /// Hands all slots written so far to the consumer.
    #[inline]
    pub fn publish(&mut self) {
        if self.published != self.tail {
            self.published = self.tail;
            // Release: pairs with the consumer's Acquire load in `Consumer::available`.
            self.ring.control.tail.store(self.tail, O::PUBLISH);
        }
    }

    /// Whether the consumer sleeps and its eventfd must be written now. Call after [`Producer::publish`].
    #[inline]
    pub fn wake_needed(&self) -> bool {
        // Pairs with the fence in `Consumer::park`.
        O::park_fence();
        let parked = &self.ring.control.parked;
        // Relaxed: the fence orders it. The swap makes one wake-up of one sleep; its success needs no order
        // of its own, since the eventfd carries the wake-up.
        parked.load(Ordering::Relaxed) == 1 && parked.swap(0, Ordering::Relaxed) == 1
    }

    /// Position after the last slot handed over.
    pub fn published(&self) -> u32 {
        self.published
    }

    /// The ring's memory.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }
}

/// So many slots ahead the consumer fetches lines.
const AHEAD: u32 = 16;

/// Has the first line of `slot` fetched in order to be read, although the consumer writes to it as well: the line that the
/// other core has written last moves over whole either way, and sooner so than if it is asked for in order to be written
/// (ARCHITECTURE.md has the measurements). Only a hint: it reads and writes nothing.
#[inline]
fn fetch(slot: &SlotWords) {
    #[cfg(all(target_arch = "x86_64", not(miri), not(loom)))]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch accesses nothing that a program could see, whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(slot).cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri), not(loom))))]
    let _ = slot;
}

/// The reading side. One per ring; may move to another thread, not be shared.
#[derive(Debug)]
pub struct Consumer<O: RingOrdering = Sound> {
    ring: Ring,
    head: u32,
    released: u32,
    cached_tail: u32,
    not_sync: PhantomData<(Cell<()>, O)>,
}

impl<O: RingOrdering> Consumer<O> {
    /// Takes the reading side, going on where the indices are. The caller sees to it that there is one.
    pub fn new(ring: Ring) -> Consumer<O> {
        // Relaxed: this side wrote it last. The tail is looked at by `available`.
        let head = ring.control.head.load(Ordering::Relaxed);
        Consumer { ring, head, released: head, cached_tail: head, not_sync: PhantomData }
    }

    /// Slots that can be read, looking at the producer's index only if the cached one says none.
    #[inline]
    pub fn available(&mut self) -> Result<u32, Violation> {
        if self.cached_tail == self.head {
            // Acquire: pairs with the producer's Release store in `Producer::publish`.
            let tail = self.ring.control.tail.load(O::OBSERVE);
            // Counted from what was released: more than a ring beyond that, and slots were overwritten that
            // had not been given back.
            let ahead = tail.wrapping_sub(self.head);
            let unreleased = self.head.wrapping_sub(self.released);
            if ahead > self.ring.slots() - unreleased {
                return Err(Violation::Tail { tail, head: self.head, slots: self.ring.slots() });
            }
            self.cached_tail = tail;
        }
        Ok(self.cached_tail.wrapping_sub(self.head))
    }

    /// The slot to read next and its position; none if the ring is empty.
    #[inline]
    pub fn peek(&mut self) -> Result<Option<(u32, &SlotWords)>, Violation> {
        let available = self.available()?;
        if available == 0 {
            return Ok(None);
        }
        // Without it the look at each slot waits for its line to come from the other core, and in a worker the exchange of
        // the claim keeps the next look from beginning meanwhile. Not what the producer may be writing just now: it would
        // have to fetch that back.
        if available > AHEAD {
            fetch(self.ring.slot(self.head.wrapping_add(AHEAD)));
        }
        Ok(Some((self.head, self.ring.slot(self.head))))
    }

    /// Counts the slot as read.
    #[inline]
    pub fn advance(&mut self) {
        self.head = self.head.wrapping_add(1);
    }

    /// Gives all slots read so far back to the producer. Once a batch is enough.
    #[inline]
    pub fn release(&mut self) {
        if self.released != self.head {
            self.released = self.head;
            // Release: pairs with the producer's Acquire load in `Producer::head`; reads come before.
            self.ring.control.head.store(self.head, O::PUBLISH);
        }
    }

    /// Announces sleep. True: the ring is empty and the producer will write the eventfd, so wait for it.
    /// False: there is something to read (or the producer's index is impossible), and the announcement has
    /// been taken back.
    pub fn park(&mut self) -> bool {
        let control = &self.ring.control;
        // Relaxed: the fence orders it before the look at the tail. A swap, not a store, so that it reads what
        // the producer's swap left: any store would come after that by coherence, but loom does not know.
        control.parked.swap(1, Ordering::Relaxed);
        // Pairs with the fence in `Producer::wake_needed`.
        O::park_fence();
        // Relaxed: only tells empty from not empty; `available` loads it again with Acquire.
        if self.cached_tail == self.head && control.tail.load(Ordering::Relaxed) == self.head {
            return true;
        }
        self.unpark();
        false
    }

    /// Whether the announcement stands: set, and not yet taken by the producer for a wake-up.
    #[inline]
    pub fn is_parked(&self) -> bool {
        // Relaxed: if it is stale the wake-up is under way, and the caller will be told by the eventfd.
        self.ring.control.parked.load(Ordering::Relaxed) == 1
    }

    /// Takes the announcement back: no wake-up is wanted while this side is awake.
    #[inline]
    pub fn unpark(&mut self) {
        // Relaxed: at worst the producer still sees 1 and writes the eventfd once too often.
        self.ring.control.parked.store(0, Ordering::Relaxed);
    }

    /// The ring's memory.
    pub fn ring(&self) -> &Ring {
        &self.ring
    }
}
