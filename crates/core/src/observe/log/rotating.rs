//! A log file of bounded size.
//!
//! `pool.log` is written; when the next entry would make it larger than it may be, it becomes `pool.log.1`, what was that
//! becomes `pool.log.2`, and so on; the oldest is removed. Each step is a rename, so an entry is in one file, whole.
//!
//! Each entry is one write to a file opened for appending, and before it the path is looked at. So several writers may share
//! a file, in one process or in several: one that finds that another file lies there by now follows. That goes for files
//! that `logrotate` moves, too, with or without a signal. Whoever rotates holds a lock on the file.

use hatchery_sys::descriptor;
use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How large a log may become, and how much of it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// Bytes that a file may have; an entry that is longer by itself has a file of its own. [`u64::MAX`]: any number.
    pub maximum_size: u64,
    /// Files kept beside the one that is written; 0: what is full is removed.
    pub maximum_files: u32,
}

impl Default for Rotation {
    /// 10 MiB each, five kept.
    fn default() -> Self {
        Rotation { maximum_size: 10 << 20, maximum_files: 5 }
    }
}

/// A log file that rotates. Behind a [`Mutex`](std::sync::Mutex) it is a writer for `tracing_subscriber::fmt`.
///
/// Writing never fails: an entry that cannot be written (no space, no permission any more) is dropped, and standard error
/// gets one line when that begins, and one with the number of entries lost when it is over.
#[derive(Debug)]
pub struct RotatingFile {
    path: PathBuf,
    file: File,
    /// Device and inode of `file`.
    identity: (u64, u64),
    rotation: Rotation,
    /// Below this size it is not rotated: the last try has failed, and each entry would try again.
    not_before: u64,
    /// Entries lost since writing began to fail.
    lost: u64,
    failing: bool,
}

impl RotatingFile {
    /// Opens the file, or makes it; what is there stays.
    ///
    /// # Errors
    /// Of opening it.
    pub fn open(path: impl Into<PathBuf>, rotation: Rotation) -> io::Result<RotatingFile> {
        let path = path.into();
        let (file, identity) = open(&path)?;
        Ok(RotatingFile { path, file, identity, rotation, not_before: 0, lost: 0, failing: false })
    }

    /// Opens the path anew, whatever lies there.
    ///
    /// # Errors
    /// Of opening it. The file before goes on to be written.
    pub fn reopen(&mut self) -> io::Result<()> {
        (self.file, self.identity) = open(&self.path)?;
        self.not_before = 0;
        Ok(())
    }

    /// Other bounds from now on.
    pub fn set_rotation(&mut self, rotation: Rotation) {
        self.rotation = rotation;
        self.not_before = 0;
    }

    /// Writes one entry, or several whole ones.
    pub fn append(&mut self, entry: &[u8]) {
        match self.try_to_append(entry) {
            Ok(()) => {
                if std::mem::take(&mut self.failing) {
                    let lost = std::mem::take(&mut self.lost);
                    self.say(format_args!("is written again; {lost} entries are lost"));
                }
            }
            Err(error) => {
                self.lost += 1;
                self.warn(&error);
            }
        }
    }

    fn try_to_append(&mut self, entry: &[u8]) -> io::Result<()> {
        let mut size = self.follow()?;
        let next = size.saturating_add(entry.len() as u64);
        if size > self.not_before && next > self.rotation.maximum_size {
            match self.rotate() {
                Ok(()) => size = self.follow()?,
                Err(error) => {
                    // Too large is better than lost. Said once as well, though the entry is written.
                    self.not_before = size.saturating_add(self.rotation.maximum_size);
                    self.say(format_args!("cannot be rotated and grows: {error}"));
                }
            }
        }
        let (written, outcome) = self.write_whole(entry);
        // Half an entry would spoil the next one as well. What others have written after it is not cut off.
        if outcome.is_err() && written > 0 && self.file.metadata()?.len() == size + written {
            self.file.set_len(size)?;
        }
        outcome
    }

    /// Sees to it that the file at the path is the one that is written; its size.
    fn follow(&mut self) -> io::Result<u64> {
        let found = fs::metadata(&self.path);
        if let Ok(found) = &found
            && identity(found) == self.identity
        {
            return Ok(if found.is_file() { found.len() } else { 0 });
        }
        // Where nothing can be opened the file before is better than none.
        if let Err(error) = self.reopen() {
            self.warn(&error);
        }
        Ok(self.file.metadata()?.len())
    }

    /// Bytes written, and whether that was all.
    fn write_whole(&mut self, entry: &[u8]) -> (u64, io::Result<()>) {
        let mut written = 0;
        while written < entry.len() {
            match self.file.write(&entry[written..]) {
                Ok(0) => return (written as u64, Err(io::ErrorKind::WriteZero.into())),
                Ok(length) => written += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return (written as u64, Err(error)),
            }
        }
        (written as u64, Ok(()))
    }

    fn rotate(&mut self) -> io::Result<()> {
        // Another writer is at it: what it leaves at the path is followed.
        if !descriptor::try_lock(self.file.as_fd())? {
            return Ok(());
        }
        let outcome = self.rotate_locked();
        // The lock goes with the file, or here if that stays.
        descriptor::unlock(self.file.as_fd())?;
        outcome
    }

    fn rotate_locked(&mut self) -> io::Result<()> {
        if fs::metadata(&self.path).is_ok_and(|found| identity(&found) != self.identity) {
            return self.reopen();
        }
        let kept = self.rotation.maximum_files;
        // As far as there are any; one that would be beyond takes the place of the oldest.
        let first_free = (1..kept).find(|number| !self.numbered(*number).exists()).unwrap_or(kept);
        for number in (1..first_free).rev() {
            fs::rename(self.numbered(number), self.numbered(number + 1))?;
        }
        if kept > 0 {
            fs::rename(&self.path, self.numbered(1))?;
        } else {
            fs::remove_file(&self.path)?;
        }
        // Of a time when more were kept.
        for beyond in kept.saturating_add(1)..u32::MAX {
            if fs::remove_file(self.numbered(beyond)).is_err() {
                break;
            }
        }
        // Opening it may find another writer's new file.
        self.reopen()
    }

    /// The path of a file that is kept.
    fn numbered(&self, number: u32) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".{number}"));
        path.into()
    }

    fn warn(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.failing, true) {
            self.say(format_args!("cannot be written: {error}"));
        }
    }

    /// On standard error, which may be as full as the log, or closed: then nobody can be told.
    fn say(&self, what: fmt::Arguments<'_>) {
        let _ = writeln!(io::stderr(), "hatchery: {} {what}", self.path.display());
    }
}

impl Write for RotatingFile {
    /// Takes `bytes` for one entry.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append(bytes);
        Ok(bytes.len())
    }

    /// Nothing waits here.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn open(path: &Path) -> io::Result<(File, (u64, u64))> {
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    let identity = identity(&file.metadata()?);
    Ok((file, identity))
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::os::unix::fs::symlink;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A directory that goes with the test.
    struct Place(PathBuf);

    impl Place {
        fn new() -> Place {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let name =
                format!("hatchery-log-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Place(path)
        }

        fn log(&self) -> PathBuf {
            self.0.join("pool.log")
        }

        /// The files there are, by name.
        fn files(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.collect::<BTreeSet<_>>().into_iter().collect()
        }

        fn text(&self, name: &str) -> String {
            fs::read_to_string(self.0.join(name)).unwrap()
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn bounds(maximum_size: u64, maximum_files: u32) -> Rotation {
        Rotation { maximum_size, maximum_files }
    }

    #[test]
    fn files_are_kept_by_size_and_count_and_the_oldest_goes() {
        let place = Place::new();
        fs::write(place.log(), "older\n").unwrap();
        let mut file = RotatingFile::open(place.log(), bounds(12, 2)).unwrap();
        for number in 1..=5 {
            file.append(format!("line{number}\n").as_bytes());
        }
        assert_eq!(place.files(), ["pool.log", "pool.log.1", "pool.log.2"]);
        assert_eq!(place.text("pool.log"), "line4\nline5\n");
        assert_eq!(place.text("pool.log.1"), "line2\nline3\n");
        assert_eq!(place.text("pool.log.2"), "older\nline1\n");
        file.append(b"longer than any file may be\n");
        assert_eq!(place.text("pool.log.1"), "line4\nline5\n");
        assert_eq!(place.text("pool.log.2"), "line2\nline3\n");
        // Fewer from now on, then none.
        file.set_rotation(bounds(12, 1));
        file.append(b"next\n");
        assert_eq!(place.files(), ["pool.log", "pool.log.1"]);
        file.set_rotation(bounds(5, 0));
        file.append(b"last\n");
        assert_eq!((place.files(), place.text("pool.log")), (vec!["pool.log".into()], "last\n".into()));
    }

    #[test]
    fn writers_that_share_a_file_lose_and_tear_nothing() {
        const WRITERS: usize = 4;
        const LINES: usize = 2000;
        let place = Place::new();
        std::thread::scope(|scope| {
            for writer in 0..WRITERS {
                let path = place.log();
                scope.spawn(move || {
                    // Each as another process would have it.
                    let mut file = RotatingFile::open(path, bounds(4000, 500)).unwrap();
                    for line in 0..LINES {
                        file.append(format!("{writer} {line} {}\n", "x".repeat(line % 50)).as_bytes());
                    }
                });
            }
        });
        let files = place.files();
        assert!(files.len() > 10, "{} files", files.len());
        let mut seen = BTreeSet::new();
        for name in &files {
            for line in place.text(name).lines() {
                let words: Vec<_> = line.split(' ').collect();
                let [writer, number, rest] = words[..] else { panic!("torn: {line:?}") };
                let number: usize = number.parse().unwrap();
                assert_eq!(rest.len(), number % 50, "torn: {line:?}");
                assert!(seen.insert((writer.to_owned(), number)), "twice: {line:?}");
            }
        }
        assert_eq!(seen.len(), WRITERS * LINES);
    }

    #[test]
    fn a_file_that_others_move_is_followed() {
        let place = Place::new();
        let mut file = RotatingFile::open(place.log(), Rotation::default()).unwrap();
        file.append(b"before\n");
        fs::rename(place.log(), place.0.join("moved")).unwrap();
        file.append(b"after\n");
        assert_eq!((place.text("moved"), place.text("pool.log")), ("before\n".into(), "after\n".into()));
        fs::remove_file(place.log()).unwrap();
        file.reopen().unwrap();
        file.append(b"anew\n");
        assert_eq!(place.text("pool.log"), "anew\n");
    }

    #[test]
    fn what_cannot_be_written_is_lost_and_the_rest_is_not() {
        // Every write fails for want of space.
        let place = Place::new();
        symlink("/dev/full", place.log()).unwrap();
        let mut file = RotatingFile::open(place.log(), Rotation::default()).unwrap();
        file.append(b"lost\n");
        file.append(b"lost too\n");
        assert_eq!((file.failing, file.lost), (true, 2));
        fs::remove_file(place.log()).unwrap();
        file.append(b"kept\n");
        assert_eq!((file.failing, file.lost, place.text("pool.log")), (false, 0, "kept\n".into()));
        // The directory is gone: what is open is written still.
        let hidden = place.0.with_extension("hidden");
        fs::rename(&place.0, &hidden).unwrap();
        file.append(b"hidden\n");
        fs::rename(&hidden, &place.0).unwrap();
        assert_eq!(place.text("pool.log"), "kept\nhidden\n");
        assert!(RotatingFile::open(place.0.join("no/such/file"), Rotation::default()).is_err());
    }

    #[test]
    fn a_file_that_cannot_be_rotated_grows() {
        let place = Place::new();
        // In the way of the rename, whoever runs the test: root is refused by this as well.
        fs::create_dir_all(place.0.join("pool.log.1/full")).unwrap();
        let mut file = RotatingFile::open(place.log(), bounds(10, 1)).unwrap();
        for _ in 0..5 {
            file.append(b"12345678\n");
        }
        assert_eq!(place.text("pool.log").len(), 45);
        fs::remove_dir_all(place.0.join("pool.log.1")).unwrap();
        file.set_rotation(bounds(10, 1));
        file.append(b"12345678\n");
        assert_eq!((place.text("pool.log.1").len(), place.text("pool.log").len()), (45, 9));
    }
}
