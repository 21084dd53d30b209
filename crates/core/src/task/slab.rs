//! Cells of one size in pages of fixed length: growing copies nothing and never holds anything twice, and the memory of
//! a burst goes back page by page as its tasks end.

use crate::Result;
use hatchery_sys::MappedVec;

/// Cells in a page, as a power of two.
const PAGE_SHIFT: u32 = 10;

/// Cells in a page.
pub(super) const PAGE: usize = 1 << PAGE_SHIFT;

/// What cells are made of.
pub(super) trait Cell: Copy {
    /// A fresh one.
    const EMPTY: Self;
}

/// What is known of a page.
#[derive(Debug, Default)]
struct Page {
    /// Those of its cells that are not in use. Not threaded through the cells: a cell that is given back is seldom in the cache.
    free: Vec<u16>,
    live: u16,
    /// It is among those that cells are taken from.
    open: bool,
}

/// See the module's documentation. An index stays what it is until the cell is given back.
#[derive(Debug)]
pub(super) struct Slab<T: Cell> {
    /// Of each page the cells that were in use since it was mapped; one that is empty has given its memory back. Apart from
    /// the rest, since this alone is looked at all the time.
    memory: Vec<MappedVec<T>>,
    pages: Vec<Page>,
    /// Numbers of the pages with memory and room, the one to take from last.
    open: Vec<u32>,
    /// Numbers of the pages without memory.
    unmapped: Vec<u32>,
    /// Elements that make up a cell.
    stride: usize,
    /// Pages that are empty and have memory.
    empty: usize,
    /// Most of those: what comes and goes all the time must not be mapped and given back each time.
    kept: usize,
}

impl<T: Cell> Slab<T> {
    pub(super) const fn new(stride: usize, kept: usize) -> Slab<T> {
        Slab {
            memory: Vec::new(),
            pages: Vec::new(),
            open: Vec::new(),
            unmapped: Vec::new(),
            stride,
            empty: 0,
            kept,
        }
    }

    /// Takes a cell, with whatever it held before; the one that was given back last where that can be.
    ///
    /// # Errors
    /// The kernel has no memory.
    #[inline]
    pub(super) fn take(&mut self) -> Result<u32> {
        let number = match self.open.last() {
            Some(number) => *number,
            None => self.open_page()?,
        };
        let page = &mut self.pages[number as usize];
        if page.live == 0 {
            self.empty -= 1;
        }
        let cell = match page.free.pop() {
            Some(cell) => cell,
            None => {
                let memory = &mut self.memory[number as usize];
                for _ in 0..self.stride {
                    memory.push(T::EMPTY);
                }
                // All cells before it are in use.
                page.live
            }
        };
        page.live += 1;
        if usize::from(page.live) == PAGE {
            page.open = false;
            self.open.pop();
        }
        Ok(number << PAGE_SHIFT | u32::from(cell))
    }

    /// As [`take`](Slab::take), for cells of one element, which comes along.
    ///
    /// # Errors
    /// The kernel has no memory.
    #[inline]
    pub(super) fn take_one(&mut self) -> Result<(u32, &mut T)> {
        let index = self.take()?;
        let element = &mut self.memory[(index >> PAGE_SHIFT) as usize][index as usize % PAGE];
        Ok((index, element))
    }

    /// Gives a cell back. The number of its page, if the memory of that went back with it.
    #[inline]
    pub(super) fn give_back(&mut self, index: u32) -> Option<usize> {
        let number = index >> PAGE_SHIFT;
        let page = &mut self.pages[number as usize];
        page.free.push((index as usize % PAGE) as u16);
        page.live -= 1;
        if !page.open {
            page.open = true;
            self.open.push(number);
        }
        if page.live > 0 {
            return None;
        }
        self.empty += 1;
        (self.empty > self.kept).then(|| self.unmap(number))
    }

    /// The element that a cell of one element is.
    #[inline]
    pub(super) fn get(&self, index: u32) -> Option<&T> {
        self.memory.get((index >> PAGE_SHIFT) as usize)?.get(index as usize % PAGE)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        self.memory.get_mut((index >> PAGE_SHIFT) as usize)?.get_mut(index as usize % PAGE)
    }

    /// The elements of a cell in use.
    #[inline]
    pub(super) fn cell(&self, index: u32) -> &[T] {
        let start = index as usize % PAGE * self.stride;
        &self.memory[(index >> PAGE_SHIFT) as usize][start..start + self.stride]
    }

    #[inline]
    pub(super) fn cell_mut(&mut self, index: u32) -> &mut [T] {
        let start = index as usize % PAGE * self.stride;
        &mut self.memory[(index >> PAGE_SHIFT) as usize][start..start + self.stride]
    }

    /// Cells in use.
    #[cfg(test)]
    pub(super) fn length(&self) -> usize {
        self.pages.iter().map(|page| usize::from(page.live)).sum()
    }

    /// Indices of all cells that were in use since their page was mapped.
    pub(super) fn indices(&self) -> impl Iterator<Item = u32> + '_ {
        self.memory.iter().enumerate().flat_map(move |(number, memory)| {
            let first = (number as u32) << PAGE_SHIFT;
            first..first + (memory.len() / self.stride) as u32
        })
    }

    /// Pages that have memory.
    #[cfg(test)]
    pub(super) fn mapped(&self) -> usize {
        self.pages.len() - self.unmapped.len()
    }

    #[cold]
    fn open_page(&mut self) -> Result<u32> {
        let memory = MappedVec::with_capacity(PAGE * self.stride)?;
        let page = Page { open: true, ..Page::default() };
        let number = match self.unmapped.pop() {
            Some(number) => {
                self.pages[number as usize] = page;
                self.memory[number as usize] = memory;
                number
            }
            None => {
                let number = self.pages.len() as u32;
                assert!(number < u32::MAX >> PAGE_SHIFT, "fewer than 2^32 cells");
                self.pages.push(page);
                self.memory.push(memory);
                number
            }
        };
        self.empty += 1;
        self.open.push(number);
        Ok(number)
    }

    #[cold]
    fn unmap(&mut self, number: u32) -> usize {
        self.empty -= 1;
        self.pages[number as usize] = Page::default();
        self.memory[number as usize] = MappedVec::default();
        self.unmapped.push(number);
        // Most often it has been opened not long ago.
        if let Some(at) = self.open.iter().rposition(|open| *open == number) {
            self.open.remove(at);
        }
        number as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    #[derive(Clone, Copy, Debug)]
    struct Word(u32);

    impl Cell for Word {
        const EMPTY: Word = Word(0);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Take(usize),
        /// Every so many of those in use, beginning with one of them.
        GiveBack(usize, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (1..3 * PAGE).prop_map(Step::Take),
            (0..PAGE, 1..4_usize).prop_map(|(first, every)| Step::GiveBack(first, every)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn cells_keep_what_they_hold_and_empty_pages_go_back(
            steps in prop::collection::vec(step(), 1..12),
            stride in 1..4_usize,
            kept in 0..3_usize,
        ) {
            let mut slab = Slab::<Word>::new(stride, kept);
            let mut model = HashMap::new();
            let mut stamp = 0;
            for step in steps {
                match step {
                    Step::Take(count) => for _ in 0..count {
                        let index = slab.take().unwrap();
                        stamp += 1;
                        slab.cell_mut(index).iter_mut().for_each(|word| word.0 = stamp);
                        prop_assert!(model.insert(index, stamp).is_none(), "a cell in use was given out");
                    },
                    Step::GiveBack(first, every) => {
                        let mut indices: Vec<u32> = model.keys().copied().collect();
                        indices.sort_unstable();
                        for index in indices.into_iter().skip(first).step_by(every) {
                            model.remove(&index);
                            let unmapped = slab.give_back(index);
                            prop_assert!(unmapped.is_none_or(|page| page == index as usize / PAGE));
                        }
                    }
                }
                for (index, stamp) in &model {
                    prop_assert!(slab.cell(*index).iter().all(|word| word.0 == *stamp));
                }
                let mut pages: Vec<u32> = model.keys().map(|index| index >> PAGE_SHIFT).collect();
                pages.sort_unstable();
                pages.dedup();
                prop_assert!(slab.mapped() <= pages.len() + kept, "{} pages for {:?}", slab.mapped(), pages);
                prop_assert_eq!(slab.length(), model.len());
                let indices: std::collections::HashSet<u32> = slab.indices().collect();
                prop_assert!(model.keys().all(|index| indices.contains(index)));
            }
        }
    }
}
