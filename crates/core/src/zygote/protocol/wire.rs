//! How messages lie in bytes: words in little endian, then text or bytes.

use crate::{Error, Result};

pub(super) fn message(kind: u32, words: &[u32], text: &str) -> Vec<u8> {
    message_of_bytes(kind, words, text.as_bytes())
}

pub(super) fn message_of_bytes(kind: u32, words: &[u32], rest: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(4 + 4 * words.len() + rest.len());
    bytes.extend(kind.to_le_bytes());
    for word in words {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(rest);
    bytes
}

/// The two words of a number of 64 bits, the low one first.
pub(super) fn halves(number: u64) -> [u32; 2] {
    [(number & 0xFFFF_FFFF) as u32, (number >> 32) as u32]
}

/// Reads words off the front of a message.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn word(&mut self) -> Result<u32> {
        let (word, rest) =
            self.bytes.split_first_chunk::<4>().ok_or_else(|| Error::Protocol("message too short".into()))?;
        self.bytes = rest;
        Ok(u32::from_le_bytes(*word))
    }

    pub(super) fn long(&mut self) -> Result<u64> {
        Ok(u64::from(self.word()?) | u64::from(self.word()?) << 32)
    }

    /// A word that is 0 or 1: no message has two encodings.
    pub(super) fn flag(&mut self) -> Result<bool> {
        match self.word()? {
            0 => Ok(false),
            1 => Ok(true),
            number => Err(Error::Protocol(format!("{number} where 0 or 1 must be"))),
        }
    }

    /// As many words as the first one says.
    pub(super) fn words(&mut self) -> Result<Vec<u32>> {
        let count = self.word()?;
        (0..count).map(|_| self.word()).collect()
    }

    /// As many bytes as the first word says.
    pub(super) fn part(&mut self) -> Result<Reader<'a>> {
        let length = self.word()? as usize;
        let part = self.bytes.split_at_checked(length);
        let (bytes, rest) = part.ok_or_else(|| Error::Protocol("message too short".into()))?;
        self.bytes = rest;
        Ok(Reader { bytes })
    }

    pub(super) fn text(self) -> Result<String> {
        String::from_utf8(self.bytes.to_vec()).map_err(|_| Error::Protocol("text is not UTF-8".into()))
    }

    pub(super) fn end<T>(self, value: T) -> Result<T> {
        if self.bytes.is_empty() { Ok(value) } else { Err(Error::Protocol("message too long".into())) }
    }
}

pub(super) fn unknown<T>(kind: u32) -> Result<T> {
    Err(Error::Protocol(format!("unknown message kind {kind}")))
}
