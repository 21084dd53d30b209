//! The messages of the sockets, under everything proptest can think of.

use hatchery_core::launcher::Captures;
use hatchery_core::zygote::protocol::{ControlMessage, ZygoteReport, ZygoteRequest};
use hatchery_core::zygote::{Conditions, ProcessLimits};
use proptest::prelude::*;

fn conditions() -> impl Strategy<Value = Conditions> {
    let limits = any::<([Option<u64>; 4], [Option<i32>; 2])>();
    (limits, proptest::option::of(".*")).prop_map(|((limits, standing), group)| {
        let [files, processor_time, core, file_size] = limits;
        let [nice, oom_score_adjustment] = standing;
        let limits = ProcessLimits { files, processor_time, core, file_size, nice, oom_score_adjustment };
        Conditions { limits, group: group.map(Into::into), ..Conditions::default() }
    })
}

fn requests() -> impl Strategy<Value = ZygoteRequest> {
    prop_oneof![
        ".*".prop_map(ZygoteRequest::Configuration),
        (any::<u32>(), any::<Vec<u32>>(), conditions(), any::<(bool, bool)>()).prop_map(
            |(worker, processors, conditions, (stdout, stderr))| {
                let captures = Captures { stdout, stderr };
                ZygoteRequest::Fork { worker, processors, conditions, captures }
            }
        ),
        Just(ZygoteRequest::Stop),
    ]
}

fn reports() -> impl Strategy<Value = ZygoteReport> {
    prop_oneof![
        ".*".prop_map(ZygoteReport::Ready),
        ".*".prop_map(ZygoteReport::Failed),
        any::<(u32, u32)>().prop_map(|(worker, process)| ZygoteReport::Forked { worker, process }),
        any::<(u32, u32)>().prop_map(|(worker, errno)| ZygoteReport::ForkFailed { worker, errno }),
        any::<(u32, u32, i32, i32, u64)>().prop_map(|(worker, process, code, signal, processor)| {
            ZygoteReport::Exited { worker, process, code, signal, processor }
        }),
    ]
}

fn control() -> impl Strategy<Value = ControlMessage> {
    prop_oneof![
        any::<(u32, u32, u32, Vec<u8>)>().prop_map(|(task_index, task_generation, limit, reason)| {
            ControlMessage::Cancel { task_index, task_generation, limit, reason }
        }),
        any::<(u32, u64)>().prop_map(|(tag, length)| ControlMessage::Payload { tag, length }),
        any::<(u32, u64, bool)>()
            .prop_map(|(number, length, private)| { ControlMessage::Segment { number, length, private } }),
        Just(ControlMessage::Stop),
        (any::<u32>(), conditions(), ".*").prop_map(|(worker, conditions, configuration)| {
            ControlMessage::Attach { worker, conditions, configuration }
        }),
    ]
}

/// Bytes that are likely to be a message: of a kind there is, and of a length that some message has.
fn likely_messages() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![0_u32..4, any::<u32>()];
    let rest = prop_oneof![4 => Just(Vec::new()), 1 => prop::collection::vec(any::<u8>(), 1..6)];
    (0_u32..20, prop::collection::vec(word, 0..6), rest).prop_map(|(kind, words, rest)| {
        let words = std::iter::once(kind).chain(words).flat_map(u32::to_le_bytes);
        words.chain(rest).collect()
    })
}

proptest! {
    #[test]
    fn messages_survive_the_journey(request in requests(), report in reports(), message in control()) {
        prop_assert_eq!(&ZygoteRequest::decode(&request.encode()).unwrap(), &request);
        prop_assert_eq!(&ZygoteReport::decode(&report.encode()).unwrap(), &report);
        prop_assert_eq!(&ControlMessage::decode(&message.encode()).unwrap(), &message);
    }

    /// Whatever is accepted is the one encoding of what it means.
    #[test]
    fn any_bytes_are_refused_or_understood_exactly(
        bytes in prop_oneof![any::<Vec<u8>>(), likely_messages()]
    ) {
        if let Ok(request) = ZygoteRequest::decode(&bytes) {
            prop_assert_eq!(request.encode(), &bytes[..]);
        }
        if let Ok(report) = ZygoteReport::decode(&bytes) {
            prop_assert_eq!(report.encode(), &bytes[..]);
        }
        if let Ok(message) = ControlMessage::decode(&bytes) {
            prop_assert_eq!(message.encode(), &bytes[..]);
        }
    }

    #[test]
    fn a_message_cut_short_is_refused(message in control(), cut in 1_usize..4) {
        let bytes = message.encode();
        // A cut of whole text or bytes is another one; everything else is too short.
        if !matches!(message, ControlMessage::Attach { .. } | ControlMessage::Cancel { .. }) {
            prop_assert!(ControlMessage::decode(&bytes[..bytes.len() - cut]).is_err());
        }
    }
}
