//! Which processors share a core, and which are of one memory node.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::cpu::parse_list;

/// Where processors and memory are, as far as it matters for placing workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// For each processor, those of its core, itself among them.
    cores: BTreeMap<u32, Vec<u32>>,
    /// Processors by memory node; nodes without processors are here too.
    nodes: BTreeMap<u32, Vec<u32>>,
}

impl Topology {
    /// That of this machine. Where the kernel does not tell, each processor is a core and all are of one node.
    pub fn of_machine() -> Topology {
        Topology::read(Path::new("/"))
    }

    /// From the tree at `root`: `/`, except in tests.
    pub fn read(root: &Path) -> Topology {
        let system = root.join("sys/devices/system");
        let list = |path: &Path| parse_list(&fs::read_to_string(path).ok()?);
        let cores = numbered(&system.join("cpu"), "cpu")
            .into_iter()
            .filter_map(|processor| {
                let siblings = format!("cpu/cpu{processor}/topology/thread_siblings_list");
                Some((processor, list(&system.join(siblings))?))
            })
            .collect();
        let nodes = numbered(&system.join("node"), "node")
            .into_iter()
            .filter_map(|node| Some((node, list(&system.join(format!("node/node{node}/cpulist")))?)))
            .collect();
        Topology { cores, nodes }
    }

    /// `allowed` in the order in which workers are put on them: first one processor of each core, then the second
    /// of each, and so on; among equals, memory nodes take turns.
    pub fn spread(&self, allowed: &[u32]) -> Vec<u32> {
        // Which one of its core a processor is counts among the allowed only: if the first is forbidden, the second
        // has the core for itself.
        let rank_in_core = |processor: u32| {
            let core = self.cores.get(&processor).map_or(&[][..], Vec::as_slice);
            core.iter().filter(|other| **other < processor && allowed.contains(other)).count()
        };
        let mut taken: BTreeMap<(usize, u32), usize> = BTreeMap::new();
        let mut order: Vec<_> = allowed
            .iter()
            .map(|processor| {
                let (rank, node) = (rank_in_core(*processor), self.node_of(*processor).unwrap_or(0));
                let turn = taken.entry((rank, node)).or_default();
                *turn += 1;
                (rank, *turn, node, *processor)
            })
            .collect();
        order.sort_unstable();
        order.into_iter().map(|(_, _, _, processor)| processor).collect()
    }

    /// The node on which memory for a worker on `processors` belongs: the one all of them are of, if there are
    /// others to choose from.
    pub fn memory_node(&self, processors: &[u32]) -> Option<u32> {
        if self.nodes.len() < 2 {
            return None;
        }
        let node = self.node_of(*processors.first()?)?;
        processors.iter().all(|processor| self.node_of(*processor) == Some(node)).then_some(node)
    }

    fn node_of(&self, processor: u32) -> Option<u32> {
        self.nodes.iter().find(|(_, processors)| processors.contains(&processor)).map(|(node, _)| *node)
    }
}

/// The numbers N of the entries `nameN` of a folder, ascending.
fn numbered(folder: &Path, name: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut numbers: Vec<u32> =
        entries.filter_map(|entry| entry.file_name().to_str()?.strip_prefix(name)?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up::MadeUp;

    /// A machine of these cores and nodes, each a list of processors.
    fn machine(cores: &[&str], nodes: &[&str]) -> Topology {
        let mut files = vec![
            ("sys/devices/system/cpu/cpufreq/x".to_owned(), ""),
            ("sys/devices/system/node/possible".to_owned(), "0"),
        ];
        for core in cores {
            for processor in parse_list(core).unwrap() {
                let path = format!("sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list");
                files.push((path, core));
            }
        }
        for (node, processors) in nodes.iter().enumerate() {
            files.push((format!("sys/devices/system/node/node{node}/cpulist"), processors));
        }
        let files: Vec<_> = files.iter().map(|(path, content)| (path.as_str(), *content)).collect();
        Topology::read(MadeUp::tree(&files).root())
    }

    fn all(count: u32) -> Vec<u32> {
        (0..count).collect()
    }

    #[test]
    fn cores_come_before_their_second_threads() {
        // As Intel's machines number them: 0-3 are the first threads; and as AMD's virtual ones do: neighbours.
        let far = machine(&["0,4", "1,5", "2,6", "3,7"], &["0-7"]);
        assert_eq!(far.spread(&all(8)), [0, 1, 2, 3, 4, 5, 6, 7]);
        let near = machine(&["0-1", "2-3", "4-5", "6-7"], &["0-7"]);
        assert_eq!(near.spread(&all(8)), [0, 2, 4, 6, 1, 3, 5, 7]);
        let four_threads = machine(&["0-3", "4-7"], &["0-7"]);
        assert_eq!(four_threads.spread(&all(8)), [0, 4, 1, 5, 2, 6, 3, 7]);
    }

    #[test]
    fn nodes_take_turns_while_cores_last() {
        let two = machine(&["0,4", "1,5", "2,6", "3,7"], &["0-1,4-5", "2-3,6-7"]);
        assert_eq!(two.spread(&all(8)), [0, 2, 1, 3, 4, 6, 5, 7]);
        let uneven = machine(&["0", "1", "2", "3"], &["0", "1-3"]);
        assert_eq!(uneven.spread(&all(4)), [0, 1, 2, 3]);
    }

    #[test]
    fn only_what_is_allowed_is_used_and_counts() {
        let near = machine(&["0-1", "2-3", "4-5"], &["0-5"]);
        assert_eq!(near.spread(&[1, 2, 3, 5]), [1, 2, 5, 3]);
        assert_eq!(near.spread(&[]), [] as [u32; 0]);
    }

    #[test]
    fn a_kernel_that_does_not_tell_has_plain_processors() {
        let nothing = machine(&[], &[]);
        assert_eq!(nothing, Topology::default());
        assert_eq!(nothing.spread(&all(4)), [0, 1, 2, 3]);
        assert_eq!(nothing.memory_node(&[0]), None);
        // More processors than it tells of.
        assert_eq!(machine(&["0-1"], &["0-1"]).spread(&all(4)), [0, 2, 3, 1]);
    }

    #[test]
    fn memory_belongs_to_the_one_node_of_all_processors() {
        let two = machine(&[], &["0-1,4-5", "2-3,6-7"]);
        assert_eq!(two.memory_node(&[0, 5]), Some(0));
        assert_eq!(two.memory_node(&[6]), Some(1));
        assert_eq!(two.memory_node(&[1, 2]), None, "across nodes");
        assert_eq!(two.memory_node(&[]), None, "not pinned");
        assert_eq!(two.memory_node(&[9]), None, "nobody knows where it is");
        assert_eq!(machine(&[], &["0-7"]).memory_node(&[1]), None, "nothing to choose");
        assert_eq!(machine(&[], &["0-7", ""]).memory_node(&[1]), Some(0), "a node of memory alone");
    }

    #[test]
    fn this_machine_is_read_and_loses_no_processor() {
        let allowed = crate::cpu::allowed().unwrap();
        let mut spread = Topology::of_machine().spread(&allowed);
        spread.sort_unstable();
        assert_eq!(spread, allowed);
    }
}
