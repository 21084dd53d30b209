//! The table of all tasks the driver knows: slots with generations, and the lists that thread through them.
//!
//! A task is in exactly one list at a time (a priority queue, or the tasks in flight of one worker), so both
//! share one pair of links, moving a task is O(1) and a million queued tasks cost no memory beyond their slots.

use super::Priority;

/// End of a list.
const NONE: u32 = u32::MAX;

/// Payload bytes kept in the slot itself; 24-byte headers plus the everyday short string fit.
const INLINE: usize = 46;

/// Slots (14 MB) that an empty table keeps: giving them back and faulting them in again with each burst costs more
/// than all else that the table does.
const KEPT: usize = 1 << 17;

/// Names a task; stale once the task has settled, because the generation moves on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TaskId {
    /// Slot in the table.
    pub index: u32,
    /// How often the slot had been reused when this task took it.
    pub generation: u32,
}

/// The host's private copy of the argument bytes: a retry or a requeue never depends on shared memory.
#[derive(Debug)]
enum TaskPayload {
    /// Short.
    Inline(u8, [u8; INLINE]),
    /// Anything longer.
    Heap(Box<[u8]>),
}

impl TaskPayload {
    const EMPTY: TaskPayload = TaskPayload::Inline(0, [0; INLINE]);

    /// Keeps a copy of both parts. Of inline bytes no more are written than there are.
    fn set(&mut self, first: &[u8], second: &[u8]) {
        let all = first.len() + second.len();
        match self {
            TaskPayload::Inline(length, inline) if all <= INLINE => {
                inline[..first.len()].copy_from_slice(first);
                inline[first.len()..all].copy_from_slice(second);
                *length = all as u8;
            }
            payload if all <= INLINE => {
                *payload = TaskPayload::EMPTY;
                payload.set(first, second);
            }
            payload => *payload = TaskPayload::Heap([first, second].concat().into()),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            TaskPayload::Inline(length, bytes) => &bytes[..usize::from(*length)],
            TaskPayload::Heap(bytes) => bytes,
        }
    }
}

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Slot unused.
    Free,
    /// In the queue of its priority.
    Queued,
    /// Out of its queue until there is shared memory for its payload.
    Starved,
    /// In no list: it waits for its next attempt, or for the host to decide on that.
    Aside,
    /// Published to a worker: index in the driver's worker table, and position in the submission ring.
    Placed { worker: u32, position: u32 },
}

/// One task as the driver sees it, in one line of the cache: it is looked at several times on its way, and with many
/// tasks each time from memory.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Task {
    /// The host's name for it.
    pub ticket: u64,
    /// When to look at the task again, CLOCK_MONOTONIC nanoseconds; 0 = never. While it runs: its deadline.
    /// Once abandoned: when its worker is killed.
    pub deadline: u64,
    pub function: u32,
    /// Run time limit in milliseconds, 0 = none.
    pub timeout: u32,
    pub place: Place,
    /// Attempt under way or next to come; 1 = first.
    pub attempt: u16,
    pub retries_left: u8,
    pub priority: Priority,
    /// The worker has said that it began the task.
    pub started: bool,
    /// Settled towards the host, but its worker has not answered yet.
    pub abandoned: bool,
    /// Its payload was given memory of its own, which counts as shared memory until the task is gone.
    pub apart: bool,
    /// Segments that the payload mentions.
    pub segments: u8,
    /// Items that its worker may still send.
    pub credit: u32,
    generation: u32,
    next: u32,
    previous: u32,
}

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

/// All tasks, by slot.
#[derive(Debug, Default)]
pub struct TaskTable {
    slots: Vec<Task>,
    /// By slot as well; looked at only when a task comes and when it is placed.
    payloads: Vec<TaskPayload>,
    free: Vec<u32>,
    /// Generation of slots yet to be made: above every id given out before the table last shrank.
    base_generation: u32,
}

impl TaskTable {
    /// Tasks in the table.
    pub fn length(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(crate) fn insert(
        &mut self,
        ticket: u64,
        function: u32,
        priority: Priority,
        timeout: u32,
        retries: u8,
        payload: [&[u8]; 2],
    ) -> TaskId {
        let task = Task {
            ticket,
            deadline: 0,
            function,
            timeout,
            place: Place::Queued,
            attempt: 1,
            retries_left: retries,
            priority,
            started: false,
            abandoned: false,
            apart: false,
            segments: 0,
            credit: 0,
            generation: 0,
            next: NONE,
            previous: NONE,
        };
        let index = match self.free.pop() {
            Some(index) => {
                let slot = &mut self.slots[index as usize];
                *slot = Task { generation: slot.generation, ..task };
                index
            }
            None => {
                let index = u32::try_from(self.slots.len()).expect("fewer than 2^32 tasks");
                self.slots.push(Task { generation: self.base_generation, ..task });
                self.payloads.push(TaskPayload::EMPTY);
                index
            }
        };
        self.payloads[index as usize].set(payload[0], payload[1]);
        self.id(index)
    }

    /// Frees the slot of a task that is in no list; its id is stale from here on.
    pub(crate) fn remove(&mut self, index: u32) {
        let slot = &mut self.slots[index as usize];
        debug_assert!(slot.place != Place::Free, "a task is removed once");
        slot.place = Place::Free;
        slot.generation = slot.generation.wrapping_add(1);
        if let payload @ TaskPayload::Heap(_) = &mut self.payloads[index as usize] {
            *payload = TaskPayload::EMPTY;
        }
        self.free.push(index);
        // A burst of a million tasks must not hold their memory for ever.
        if self.free.len() == self.slots.len() && self.slots.capacity() > KEPT {
            let generation = self.slots.iter().map(|slot| slot.generation).max().unwrap_or(0);
            if generation < u32::MAX / 2 {
                self.shrink(generation);
            }
        }
    }

    /// Drops the storage of an empty table but for a floor; all slots go on from a generation that no id had yet.
    fn shrink(&mut self, generation: u32) {
        self.slots.truncate(1024);
        self.slots.shrink_to_fit();
        self.payloads.truncate(1024);
        self.payloads.shrink_to_fit();
        for slot in &mut self.slots {
            slot.generation = generation;
        }
        self.base_generation = generation;
        self.free = (0..self.slots.len() as u32).rev().collect();
    }

    pub(crate) fn id(&self, index: u32) -> TaskId {
        TaskId { index, generation: self.slots[index as usize].generation }
    }

    /// Index of a live task, `None` if the id is stale or was never given out.
    pub(crate) fn find(&self, id: TaskId) -> Option<u32> {
        let slot = self.slots.get(id.index as usize)?;
        (slot.generation == id.generation && slot.place != Place::Free).then_some(id.index)
    }

    /// The argument bytes of a task.
    pub(crate) fn payload(&self, index: u32) -> &[u8] {
        self.payloads[index as usize].bytes()
    }

    pub(crate) fn get(&self, index: u32) -> &Task {
        &self.slots[index as usize]
    }

    pub(crate) fn get_mut(&mut self, index: u32) -> &mut Task {
        &mut self.slots[index as usize]
    }

    pub(crate) fn next(&self, index: u32) -> Option<u32> {
        let next = self.slots[index as usize].next;
        (next != NONE).then_some(next)
    }

    pub(crate) fn previous(&self, index: u32) -> Option<u32> {
        let previous = self.slots[index as usize].previous;
        (previous != NONE).then_some(previous)
    }

    pub(crate) fn push_back(&mut self, list: &mut List, index: u32) {
        let task = &mut self.slots[index as usize];
        task.previous = list.tail;
        task.next = NONE;
        match list.tail {
            NONE => list.head = index,
            tail => self.slots[tail as usize].next = index,
        }
        list.tail = index;
        list.length += 1;
    }

    pub(crate) fn push_front(&mut self, list: &mut List, index: u32) {
        let task = &mut self.slots[index as usize];
        task.previous = NONE;
        task.next = list.head;
        match list.head {
            NONE => list.tail = index,
            head => self.slots[head as usize].previous = index,
        }
        list.head = index;
        list.length += 1;
    }

    pub(crate) fn unlink(&mut self, list: &mut List, index: u32) {
        let (previous, next) = {
            let task = &self.slots[index as usize];
            (task.previous, task.next)
        };
        match previous {
            NONE => list.head = next,
            previous => self.slots[previous as usize].next = next,
        }
        match next {
            NONE => list.tail = previous,
            next => self.slots[next as usize].previous = previous,
        }
        list.length -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(table: &mut TaskTable, ticket: u64) -> TaskId {
        table.insert(ticket, 0, Priority::Normal, 0, 0, [&[], &[]])
    }

    fn order(table: &TaskTable, list: &List) -> Vec<u64> {
        let mut tickets = Vec::new();
        let mut at = list.first();
        while let Some(index) = at {
            tickets.push(table.get(index).ticket);
            at = table.next(index);
        }
        tickets
    }

    #[test]
    fn ids_go_stale_when_a_slot_is_reused() {
        let mut table = TaskTable::default();
        let first = insert(&mut table, 1);
        table.remove(first.index);
        let second = insert(&mut table, 2);
        assert_eq!(first.index, second.index);
        assert_eq!(table.find(first), None);
        assert_eq!(table.find(second), Some(second.index));
    }

    #[test]
    fn lists_keep_order_through_removal_at_either_end_and_inside() {
        let mut table = TaskTable::default();
        let mut list = List::default();
        let ids: Vec<_> = (0..5).map(|ticket| insert(&mut table, ticket)).collect();
        for id in &ids[1..] {
            table.push_back(&mut list, id.index);
        }
        table.push_front(&mut list, ids[0].index);
        assert_eq!(order(&table, &list), [0, 1, 2, 3, 4]);
        for (victim, expected) in [(0, vec![1, 2, 3, 4]), (4, vec![1, 2, 3]), (2, vec![1, 3])] {
            table.unlink(&mut list, ids[victim].index);
            assert_eq!(order(&table, &list), expected);
            assert_eq!(list.length(), expected.len());
        }
    }

    #[test]
    fn an_emptied_table_gives_memory_back_and_old_ids_stay_stale() {
        let mut table = TaskTable::default();
        let ids: Vec<_> = (0..2 * KEPT as u64).map(|ticket| insert(&mut table, ticket)).collect();
        for id in &ids {
            table.remove(id.index);
        }
        assert!(table.slots.capacity() <= KEPT);
        for _ in 0..KEPT + 1000 {
            insert(&mut table, 7);
        }
        assert!(ids.iter().all(|id| table.find(*id).is_none()), "a stale id found a new task");
    }

    #[test]
    fn a_slot_stays_small() {
        assert_eq!(size_of::<Task>(), 64);
        assert_eq!(size_of::<TaskPayload>(), 48);
    }
}
