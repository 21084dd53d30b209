//! Errors towards JavaScript: the message begins with the code, which `src/errors` splits off.

use std::fmt::Display;

/// An error of the core with its code.
pub(crate) fn from_core(error: hatchery_core::Error) -> napi::Error {
    if let hatchery_core::Error::System(system) = &error
        && let Some(explained) = unsupported(system)
    {
        return explained;
    }
    coded(error.code(), error)
}

/// A failed system call of the binding itself.
pub(crate) fn from_system(error: hatchery_sys::Error) -> napi::Error {
    unsupported(&error).unwrap_or_else(|| coded("ERR_HATCHERY_SYSTEM", error))
}

/// Bad arguments from our own JavaScript.
pub(crate) fn invalid(message: impl Display) -> napi::Error {
    coded("ERR_HATCHERY_INVALID_OPTION", message)
}

/// `CODE: message`.
pub(crate) fn coded(code: &str, message: impl Display) -> napi::Error {
    napi::Error::from_reason(format!("{code}: {message}"))
}

/// `ENOSYS` means a kernel too old for what a pool is made of, or a sandbox that hides it.
fn unsupported(error: &hatchery_sys::Error) -> Option<napi::Error> {
    const ENOSYS: i32 = 38;
    (error.raw_os_error() == ENOSYS).then(|| {
        coded(
            "ERR_HATCHERY_PLATFORM_UNSUPPORTED",
            format!(
                "{error}: Hatchery needs Linux 5.4 with memfd_create and pidfd_open; a sandbox may hide them"
            ),
        )
    })
}
