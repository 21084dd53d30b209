//! Reading a slot that a hostile worker may be rewriting at this very moment.
//!
//! Every word is read exactly once into a local, checked there and used from there. The checks know only
//! the host's private geometry.

use crate::arena::{Arena, BlockId};
use crate::layout::SlotWords;
use crate::message::{INLINE_CAPACITY, InlinePayload, Location, Message};
use crate::{Violation, kind};

/// Words of an inline payload that lie on the first line of its slot.
const WORDS_OF_FIRST_LINE: usize = 3;

/// A completion, checked: its kind is known, and its payload lies where one can lie. See [`message()`] for `payload`.
#[inline]
pub(crate) fn completion(
    slot: &SlotWords,
    arena: &Arena,
    payload: &mut InlinePayload,
) -> Result<Message, Violation> {
    let message = message(slot, payload)?;
    if !kind::completion::is_known(message.kind) {
        return Err(Violation::Kind(message.kind));
    }
    if let Location::Block { block, length } = message.location {
        arena.check(block, length as usize)?;
    }
    Ok(message)
}

/// A slot's fields, with location and inline length checked. A block is not. An inline payload is copied to
/// `payload`, which is the caller's and used again and again: to clear and move 88 bytes for each message costs
/// more than all the rest.
#[inline]
pub(crate) fn message(slot: &SlotWords, payload: &mut InlinePayload) -> Result<Message, Violation> {
    let (location, length) = slot.location_length.get();
    let (word, stamp) = slot.block_stamp.get();
    let location = match location {
        0 if length as usize > INLINE_CAPACITY => return Err(Violation::InlineLength(length)),
        0 => Location::Inline { length },
        1 => Location::Block { block: BlockId::from_raw(word), length },
        2 => Location::MemFd { tag: word, length },
        other => return Err(Violation::Location(other)),
    };
    payload.length = 0;
    if let Location::Inline { length } = location {
        payload.length = length;
        copy_inline(slot, length, &mut payload.bytes);
    }
    let (task_index, task_generation) = slot.task.get();
    let (function, flags) = slot.function_flags.get();
    Ok(Message { kind: slot.kind.get(), task_index, task_generation, function, flags, stamp, location })
}

/// Copies an inline payload in whole words; bytes past the length are never shown. The first words, which lie on the
/// slot's first line, come without a look at the length: most payloads are no longer, and a loop costs more than all three.
#[inline]
fn copy_inline(slot: &SlotWords, length: u32, bytes: &mut [u8; INLINE_CAPACITY]) {
    let (target, _) = bytes.as_chunks_mut::<8>();
    let (first, rest) = target.split_at_mut(WORDS_OF_FIRST_LINE);
    for (chunk, word) in first.iter_mut().zip(&slot.payload) {
        *chunk = word.get().to_le_bytes();
    }
    if length as usize > 8 * WORDS_OF_FIRST_LINE {
        let words = (length as usize).div_ceil(8) - WORDS_OF_FIRST_LINE;
        for (chunk, word) in rest.iter_mut().zip(&slot.payload[WORDS_OF_FIRST_LINE..]).take(words) {
            *chunk = word.get().to_le_bytes();
        }
    }
}
