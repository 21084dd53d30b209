//! The numbers of functions. They belong to the pool, not to a thread: a worker keeps one table.

use hatchery_core::driver::Driver;
use std::collections::HashMap;

/// By definition.
#[derive(Default)]
pub(super) struct Functions {
    numbers: HashMap<String, u32>,
}

impl Functions {
    /// The number of a definition; a new one is told to the driver, if there is one.
    pub(super) fn number_of(&mut self, definition: String, driver: Option<&mut Driver>) -> u32 {
        if let Some(number) = self.numbers.get(&definition) {
            return *number;
        }
        let number = self.numbers.len() as u32;
        if let Some(driver) = driver {
            driver.define(number, definition.clone().into_bytes());
        }
        self.numbers.insert(definition, number);
        number
    }

    /// The definition of a number. Functions are few, and this is seldom asked.
    pub(super) fn definition(&self, function: usize) -> Option<&str> {
        let found = self.numbers.iter().find(|(_, number)| **number as usize == function);
        found.map(|(definition, _)| definition.as_str())
    }

    /// Tells a driver that is new what was defined before.
    pub(super) fn define_all(&self, driver: &mut Driver) {
        for (definition, number) in &self.numbers {
            driver.define(*number, definition.clone().into_bytes());
        }
    }
}
