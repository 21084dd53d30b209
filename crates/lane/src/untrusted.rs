//! Reading a slot that a hostile worker may be rewriting at this very moment.
//!
//! Every word is read exactly once into a local, checked there and used from there. The checks know only
//! the host's private geometry.

use crate::arena::{Arena, BlockId};
use crate::copy;
use crate::layout::SlotWords;
use crate::message::{INLINE_CAPACITY, InlinePayload, Location, Message};
use crate::{Violation, kind};

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
        // Whole words: quicker, and bytes past the length are never shown.
        copy::read(&slot.payload, &mut payload.bytes[..(length as usize).next_multiple_of(8)]);
    }
    let (task_index, task_generation) = slot.task.get();
    let (function, flags) = slot.function_flags.get();
    Ok(Message { kind: slot.kind.get(), task_index, task_generation, function, flags, stamp, location })
}
