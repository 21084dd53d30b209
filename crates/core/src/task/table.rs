//! The table of all tasks the driver knows, by slot; a generation tells the tasks of one slot from each other.
//!
//! A plain task with a short argument is one slot of 64 bytes and nothing else. A longer argument lies in a cell of about
//! its size, and what few tasks have in a table beside the page. All of it is in pages, so a million tasks that wait
//! are never copied, and their memory goes back as they end.

use super::entry::{Extras, INLINE, Place, Task, TaskPayload};
use super::payloads::Payloads;
use super::slab::{Cell, PAGE, Slab};
use super::{Priority, TaskId};
use crate::Result;

/// Pages (8 MB) that are kept when they are empty: giving them back and faulting them in again with each burst costs
/// more than all else that the table does.
const KEPT: usize = 128;

/// All tasks, by slot.
#[derive(Debug)]
pub struct TaskTable {
    slots: Slab<Task>,
    payloads: Payloads,
    /// By page, for those with a task that has any.
    extras: Vec<Option<Box<[Extras]>>>,
    /// Of the next task. One sequence for all slots, so that a page that is mapped anew need not know what it held before;
    /// it comes round after 2^32 tasks, and then an old id would have to meet its very slot.
    generation: u32,
    length: usize,
}

impl Default for TaskTable {
    fn default() -> Self {
        TaskTable {
            slots: Slab::new(1, KEPT),
            payloads: Payloads::default(),
            extras: Vec::new(),
            generation: 0,
            length: 0,
        }
    }
}

impl TaskTable {
    /// Tasks in the table.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Generation of the next task: they are numbered in the order they come.
    #[inline]
    pub(crate) fn next_generation(&self) -> u32 {
        self.generation
    }

    /// Takes up a task, in no list yet; the payload comes in two parts.
    ///
    /// # Errors
    /// The kernel has no memory.
    pub(crate) fn insert(
        &mut self,
        ticket: u64,
        function: u32,
        priority: Priority,
        retries: u8,
        payload: [&[u8]; 2],
    ) -> Result<TaskId> {
        let [first, second] = payload;
        let length = first.len() + second.len();
        let apart = if length > INLINE { Some(self.payloads.insert(first, second)?) } else { None };
        let (index, task) = match self.slots.take_one() {
            Ok(taken) => taken,
            Err(error) => {
                apart.into_iter().for_each(|id| self.payloads.remove(id));
                return Err(error);
            }
        };
        let generation = self.generation;
        self.generation = generation.wrapping_add(1);
        self.length += 1;
        *task = Task {
            ticket,
            function,
            place: Place::Queued,
            retries_left: retries,
            priority,
            generation,
            ..Task::EMPTY
        };
        match (apart, &mut task.payload) {
            (Some(id), payload) => *payload = TaskPayload::Apart(id),
            (None, TaskPayload::Inline(inline_length, bytes)) => {
                if !first.is_empty() {
                    bytes[..first.len()].copy_from_slice(first);
                }
                bytes[first.len()..length].copy_from_slice(second);
                *inline_length = length as u8;
            }
            (None, TaskPayload::Apart(_)) => unreachable!("a fresh task"),
        }
        Ok(TaskId { index, generation })
    }

    /// Frees the slot of a task that is in no list; its id is stale from here on.
    #[inline]
    pub(crate) fn remove(&mut self, index: u32) {
        let task = self.get_mut(index);
        debug_assert!(task.place != Place::Free, "a task is removed once");
        task.place = Place::Free;
        let (payload, extended) = (task.payload, task.extended);
        if let TaskPayload::Apart(id) = payload {
            self.payloads.remove(id);
        }
        if extended && let Some(extras) = self.extras_slot(index) {
            *extras = Extras::NONE;
        }
        self.length -= 1;
        if let Some(page) = self.slots.give_back(index)
            && let Some(extras) = self.extras.get_mut(page)
        {
            *extras = None;
        }
    }

    #[inline]
    pub(crate) fn id(&self, index: u32) -> TaskId {
        self.get(index).id(index)
    }

    /// Index of a live task, `None` if the id is stale or was never given out.
    #[inline]
    pub(crate) fn find(&self, id: TaskId) -> Option<u32> {
        let task = self.slots.get(id.index)?;
        (task.generation == id.generation && task.place != Place::Free).then_some(id.index)
    }

    /// Ids of the tasks whose tickets are asked for.
    pub(crate) fn with_ticket(&self, wanted: impl Fn(u64) -> bool) -> Vec<TaskId> {
        let live =
            |index| self.slots.get(index).filter(|task| task.place != Place::Free && wanted(task.ticket));
        self.slots.indices().filter_map(|index| live(index).map(|task| task.id(index))).collect()
    }

    /// The argument bytes of a task.
    #[inline]
    pub(crate) fn payload(&self, index: u32) -> &[u8] {
        match &self.get(index).payload {
            TaskPayload::Inline(length, bytes) => &bytes[..usize::from(*length)],
            TaskPayload::Apart(id) => self.payloads.get(*id),
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: u32) -> &Task {
        self.slots.get(index).expect("an index of the table's own")
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, index: u32) -> &mut Task {
        self.slots.get_mut(index).expect("an index of the table's own")
    }

    /// What few tasks have, of this one; for a plain task that is a test of one flag.
    #[inline]
    pub(crate) fn extras(&self, index: u32) -> Extras {
        if !self.get(index).extended {
            return Extras::NONE;
        }
        let page = self.extras.get(index as usize / PAGE).and_then(Option::as_ref);
        page.map_or(Extras::NONE, |page| page[index as usize % PAGE])
    }

    /// To change what few tasks have.
    pub(crate) fn extras_mut(&mut self, index: u32) -> &mut Extras {
        self.get_mut(index).extended = true;
        let page = index as usize / PAGE;
        if self.extras.len() <= page {
            self.extras.resize(page + 1, None);
        }
        let extras = self.extras[page].get_or_insert_with(|| vec![Extras::NONE; PAGE].into());
        &mut extras[index as usize % PAGE]
    }

    /// Nothing is to be looked at any more.
    #[inline]
    pub(crate) fn clear_deadline(&mut self, index: u32) {
        if self.get(index).extended {
            self.extras_mut(index).deadline = 0;
        }
    }

    fn extras_slot(&mut self, index: u32) -> Option<&mut Extras> {
        self.extras.get_mut(index as usize / PAGE)?.as_mut()?.get_mut(index as usize % PAGE)
    }
}

#[cfg(test)]
mod tests {
    use super::super::List;
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn insert(table: &mut TaskTable, ticket: u64) -> TaskId {
        table.insert(ticket, 0, Priority::Normal, 0, [&[], &[]]).unwrap()
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
        assert_eq!(table.find(first), None);
        let second = insert(&mut table, 2);
        assert_eq!(first.index, second.index);
        assert_eq!(table.find(first), None);
        assert_eq!(table.find(second), Some(second.index));
        assert_eq!(table.find(TaskId { index: u32::MAX, ..second }), None, "an index that never was");
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
        let ids: Vec<_> = (0..(2 * KEPT * PAGE) as u64).map(|ticket| insert(&mut table, ticket)).collect();
        assert_eq!(table.slots.mapped(), 2 * KEPT);
        for (at, id) in ids.iter().enumerate() {
            table.remove(id.index);
            let rest = (ids.len() - at - 1).div_ceil(PAGE);
            assert!(table.slots.mapped() <= KEPT + rest + 1, "memory goes back while others still wait");
        }
        assert_eq!(table.slots.mapped(), KEPT);
        for _ in 0..(KEPT + 1) * PAGE {
            insert(&mut table, 7);
        }
        assert!(ids.iter().all(|id| table.find(*id).is_none()), "a stale id found a new task");
    }

    #[test]
    fn a_task_is_one_line_of_the_cache() {
        assert_eq!((size_of::<Task>(), align_of::<Task>()), (64, 64));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Insert { length: usize, split: usize },
        Remove(prop::sample::Index),
        Extend(prop::sample::Index, u64),
        SetBack(prop::sample::Index),
    }

    fn step() -> impl Strategy<Value = Step> {
        let length = prop_oneof![3 => 0..2 * INLINE, 1 => 0..3000_usize];
        prop_oneof![
            4 => (length, 0..3000_usize).prop_map(|(length, split)| Step::Insert { length, split: split.min(length) }),
            3 => any::<prop::sample::Index>().prop_map(Step::Remove),
            1 => (any::<prop::sample::Index>(), 1..u64::MAX).prop_map(|(which, deadline)| Step::Extend(which, deadline)),
            1 => any::<prop::sample::Index>().prop_map(Step::SetBack),
        ]
    }

    proptest! {
        #[test]
        fn a_task_keeps_what_it_was_given_until_it_is_removed(
            steps in prop::collection::vec(step(), 1..300),
        ) {
            let mut table = TaskTable::default();
            let mut live: Vec<TaskId> = Vec::new();
            let mut stale: Vec<TaskId> = Vec::new();
            let mut model: HashMap<TaskId, (u64, Vec<u8>, Extras)> = HashMap::new();
            for (at, step) in steps.into_iter().enumerate() {
                match step {
                    Step::Insert { length, split } => {
                        let bytes: Vec<u8> = (0..length).map(|byte| (byte + at) as u8).collect();
                        let parts = [&bytes[..split], &bytes[split..]];
                        let id = table.insert(at as u64, 1, Priority::Low, 2, parts).unwrap();
                        live.push(id);
                        prop_assert!(model.insert(id, (at as u64, bytes, Extras::NONE)).is_none());
                    }
                    Step::Remove(which) if !live.is_empty() => {
                        let id = live.swap_remove(which.index(live.len()));
                        table.remove(id.index);
                        model.remove(&id);
                        stale.push(id);
                    }
                    Step::Extend(which, deadline) if !live.is_empty() => {
                        let id = live[which.index(live.len())];
                        *table.extras_mut(id.index) = Extras { deadline, segments: 3, ..Extras::NONE };
                        model.get_mut(&id).unwrap().2 = Extras { deadline, segments: 3, ..Extras::NONE };
                    }
                    Step::SetBack(which) if !live.is_empty() => {
                        let id = live[which.index(live.len())];
                        table.clear_deadline(id.index);
                        model.get_mut(&id).unwrap().2.deadline = 0;
                    }
                    _ => {}
                }
                prop_assert_eq!(table.length(), live.len());
                prop_assert!(stale.iter().all(|id| table.find(*id).is_none()));
            }
            for (id, (ticket, bytes, extras)) in &model {
                prop_assert_eq!(table.find(*id), Some(id.index));
                prop_assert_eq!(table.get(id.index).ticket, *ticket);
                prop_assert_eq!(table.payload(id.index), &bytes[..]);
                prop_assert_eq!(table.extras(id.index), *extras);
            }
            let mut odd = table.with_ticket(|ticket| ticket % 2 == 1);
            odd.sort_unstable_by_key(|id| id.index);
            let mut expected: Vec<_> = live.into_iter().filter(|id| model[id].0 % 2 == 1).collect();
            expected.sort_unstable_by_key(|id| id.index);
            prop_assert_eq!(odd, expected);
        }
    }
}
