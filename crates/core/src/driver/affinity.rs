//! On which processors workers run, and which memory node their lanes come from.

use crate::{Error, Result};
use hatchery_sys::{Topology, cpu};

/// Which processors each worker runs on, with all its threads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Affinity {
    /// Any that the host may use.
    #[default]
    None,
    /// One each: first one of every core, then its further hardware threads, memory nodes by turns; from the
    /// beginning again when there are more workers than processors.
    Spread,
    /// Worker k those of list k, modulo the number of lists. A worker that replaces another takes its place.
    Lists(Vec<Vec<u32>>),
}

impl Affinity {
    /// # Errors
    /// [`Error::InvalidOption`] for no lists, an empty one, or a processor that this process may not use.
    pub(super) fn validate(&self) -> Result<()> {
        let Affinity::Lists(lists) = self else { return Ok(()) };
        let invalid = |message: String| Err(Error::InvalidOption(message));
        if lists.is_empty() {
            return invalid("affinity must have at least one list of processors".into());
        }
        let allowed = cpu::allowed()?;
        for (at, list) in lists.iter().enumerate() {
            if list.is_empty() {
                return invalid(format!("affinity[{at}] must name at least one processor"));
            }
            if let Some(foreign) = list.iter().find(|processor| !allowed.contains(processor)) {
                let allowed = cpu::format_list(&allowed);
                return invalid(format!(
                    "affinity[{at}] names processor {foreign}; this process may use {allowed}"
                ));
            }
        }
        Ok(())
    }
}

/// Where one worker is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Site {
    /// Processors; none: those of the host.
    pub processors: Vec<u32>,
    /// Memory node of its lane; none: the kernel's choice.
    pub node: Option<u32>,
}

/// The sites that workers take in turn.
#[derive(Debug)]
pub(super) struct Sites {
    /// One at least.
    sites: Vec<Site>,
}

impl Sites {
    /// # Errors
    /// The errno of `sched_getaffinity`.
    pub(super) fn new(affinity: &Affinity) -> Result<Sites> {
        Ok(match affinity {
            Affinity::None => Sites { sites: vec![Site::default()] },
            _ => Sites::on(affinity, &cpu::allowed()?, &Topology::of_machine()),
        })
    }

    fn on(affinity: &Affinity, allowed: &[u32], topology: &Topology) -> Sites {
        let lists = match affinity {
            Affinity::None => vec![Vec::new()],
            Affinity::Spread => {
                topology.spread(allowed).into_iter().map(|processor| vec![processor]).collect()
            }
            Affinity::Lists(lists) => lists.clone(),
        };
        let site = |processors: Vec<u32>| Site { node: topology.memory_node(&processors), processors };
        Sites { sites: lists.into_iter().map(site).collect() }
    }

    /// The site of the worker whose place in the pool is `place`.
    pub(super) fn of(&self, place: usize) -> &Site {
        &self.sites[place % self.sites.len()]
    }
}

/// The least number that is not among `taken`: the place of a worker that is about to start.
pub(super) fn vacant(taken: impl Iterator<Item = usize> + Clone) -> usize {
    let mut seen = vec![false; taken.clone().count() + 1];
    for place in taken {
        if let Some(entry) = seen.get_mut(place) {
            *entry = true;
        }
    }
    seen.iter().position(|seen| !seen).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_least_vacant_place_is_taken() {
        for (taken, expected) in
            [(&[][..], 0), (&[0], 1), (&[1], 0), (&[2, 0, 1], 3), (&[3, 0, 2], 1), (&[7, 9], 0)]
        {
            assert_eq!(vacant(taken.iter().copied()), expected, "{taken:?}");
        }
    }

    #[test]
    fn sites_are_taken_in_turn() {
        let topology = Topology::default();
        let sites = |affinity| Sites::on(&affinity, &[0, 2, 5], &topology);
        let on = |sites: &Sites, place| sites.of(place).processors.clone();
        let spread = sites(Affinity::Spread);
        assert_eq!([0, 1, 2, 3].map(|place| on(&spread, place)), [[0], [2], [5], [0]]);
        let lists = sites(Affinity::Lists(vec![vec![5], vec![0, 2]]));
        assert_eq!([0, 1, 2].map(|place| on(&lists, place)), [vec![5], vec![0, 2], vec![5]]);
        assert_eq!(sites(Affinity::None).of(3), &Site::default());
    }

    #[test]
    fn a_site_within_one_of_several_nodes_has_its_memory() {
        let root = std::env::temp_dir().join(format!("hatchery-nodes-{}", std::process::id()));
        for (node, processors) in [("node0", "0-1"), ("node1", "2-3")] {
            let folder = root.join("sys/devices/system/node").join(node);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("cpulist"), processors).unwrap();
        }
        let topology = Topology::read(&root);
        fs::remove_dir_all(&root).unwrap();
        let nodes = |affinity, count| {
            let sites = Sites::on(&affinity, &[0, 1, 2, 3], &topology);
            (0..count).map(|place| sites.of(place).node).collect::<Vec<_>>()
        };
        assert_eq!(nodes(Affinity::Spread, 4), [Some(0), Some(1), Some(0), Some(1)]);
        let lists = Affinity::Lists(vec![vec![2, 3], vec![1, 2], vec![0]]);
        assert_eq!(nodes(lists, 3), [Some(1), None, Some(0)]);
        assert_eq!(nodes(Affinity::None, 1), [None]);
    }

    #[test]
    fn lists_are_checked() {
        let refused = |lists: &[&[u32]]| {
            let lists = lists.iter().map(|list| list.to_vec()).collect();
            Affinity::Lists(lists).validate().unwrap_err().to_string()
        };
        let own = cpu::allowed().unwrap()[0];
        assert!(refused(&[]).contains("at least one list"));
        assert!(refused(&[&[own], &[]]).contains("affinity[1]"));
        assert!(refused(&[&[own, 1_000_000]]).contains("affinity[0] names processor 1000000"));
        assert!(Affinity::Lists(vec![vec![own]]).validate().is_ok());
        assert!(Affinity::Spread.validate().is_ok());
    }
}
