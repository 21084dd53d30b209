//! Tasks that have killed too many workers, kept to be looked at.

use super::super::Driver;
use super::super::segments::mentioned;
use crate::task::{Attempt, Priority};
use std::collections::VecDeque;

/// Bytes of payloads that are kept at most; of those beyond, the oldest go without.
const LARGEST: usize = 64 << 20;

/// A task that is not run again.
#[derive(Clone, Debug)]
pub struct QuarantinedTask {
    /// Names it in the quarantine; never given out again.
    pub number: u32,
    /// The function that it called.
    pub function: u32,
    /// Version of the code that the worker ran.
    pub generation: u32,
    /// Its order of service.
    pub priority: Priority,
    /// Limit of its run time in milliseconds, 0 = none.
    pub timeout: u32,
    /// Segments that the payload mentions.
    pub segments: u8,
    /// The argument, with what it mentions at its end; none if there was no room for it, or if streams are part of it.
    pub payload: Option<Box<[u8]>>,
    /// Its failed attempts, oldest first.
    pub attempts: Vec<Attempt>,
}

/// The quarantine of a pool: the oldest leave when there are too many.
#[derive(Debug, Default)]
pub(super) struct Quarantine {
    tasks: VecDeque<QuarantinedTask>,
    bytes: usize,
    next: u32,
}

impl Quarantine {
    /// Takes a task in, under a number of its own. Returns what had to leave for it.
    pub(super) fn add(&mut self, mut task: QuarantinedTask, room: usize) -> (u32, Vec<QuarantinedTask>) {
        self.next += 1;
        task.number = self.next;
        self.bytes += task.payload.as_ref().map_or(0, |payload| payload.len());
        self.tasks.push_back(task);
        let mut gone = Vec::new();
        while self.tasks.len() > room {
            gone.extend(self.tasks.pop_front());
        }
        let lost: usize = gone.iter().map(payload_length).sum();
        self.bytes -= lost;
        for task in &mut self.tasks {
            if self.bytes <= LARGEST {
                break;
            }
            if let Some(payload) = task.payload.take() {
                self.bytes -= payload.len();
                // Its mentions go with it.
                gone.push(QuarantinedTask { payload: Some(payload), attempts: Vec::new(), ..*task });
                task.segments = 0;
            }
        }
        (self.next, gone)
    }

    fn remove(&mut self, number: u32) -> Option<QuarantinedTask> {
        let at = self.tasks.iter().position(|task| task.number == number)?;
        let task = self.tasks.remove(at)?;
        self.bytes -= payload_length(&task);
        Some(task)
    }

    /// Takes everything out.
    pub(super) fn take(&mut self) -> VecDeque<QuarantinedTask> {
        self.bytes = 0;
        std::mem::take(&mut self.tasks)
    }
}

fn payload_length(task: &QuarantinedTask) -> usize {
    task.payload.as_ref().map_or(0, |payload| payload.len())
}

impl Driver {
    /// The tasks that have killed too many workers, oldest first.
    pub fn quarantine(&self) -> impl Iterator<Item = &QuarantinedTask> {
        self.recovery.quarantine.tasks.iter()
    }

    /// Removes a task from the quarantine; none: it is not there.
    pub fn release_from_quarantine(&mut self, number: u32) -> Option<QuarantinedTask> {
        let task = self.recovery.quarantine.remove(number)?;
        self.let_go_of_mentions(&task);
        Some(task)
    }

    /// Removes all tasks from the quarantine.
    pub fn clear_quarantine(&mut self) {
        for task in self.recovery.quarantine.take() {
            self.let_go_of_mentions(&task);
        }
    }

    /// A task in quarantine holds the segments that its payload mentions.
    pub(super) fn let_go_of_mentions(&mut self, task: &QuarantinedTask) {
        let Some(payload) = &task.payload else { return };
        for number in mentioned(payload, task.segments.into()).into_iter().flatten() {
            self.segments.let_go(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(length: usize) -> QuarantinedTask {
        QuarantinedTask {
            number: 0,
            function: 0,
            generation: 1,
            priority: Priority::Normal,
            timeout: 0,
            segments: 0,
            payload: Some(vec![0; length].into()),
            attempts: Vec::new(),
        }
    }

    #[test]
    fn the_oldest_leave_when_there_are_too_many() {
        let mut quarantine = Quarantine::default();
        for _ in 0..5 {
            quarantine.add(task(10), 3);
        }
        let numbers: Vec<u32> = quarantine.tasks.iter().map(|task| task.number).collect();
        assert_eq!(numbers, [3, 4, 5]);
        assert_eq!(quarantine.bytes, 30);
        assert!(quarantine.remove(1).is_none());
        assert!(quarantine.remove(4).is_some());
        assert_eq!(quarantine.bytes, 20);
        assert_eq!(quarantine.add(task(0), 0).1.len(), 3, "a quarantine without room keeps nothing");
    }

    #[test]
    fn payloads_are_kept_while_there_is_room() {
        let mut quarantine = Quarantine::default();
        let half = LARGEST / 2 + 1;
        quarantine.add(task(half), 10);
        let (_, gone) = quarantine.add(task(half), 10);
        assert_eq!(gone.len(), 1);
        let kept: Vec<bool> = quarantine.tasks.iter().map(|task| task.payload.is_some()).collect();
        assert_eq!(kept, [false, true]);
        assert_eq!(quarantine.bytes, half);
    }
}
