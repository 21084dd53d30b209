//! Three queues, served strictly from high to low, first in first out within a level.

use crate::task::{List, Place, Priority, TaskTable};

#[derive(Debug, Default)]
pub(crate) struct PriorityQueues {
    levels: [List; 3],
}

impl PriorityQueues {
    pub(crate) fn length(&self) -> usize {
        self.levels.iter().map(List::length).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.levels.iter().all(List::is_empty)
    }

    pub(crate) fn length_of(&self, priority: Priority) -> usize {
        self.levels[priority as usize].length()
    }

    /// Queues a new task behind its equals.
    pub(crate) fn push_back(&mut self, tasks: &mut TaskTable, index: u32) {
        let task = tasks.get_mut(index);
        task.place = Place::Queued;
        let level = task.priority as usize;
        tasks.push_back(&mut self.levels[level], index);
    }

    /// Queues a task that had been placed and was taken back: it keeps its turn.
    pub(crate) fn push_front(&mut self, tasks: &mut TaskTable, index: u32) {
        let task = tasks.get_mut(index);
        task.place = Place::Queued;
        task.started = false;
        let level = task.priority as usize;
        tasks.clear_deadline(index);
        tasks.push_front(&mut self.levels[level], index);
    }

    /// The task to place next, without taking it.
    pub(crate) fn first(&self) -> Option<u32> {
        self.levels.iter().find_map(List::first)
    }

    pub(crate) fn unlink(&mut self, tasks: &mut TaskTable, index: u32) {
        let level = tasks.get(index).priority as usize;
        tasks.unlink(&mut self.levels[level], index);
    }
}
