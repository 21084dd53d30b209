//! The atomics of this crate, which loom replaces when it checks the algorithms (`--cfg loom`).
//!
//! [`Word32`] and [`Word64`] hold data that an index guards. In shared memory they are relaxed atomics: the
//! other process may break the protocol, and even then no access may be undefined behaviour. Under loom
//! they are cells that report any access which the index does not order.

pub use std::sync::atomic::Ordering;

#[cfg(loom)]
pub use loom::sync::atomic::{AtomicU32, fence};
#[cfg(not(loom))]
pub use std::sync::atomic::{AtomicU32, fence};

#[cfg(not(loom))]
macro_rules! word {
    ($(#[$documentation:meta])* $name:ident, $value:ty, $atomic:ty) => {
        $(#[$documentation])*
        #[derive(Debug, Default)]
        #[repr(transparent)]
        pub struct $name($atomic);

        impl $name {
            /// Reads the word once.
            #[inline]
            pub fn get(&self) -> $value {
                // Relaxed: the index that guards this word orders it, not the word itself.
                self.0.load(Ordering::Relaxed)
            }

            /// Writes the word.
            #[inline]
            pub fn set(&self, value: $value) {
                // Relaxed: as in `get`.
                self.0.store(value, Ordering::Relaxed);
            }
        }
    };
}

#[cfg(loom)]
macro_rules! word {
    ($(#[$documentation:meta])* $name:ident, $value:ty, $atomic:ty) => {
        $(#[$documentation])*
        #[derive(Debug)]
        pub struct $name(loom::cell::UnsafeCell<$value>);

        // SAFETY: only a model: loom fails the test on any access that another one does not order.
        unsafe impl Sync for $name {}

        impl Default for $name {
            fn default() -> Self {
                Self(loom::cell::UnsafeCell::new(0))
            }
        }

        impl $name {
            /// Reads the word once.
            pub fn get(&self) -> $value {
                // SAFETY: the pointer is valid in the closure, and loom checks that nobody writes now.
                self.0.with(|pointer| unsafe { *pointer })
            }

            /// Writes the word.
            pub fn set(&self, value: $value) {
                // SAFETY: the pointer is valid in the closure, and loom checks that nobody accesses it now.
                self.0.with_mut(|pointer| unsafe { *pointer = value });
            }
        }
    };
}

word!(
    /// Four bytes of data in a lane.
    Word32,
    u32,
    AtomicU32
);
word!(
    /// Eight bytes of data in a lane.
    Word64,
    u64,
    std::sync::atomic::AtomicU64
);

/// Two neighbouring numbers of four bytes each, written and read as one word: half the accesses. JavaScript reads
/// each by itself, which on a little endian machine is the same memory.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct Pair(Word64);

#[cfg(not(target_endian = "little"))]
compile_error!("JavaScript reads the halves of a pair by themselves, the lower one first");

impl Pair {
    /// Bytes from the start of a pair to its second number.
    pub const SECOND: usize = 4;

    /// Reads both once, the lower address first.
    #[inline]
    pub fn get(&self) -> (u32, u32) {
        let both = self.0.get();
        (both as u32, (both >> 32) as u32)
    }

    /// Writes both, the lower address first.
    #[inline]
    pub fn set(&self, first: u32, second: u32) {
        self.0.set(u64::from(first) | u64::from(second) << 32);
    }
}

/// Bytes that only keep other fields apart (`WORDS` times four); nothing under loom, which has no layout.
#[cfg(not(loom))]
#[derive(Debug)]
#[repr(transparent)]
pub struct Padding<const WORDS: usize>([Word32; WORDS]);

/// Bytes that only keep other fields apart (`WORDS` times four); nothing under loom, which has no layout.
#[cfg(loom)]
#[derive(Debug, Default)]
pub struct Padding<const WORDS: usize>;

#[cfg(not(loom))]
impl<const WORDS: usize> Default for Padding<WORDS> {
    fn default() -> Self {
        Padding([const { Word32(AtomicU32::new(0)) }; WORDS])
    }
}
