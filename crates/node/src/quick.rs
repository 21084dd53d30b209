//! Functions that JavaScript calls often.
//!
//! A method of a `#[napi]` class books the borrow of its object with each call, in a list behind a mutex, which takes longer
//! than what these have to do. A closure owns what it needs and books nothing.

use crate::value::Value;
use napi::JsValue as _;
use napi::bindgen_prelude::{FnArgs, FunctionCallContext, ToNapiValue};

/// A JavaScript function that calls `call`. It keeps what that owns until it is collected.
pub(crate) fn function<Answer: ToNapiValue>(
    env: napi::Env,
    name: &str,
    call: impl Fn(FunctionCallContext) -> napi::Result<Answer> + 'static,
) -> napi::Result<Value> {
    // The types of the arguments are for callers in Rust, of which there are none.
    let function = env.create_function_from_closure::<FnArgs<(u32,)>, Answer, _>(name, call)?;
    Ok(Value(function.raw()))
}
