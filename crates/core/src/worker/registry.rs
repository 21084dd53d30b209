//! Task functions by name. Host and workers number them alike, so that a slot carries a number.

use super::{Context, TaskError};
use crate::{Error, Result};
use std::fmt;

/// A task: takes the argument's bytes, returns the result's.
///
/// Runs in a worker process, one at a time. A panic fails the task only; leaving the process fails the task
/// and replaces the worker.
pub type TaskFunction =
    dyn Fn(&mut Context<'_>, &[u8]) -> std::result::Result<Vec<u8>, TaskError> + Send + Sync;

/// The task functions of a program.
#[derive(Default)]
pub struct Registry {
    tasks: Vec<(String, Box<TaskFunction>)>,
}

impl Registry {
    /// Without any task.
    pub fn new() -> Registry {
        Registry::default()
    }

    /// Adds a task function. A second one of the same name is found by [`validate`](Registry::validate).
    #[must_use]
    pub fn task<F>(mut self, name: impl Into<String>, function: F) -> Registry
    where
        F: Fn(&mut Context<'_>, &[u8]) -> std::result::Result<Vec<u8>, TaskError> + Send + Sync + 'static,
    {
        self.tasks.push((name.into(), Box::new(function)));
        self
    }

    /// # Errors
    /// [`Error::InvalidOption`] if there is no task, or two have the same name.
    pub fn validate(&self) -> Result<()> {
        if self.tasks.is_empty() {
            return Err(Error::InvalidOption("a pool needs at least one task: add it with task()".into()));
        }
        for (at, (name, _)) in self.tasks.iter().enumerate() {
            if self.number(name).is_some_and(|first| first as usize != at) {
                return Err(Error::InvalidOption(format!("two tasks have the name {name:?}")));
            }
        }
        Ok(())
    }

    /// Names, in the order of their numbers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tasks.iter().map(|(name, _)| name.as_str())
    }

    /// The number of a task.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.tasks.iter().position(|(known, _)| known == name).map(|number| number as u32)
    }

    /// The function with this number.
    pub(crate) fn function(&self, number: u32) -> Option<&TaskFunction> {
        self.tasks.get(number as usize).map(|(_, function)| &**function)
    }

    /// The same functions, numbered in the order of `names`, which is the host's.
    ///
    /// # Errors
    /// [`Error::TaskUnknown`] with the first name that is missing here.
    pub(crate) fn in_order_of(mut self, names: &[String]) -> Result<Registry> {
        let mut tasks = Vec::with_capacity(names.len());
        for name in names {
            let at = self.tasks.iter().position(|(known, _)| known == name);
            tasks.push(self.tasks.swap_remove(at.ok_or_else(|| Error::TaskUnknown(name.clone()))?));
        }
        Ok(Registry { tasks })
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(names: &[&str]) -> Registry {
        names.iter().fold(Registry::new(), |registry, name| registry.task(*name, |_, _| Ok(Vec::new())))
    }

    #[test]
    fn empty_and_doubled_registries_are_invalid() {
        assert!(Registry::new().validate().is_err());
        assert!(registry(&["a", "b", "a"]).validate().is_err());
        assert!(registry(&["a", "b"]).validate().is_ok());
    }

    #[test]
    fn the_host_decides_the_numbers() {
        let names = ["b".to_owned(), "a".to_owned()];
        let ordered = registry(&["a", "x", "b"]).in_order_of(&names).unwrap();
        assert_eq!(ordered.names().collect::<Vec<_>>(), ["b", "a"]);
        let missing = registry(&["a"]).in_order_of(&names).unwrap_err();
        assert!(matches!(missing, Error::TaskUnknown(name) if name == "b"));
    }
}
