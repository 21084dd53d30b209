//! Made-up trees of `/sys` and `/proc` for tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A temporary folder that is gone with the value.
pub(crate) struct MadeUp {
    root: PathBuf,
}

impl MadeUp {
    /// Files by their paths below the root, with what they hold.
    pub(crate) fn tree(files: &[(&str, &str)]) -> MadeUp {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("hatchery-tree-{}-{number}", std::process::id()));
        fs::create_dir(&root).unwrap();
        let tree = MadeUp { root };
        for (path, content) in files {
            let path = tree.root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        tree
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }
}

impl Drop for MadeUp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}
