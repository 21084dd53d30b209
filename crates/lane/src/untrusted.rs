//! Reading a slot that a hostile worker may be rewriting at this very moment.
//!
//! Every word is read exactly once into a local, checked there and used from there. The checks know only
//! the host's private geometry.

use crate::arena::{Arena, BlockId};
use crate::copy;
use crate::layout::SlotWords;
use crate::message::{INLINE_CAPACITY, InlinePayload, Location, Message};
use crate::{Violation, kind};

/// A completion, checked: its kind is known, and its payload lies where one can lie.
#[inline]
pub(crate) fn completion(slot: &SlotWords, arena: &Arena) -> Result<(Message, InlinePayload), Violation> {
    let (message, payload) = message(slot)?;
    if !kind::completion::is_known(message.kind) {
        return Err(Violation::Kind(message.kind));
    }
    if let Location::Block { block, length } = message.location {
        arena.check(block, length as usize)?;
    }
    Ok((message, payload))
}

/// A slot's fields and inline payload, with location and inline length checked. A block is not.
#[inline]
pub(crate) fn message(slot: &SlotWords) -> Result<(Message, InlinePayload), Violation> {
    let length = slot.length.get();
    let word = slot.block.get();
    let location = match slot.location.get() {
        0 if length as usize > INLINE_CAPACITY => return Err(Violation::InlineLength(length)),
        0 => Location::Inline { length },
        1 => Location::Block { block: BlockId::from_raw(word), length },
        2 => Location::MemFd { tag: word, length },
        other => return Err(Violation::Location(other)),
    };
    let mut payload = InlinePayload { bytes: [0; INLINE_CAPACITY], length: 0 };
    if let Location::Inline { length } = location {
        payload.length = length;
        // Whole words: quicker, and bytes past the length are never shown.
        copy::read(&slot.payload, &mut payload.bytes[..(length as usize).next_multiple_of(8)]);
    }
    let message = Message {
        kind: slot.kind.get(),
        task_index: slot.task_index.get(),
        task_generation: slot.task_generation.get(),
        function: slot.function.get(),
        flags: slot.flags.get(),
        location,
    };
    Ok((message, payload))
}
