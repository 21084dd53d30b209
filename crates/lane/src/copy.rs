//! Copying payloads in and out of shared words.
//!
//! Small copies go word by word. Bulk copies on x86-64 are instructions that the compiler cannot look into: a plain
//! `memcpy` from memory that another process writes would be a data race, and the compiler might read the source a
//! second time after it was checked. Elsewhere, and under miri and loom, bulk copies go word by word too.

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
    use std::arch::asm;
    use std::arch::x86_64::__cpuid;
    use std::sync::OnceLock;

    /// A cache line.
    const LINE: usize = 64;

    /// From this many bytes on a copy goes past the cache where that pays, which need not fetch the target's lines first,
    /// and keeps what is used sooner than so many bytes are.
    const STREAM: usize = 128 << 10;

    /// Whether large copies go past the cache. Not on Intel's processors: their `rep movsb` fetches no lines of the target
    /// either, and what it leaves in the cache that they share is quicker to read for the other process (1 MiB echoed on
    /// a Xeon: 2.0 GB/s, and 1.5 past the cache; on an EPYC it is the other way round).
    fn streams() -> bool {
        static STREAMS: OnceLock<bool> = OnceLock::new();
        // Asked once: a virtual machine answers it by way of its hypervisor.
        *STREAMS.get_or_init(|| {
            let maker = __cpuid(0);
            [maker.ebx, maker.edx, maker.ecx].map(u32::to_le_bytes).concat() != b"GenuineIntel"
        })
    }

    /// Copies; `bytes` is not longer than `words`.
    pub(super) fn write(words: &[Word64], bytes: &[u8]) -> bool {
        assert!(bytes.len() <= size_of_val(words));
        // SAFETY: both ranges are valid for `bytes.len()` bytes (asserted) and cannot overlap: `words` is
        // lane memory, `bytes` a plain slice. `Word64` is an atomic, so writing through a shared reference is
        // allowed.
        unsafe { copy(words.as_ptr().cast_mut().cast(), bytes.as_ptr(), bytes.len()) };
        true
    }

    /// Fills an empty vector with `length` bytes from byte `start` of `words` on.
    pub(super) fn fill(words: &[Word64], start: usize, bytes: &mut Vec<u8>, length: usize) -> bool {
        assert!(bytes.is_empty() && bytes.capacity() >= length && start + length <= size_of_val(words));
        // SAFETY: `start + length` is within `words` and `length` within the vector's allocation (asserted), which is
        // exclusively ours.
        unsafe { copy(bytes.as_mut_ptr(), words.as_ptr().cast::<u8>().add(start), length) };
        // SAFETY: so many bytes have just been initialized.
        unsafe { bytes.set_len(length) };
        true
    }

    /// Copies; `bytes` is not longer than `words`.
    pub(super) fn read(words: &[Word64], bytes: &mut [u8]) -> bool {
        assert!(bytes.len() <= size_of_val(words));
        // SAFETY: as in `write`, with the roles exchanged; `bytes` is exclusively ours.
        unsafe { copy(bytes.as_mut_ptr(), words.as_ptr().cast(), bytes.len()) };
        true
    }

    /// Copies `length` bytes by instructions that the compiler cannot look into. They act as relaxed atomic byte
    /// accesses: racing with the other process is defined.
    ///
    /// The target is aligned first. `rep movsb` to one that is not, from a source that is not either, is ten times
    /// slower on some processors (measured on AMD EPYC: 299 us for 1 MiB, and not 22), and the allocator's memory
    /// begins 16 bytes after a page.
    ///
    /// # Safety
    /// `source` is valid for reads and `target` for writes of `length` bytes, at least four lines; they do not overlap.
    unsafe fn copy(target: *mut u8, source: *const u8, length: usize) {
        assert!(length >= 4 * LINE);
        let head = LINE - target.addr() % LINE;
        // SAFETY: the first line of what the caller vouches for; what follows writes some of it again.
        unsafe {
            asm!(
                "movups {a}, [{source}]",
                "movups {b}, [{source} + 16]",
                "movups {c}, [{source} + 32]",
                "movups {d}, [{source} + 48]",
                "movups [{target}], {a}",
                "movups [{target} + 16], {b}",
                "movups [{target} + 32], {c}",
                "movups [{target} + 48], {d}",
                source = in(reg) source,
                target = in(reg) target,
                a = out(xmm_reg) _,
                b = out(xmm_reg) _,
                c = out(xmm_reg) _,
                d = out(xmm_reg) _,
                options(nostack, preserves_flags)
            );
        }
        let mut done = head;
        if length >= STREAM && streams() {
            let lines = (length - head) / LINE;
            // SAFETY: whole lines within the ranges; the target of each is aligned. The fence puts these stores, which
            // the processor orders with no others, before whatever publishes them. It goes through at least one line.
            unsafe {
                asm!(
                    "2:",
                    "movups {a}, [{source}]",
                    "movups {b}, [{source} + 16]",
                    "movups {c}, [{source} + 32]",
                    "movups {d}, [{source} + 48]",
                    "movntps [{target}], {a}",
                    "movntps [{target} + 16], {b}",
                    "movntps [{target} + 32], {c}",
                    "movntps [{target} + 48], {d}",
                    "add {source}, 64",
                    "add {target}, 64",
                    "dec {lines}",
                    "jnz 2b",
                    "sfence",
                    source = inout(reg) source.add(head) => _,
                    target = inout(reg) target.add(head) => _,
                    lines = inout(reg) lines => _,
                    a = out(xmm_reg) _,
                    b = out(xmm_reg) _,
                    c = out(xmm_reg) _,
                    d = out(xmm_reg) _,
                    options(nostack)
                );
            }
            done += lines * LINE;
        }
        // SAFETY: the rest of the ranges. The direction flag is clear by the ABI.
        unsafe {
            asm!(
                "rep movsb",
                inout("rcx") length - done => _,
                inout("rdi") target.add(done) => _,
                inout("rsi") source.add(done) => _,
                options(nostack, preserves_flags)
            );
        }
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

    /// Long enough for every way of copying; less under miri, where there is one.
    const STREAM_LENGTH: usize = if cfg!(miri) { 2048 } else { 128 << 10 };

    #[test]
    fn every_length_round_trips_and_touches_nothing_else() {
        for length in
            (0..40).chain([255, 256, 257, 319, 320, 321, 1000, 1024, STREAM_LENGTH, STREAM_LENGTH + 77])
        {
            let words: Vec<Word64> = (0..STREAM_LENGTH / 8 + 20).map(|_| Word64::default()).collect();
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
