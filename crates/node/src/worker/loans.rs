//! Blocks that JavaScript looks at where they lie, until it has no more use for them.

use crate::error::coded;
use crate::memory::external;
use crate::value::Value;
use hatchery_lane::{BlockId, WorkerLane as Lane};
use napi::sys;
use std::cell::RefCell;
use std::rc::Rc;

/// What is lent of the arena of this process's lane.
pub(super) struct Loans {
    lane: &'static Lane,
    /// Blocks of each size class that are lent.
    lent: RefCell<Vec<u32>>,
}

impl Loans {
    /// Nothing is lent.
    pub(super) fn new(lane: &'static Lane) -> Rc<Loans> {
        let lent = RefCell::new(vec![0; lane.geometry().classes.len()]);
        Rc::new(Loans { lane, lent })
    }

    /// Lends `length` bytes of a block from its byte `start` on, as an `ArrayBuffer` with a reference of its own to the
    /// block. `None`: half of the blocks of this size are lent, and the other half is for what comes and goes.
    pub(super) fn lend(
        self: &Rc<Loans>,
        env: sys::napi_env,
        block: BlockId,
        start: usize,
        length: usize,
    ) -> napi::Result<Option<Value>> {
        let arena = &self.lane.arena;
        let pointer = arena.pointer(block, start, length);
        let pointer = pointer.map_err(|violation| coded("ERR_HATCHERY_LANE", violation))?;
        let class = &self.lane.geometry().classes[block.class()];
        if self.lent.borrow()[block.class()] >= class.block_count / 2 {
            return Ok(None);
        }
        arena.retain(block);
        self.lent.borrow_mut()[block.class()] += 1;
        external(env, pointer, length, Loan { loans: Rc::clone(self), block }).map(Some)
    }

    /// Blocks that are lent.
    pub(super) fn count(&self) -> u32 {
        self.lent.borrow().iter().sum()
    }
}

/// What an `ArrayBuffer` over a block owns. It ends when that is collected or detached.
struct Loan {
    loans: Rc<Loans>,
    block: BlockId,
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.loans.lent.borrow_mut()[self.block.class()] -= 1;
        self.loans.lane.arena.release(self.block);
    }
}
