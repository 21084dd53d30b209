//! Argument bytes too long for the task's own line: in cells of the next larger size, and only what is longer than the
//! largest of those in an allocation of its own.

use super::slab::{Cell, PAGE, Slab};
use crate::Result;

/// Cells are made of these.
const GRANULE: usize = 16;

/// Sizes of cells in granules: at most a fifth of a cell above 128 bytes is unused.
const SIZES: [usize; 19] = [2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64];

/// Bytes of the largest cell.
const LARGEST: usize = SIZES[SIZES.len() - 1] * GRANULE;

/// Class of a payload in an allocation of its own.
const APART: u8 = SIZES.len() as u8;

/// What the C library says when it has no memory.
const ENOMEM: i32 = 12;

/// Empty pages of each class are kept up to this many bytes, and one in any case.
const KEPT: usize = 1 << 20;

/// Class by length in granules.
const CLASSES: [u8; LARGEST / GRANULE + 1] = classes();

type Granule = [u8; GRANULE];

impl Cell for Granule {
    const EMPTY: Granule = [0; GRANULE];
}

/// Where a payload lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct PayloadId {
    class: u8,
    index: u32,
    length: u32,
}

impl PayloadId {
    /// Bytes of the payload.
    pub(super) fn length(self) -> usize {
        self.length as usize
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Payloads {
    cells: [Slab<Granule>; SIZES.len()],
    apart: Vec<Box<[u8]>>,
    free: Vec<u32>,
}

impl Default for Payloads {
    fn default() -> Self {
        let slab = |size| Slab::new(size, KEPT.div_ceil(size * GRANULE * PAGE));
        Payloads { cells: SIZES.map(slab), apart: Vec::new(), free: Vec::new() }
    }
}

impl Payloads {
    /// Keeps a copy of both parts, end to end, which are less than 4 GiB.
    ///
    /// # Errors
    /// The kernel has no memory.
    pub(super) fn insert(&mut self, first: &[u8], second: &[u8]) -> Result<PayloadId> {
        let length = first.len() + second.len();
        let id = |class, index| PayloadId { class, index, length: length as u32 };
        if length > LARGEST {
            let mut bytes = Vec::new();
            // Of a value of gigabytes there may well not be room for one more: that is no reason to end the host.
            bytes.try_reserve_exact(length).map_err(|_| hatchery_sys::Error::new("malloc", ENOMEM))?;
            bytes.extend_from_slice(first);
            bytes.extend_from_slice(second);
            return Ok(id(APART, self.insert_apart(bytes.into())));
        }
        let class = CLASSES[length.div_ceil(GRANULE)];
        let slab = &mut self.cells[usize::from(class)];
        let index = slab.take()?;
        let bytes = slab.cell_mut(index).as_flattened_mut();
        if !first.is_empty() {
            bytes[..first.len()].copy_from_slice(first);
        }
        bytes[first.len()..length].copy_from_slice(second);
        Ok(id(class, index))
    }

    #[inline]
    pub(super) fn get(&self, id: PayloadId) -> &[u8] {
        if id.class == APART {
            return &self.apart[id.index as usize];
        }
        &self.cells[usize::from(id.class)].cell(id.index).as_flattened()[..id.length()]
    }

    #[inline]
    pub(super) fn remove(&mut self, id: PayloadId) {
        if id.class != APART {
            self.cells[usize::from(id.class)].give_back(id.index);
            return;
        }
        self.remove_apart(id.index);
    }

    fn remove_apart(&mut self, index: u32) {
        self.apart[index as usize] = Box::default();
        self.free.push(index);
        if self.free.len() == self.apart.len() {
            self.free = Vec::new();
            self.apart = Vec::new();
        }
    }

    fn insert_apart(&mut self, bytes: Box<[u8]>) -> u32 {
        match self.free.pop() {
            Some(index) => {
                self.apart[index as usize] = bytes;
                index
            }
            None => {
                self.apart.push(bytes);
                self.apart.len() as u32 - 1
            }
        }
    }
}

const fn classes() -> [u8; LARGEST / GRANULE + 1] {
    let mut classes = [0; LARGEST / GRANULE + 1];
    let (mut granules, mut class) = (0, 0);
    while granules < classes.len() {
        if granules > SIZES[class] {
            class += 1;
        }
        classes[granules] = class as u8;
        granules += 1;
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_comes_back_whole_from_a_cell_not_much_larger() {
        let mut payloads = Payloads::default();
        let bytes: Vec<u8> = (0..3 * LARGEST).map(|at| at as u8).collect();
        let lengths = (0..LARGEST + 40).chain([2 * LARGEST, 3 * LARGEST]);
        let ids: Vec<_> = lengths
            .map(|length| {
                let (first, second) = bytes[..length].split_at(length / 3);
                payloads.insert(first, second).unwrap()
            })
            .collect();
        for id in &ids {
            assert_eq!(payloads.get(*id), &bytes[..id.length()]);
            if id.class != APART {
                let size = SIZES[usize::from(id.class)] * GRANULE;
                assert!(size <= (id.length() + GRANULE).max(32) || size * 4 <= id.length() * 5 + 4 * GRANULE);
            }
        }
        for id in ids {
            payloads.remove(id);
        }
        assert!(payloads.apart.is_empty());
        assert!(payloads.cells.iter().all(|cells| cells.length() == 0));
    }
}
