//! The pools of this process by number, for threads that want to attach to one.

use super::shared::Shared;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

struct Registry {
    last: u32,
    pools: BTreeMap<u32, Weak<Shared>>,
}

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { last: 0, pools: BTreeMap::new() });

fn with<Outcome>(act: impl FnOnce(&mut Registry) -> Outcome) -> Outcome {
    act(&mut REGISTRY.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Gives a pool a number. Numbers are not used again.
pub(super) fn enter(pool: &Arc<Shared>) -> u32 {
    with(|registry| {
        registry.last += 1;
        registry.pools.insert(registry.last, Arc::downgrade(pool));
        registry.last
    })
}

/// The pool of a number, unless it is gone.
pub(super) fn find(number: u32) -> Option<Arc<Shared>> {
    with(|registry| registry.pools.get(&number).and_then(Weak::upgrade))
}

/// Forgets a number.
pub(super) fn leave(number: u32) {
    with(|registry| registry.pools.remove(&number));
}
