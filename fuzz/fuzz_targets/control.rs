//! Any bytes as a message of each socket: refused, or understood exactly, so that they are the one encoding of what
//! they mean.
#![no_main]

use hatchery_core::zygote::protocol::{ControlMessage, ZygoteReport, ZygoteRequest};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(request) = ZygoteRequest::decode(bytes) {
        assert_eq!(request.encode(), bytes);
    }
    if let Ok(report) = ZygoteReport::decode(bytes) {
        assert_eq!(report.encode(), bytes);
    }
    if let Ok(message) = ControlMessage::decode(bytes) {
        assert_eq!(message.encode(), bytes);
    }
});
