//! The core's rotating log file, as a destination for pino.

use crate::error::coded;
use hatchery_core::observe::log::{RotatingFile, Rotation};
use napi_derive::napi;
use std::cell::RefCell;

/// See `LogFile` in `src/native/types.ts`.
#[napi]
pub struct LogFile {
    /// None: closed.
    file: RefCell<Option<RotatingFile>>,
    path: String,
}

#[napi]
impl LogFile {
    /// Opens the file, or makes it.
    #[napi(constructor)]
    pub fn new(path: String, max_size: f64, max_files: u32) -> napi::Result<LogFile> {
        let file = RotatingFile::open(&path, rotation(max_size, max_files));
        let file = file.map_err(|error| refused(&path, &error))?;
        Ok(LogFile { file: RefCell::new(Some(file)), path })
    }

    /// Writes one entry; never fails.
    #[napi]
    pub fn write(&self, entry: String) {
        if let Some(file) = self.file.borrow_mut().as_mut() {
            file.append(entry.as_bytes());
        }
    }

    /// Opens the path anew.
    #[napi]
    pub fn reopen(&self) -> napi::Result<()> {
        let mut file = self.file.borrow_mut();
        file.as_mut().map_or(Ok(()), RotatingFile::reopen).map_err(|error| refused(&self.path, &error))
    }

    /// Other bounds from now on.
    #[napi]
    pub fn set_rotation(&self, max_size: f64, max_files: u32) {
        if let Some(file) = self.file.borrow_mut().as_mut() {
            file.set_rotation(rotation(max_size, max_files));
        }
    }

    /// Nothing is written from now on.
    #[napi]
    pub fn close(&self) {
        self.file.borrow_mut().take();
    }
}

fn rotation(max_size: f64, maximum_files: u32) -> Rotation {
    // A cast saturates.
    Rotation { maximum_size: max_size as u64, maximum_files }
}

fn refused(path: &str, error: &std::io::Error) -> napi::Error {
    coded("ERR_HATCHERY_LOG_FILE", format!("the log file {path} cannot be opened: {error}"))
}
