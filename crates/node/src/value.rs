//! JavaScript values below what napi-rs offers.

use crate::error::{coded, invalid};
use napi::bindgen_prelude::{FromNapiValue, ToNapiValue};
use napi::sys;
use std::ffi::c_void;
use std::ptr;

/// Any JavaScript value, as an argument or a result. It lives as long as the native call.
#[derive(Clone, Copy)]
pub struct Value(pub(crate) sys::napi_value);

impl FromNapiValue for Value {
    unsafe fn from_napi_value(_env: sys::napi_env, value: sys::napi_value) -> napi::Result<Value> {
        Ok(Value(value))
    }
}

impl ToNapiValue for Value {
    unsafe fn to_napi_value(_env: sys::napi_env, value: Value) -> napi::Result<sys::napi_value> {
        Ok(value.0)
    }
}

/// Turns a status into a result.
pub(crate) fn check(operation: &str, status: sys::napi_status) -> napi::Result<()> {
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    Err(coded("ERR_HATCHERY_SYSTEM", format!("{operation} answered {}", napi::Status::from(status))))
}

/// `undefined`.
pub(crate) fn undefined(env: sys::napi_env) -> napi::Result<Value> {
    let mut value = ptr::null_mut();
    // SAFETY: a valid env and a place for the answer.
    check("napi_get_undefined", unsafe { sys::napi_get_undefined(env, &mut value) })?;
    Ok(Value(value))
}

/// A number.
pub(crate) fn number(env: sys::napi_env, number: u32) -> napi::Result<Value> {
    let mut value = ptr::null_mut();
    // SAFETY: a valid env and a place for the answer.
    check("napi_create_uint32", unsafe { sys::napi_create_uint32(env, number, &mut value) })?;
    Ok(Value(value))
}

/// The bytes of a `Uint8Array`, usable until JavaScript runs again.
pub(crate) fn bytes(env: sys::napi_env, value: &Value) -> napi::Result<&[u8]> {
    let mut kind = 0;
    let mut length = 0;
    let mut data: *mut c_void = ptr::null_mut();
    // SAFETY: a valid env, a live value, places for the answers; the two last may be left out.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value.0,
            &mut kind,
            &mut length,
            &mut data,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if status != sys::Status::napi_ok || kind != sys::TypedarrayType::uint8_array {
        return Err(invalid("expected a Uint8Array"));
    }
    if length == 0 {
        return Ok(&[]);
    }
    // SAFETY: the array's memory; it cannot move or be freed while no JavaScript runs, and `value` keeps the
    // array alive. Nothing writes to it meanwhile: its writer is the JavaScript thread, which is here.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

/// A fresh `ArrayBuffer` of `length` bytes, filled by `fill`.
pub(crate) fn array_buffer(
    env: sys::napi_env,
    length: usize,
    fill: impl FnOnce(&mut [u8]) -> napi::Result<()>,
) -> napi::Result<Value> {
    let mut data: *mut c_void = ptr::null_mut();
    let mut value = ptr::null_mut();
    // SAFETY: a valid env and places for the answers.
    check("napi_create_arraybuffer", unsafe {
        sys::napi_create_arraybuffer(env, length, &mut data, &mut value)
    })?;
    if length > 0 {
        // SAFETY: the new buffer's memory, zeroed, which nobody else has seen yet.
        fill(unsafe { std::slice::from_raw_parts_mut(data.cast(), length) })?;
    }
    Ok(Value(value))
}

/// A `Uint8Array` over all of an `ArrayBuffer`.
pub(crate) fn byte_view(env: sys::napi_env, buffer: Value, length: usize) -> napi::Result<Value> {
    let mut value = ptr::null_mut();
    // SAFETY: a valid env, a live ArrayBuffer of at least `length` bytes.
    check("napi_create_typedarray", unsafe {
        sys::napi_create_typedarray(env, sys::TypedarrayType::uint8_array, length, buffer.0, 0, &mut value)
    })?;
    Ok(Value(value))
}

/// An array of values.
pub(crate) fn array(env: sys::napi_env, values: &[Value]) -> napi::Result<Value> {
    let mut array = ptr::null_mut();
    // SAFETY: a valid env and a place for the answer.
    check("napi_create_array", unsafe { sys::napi_create_array_with_length(env, values.len(), &mut array) })?;
    for (index, value) in values.iter().enumerate() {
        // SAFETY: a live array and a live value.
        check("napi_set_element", unsafe { sys::napi_set_element(env, array, index as u32, value.0) })?;
    }
    Ok(Value(array))
}

/// A strong reference that keeps a value between calls.
pub(crate) struct Kept {
    env: sys::napi_env,
    reference: sys::napi_ref,
}

impl Kept {
    /// Keeps `value` until this is dropped, on the JavaScript thread.
    pub(crate) fn new(env: sys::napi_env, value: Value) -> napi::Result<Kept> {
        let mut reference = ptr::null_mut();
        // SAFETY: a valid env, a live value, a place for the answer.
        check("napi_create_reference", unsafe {
            sys::napi_create_reference(env, value.0, 1, &mut reference)
        })?;
        Ok(Kept { env, reference })
    }

    /// The value.
    pub(crate) fn get(&self) -> napi::Result<Value> {
        let mut value = ptr::null_mut();
        // SAFETY: the reference is deleted only by drop.
        check("napi_get_reference_value", unsafe {
            sys::napi_get_reference_value(self.env, self.reference, &mut value)
        })?;
        Ok(Value(value))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: created by `new`, deleted once. A failure leaks it, which is all that can be done here.
        unsafe { sys::napi_delete_reference(self.env, self.reference) };
    }
}
