//! Control messages on their way to a worker, and those that wait for room in its socket.
//!
//! A worker that is busy does not read, and its socket fills up. What waits here is little all the same: one chunk of
//! each stream that is given to a task (the host holds the next one back until it hears that this one is on its way),
//! one credit a task (they are added up), one cancellation a task.

use crate::task::TaskId;
use crate::zygote::protocol::ControlMessage;
use hatchery_sys::{MemFd, SeqPacket};
use std::collections::VecDeque;
use std::os::fd::AsFd;

/// Errors of a socket whose other end is gone.
const EPIPE: i32 = 32;
const ECONNRESET: i32 = 104;

/// One message, with the memory that goes along.
#[derive(Debug)]
pub(crate) struct Letter {
    message: ControlMessage,
    memory: Option<MemFd>,
}

impl Letter {
    /// Of a message that carries all it has to say.
    pub(crate) fn new(message: ControlMessage) -> Letter {
        Letter { message, memory: None }
    }

    /// Of a message whose payload is in `memory`.
    pub(crate) fn with_memory(message: ControlMessage, memory: MemFd) -> Letter {
        Letter { message, memory: Some(memory) }
    }

    /// False: the socket is full.
    fn send(&self, control: &SeqPacket) -> bool {
        let descriptors: Vec<_> = self.memory.iter().map(AsFd::as_fd).collect();
        match control.send(&self.message.encode(), &descriptors) {
            Ok(sent) => sent,
            // The worker is gone, of which the driver hears otherwise. Anything else, such as too many descriptors under
            // way, passes.
            Err(error) => matches!(error.raw_os_error(), EPIPE | ECONNRESET),
        }
    }
}

/// What waits, in order.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    letters: VecDeque<Letter>,
}

impl Outbox {
    /// Nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Sends a letter, behind those that wait. False: it waits as well.
    pub(crate) fn post(&mut self, control: &SeqPacket, letter: Letter) -> bool {
        if self.letters.is_empty() && letter.send(control) {
            return true;
        }
        self.letters.push_back(letter);
        false
    }

    /// Sends a credit, or adds it to one that waits.
    pub(crate) fn post_credit(&mut self, control: &SeqPacket, task: TaskId, count: u32) {
        for letter in &mut self.letters {
            if let ControlMessage::Credit { task_index, task_generation, count: waiting } =
                &mut letter.message
                && (*task_index, *task_generation) == (task.index, task.generation)
            {
                *waiting = waiting.saturating_add(count);
                return;
            }
        }
        let (task_index, task_generation) = (task.index, task.generation);
        self.post(control, Letter::new(ControlMessage::Credit { task_index, task_generation, count }));
    }

    /// Sends what there is room for, and says of each chunk that it is on its way.
    pub(crate) fn deliver(&mut self, control: &SeqPacket, mut forwarded: impl FnMut(TaskId, u32)) {
        while self.letters.front().is_some_and(|letter| letter.send(control)) {
            if let Some(Letter {
                message: ControlMessage::Chunk { task_index, task_generation, input, .. },
                ..
            }) = self.letters.pop_front()
            {
                forwarded(TaskId { index: task_index, generation: task_generation }, input);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zygote::protocol::ChunkPart;
    use hatchery_sys::Received;

    const TASK: TaskId = TaskId { index: 1, generation: 2 };

    fn chunk(input: u32) -> Letter {
        let (task_index, task_generation) = (TASK.index, TASK.generation);
        let payload = vec![0; 16 * 1024];
        Letter::new(ControlMessage::Chunk {
            task_index,
            task_generation,
            input,
            part: ChunkPart::Item,
            mentions: 0,
            payload,
        })
    }

    fn receive(socket: &SeqPacket) -> Option<ControlMessage> {
        let mut buffer = [0; 32 * 1024];
        match socket.receive(&mut buffer).unwrap() {
            Received::Message { length, .. } => Some(ControlMessage::decode(&buffer[..length]).unwrap()),
            _ => None,
        }
    }

    #[test]
    fn what_finds_no_room_waits_in_order_and_credits_add_up() {
        let (host, worker) = SeqPacket::pair().unwrap();
        let mut outbox = Outbox::default();
        let mut sent = 0;
        while outbox.post(&host, chunk(sent)) {
            sent += 1;
        }
        outbox.post_credit(&host, TASK, 8);
        outbox.post_credit(&host, TASK, 8);
        outbox.deliver(&host, |_, _| panic!("the socket is still full"));
        let mut inputs = Vec::new();
        let mut credits = Vec::new();
        let mut forwarded = Vec::new();
        for _ in 0..3 {
            while let Some(message) = receive(&worker) {
                match message {
                    ControlMessage::Chunk { input, .. } => inputs.push(input),
                    ControlMessage::Credit { count, .. } => credits.push(count),
                    other => panic!("{other:?}"),
                }
            }
            outbox.deliver(&host, |task, input| forwarded.push((task, input)));
        }
        assert_eq!(inputs, (0..=sent).collect::<Vec<_>>());
        assert_eq!(credits, [16]);
        assert_eq!(forwarded, [(TASK, sent)]);
        assert!(outbox.is_empty());
    }

    #[test]
    fn a_worker_that_is_gone_takes_everything() {
        let (host, worker) = SeqPacket::pair().unwrap();
        drop(worker);
        let mut outbox = Outbox::default();
        assert!(outbox.post(&host, chunk(0)));
        outbox.post_credit(&host, TASK, 1);
        assert!(outbox.is_empty());
    }
}
