//! What zygotes and workers print, where the host reads it: a pipe for each process and stream, watched like everything
//! else, so that silence costs nothing.
//!
//! - `lines` the lines, and whose they are
//! - `tail`  the end of a standard error
//!
//! A host that takes no more ([`Sink::takes_output`]) leaves it in the pipes, so that whoever writes more than a pipe holds
//! (64 KiB) waits. But not for long: it may be just that worker's result that the host waits for. After [`PATIENCE`] lines
//! are dropped, and counted.

mod lines;
mod tail;

use super::sink::{OutputLine, TaskName};
use super::{Driver, PoolEvent, Sink};
use crate::Result;
use crate::launcher::Stream;
use hatchery_sys::{PipeRead, PipeReader, Trigger};
use lines::Lines;
use std::os::fd::AsFd;
use tail::Tail;

/// In a token: the rest is the number of a source.
pub(super) const OUTPUT: u64 = 1 << 63;

/// Bytes read at once.
const CHUNK: usize = 16 << 10;
/// Chunks of one source in a turn; others are to have theirs.
const CHUNKS: usize = 16;
/// Lines of one source in a turn, but for those of the chunk that makes them so many: empty ones take far more memory here
/// than they took in the pipe.
const LINES: usize = 4096;
/// So often that much of a process that is dead: what its children write goes on, and nobody reads that.
const LAST_TURNS: usize = 16;
/// How long a host may take nothing before lines are dropped, nanoseconds.
const PATIENCE: u64 = 1_000_000_000;
/// Until a host is asked again that takes nothing, nanoseconds.
const PAUSE: u64 = 5_000_000;

/// Who prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Printer {
    /// A worker, by its number.
    Worker(u32),
    /// A zygote, by the serial number of its origin.
    Zygote(u32),
}

/// One stream of one process.
struct Source {
    number: u64,
    printer: Printer,
    stream: Stream,
    pipe: PipeReader,
    lines: Lines,
    /// Of a standard error.
    tail: Tail,
    /// Lines dropped since the host was last told of any.
    dropped: u64,
    /// The line after these. It would be dropped too, but that others have been is told with a line, and this may be the
    /// last one there is.
    latest: Option<OutputLine>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Outputs {
    list: Vec<Source>,
    next: u64,
    /// Sources that have something, or may.
    ready: Vec<u64>,
    /// Since when the host takes nothing; 0 = it does.
    held_since: u64,
    /// When those that are ready are looked at, if nothing else makes a turn.
    again_at: u64,
    buffer: Vec<u8>,
}

impl Outputs {
    /// A token of the epoll set, if it is one of these.
    pub(super) fn note(&mut self, token: u64) {
        let number = token & !OUTPUT;
        if token & OUTPUT != 0 && !self.ready.contains(&number) {
            self.ready.push(number);
        }
    }

    /// When there is something to read that no event tells of.
    pub(super) fn due(&self) -> u64 {
        if self.ready.is_empty() { u64::MAX } else { self.again_at }
    }

    /// Whether the host may be given anything now; `None`: it is not yet time to drop it.
    fn may_tell(&mut self, now: u64, sink: &dyn Sink) -> Option<bool> {
        if sink.takes_output() {
            self.held_since = 0;
            return Some(true);
        }
        if self.held_since == 0 {
            self.held_since = now;
        }
        if now - self.held_since < PATIENCE { None } else { Some(false) }
    }
}

impl Source {
    /// Reads what there is, as much as is for one turn. False: there is more.
    fn read(&mut self, buffer: &mut Vec<u8>, author: Option<TaskName>, found: &mut Vec<OutputLine>) -> bool {
        buffer.resize(CHUNK, 0);
        let Source { pipe, lines, tail, stream, .. } = self;
        for _ in 0..CHUNKS {
            if found.len() >= LINES {
                break;
            }
            let mut take = |line: OutputLine| {
                if *stream == Stream::Stderr {
                    tail.add(&line.text);
                }
                found.push(line);
            };
            match pipe.read(buffer) {
                Ok(PipeRead::Bytes(length)) => lines.feed(&buffer[..length], author, &mut take),
                Ok(PipeRead::WouldBlock) => return true,
                // A pipe that cannot be read has nothing more to say.
                Ok(PipeRead::End) | Err(_) => {
                    lines.finish(author, &mut take);
                    return true;
                }
            }
        }
        false
    }

    /// Nothing more is read: what there is of a line is one.
    fn finish(&mut self, author: Option<TaskName>, found: &mut Vec<OutputLine>) {
        let Source { lines, tail, stream, .. } = self;
        lines.finish(author, &mut |line: OutputLine| {
            if *stream == Stream::Stderr {
                tail.add(&line.text);
            }
            found.push(line);
        });
    }

    /// Drops lines, all that were dropped before included, but for the last of them.
    fn drop_lines(&mut self, mut lines: Vec<OutputLine>) {
        if let Some(latest) = lines.pop() {
            self.dropped += lines.len() as u64 + u64::from(self.latest.replace(latest).is_some());
        }
    }

    fn tell(&mut self, process: u32, mut lines: Vec<OutputLine>, sink: &mut dyn Sink) {
        if let Some(latest) = self.latest.take() {
            lines.insert(0, latest);
        }
        if lines.is_empty() {
            return;
        }
        let worker = match self.printer {
            Printer::Worker(number) => Some(number),
            Printer::Zygote(_) => None,
        };
        let dropped = std::mem::take(&mut self.dropped);
        sink.event(PoolEvent::Output { worker, process, stream: self.stream, lines, dropped });
    }
}

impl Driver {
    /// Reads these pipes from now on, all of them or none.
    pub(super) fn watch_outputs(&mut self, printer: Printer, pipes: Vec<(Stream, PipeReader)>) -> Result<()> {
        let mut pipes = pipes.into_iter();
        let watched = pipes.try_for_each(|(stream, pipe)| self.watch_output(printer, stream, pipe));
        if watched.is_err() {
            self.outputs.list.retain(|source| source.printer != printer);
        }
        watched
    }

    fn watch_output(&mut self, printer: Printer, stream: Stream, pipe: PipeReader) -> Result<()> {
        let outputs = &mut self.outputs;
        outputs.next += 1;
        let number = outputs.next;
        self.epoll.add(pipe.as_fd(), OUTPUT | number, Trigger::Edge)?;
        let (lines, tail) = (Lines::default(), Tail::default());
        outputs.list.push(Source { number, printer, stream, pipe, lines, tail, dropped: 0, latest: None });
        Ok(())
    }

    /// Hands on what has been printed. Before results are, so that a task that prints is still known to run.
    pub(super) fn hear_output(&mut self, now: u64, sink: &mut dyn Sink) {
        if self.outputs.ready.is_empty() {
            return;
        }
        self.outputs.again_at = now + PAUSE;
        for number in std::mem::take(&mut self.outputs.ready) {
            // For each: the one before may have been all that the host takes.
            let Some(tells) = self.outputs.may_tell(now, sink) else {
                self.outputs.ready.push(number);
                continue;
            };
            let Some(at) = self.outputs.list.iter().position(|source| source.number == number) else {
                continue;
            };
            let (author, process) = self.printing(self.outputs.list[at].printer);
            let Outputs { list, ready, again_at, buffer, .. } = &mut self.outputs;
            let mut lines = Vec::new();
            let drained = list[at].read(buffer, author, &mut lines);
            if tells {
                list[at].tell(process, lines, sink);
            } else {
                list[at].drop_lines(lines);
            }
            // One that is at its end stays until its process is judged, which asks for the tail.
            if !drained {
                ready.push(number);
                *again_at = now;
            } else if list[at].latest.is_some() {
                ready.push(number);
            }
        }
    }

    /// This process is gone: hands on the last that it has printed, and returns the end of its standard error.
    pub(super) fn end_output(&mut self, printer: Printer, sink: &mut dyn Sink) -> Option<String> {
        let mut end = None;
        while let Some(at) = self.outputs.list.iter().position(|source| source.printer == printer) {
            let (author, process) = self.printing(printer);
            let mut source = self.outputs.list.swap_remove(at);
            for turn in 1..=LAST_TURNS {
                let mut lines = Vec::new();
                let drained = source.read(&mut self.outputs.buffer, author, &mut lines);
                let last = drained || turn == LAST_TURNS;
                if last {
                    source.finish(author, &mut lines);
                }
                // A host that takes nothing has the first of it all the same, which is little.
                if turn == 1 || sink.takes_output() {
                    source.tell(process, lines, sink);
                } else {
                    source.drop_lines(lines);
                }
                if last {
                    // Else nobody would hear how many were dropped.
                    source.tell(process, Vec::new(), sink);
                    break;
                }
            }
            end = end.or_else(|| source.tail.text());
        }
        end
    }

    /// Takes over what the zygotes print, and ends that of those that are forgotten.
    pub(super) fn watch_zygote_outputs(&mut self) -> Result<()> {
        for at in 0..self.origins.list.len() {
            let serial = self.origins.list[at].serial;
            let pipes = self.origins.list[at].launcher.take_outputs();
            self.watch_outputs(Printer::Zygote(serial), pipes)?;
        }
        Ok(())
    }

    /// Hands on the last that zygotes have printed that are forgotten, or all of them.
    pub(super) fn end_zygote_outputs(&mut self, all: bool, sink: &mut dyn Sink) {
        let gone = |printer| match printer {
            Printer::Zygote(serial) => all || self.origins.find(serial).is_none(),
            Printer::Worker(_) => false,
        };
        let printers = self.outputs.list.iter().map(|source| source.printer);
        let gone: Vec<Printer> = printers.filter(|printer| gone(*printer)).collect();
        for printer in gone {
            self.end_output(printer, sink);
        }
    }

    /// The task that a worker runs as far as the host knows, and its process. Of several nobody knows which one prints.
    fn printing(&self, printer: Printer) -> (Option<TaskName>, u32) {
        let Printer::Worker(number) = printer else { return (None, 0) };
        let worker = self.workers.iter().flatten().find(|worker| worker.number == number);
        let Some(worker) = worker else { return (None, 0) };
        let mut running = None;
        let mut at = worker.in_flight.first();
        while let Some(index) = at {
            // They are begun in the order in which they are listed.
            if !worker.has_started(&self.tasks, index) {
                break;
            }
            if running.is_some() && self.options.concurrency > 1 {
                return (None, worker.process);
            }
            running = Some(index);
            at = self.tasks.next(index);
        }
        (running.map(|index| self.name_of(index)), worker.process)
    }

    /// What observers know a task by.
    pub(super) fn name_of(&self, index: u32) -> TaskName {
        TaskName { id: self.tasks.id(index), function: self.tasks.get(index).function }
    }
}

#[cfg(test)]
mod tests {
    use super::super::EventsOnly;
    use super::*;
    use std::fs::File;
    use std::io::Write;

    #[test]
    fn every_line_that_is_dropped_is_told_of_also_if_nothing_follows() {
        let (pipe, end) = PipeReader::new().unwrap();
        let (lines, tail, stream) = (Lines::default(), Tail::default(), Stream::Stdout);
        let printer = Printer::Worker(1);
        let mut source = Source { number: 1, printer, stream, pipe, lines, tail, dropped: 0, latest: None };
        let (mut end, mut buffer) = (File::from(end), Vec::new());
        // Texts, and how many lines were dropped before them.
        let mut told = Vec::new();
        let mut sink = EventsOnly(|event| {
            let PoolEvent::Output { lines, dropped, .. } = event else { return };
            let text = |line: OutputLine| String::from_utf8_lossy(&line.text).into_owned();
            told.push((lines.into_iter().map(text).collect::<Vec<_>>(), dropped));
        });
        let mut read = |source: &mut Source, text: &str| {
            let mut found = Vec::new();
            end.write_all(text.as_bytes()).unwrap();
            assert!(source.read(&mut buffer, None, &mut found));
            found
        };
        for text in ["1\n2\n3\n", "4\n", ""] {
            let lines = read(&mut source, text);
            source.drop_lines(lines);
        }
        source.tell(7, Vec::new(), &mut sink);
        let lines = read(&mut source, "5\n");
        source.drop_lines(lines);
        let lines = read(&mut source, "6\n7\n");
        source.tell(7, lines, &mut sink);
        source.tell(7, Vec::new(), &mut sink);
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(told, [(texts(&["4"]), 3), (texts(&["5", "6", "7"]), 0)]);
    }

    #[test]
    fn no_turn_has_more_lines_than_is_good_for_the_host_and_none_is_lost() {
        let (pipe, end) = PipeReader::new().unwrap();
        // As many as a pipe holds.
        let count = 64 << 10;
        File::from(end).write_all(&vec![b'\n'; count]).unwrap();
        let (lines, tail, stream) = (Lines::default(), Tail::default(), Stream::Stderr);
        let printer = Printer::Worker(1);
        let mut source = Source { number: 1, printer, stream, pipe, lines, tail, dropped: 0, latest: None };
        let (mut buffer, mut all, mut drained) = (Vec::new(), 0, false);
        while !drained {
            let mut found = Vec::new();
            drained = source.read(&mut buffer, None, &mut found);
            assert!(found.len() < LINES + CHUNK, "{} lines in a turn", found.len());
            all += found.len();
        }
        assert_eq!(all, count);
    }
}
