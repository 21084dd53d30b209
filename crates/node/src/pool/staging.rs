//! The records that JavaScript stages: ARCHITECTURE.md, "Staging and events".

use hatchery_core::driver::{MAXIMUM_MENTIONS, Submission};
use hatchery_core::task::Priority;
use std::time::Duration;

/// Bytes before a record's payload.
const HEADER: usize = 24;

/// Bit of the options: JavaScript may speak of the task again, to cancel it or about its streams.
const ADDRESSED: u32 = 1 << 2;
/// Bit of the options: JavaScript is told when the task begins, and of its retries.
const OBSERVED: u32 = 1 << 3;

/// A task without its payload, as JavaScript describes it.
pub(super) struct Staged {
    pub submission: Submission,
    /// JavaScript may speak of it again, by its ticket.
    pub addressed: bool,
}

/// One staged task.
pub(super) struct Record<'a> {
    /// The task without its payload.
    pub task: Staged,
    /// The encoded argument.
    pub payload: &'a [u8],
}

/// Iterates over the records; ends early with an error at the first that is not well-formed.
pub(super) struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    /// The records in `bytes`.
    pub(super) fn new(bytes: &'a [u8]) -> Records<'a> {
        Records { rest: bytes }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, &'static str>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = split(&mut self.rest);
        if record.is_err() {
            self.rest = &[];
        }
        Some(record)
    }
}

fn split<'a>(rest: &mut &'a [u8]) -> Result<Record<'a>, &'static str> {
    let (header, body) = rest.split_first_chunk::<HEADER>().ok_or("a record's header is cut off")?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let length = word(16) as usize;
    let padded = length.next_multiple_of(8);
    let payload = body.get(..length).ok_or("a record's payload is cut off")?;
    *rest = body.get(padded..).ok_or("a record's padding is cut off")?;
    Ok(Record { task: staged(word(0), word(4), word(8), word(12), word(20))?, payload })
}

/// A task from the words that JavaScript packs.
pub(super) fn staged(
    ticket: u32,
    function: u32,
    options: u32,
    timeout: u32,
    queue_timeout: u32,
) -> Result<Staged, &'static str> {
    let priority = match options & 3 {
        0 => Priority::High,
        1 => Priority::Normal,
        2 => Priority::Low,
        _ => return Err("no such priority"),
    };
    let submission = Submission {
        ticket: u64::from(ticket),
        function,
        priority,
        timeout: (timeout != 0).then(|| Duration::from_millis(u64::from(timeout))),
        queue_timeout: match queue_timeout {
            0 => None,
            u32::MAX => Some(Duration::MAX),
            milliseconds => Some(Duration::from_millis(u64::from(milliseconds))),
        },
        retries: (options >> 8 & 0xff) as u8,
        retry_errors: match options >> 4 & 3 {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        },
        segments: (options >> 16) as u8 & MAXIMUM_MENTIONS as u8,
        credit: 0,
        observed: options & OBSERVED != 0,
    };
    Ok(Staged { submission, addressed: options & ADDRESSED != 0 })
}
