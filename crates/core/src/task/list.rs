//! Lists that thread through the table.
//!
//! A task is in exactly one list at a time (a priority queue, or the tasks in flight of one worker), so all share one pair
//! of links, moving a task is O(1) and a queue costs no memory beyond its tasks.

use super::TaskTable;

/// End of a list.
pub(super) const NONE: u32 = u32::MAX;

/// A list threading through the table.
#[derive(Debug)]
pub(crate) struct List {
    head: u32,
    tail: u32,
    length: u32,
}

impl Default for List {
    fn default() -> Self {
        List { head: NONE, tail: NONE, length: 0 }
    }
}

impl List {
    pub(crate) fn length(&self) -> usize {
        self.length as usize
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) fn first(&self) -> Option<u32> {
        (self.head != NONE).then_some(self.head)
    }

    pub(crate) fn last(&self) -> Option<u32> {
        (self.tail != NONE).then_some(self.tail)
    }
}

impl TaskTable {
    #[inline]
    pub(crate) fn next(&self, index: u32) -> Option<u32> {
        let next = self.get(index).next;
        (next != NONE).then_some(next)
    }

    #[inline]
    pub(crate) fn previous(&self, index: u32) -> Option<u32> {
        let previous = self.get(index).previous;
        (previous != NONE).then_some(previous)
    }

    #[inline]
    pub(crate) fn push_back(&mut self, list: &mut List, index: u32) {
        let task = self.get_mut(index);
        task.previous = list.tail;
        task.next = NONE;
        match list.tail {
            NONE => list.head = index,
            tail => self.get_mut(tail).next = index,
        }
        list.tail = index;
        list.length += 1;
    }

    pub(crate) fn push_front(&mut self, list: &mut List, index: u32) {
        let task = self.get_mut(index);
        task.previous = NONE;
        task.next = list.head;
        match list.head {
            NONE => list.tail = index,
            head => self.get_mut(head).previous = index,
        }
        list.head = index;
        list.length += 1;
    }

    #[inline]
    pub(crate) fn unlink(&mut self, list: &mut List, index: u32) {
        let (previous, next) = {
            let task = self.get(index);
            (task.previous, task.next)
        };
        match previous {
            NONE => list.head = next,
            previous => self.get_mut(previous).next = next,
        }
        match next {
            NONE => list.tail = previous,
            next => self.get_mut(next).previous = previous,
        }
        list.length -= 1;
    }
}
