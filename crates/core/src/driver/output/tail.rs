//! The end of what a process has written to its standard error: what is asked for after a crash.

use std::collections::VecDeque;

/// Lines that are kept.
const LINES: usize = 20;
/// Bytes that are kept.
const BYTES: usize = 8 << 10;

/// The last lines.
#[derive(Debug, Default)]
pub(super) struct Tail {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Tail {
    /// One line more.
    pub(super) fn add(&mut self, line: &[u8]) {
        let kept = &line[line.len().saturating_sub(BYTES)..];
        self.bytes += kept.len() + 1;
        self.lines.push_back(kept.to_vec());
        while self.lines.len() > LINES || (self.bytes > BYTES && self.lines.len() > 1) {
            self.bytes -= self.lines.pop_front().map_or(0, |line| line.len() + 1);
        }
    }

    /// All that is kept; `None` if nothing was ever written.
    pub(super) fn text(&self) -> Option<String> {
        if self.lines.is_empty() {
            return None;
        }
        let lines: Vec<_> = self.lines.iter().map(|line| String::from_utf8_lossy(line)).collect();
        Some(lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_kept_within_their_bounds() {
        let mut tail = Tail::default();
        assert_eq!(tail.text(), None);
        for number in 0..100 {
            tail.add(format!("line {number}").as_bytes());
        }
        let text = tail.text().unwrap();
        assert_eq!((text.lines().count(), text.lines().next()), (LINES, Some("line 80")));
        tail.add(&[b'x'; 2 * BYTES]);
        assert_eq!(tail.text().unwrap().len(), BYTES);
        tail.add(b"end");
        assert_eq!(tail.text().unwrap(), "end");
    }
}
