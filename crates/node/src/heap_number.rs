//! Numbers that V8 keeps as objects in its heap, as it does with those that are no small integers.
//!
//! JavaScript cannot change such an object, so V8 may give the same one to several. Whoever has made one that nobody else has
//! may change it here, as V8 itself does with the fields of objects that have fractions.

use crate::value::Value;

/// Where the value lies in the object, behind the pointer to its map; pointers are not compressed in Node.
const VALUE: usize = 8;
/// How a slot tells a pointer to an object: by its lowest bits, which are to be taken off.
const TAG: usize = 0b01;
const TAG_BITS: usize = 0b11;

/// Gives it the value `value` if it is such an object with the value `expected`. False: it is not.
///
/// Where another V8 lays objects out in another way, what is found is not what is expected: that has to be a value that is not
/// there by chance.
pub(crate) fn replace(number: Value, expected: f64, value: f64) -> bool {
    // A `napi_value` is a handle, that is, the address of a slot with the pointer; one that were the pointer itself would fail
    // here, by its tag.
    let handle = number.0.cast::<usize>();
    if !handle.is_aligned() {
        return false;
    }
    // SAFETY: a live handle of this call, aligned.
    let pointer = unsafe { handle.read() };
    if pointer & TAG_BITS != TAG {
        return false;
    }
    let place = std::ptr::with_exposed_provenance_mut::<f64>(pointer - TAG + VALUE);
    if !place.is_aligned() {
        return false;
    }
    // SAFETY: the tag is that of a strong reference (small integers end in 0, weak ones in 0b11), so it is a live object, which
    // has a map and at least one word more. This is the thread that runs JavaScript, so nobody moves or changes it meanwhile.
    let found = unsafe { place.read() };
    if found.to_bits() != expected.to_bits() {
        return false;
    }
    // SAFETY: as above; an object with these bits where its value is expected is a number, whose value is no pointer that the
    // garbage collector would have to be told of.
    unsafe { place.write(value) };
    true
}
