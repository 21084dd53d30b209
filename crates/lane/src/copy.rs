//! Copying payloads in and out of shared words.
//!
//! Small copies go word by word. Bulk copies on x86-64 are `rep movsb`, one instruction the compiler cannot
//! look into: a plain `memcpy` from memory that another process writes would be a data race, and the
//! compiler might read the source a second time after it was checked. Elsewhere, and under miri and loom,
//! bulk copies go word by word too.

use crate::atomic::Word64;

/// From this many bytes on, the start-up cost of `rep movsb` pays.
const BULK: usize = 256;

/// Copies `bytes` to the start of `words`. A last partial word is filled up with zeroes.
///
/// The caller has checked that it fits; what does not fit is left out, never written elsewhere.
#[inline]
pub(crate) fn write(words: &[Word64], bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(size_of_val(words))];
    if bytes.len() >= BULK && bulk::write(words, bytes) {
        return;
    }
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (word, chunk) in words.iter().zip(chunks) {
        word.set(u64::from_le_bytes(*chunk));
    }
    if !rest.is_empty() {
        let last = match bytes.last_chunk::<8>() {
            // The last eight bytes, without those that are in the word before.
            Some(end) => u64::from_le_bytes(*end) >> (64 - 8 * rest.len()),
            // A loop of at most seven: a copy of unknown length would be a call.
            None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
        };
        words[chunks.len()].set(last);
    }
}

/// Copies from the start of `words` to all of `bytes` (as far as there are words).
#[inline]
pub(crate) fn read(words: &[Word64], bytes: &mut [u8]) {
    let length = bytes.len().min(size_of_val(words));
    let bytes = &mut bytes[..length];
    if bytes.len() >= BULK && bulk::read(words, bytes) {
        return;
    }
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for (word, chunk) in words.iter().zip(chunks.iter_mut()) {
        *chunk = word.get().to_le_bytes();
    }
    if !rest.is_empty() {
        let last = words[chunks.len()].get().to_le_bytes();
        rest.copy_from_slice(&last[..rest.len()]);
    }
}

/// A copy of `length` bytes from byte `start` of `words` on. The caller has checked that they are there; what is not is
/// left out.
#[cfg(not(loom))]
pub(crate) fn to_vec(words: &[Word64], start: usize, length: usize) -> Vec<u8> {
    let length = length.min(size_of_val(words).saturating_sub(start));
    let mut bytes = Vec::with_capacity(length);
    if length >= BULK && bulk::fill(words, start, &mut bytes, length) {
        return bytes;
    }
    for index in start..start + length {
        bytes.push(words[index / 8].get().to_le_bytes()[index % 8]);
    }
    bytes
}

#[cfg(all(target_arch = "x86_64", not(miri), not(loom)))]
mod bulk {
    use super::Word64;

    /// Copies with one string instruction; `bytes` is not longer than `words`.
    pub(super) fn write(words: &[Word64], bytes: &[u8]) -> bool {
        assert!(bytes.len() <= size_of_val(words));
        // SAFETY: both ranges are valid for `bytes.len()` bytes (asserted) and cannot overlap: `words` is
        // lane memory, `bytes` a plain slice. `Word64` is an atomic, so writing through a shared reference is
        // allowed, and the byte moves act as relaxed atomic byte accesses: racing with the other process is
        // defined. The direction flag is clear by the ABI.
        unsafe {
            std::arch::asm!(
                "rep movsb",
                inout("rcx") bytes.len() => _,
                inout("rdi") words.as_ptr() => _,
                inout("rsi") bytes.as_ptr() => _,
                options(nostack, preserves_flags)
            );
        }
        true
    }

    /// Fills an empty vector with `length` bytes from byte `start` of `words` on, by one string instruction.
    pub(super) fn fill(words: &[Word64], start: usize, bytes: &mut Vec<u8>, length: usize) -> bool {
        assert!(bytes.is_empty() && bytes.capacity() >= length && start + length <= size_of_val(words));
        // SAFETY: `start + length` is within `words` and `length` within the vector's allocation (asserted); else as in
        // `write`, with the roles exchanged.
        unsafe {
            std::arch::asm!(
                "rep movsb",
                inout("rcx") length => _,
                inout("rdi") bytes.as_mut_ptr() => _,
                inout("rsi") words.as_ptr().cast::<u8>().add(start) => _,
                options(nostack, preserves_flags)
            );
        }
        // SAFETY: so many bytes have just been initialized.
        unsafe { bytes.set_len(length) };
        true
    }

    /// Copies with one string instruction; `bytes` is not longer than `words`.
    pub(super) fn read(words: &[Word64], bytes: &mut [u8]) -> bool {
        assert!(bytes.len() <= size_of_val(words));
        // SAFETY: as in `write`, with the roles exchanged; `bytes` is exclusively ours.
        unsafe {
            std::arch::asm!(
                "rep movsb",
                inout("rcx") bytes.len() => _,
                inout("rdi") bytes.as_mut_ptr() => _,
                inout("rsi") words.as_ptr() => _,
                options(nostack, preserves_flags)
            );
        }
        true
    }
}

#[cfg(not(all(target_arch = "x86_64", not(miri), not(loom))))]
mod bulk {
    use super::Word64;

    /// No bulk copy here.
    pub(super) fn write(_: &[Word64], _: &[u8]) -> bool {
        false
    }

    /// No bulk copy here.
    #[cfg(not(loom))]
    pub(super) fn fill(_: &[Word64], _: usize, _: &mut Vec<u8>, _: usize) -> bool {
        false
    }

    /// No bulk copy here.
    pub(super) fn read(_: &[Word64], _: &mut [u8]) -> bool {
        false
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn every_length_round_trips_and_touches_nothing_else() {
        for length in (0..40).chain([255, 256, 257, 1000, 1024]) {
            let words: Vec<Word64> = (0..130).map(|_| Word64::default()).collect();
            words.iter().for_each(|word| word.set(u64::MAX));
            let bytes: Vec<u8> = (0..length).map(|index| index as u8).collect();
            write(&words, &bytes);
            let mut back = vec![0; length];
            read(&words, &mut back);
            assert_eq!(back, bytes);
            for start in [0, 1, 7, 9].map(|start: usize| start.min(length)) {
                assert_eq!(to_vec(&words, start, length - start), bytes[start..]);
            }
            for word in &words[length.div_ceil(8)..] {
                assert_eq!(word.get(), u64::MAX);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let words = [Word64::default()];
        write(&words, &[7; 20]);
        let mut back = [1; 20];
        read(&words, &mut back);
        assert_eq!(back[..8], [7; 8]);
        assert_eq!(back[8..], [1; 12]);
    }
}
