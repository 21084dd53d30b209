//! What an init inherits, for a daemon that is one.

use napi_derive::napi;

/// See `Orphans` in `src/native/types.ts`.
#[napi]
#[derive(Default)]
pub struct Orphans {
    orphans: hatchery_sys::Orphans,
}

#[napi]
impl Orphans {
    /// Has seen none yet.
    #[napi(constructor)]
    pub fn new() -> Orphans {
        Orphans::default()
    }

    /// Reaps those that were there at the last look already.
    #[napi]
    pub fn look(&mut self) -> u32 {
        self.orphans.look() as u32
    }
}
