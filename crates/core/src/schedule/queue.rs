//! Three queues, served from high to low but for what ageing puts first, first in first out within a level.

use super::ageing::Ageing;
use super::wait::Waits;
use crate::task::{List, Place, Priority, TaskTable};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct PriorityQueues {
    levels: [List; 3],
    ageing: Ageing,
    waits: [Waits; 3],
}

impl PriorityQueues {
    /// `ageing`: how long a level may be passed over before it gets turns.
    pub(crate) fn new(ageing: Duration) -> PriorityQueues {
        PriorityQueues { levels: Default::default(), ageing: Ageing::new(ageing), waits: Default::default() }
    }

    /// Another time that a level may be passed over. How long it has been so far still counts.
    pub(crate) fn set_ageing(&mut self, ageing: Duration) {
        self.ageing.set_time(ageing);
    }

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

    /// Some task, of the highest priority there is.
    pub(crate) fn first(&self) -> Option<u32> {
        self.levels.iter().find_map(List::first)
    }

    /// The task that has waited longest of a priority.
    pub(crate) fn first_of(&self, priority: Priority) -> Option<u32> {
        self.levels[priority as usize].first()
    }

    /// Takes out the task to place next.
    pub(crate) fn take(&mut self, tasks: &mut TaskTable, now: u64) -> Option<u32> {
        let first = self.levels.iter().position(|list| !list.is_empty())?;
        let mut level = first;
        if self.levels[first + 1..].iter().any(|list| !list.is_empty()) {
            let waiting = [0, 1, 2].map(|level: usize| !self.levels[level].is_empty());
            level = self.ageing.choose(first, waiting, now);
        }
        let index = self.levels[level].first()?;
        self.waits[level].placed(index, now);
        self.unlink(tasks, index);
        if level == first {
            // Its turn has come by itself.
            self.ageing.forget(level);
        } else {
            tasks.get_mut(index).priority = Priority::ALL[first];
        }
        Some(index)
    }

    pub(crate) fn unlink(&mut self, tasks: &mut TaskTable, index: u32) {
        let level = tasks.get(index).priority as usize;
        tasks.unlink(&mut self.levels[level], index);
        self.waits[level].removed(index);
        if self.levels[level].is_empty() {
            self.ageing.forget(level);
        }
    }

    /// Tasks have been placed; what is left waits from now on, or longer.
    pub(crate) fn look(&mut self, now: u64) {
        for (list, waits) in self.levels.iter().zip(&mut self.waits) {
            waits.look(list.last(), now);
        }
    }

    /// Since when some task has waited, nanoseconds. `None`: nothing waits.
    pub(crate) fn waits_since(&self) -> Option<u64> {
        self.waits.iter().filter_map(Waits::since).min()
    }

    /// What tasks of a priority wait, nanoseconds.
    pub(crate) fn wait_of(&self, priority: Priority, now: u64) -> u64 {
        self.waits[priority as usize].recent(now)
    }
}
