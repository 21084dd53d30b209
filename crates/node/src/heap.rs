//! V8's heap: noticing that it is at its limit, so that the host can tell running out of memory from any other abort; and
//! making it small.
//!
//! V8 has no C interface for these, so the C++ functions are looked up by their mangled names, which Node
//! exports. Where they are missing a worker that runs out of memory is reported as killed by SIGABRT.

use hatchery_lane::WorkerLane;
use hatchery_sys::symbol;
use std::ffi::{CStr, c_int, c_void};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

/// `v8::Isolate::GetCurrent()`.
const GET_CURRENT: &CStr = c"_ZN2v87Isolate10GetCurrentEv";
/// `v8::Isolate::MemoryPressureNotification(v8::MemoryPressureLevel)`.
const MEMORY_PRESSURE: &CStr = c"_ZN2v87Isolate26MemoryPressureNotificationENS_19MemoryPressureLevelE";
/// `v8::MemoryPressureLevel::kCritical`.
const CRITICAL: c_int = 2;
/// `v8::Isolate::RequestGarbageCollectionForTesting(v8::Isolate::GarbageCollectionType)`.
const COLLECT: &CStr = c"_ZN2v87Isolate34RequestGarbageCollectionForTestingENS0_21GarbageCollectionTypeE";
/// `v8::Isolate::kFullGarbageCollection`.
const FULL: c_int = 0;
/// `v8::Isolate::AddNearHeapLimitCallback(size_t (*)(void*, size_t, size_t), void*)`.
const ADD_CALLBACK: &CStr = c"_ZN2v87Isolate24AddNearHeapLimitCallbackEPFmPvmmES1_";

type NearHeapLimit = unsafe extern "C" fn(*mut c_void, usize, usize) -> usize;
type GetCurrent = unsafe extern "C" fn() -> *mut c_void;
/// A member function that takes an enumeration, which is passed like an int.
type Tell = unsafe extern "C" fn(*mut c_void, c_int);
type AddCallback = unsafe extern "C" fn(*mut c_void, NearHeapLimit, *mut c_void);

/// This worker's lane; null in a zygote.
static LANE: AtomicPtr<WorkerLane> = AtomicPtr::new(std::ptr::null_mut());

/// From now on the lane's flag is set when the heap reaches its limit.
pub(crate) fn report_limit_to(lane: &'static WorkerLane) {
    LANE.store(std::ptr::from_ref(lane).cast_mut(), Ordering::Release);
    watch_limit();
}

/// Has V8 tell when the heap reaches its limit, once a process: a fork inherits that, and need not look the functions up,
/// which goes through much of the executable. False: this Node has no such functions.
pub(crate) fn watch_limit() -> bool {
    static WATCHED: OnceLock<bool> = OnceLock::new();
    *WATCHED.get_or_init(add_callback)
}

fn add_callback() -> bool {
    let (Some(isolate), Some(add_callback)) = (current_isolate(), symbol::lookup(ADD_CALLBACK)) else {
        return false;
    };
    // SAFETY: the mangled name fixes the signature; in the Itanium C++ ABI a member function is a function of C that takes
    // `this` as its first argument.
    let add_callback: AddCallback = unsafe { std::mem::transmute(add_callback.as_ptr()) };
    // SAFETY: a live isolate, and a callback that lives as long as the process.
    unsafe { add_callback(isolate.as_ptr(), on_near_heap_limit, std::ptr::null_mut()) };
    true
}

/// Collects garbage and gives the memory of it back, the young generation's too, which V8 else keeps as large as it has
/// ever been. That is one collection, or two if the first has left much that is free; to be told that memory is low V8 takes as
/// many as find something, two to seven. False: this Node has no such function.
pub(crate) fn shrink() -> bool {
    tell(MEMORY_PRESSURE, CRITICAL)
}

/// Collects all garbage, as JavaScript's `gc()` does, which a context has to be made for. V8 aborts unless its flag `expose-gc`
/// is set. False: this Node has no such function.
pub(crate) fn collect() -> bool {
    tell(COLLECT, FULL)
}

/// Calls a member function of the isolate's.
fn tell(function: &CStr, what: c_int) -> bool {
    let (Some(isolate), Some(function)) = (current_isolate(), symbol::lookup(function)) else {
        return false;
    };
    // SAFETY: as in `add_callback`; both functions that come here are of this type.
    let function: Tell = unsafe { std::mem::transmute(function.as_ptr()) };
    // SAFETY: a live isolate; this thread holds no pointers into its heap but by handles.
    unsafe { function(isolate.as_ptr(), what) };
    true
}

/// The isolate that runs JavaScript on this thread, if there is one and V8 tells.
fn current_isolate() -> Option<NonNull<c_void>> {
    let get_current = symbol::lookup(GET_CURRENT)?;
    // SAFETY: the mangled name fixes the signature; in the Itanium C++ ABI a static function is one of C.
    let get_current: GetCurrent = unsafe { std::mem::transmute(get_current.as_ptr()) };
    // SAFETY: takes nothing and only reads what V8 keeps for the calling thread; null on one that runs no JavaScript.
    NonNull::new(unsafe { get_current() })
}

/// Runs inside the garbage collector: touches nothing but the flag, and leaves the limit as it is, upon which
/// V8 aborts.
unsafe extern "C" fn on_near_heap_limit(_data: *mut c_void, current: usize, _initial: usize) -> usize {
    // SAFETY: null, or a lane that is never dropped; V8 calls on the thread that owns it.
    if let Some(lane) = unsafe { LANE.load(Ordering::Acquire).as_ref() } {
        lane.set_flags(hatchery_lane::flags::HEAP_LIMIT);
    }
    current
}
