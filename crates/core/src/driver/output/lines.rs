//! From what a worker prints to lines, each with the task that printed it.
//!
//! What JavaScript prints in a task is framed by marks that the worker's runtime writes to the same pipe:
//!
//! ```text
//! ESC _ hatchery: FUNCTION : INDEX . GENERATION ESC \   what the task prints   ESC _ hatchery: ESC \
//! ```
//!
//! (an "application program command", which terminals do not show). What is outside of a frame, as what native code prints,
//! is laid to the task that runs when it is read. A worker can forge marks, and so deceive whoever reads its own lines.

use super::super::sink::{OutputLine, TaskName};
use crate::task::TaskId;

/// Longest line in bytes; a longer one comes in pieces.
pub(super) const LONGEST_LINE: usize = 64 << 10;

const MARK: &[u8] = b"\x1b_hatchery:";
const END: &[u8] = b"\x1b\\";
/// Longest mark: three numbers.
const LONGEST_MARK: usize = MARK.len() + 3 * 11 + END.len();
const ESCAPE: u8 = 0x1b;

/// One stream of one process, on its way to lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The line so far.
    line: Vec<u8>,
    /// Who has begun it.
    author: Option<TaskName>,
    /// Who writes now, by the last mark.
    marked: Option<TaskName>,
    /// The beginning of what may become a mark.
    mark: Vec<u8>,
}

impl Lines {
    /// Takes bytes up. `otherwise` has printed what no mark says who has.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        otherwise: Option<TaskName>,
        found: &mut impl FnMut(OutputLine),
    ) {
        while let Some(first) = bytes.first() {
            if !self.mark.is_empty() || *first == ESCAPE {
                self.mark.push(*first);
                bytes = &bytes[1..];
                self.look_at_mark(otherwise, found);
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(*byte, b'\n' | ESCAPE)).unwrap_or(bytes.len());
            self.text(&bytes[..end], otherwise, found);
            bytes = &bytes[end..];
            if bytes.first() == Some(&b'\n') {
                bytes = &bytes[1..];
                self.end_line(otherwise, found);
            }
        }
    }

    /// Nothing follows: what there is of a line is one.
    pub(super) fn finish(&mut self, otherwise: Option<TaskName>, found: &mut impl FnMut(OutputLine)) {
        let mark = std::mem::take(&mut self.mark);
        self.text(&mark, otherwise, found);
        if !self.line.is_empty() {
            self.end_line(otherwise, found);
        }
    }

    /// What was taken for a mark goes on, is one, or is none.
    fn look_at_mark(&mut self, otherwise: Option<TaskName>, found: &mut impl FnMut(OutputLine)) {
        let common = self.mark.len().min(MARK.len());
        let may_be = self.mark[..common] == MARK[..common];
        if may_be && self.mark.len() > MARK.len() && self.mark.ends_with(END) {
            let body = &self.mark[MARK.len()..self.mark.len() - END.len()];
            if let Some(marked) = parse(body) {
                self.marked = marked;
                return self.mark.clear();
            }
        } else if may_be && self.mark.len() < LONGEST_MARK {
            return;
        }
        // As text. Only its first byte is sure to be no mark's beginning.
        let mark = std::mem::take(&mut self.mark);
        self.text(&mark[..1], otherwise, found);
        self.feed(&mark[1..], otherwise, found);
    }

    fn text(&mut self, mut bytes: &[u8], otherwise: Option<TaskName>, found: &mut impl FnMut(OutputLine)) {
        while !bytes.is_empty() {
            if self.line.is_empty() {
                self.author = self.marked.or(otherwise);
            }
            let (now, rest) = bytes.split_at(bytes.len().min(LONGEST_LINE - self.line.len()));
            self.line.extend_from_slice(now);
            bytes = rest;
            if self.line.len() == LONGEST_LINE && !bytes.is_empty() {
                let kept = self.line.split_off(whole_characters(&self.line));
                let text = std::mem::replace(&mut self.line, kept);
                found(OutputLine { task: self.author, text, continues: true });
            }
        }
    }

    fn end_line(&mut self, otherwise: Option<TaskName>, found: &mut impl FnMut(OutputLine)) {
        let mut text = std::mem::take(&mut self.line);
        let task = if text.is_empty() { self.marked.or(otherwise) } else { self.author };
        if text.last() == Some(&b'\r') {
            text.pop();
        }
        found(OutputLine { task, text, continues: false });
    }
}

/// `None`: no mark. `Some(None)`: the end of a task's frame.
fn parse(body: &[u8]) -> Option<Option<TaskName>> {
    if body.is_empty() {
        return Some(None);
    }
    let (function, id) = str::from_utf8(body).ok()?.split_once(':')?;
    let (index, generation) = id.split_once('.')?;
    let id = TaskId { index: index.parse().ok()?, generation: generation.parse().ok()? };
    Some(Some(TaskName { id, function: function.parse().ok()? }))
}

/// Bytes up to the last character of UTF-8 that is whole; all, if it is no UTF-8.
fn whole_characters(bytes: &[u8]) -> usize {
    let is_start = |byte: &u8| byte & 0xC0 != 0x80;
    let Some(back) = bytes.iter().rev().take(4).position(is_start) else { return bytes.len() };
    let start = bytes.len() - 1 - back;
    let needed = match bytes[start] {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    };
    if needed > back + 1 && start > 0 { start } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(index: u32) -> TaskName {
        TaskName { id: TaskId { index, generation: 7 }, function: 2 }
    }

    fn mark(index: u32) -> String {
        format!("\x1b_hatchery:2:{index}.7\x1b\\")
    }

    const OVER: &str = "\x1b_hatchery:\x1b\\";

    /// The lines of `text`, fed in pieces of `size` bytes.
    fn lines(text: &[u8], size: usize) -> Vec<(Option<u32>, String, bool)> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut take = |line: OutputLine| {
            let text = String::from_utf8_lossy(&line.text).into_owned();
            found.push((line.task.map(|task| task.id.index), text, line.continues));
        };
        for piece in text.chunks(size) {
            lines.feed(piece, Some(task(99)), &mut take);
        }
        lines.finish(None, &mut take);
        found
    }

    #[test]
    fn lines_have_the_task_of_their_mark_wherever_they_are_cut() {
        let text = format!(
            "native\r\n{}one\n{OVER}{}tw{OVER}{}o\n\n{OVER}rest \x1b[31mred\x1b_no mark",
            mark(1),
            mark(2),
            mark(3)
        );
        let expected = [
            (Some(99), "native"),
            (Some(1), "one"),
            // Of two that have written it, the one that began.
            (Some(2), "two"),
            (Some(3), ""),
            (Some(99), "rest \x1b[31mred\x1b_no mark"),
        ];
        let expected: Vec<_> =
            expected.into_iter().map(|(task, line)| (task, line.to_owned(), false)).collect();
        for size in 1..=text.len() {
            assert_eq!(lines(text.as_bytes(), size), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn a_line_too_long_is_cut_between_characters_and_says_so() {
        let text = format!("a{}b\nc", "é".repeat(LONGEST_LINE / 2));
        let found = lines(text.as_bytes(), 1000);
        let shape: Vec<_> = found.iter().map(|(_, line, continues)| (line.len(), *continues)).collect();
        assert_eq!(shape, [(LONGEST_LINE - 1, true), (3, false), (1, false)]);
        assert!(found.iter().all(|(_, line, _)| !line.contains('\u{FFFD}')));
        // Exactly as long as it may be, and what is no text at all.
        assert_eq!(lines(&[b'x'; LONGEST_LINE], 4096).len(), 1);
        let binary = lines(&[0x80; LONGEST_LINE + 1], LONGEST_LINE);
        assert_eq!(binary.iter().map(|line| line.2).collect::<Vec<_>>(), [true, false]);
    }
}
