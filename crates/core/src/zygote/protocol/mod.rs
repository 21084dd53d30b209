//! The messages on the zygote socket and on a worker's control socket: little-endian u32 words, then bytes.
//! Pure encoding; every decoder checks the length of what it reads.
//!
//! - `zygote`  between the host and its zygote
//! - `control` between the host and a worker
//! - `wire`    words and bytes

mod control;
mod wire;
mod zygote;

pub use control::{ChunkPart, ControlMessage, LONGEST_CHUNK, LONGEST_CONTROL, LONGEST_REASON};
pub use zygote::{ZygoteReport, ZygoteRequest};

/// The longest message, bytes. Below the default socket buffer, so that one always fits.
pub const MAXIMUM_MESSAGE: usize = 128 * 1024;

#[cfg(test)]
mod tests {
    use super::super::{Conditions, ProcessLimits};
    use super::*;
    use crate::launcher::Captures;
    use crate::sandbox::{Sandbox, SandboxFiles};

    #[test]
    fn every_message_survives_the_round_trip() {
        for request in [
            ZygoteRequest::Configuration("{\"ü\":1}".into()),
            ZygoteRequest::Fork {
                worker: u32::MAX,
                processors: vec![],
                conditions: Conditions::default(),
                captures: Captures::default(),
            },
            ZygoteRequest::Fork {
                worker: 1,
                processors: vec![3, 0],
                conditions: conditions(),
                captures: Captures { stdout: false, stderr: true },
            },
            ZygoteRequest::Stop,
            ZygoteRequest::Kill { worker: 1 },
        ] {
            assert_eq!(ZygoteRequest::decode(&request.encode()).unwrap(), request);
        }
        for report in [
            ZygoteReport::Ready("{}".into()),
            ZygoteReport::Failed(String::new()),
            ZygoteReport::Forked { worker: 1, process: 2 },
            ZygoteReport::ForkFailed { worker: 1, errno: 11 },
            ZygoteReport::Exited { worker: 1, process: 2, code: -1, signal: 9, processor: 5 << 32 },
        ] {
            assert_eq!(ZygoteReport::decode(&report.encode()).unwrap(), report);
        }
        for message in [
            ControlMessage::Cancel { task_index: 1, task_generation: 2, limit: 3, reason: vec![4] },
            ControlMessage::Payload { tag: 7, length: u64::from(u32::MAX) + 5 },
            ControlMessage::Stop,
            ControlMessage::Attach { worker: 3, conditions: conditions(), configuration: "{}".into() },
            ControlMessage::Segment { number: 1, length: 5 << 32, private: true },
            ControlMessage::SegmentReleased { number: 1, mentions: 2 },
            ControlMessage::SegmentForgotten { number: 9 },
            ControlMessage::Credit { task_index: 1, task_generation: 2, count: 16 },
            chunk(ChunkPart::Item, &[1, 2, 3]),
            chunk(ChunkPart::End, &[]),
            chunk(ChunkPart::Failure, &[7; LONGEST_CHUNK]),
        ] {
            assert!(message.encode().len() <= LONGEST_CONTROL);
            assert_eq!(ControlMessage::decode(&message.encode()).unwrap(), message);
        }
    }

    fn conditions() -> Conditions {
        let limits = ProcessLimits {
            files: Some(u64::MAX),
            processor_time: Some(1),
            core: Some(0),
            file_size: Some(1 << 40),
            nice: Some(-20),
            oom_score_adjustment: Some(-1000),
        };
        let files = SandboxFiles { read: vec!["/usr".into()], write: vec![] };
        let sandbox = Sandbox { files: Some(files), no_network: true, ..Sandbox::default() };
        Conditions { limits, group: Some("/sys/fs/cgroup/ü".into()), sandbox, ..Conditions::default() }
    }

    fn chunk(part: ChunkPart, payload: &[u8]) -> ControlMessage {
        ControlMessage::Chunk {
            task_index: 1,
            task_generation: 2,
            input: 3,
            part,
            mentions: 4,
            payload: payload.into(),
        }
    }

    #[test]
    fn short_long_and_unknown_messages_are_errors() {
        for bytes in [&b""[..], b"\x02", b"\x02\0\0\0\x01", b"\x63\0\0\0", b"\x03\0\0\0\0"] {
            assert!(ZygoteRequest::decode(bytes).is_err(), "{bytes:?}");
            assert!(ZygoteReport::decode(bytes).is_err(), "{bytes:?}");
            assert!(ControlMessage::decode(bytes).is_err(), "{bytes:?}");
        }
        assert!(ZygoteRequest::decode(b"\x01\0\0\0\xff\xfe").is_err(), "text must be UTF-8");
        let attach = [4_u32, 1, 3].map(u32::to_le_bytes).concat();
        assert!(ControlMessage::decode(&[&attach, &b"{}"[..]].concat()).is_err(), "a part that is not there");
        assert!(ControlMessage::decode(&[&attach, &b"{]}"[..]].concat()).is_err(), "no conditions");
        let fork = [2_u32, 1, u32::MAX, 7].map(u32::to_le_bytes).concat();
        assert!(ZygoteRequest::decode(&fork).is_err(), "processors that are not there");
        let mut part = chunk(ChunkPart::Failure, &[]).encode();
        part[16] = 3;
        assert!(ControlMessage::decode(&part).is_err(), "a part of a stream that is none");
        let mut segment = ControlMessage::Segment { number: 1, length: 1, private: true }.encode();
        segment[16] = 2;
        assert!(ControlMessage::decode(&segment).is_err(), "neither private nor not");
    }
}
