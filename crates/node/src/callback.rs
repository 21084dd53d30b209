//! Calls from the event loop into JavaScript.

use crate::value::{Kept, Value, check};
use napi::sys;
use std::ptr;

/// A JavaScript function that the event loop calls.
pub(crate) struct Callback {
    env: sys::napi_env,
    function: Kept,
}

impl Callback {
    /// Keeps `function`.
    pub(crate) fn new(env: napi::Env, function: Value) -> napi::Result<Callback> {
        let mut kind = 0;
        // SAFETY: a valid env and a live value.
        check("napi_typeof", unsafe { sys::napi_typeof(env.raw(), function.0, &mut kind) })?;
        if kind != sys::ValueType::napi_function {
            return Err(crate::error::invalid("expected a function"));
        }
        Ok(Callback { env: env.raw(), function: Kept::new(env.raw(), function)? })
    }

    /// Calls the function with what `arguments` makes, then runs microtasks and `nextTick`s. What it throws
    /// is an uncaught exception of the process.
    pub(crate) fn call<const N: usize>(
        &self,
        arguments: impl FnOnce(sys::napi_env) -> napi::Result<[Value; N]>,
    ) {
        let mut scope = ptr::null_mut();
        // SAFETY: called from the event loop on the JavaScript thread.
        if unsafe { sys::napi_open_handle_scope(self.env, &mut scope) } != sys::Status::napi_ok {
            return;
        }
        // An error here means that this environment is being torn down: nobody is left to be told.
        let _ = self.call_in_scope(arguments);
        // SAFETY: opened above.
        unsafe { sys::napi_close_handle_scope(self.env, scope) };
    }

    fn call_in_scope<const N: usize>(
        &self,
        arguments: impl FnOnce(sys::napi_env) -> napi::Result<[Value; N]>,
    ) -> napi::Result<()> {
        let function = self.function.get()?;
        let arguments = arguments(self.env)?.map(|value| value.0);
        let mut global = ptr::null_mut();
        // SAFETY: a valid env inside a handle scope.
        check("napi_get_global", unsafe { sys::napi_get_global(self.env, &mut global) })?;
        // SAFETY: live values; a null context is the default one, a null result is not wanted.
        let status = unsafe {
            sys::napi_make_callback(
                self.env,
                ptr::null_mut(),
                global,
                function.0,
                N,
                arguments.as_ptr(),
                ptr::null_mut(),
            )
        };
        if status != sys::Status::napi_pending_exception {
            return check("napi_make_callback", status);
        }
        let mut exception = ptr::null_mut();
        // SAFETY: an exception is pending; it is taken and handed to Node's uncaughtException path.
        unsafe {
            check(
                "napi_get_and_clear_last_exception",
                sys::napi_get_and_clear_last_exception(self.env, &mut exception),
            )?;
            check("napi_fatal_exception", sys::napi_fatal_exception(self.env, exception))
        }
    }
}
